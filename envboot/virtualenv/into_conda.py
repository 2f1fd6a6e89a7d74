"""What pip installs into an environment of conda packages: the lines below ``pip:``, or a lock's.

As ``conda env create`` does it: the environment's own pip, started beside the file so that
relative paths mean what they say there, ``-U`` and ``--exists-action=b`` with it. What is built
finds the programs of the environment first on PATH, and what ``activate.d`` sets.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envboot import index, locks, transaction, virtualenv
from envboot.errors import FallsShort
from envboot.plan import Remove, Run, Write
from envboot.site import python_of
from envboot.tools import uv

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from envboot.locks import Contents
    from envboot.plan import Step
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec
    from envboot.virtualenv import Requirements

_HOOKS = (
    'on() { for f in "$CONDA_PREFIX"/etc/conda/activate.d/*.sh; do '
    'if [ -r "$f" ]; then . "$f"; fi; done; }; on > /dev/null 2>&1; exec "$@"'
)


def wanted(spec: EnvironmentSpec, site: Site) -> bool:
    """Return whether pip has anything to install."""
    listed = any(d.ecosystem == "pypi" for d in spec.dependencies)
    return listed or virtualenv.adds_project(spec, site)


def steps(spec: EnvironmentSpec, site: Site) -> Iterator[Step]:
    """Yield the steps of pip's part, none where it has none. Raises InvalidFile for a bad lock."""
    contents = locks.of(spec, site.root, site.shell)
    yield from _as_written(spec, site) if contents is None else locked(spec, contents, site)


def locked(spec: EnvironmentSpec, contents: Contents, site: Site) -> Iterator[Step]:
    """Yield: the locked files with their digests and nothing else, then what no lock can have."""
    if pinned := locks.requirements(contents):
        target = site.prefix / virtualenv.RENDERED
        count = pinned.count("\n")
        why = f"installing {count} {'package' if count == 1 else 'packages'} of {contents.path}"
        flags = ("--no-deps", "--require-hashes", "-r", str(target))
        yield Write(target, pinned, private=True)
        yield _install(spec, site, flags, site.root, why)
        yield Remove(target)
    conda = (d for d in spec.dependencies if d.ecosystem == "conda")
    bare = replace(spec, dependencies=(*conda, *locks.rest(spec)), as_written=False)
    yield from _as_written(bare, site)


def _as_written(spec: EnvironmentSpec, site: Site) -> Iterator[Step]:
    found = virtualenv.requirements(spec, site)
    if not found.arguments:
        return
    yield from found.before
    if site.as_of:
        yield from _then(spec, site, found)
    else:
        arguments = ("-U", *found.arguments, "--exists-action=b")
        yield _install(spec, site, arguments, found.cwd, found.why)
    yield from found.after


def why_not(spec: EnvironmentSpec, site: Site) -> str | None:
    """Return why pip's part cannot be done: what worked then takes a uv, which can be fetched."""
    if not site.as_of or not wanted(spec, site):
        return None
    try:
        _uv(site)
    except FallsShort as error:
        return f"packages of pip as of a date take uv: {error.message}"
    return None


def _uv(site: Site) -> uv.Obtained:
    return uv.obtain(site.shell, transaction.state_folder(site.prefix), offline=site.offline)


def _then(spec: EnvironmentSpec, site: Site, found: Requirements) -> Iterator[Step]:
    """Yield the steps that install what there was then: the pip of then knows no dates."""
    got, where = _uv(site), virtualenv.where_from(spec, site)
    python = python_of(site.prefix, site.shell)
    argv = (
        *(str(got.program), "pip", "install", "--python", str(python)),
        *("--exclude-newer", site.as_of, "-U", *found.arguments),
    )
    yield from got.before
    env = uv.environ(where, site.shell, offline=site.offline)
    yield Run(argv, found.cwd, env, found.why)
    yield from got.after


def _activated(spec: EnvironmentSpec, site: Site) -> tuple[str, ...]:
    """Return what to start a program with so that it sees what the scripts of packages set.

    Compilers of conda name themselves in CC and CXX there; conda starts pip in the same way.
    """
    bash = site.shell.which("bash")
    if not spec.is_conda or bash is None or site.shell.platform.system == "Windows":
        return ()
    return (str(bash), "--noprofile", "--norc", "-c", _HOOKS, "envboot")


def _install(
    spec: EnvironmentSpec, site: Site, arguments: tuple[str, ...], cwd: Path, why: str
) -> Run:
    """Return the call of the environment's own pip, with what activation would set."""
    where = virtualenv.where_from(spec, site)
    env = index.pip_environ(where)
    if site.offline:
        env.update(index.pip_offline_environ(where))
    windows = site.shell.platform.system == "Windows"
    own = site.prefix / ("Scripts" if windows else "bin")
    old = site.shell.environ.get("PATH", "")
    env["PATH"] = f"{own}{';' if windows else ':'}{old}" if old else str(own)
    env["CONDA_PREFIX"] = str(site.prefix)
    argv = (
        *_activated(spec, site),
        *virtualenv.pip(python_of(site.prefix, site.shell), where, site.prefix),
        *arguments,
    )
    return Run(argv, cwd, tuple(env.items()), why)
