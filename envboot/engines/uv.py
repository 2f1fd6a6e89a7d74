"""uv: ``uv venv`` and ``uv pip install``, or ``uv sync`` where the repository has a uv.lock.

The interpreter is handed over by absolute path, because uv does not see inactive pyenv ones, and
uv is kept from downloading another. It is told by variables what pip is configured with.

Where uv is absent it is fetched after the yes, when it was asked for: see :mod:`envboot.tools.uv`,
which is also for whatever else works with uv.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot import cuda, index, virtualenv
from envboot.errors import EnvbootError, FallsShort
from envboot.plan import Plan, Remove, Run
from envboot.shell.processes import WINDOWS
from envboot.spec import Origin, normalise
from envboot.tools import uv
from envboot.virtualenv import locked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from envboot.index import Index
    from envboot.plan import Step
    from envboot.shell import Shell
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

TITLE = "uv"
RELOCATABLE = not WINDOWS  # the launchers of Windows are programs with the path inside
LOCKS = frozenset({"uv.lock", "pylock.toml"})


def prefix(spec: EnvironmentSpec, site: Site) -> Path:  # noqa: ARG001 - the family's signature
    """Return ``.venv`` in the repository, where uv puts it too."""
    return site.root / ".venv"


def why_not(spec: EnvironmentSpec, site: Site) -> str | None:
    """Return why uv cannot make ``spec`` here: it is missing, too old, or what it cannot read."""
    try:
        _obtain(site)
    except FallsShort as error:
        return error.message
    return virtualenv.why_not(spec, site, LOCKS)


def plan(spec: EnvironmentSpec, site: Site) -> Plan:
    """Return: make the environment with the chosen interpreter, install."""
    chosen = virtualenv.interpreter(spec, site)
    try:
        got = _obtain(site)
    except FallsShort:
        return Plan(TITLE)
    if chosen is None:
        return Plan(TITLE)
    program = got.program
    spec, backend = cuda.fitted(spec, site)
    where = virtualenv.where_from(spec, site)
    env = uv.environ(where, site.shell, offline=site.offline)
    make = Run(
        (
            *(str(program), "venv", "--quiet", "--python", str(chosen.path)),
            *(f"--prompt={virtualenv.prompt(site)}", str(site.prefix)),
        ),
        env=env,
        why=f"making the environment with Python {chosen.text}",
    )
    then: tuple[str, ...] = ("--exclude-newer", site.as_of) if site.as_of else ()
    if backend and _knows(backend, got, site.shell):
        then += ("--torch-backend", backend)
    tool = _Tool(str(program), str(virtualenv.python_in(site.prefix, site)), env, then)
    lock = spec.lock if spec.lock and site.shell.kind(site.root / spec.lock.path) else None
    if lock and lock.format == "uv.lock":
        steps = _locked(spec, site, where, tool)
    elif lock and lock.format == "pylock.toml":
        project = ("--no-deps", "-e", str(site.root)) if spec.project else ()
        steps = [tool.install(("-r", str(site.root / lock.path)), site.root, _from(lock.path))]
        steps += [tool.install(project, site.root, "installing the project")] if project else []
        left = locked.rest(spec, site)
        if left.arguments and not spec.project:
            install = tool.install(left.arguments, left.cwd, left.why)
            steps += [*left.before, install, *left.after]
    else:
        steps = _required(spec, site, where, tool)
    return Plan(TITLE, (*got.before, make, *steps, *got.after), site.prefix)


@dataclass(frozen=True)
class _Tool:
    """uv, and the environment that it installs into."""

    program: str
    python: str
    env: tuple[tuple[str, str], ...]
    flags: tuple[str, ...] = ()
    """For every installation: as of when, and for which CUDA."""

    def install(self, arguments: tuple[str, ...], cwd: Path, why: str) -> Run:
        argv = (self.program, "pip", "install", "--python", self.python, *self.flags, *arguments)
        return Run(argv, cwd, self.env, why)


def _required(spec: EnvironmentSpec, site: Site, where: Index, tool: _Tool) -> list[Step]:
    """Return the steps that install a list of requirements."""
    # uv stops at a folder of wheels that does not exist, where pip warns.
    missing = frozenset(
        o.text
        for o in spec.options
        for place in index.amended(index.Index(), [o.text]).find_links
        if index.local(place) and not index.there(str(site.root / place), site.shell)
    )
    wanted = virtualenv.requirements(spec, site, drop=missing)
    flags = []
    if any("--hash" in d.text for d in spec.dependencies):
        flags.append("--require-hashes")  # pip demands all as soon as there is one
    if any(o.name == "--pre" for o in spec.options):
        flags.append("--prerelease=allow")
    if where.no_index:
        flags.append("--no-index")
    if not wanted.arguments:
        return []
    install = tool.install((*flags, *wanted.arguments), wanted.cwd, wanted.why)
    return [*wanted.before, install, *wanted.after]


def _locked(spec: EnvironmentSpec, site: Site, where: Index, tool: _Tool) -> list[Step]:
    """Return the steps for uv.lock: production, and the groups that were asked for.

    The lock names the files of the index that it was made with. Where pip is configured with
    another one, the versions and digests are exported and installed from there.
    """
    assert spec.lock is not None  # noqa: S101 - the caller looked
    folder = (site.root / spec.lock.path).parent
    asked = ("--project", str(folder), "--no-default-groups", *_groups(spec, folder, site.shell))
    if where.url in {"", index.PYPI} and not where.no_index:
        argv = (tool.program, "sync", "--locked", "--python", tool.python, *asked)
        env = (*tool.env, ("UV_PROJECT_ENVIRONMENT", str(site.prefix)))
        return [Run(argv, folder, env, _from(spec.lock.path))]
    target = site.prefix / virtualenv.RENDERED
    argv = (tool.program, "export", "--frozen", "--quiet", *asked, "-o", str(target))
    flags = ("--no-index",) if where.no_index else ()
    return [
        Run(argv, folder, tool.env, f"reading {spec.lock.path}"),
        tool.install((*flags, "-r", str(target)), folder, _from(spec.lock.path)),
        Remove(target),
    ]


def _groups(spec: EnvironmentSpec, folder: Path, shell: Shell) -> Iterator[str]:
    """Yield the flags for the groups whose packages are all among the dependencies."""
    from envboot.formats.parts import toml

    try:
        text = (shell.read(folder / "pyproject.toml") or b"").decode("utf-8", "replace")
        extras = toml.loads(text, Origin("pyproject.toml"))["project"]["optional-dependencies"]
        named = {normalise(name) for name in extras}
    except (EnvbootError, KeyError, TypeError):
        named = set()
    have = {d.text for d in spec.dependencies}
    for group in spec.groups:
        if group.dependencies and {d.text for d in group.dependencies} <= have:
            flag = "--extra" if normalise(group.name) in named else "--group"
            yield f"{flag}={group.name}"


def _from(path: str) -> str:
    return f"installing the packages of {path}"


def _knows(backend: str, got: uv.Obtained, shell: Shell) -> bool:
    """Return whether this uv has an index of PyTorch's by that name; one that we fetch does."""
    if got.before:
        return True
    said = shell.query((str(got.program), "pip", "install", "--help")).out or ""
    return bool(re.search(rf"\b{backend}\b", said.partition("--torch-backend")[2]))


def _obtain(site: Site) -> uv.Obtained:
    """Return the uv for an environment: fetched only when the person asked for uv.

    Or for a moment of the past, which pip cannot ask an index about.
    """
    if site.asked != "uv" and (site.asked or not site.as_of):
        return uv.installed(site.shell)
    # While it is built, the environment itself lies in the state folder.
    beside = site.prefix.parent
    beside = beside if beside.name == ".envboot" else beside / ".envboot"
    return uv.obtain(site.shell, beside, offline=site.offline)
