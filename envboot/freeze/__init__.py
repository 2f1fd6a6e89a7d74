"""What is installed in the live environment: the second witness.

Files alone say it: ``conda-meta``, ``pyvenv.cfg`` and the metadata that installers leave. Neither
conda nor the environment's interpreter is run, so that a broken environment is read as well as a
sound one, and nothing of a stranger's starts. Only an interpreter that is no environment's is asked
where its packages are, and only when a person names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.conda import channels, environments
from envboot.conda.settings import settings
from envboot.freeze import choosing, conda_meta, distributions, joining, layout
from envboot.freeze.choosing import passed_over
from envboot.freeze.facts import Installed, Live
from envboot.spec import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from envboot.freeze.choosing import Choice
    from envboot.freeze.conda_meta import Prefix
    from envboot.freeze.distributions import Distribution
    from envboot.shell import Shell

__all__ = ["Installed", "Live", "look", "passed_over"]


def look(
    shell: Shell,
    root: Path,
    *,
    python: str | None = None,
    prefix: Path | None = None,
    env: str | None = None,
) -> Live | None:
    """Return the live environment: the one that was named, else the active one.

    Active: VIRTUAL_ENV, CONDA_PREFIX (but not base: :func:`passed_over` says so), the environment
    that envboot made for ``root``, then ``.venv`` and ``venv`` in it. None when there is none of
    these: an interpreter of the system is no witness. Raises UsageError for a name that does not
    exist, NothingFound for a prefix without an environment.
    """
    choice = choosing.choose(shell, root, python=python, prefix=prefix, env=env)
    return _read(choice, shell) if choice else None


def _read(choice: Choice, shell: Shell) -> Live:
    prefix = choice.prefix
    version = choice.version or layout.version(prefix, shell)
    conda = conda_meta.read(prefix, shell)
    broken = list(conda.unreadable)
    own: dict[str, Distribution] = {}
    for folder in choice.packages or layout.packages(prefix, shell, layout.minor(version)):
        found, said = distributions.read(folder, shell)
        broken += said
        for one in found:  # the folder that Python searches first wins
            own.setdefault(normalise(one.name), one)
    installed, torn = joining.together(own.values(), conda)
    seen = {i.name for i in installed}
    more = tuple(i for i in _above(prefix, version, shell) if i.name not in seen)
    used = [i.channel for i in installed if i.ecosystem == "conda"]
    return Live(
        prefix,
        version,
        layout.kind(prefix, shell) or "system",
        tuple(sorted((*installed, *more), key=lambda i: (i.name, i.ecosystem))),
        channels.in_order(_orders(prefix, conda, shell), used),
        conda.variables,
        choice.why,
        tuple(broken) + torn,
    )


def _orders(prefix: Path, conda: Prefix, shell: Shell) -> Iterator[tuple[str, ...]]:
    """Yield the orders of channels: of the commands, the latest first, and of the settings."""
    if conda.records:
        yield from conda.channels
        known = settings(shell, prefix, environments.root_of(prefix, shell))
        found = map(channels.name, known.channels)
        yield tuple(dict.fromkeys(name for name in found if name))


def _above(prefix: Path, version: str, shell: Shell) -> tuple[Installed, ...]:
    """Return what a virtual environment with ``--system-site-packages`` sees beside its own."""
    place = layout.above(prefix, shell)
    if place is None or place == prefix:
        return ()
    conda = conda_meta.read(place, shell)
    folders = layout.packages(place, shell, layout.minor(version))
    found = {
        normalise(d.name): d for f in reversed(folders) for d in distributions.read(f, shell)[0]
    }
    installed, _ = joining.together(found.values(), conda)
    return tuple(i for i in installed if i.python)
