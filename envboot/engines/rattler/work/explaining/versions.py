"""Versions that are not there, for this platform or at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.engines.rattler.work.explaining.ground import Ground
    from envboot.engines.rattler.work.explaining.wishes import Wish


async def look(wishes: Sequence[Wish], ground: Ground) -> None:
    """Say which wishes no package meets; they are ``missing`` from now on."""
    from rattler import MatchSpec, NamelessMatchSpec

    await ground.learn(w.name for w in wishes if not w.name.startswith("__"))
    for wish in wishes:
        records = ground.records.get(wish.name)
        if not records or any(map(wish.record_matches, records)):
            continue
        wish.missing = True
        wish.soft = False
        bare = NamelessMatchSpec.from_match_spec(MatchSpec(wish.spec))
        same = [r for r in records if bare.version and _version_only(wish).matches(r)]
        others = [r for r in await ground.elsewhere(wish.name) if wish.record_matches(r)]
        respelled = f" (it is called `{wish.name}`)" if wish.texts else ""
        wish.texts = f"there is no `{wish.written}`{respelled}"
        if same:
            builds = sorted({str(r.build) for r in same})
            wish.texts += f": that version has other builds, {', '.join(builds[-3:])}"
        elif others:
            platforms = sorted({r.subdir for r in others})
            wish.texts += f" for {ground.subdir}, only for {', '.join(platforms)}"
        else:
            wish.texts += f": {span(records)}"


def _version_only(wish: Wish) -> Any:  # noqa: ANN401 - rattler's
    from rattler import MatchSpec

    return MatchSpec(f"{wish.name} {wish.version}")


def span(records: Sequence[Any]) -> str:
    """Return which versions there are: ``1.11 to 2.3 exist``."""
    versions = sorted({r.version for r in records})
    if len(versions) == 1:
        return f"there is only {versions[0]}"
    return f"{short(versions[0])} to {short(versions[-1])} exist"


def short(version: Any) -> str:  # noqa: ANN401 - rattler's
    """Return the first two parts of a version: ``3.9``."""
    return ".".join(str(version).split(".")[:2])
