"""The packages into the prefix: fetched, checked, linked by rattler, and then left as conda would.

A folder that is no environment is never written into; one that a killed run left has our mark.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot.engines.rattler.work import digests, marks, metadata, noarch, repodata, watching
from envboot.errors import CommandFailed, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from envboot.engines.rattler.order import Order
    from envboot.engines.rattler.work.progress import Reporter
    from envboot.engines.rattler.work.repodata import Store
    from envboot.shell import Shell


async def install(
    order: Order,
    records: Sequence[Any],
    store: Store,
    shell: Shell,
    say: Callable[[str], None],
) -> None:
    """Make the environment at ``order.prefix`` of ``records``.

    Raises UsageError for a prefix that is taken or relative, CommandFailed where a post-link script
    fails or a package is not there offline, and what rattler raises.
    """
    prefix = Path(order.prefix)
    refuse(prefix, shell)
    offline = order.offline or store.known.offline
    if offline and (absent := repodata.missing(records, store.packages, shell)):
        more = f" and {len(absent) - 3} more" if len(absent) > 3 else ""  # noqa: PLR2004
        raise CommandFailed(
            f"not in the cache, and this is offline: {', '.join(absent[:3])}{more}",
            hint="run it once with the network",
        )
    digests.check(records, store.packages, shell)
    if marks.half_made(prefix, shell):  # a full disk leaves half of a record, which nobody can read
        shell.remove(prefix)
    marks.begin(prefix, shell)
    await _linked(order, records, store, shell, say)
    documents = metadata.read(prefix, shell)
    compiled = noarch.compile_all(
        prefix, documents.values(), store.packages.parent / "envboot-compiled", shell
    )
    marks.finish(order, documents, compiled, store.known, shell)


def refuse(prefix: Path, shell: Shell) -> None:
    """Raise UsageError where nothing may be made."""
    if not prefix.is_absolute():
        raise UsageError(f"{prefix} is no whole path: it would be written into programs")
    if not shell.kind(prefix) and shell.target(prefix) is None:
        return
    if shell.kind(prefix) != "folder" or shell.target(prefix) is not None:
        raise UsageError(f"{prefix} is no folder that an environment can be made in")
    if marks.half_made(prefix, shell) or marks.not_begun(prefix, shell):
        return
    if shell.kind(prefix / "conda-meta" / "history"):
        raise UsageError(f"{prefix} is an environment already", hint="remove it, or choose a name")
    raise UsageError(
        f"{prefix} is no environment, and not empty: nothing is written there",
        hint="choose another name, or move what is in it away",
    )


async def _linked(
    order: Order,
    records: Sequence[Any],
    store: Store,
    shell: Shell,
    say: Callable[[str], None],
) -> None:
    import rattler
    from rattler.platform import Subdir

    last: list[Reporter] = []

    async def make(reporter: Reporter) -> None:
        last[:] = [reporter]
        await rattler.install(
            list(records),
            order.prefix,
            cache_dir=store.packages,
            platform=Subdir(order.aims[0].subdir),
            execute_link_scripts=order.link_scripts,
            show_progress=False,
            client=store.client,
            config=store.config,
            reporter=reporter,
        )

    await watching.installing(make, records, say, watching.patience(shell.environ))
    failed = last[0].failed_scripts if last else ()
    if failed:
        raise CommandFailed(
            f"the post-link script of {', '.join(failed)} failed",
            hint="without --link-scripts the package is installed, and its script not run",
        )
