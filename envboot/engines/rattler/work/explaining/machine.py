"""What the machine has to have and has not: a GPU's driver, a newer C library, another system.

conda calls that virtual packages: ``__cuda >=12``.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from envboot.engines.rattler.order import Finding
from envboot.engines.rattler.work.explaining.ground import name_of, version_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.engines.rattler.order import Aim
    from envboot.engines.rattler.work.explaining.ground import Ground
    from envboot.engines.rattler.work.explaining.wishes import Wish

_CALLED = {
    "__cuda": "CUDA",
    "__glibc": "the C library (glibc)",
    "__osx": "macOS",
    "__linux": "Linux",
    "__win": "Windows",
    "__archspec": "a processor",
}


async def look(wishes: Sequence[Wish], ground: Ground, aim: Aim) -> tuple[Finding, ...]:
    """Return what the machine lacks where it alone stands in the way; () otherwise."""
    texts = [w.solvable for w in wishes]
    records = await ground.solved(texts, virtual=ground.ample())
    if records is None:
        return ()
    lacking = _lacking(records, ground)
    found = []
    for name in sorted({n for n, _, _ in lacking}):
        others = await ground.solved(texts, virtual=ground.ample(without=name))
        if others is not None:
            continue  # it goes without: only the best choice would want it
        needs = [(need, by) for n, need, by in lacking if n == name]
        found.append(_finding(name, needs, wishes, records, ground, aim))
    return tuple(found)


def _lacking(records: Sequence[Any], ground: Ground) -> list[tuple[str, str, str]]:
    """Return virtual package, the need as written, and the package with it, for what is lacking."""
    out = []
    for record in records:
        for need in record.depends:
            name, _, condition = need.partition(" ")
            if name.startswith("__") and not _met(name, condition.strip(), ground):
                out.append((name, need, record.name.normalized))
    return out


def _met(name: str, condition: str, ground: Ground) -> bool:
    from rattler import Version, VersionSpec
    from rattler.exceptions import InvalidVersionSpecError

    have = next((version_of(v) for v in ground.virtual if name_of(v) == name), None)
    version = condition.partition(" ")[0]
    if have is None or not version:
        return have is not None
    try:
        return bool(VersionSpec(version).matches(Version(have)))
    except InvalidVersionSpecError:
        return True


def _finding(
    name: str,
    needs: Sequence[tuple[str, str]],
    wishes: Sequence[Wish],
    records: Sequence[Any],
    ground: Ground,
    aim: Aim,
) -> Finding:
    need, by = needs[0]
    wish = _asked_by(by, wishes, records)
    what = f"`{wish.written}`" if wish else f"`{by}`"
    through = f" (through `{by}`)" if wish and wish.name != by else ""
    have = next((version_of(v) for v in ground.virtual if name_of(v) == name), "")
    called = _CALLED.get(name, name)
    here = "this machine" if aim.virtual is None else f"`{aim.name or aim.subdir}`"
    has = f"has {have}" if have else "has none"
    text = f"{what} needs {called}, `{need}`{through}, and {here} {has}"
    at, spec = (wish.asked.at, wish.asked.text) if wish else ("", "")
    return Finding(text, _hint(name, aim), at, spec)


def _hint(name: str, aim: Aim) -> str:
    if name == "__cuda" and aim.virtual is None:
        return (
            "take a build without a GPU, or, where the driver is only missing here, say its "
            "version: `CONDA_OVERRIDE_CUDA=12.4`"
        )
    return {
        "__cuda": "take a build without a GPU for it",
        "__glibc": "an older version of the package may go with an older system",
        "__osx": "an older version of the package may go with an older macOS",
    }.get(name, "")


def _asked_by(name: str, wishes: Sequence[Wish], records: Sequence[Any]) -> Wish | None:
    """Return the wish that brings a package, the nearest to it."""
    needed_by: dict[str, list[str]] = {}
    for record in records:
        for need in record.depends:
            needed_by.setdefault(need.split(" ")[0], []).append(record.name.normalized)
    asked = {w.name: w for w in wishes}
    queue, seen = deque([name]), {name}
    while queue:
        here = queue.popleft()
        if here in asked:
            return asked[here]
        for other in needed_by.get(here, ()):
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return None
