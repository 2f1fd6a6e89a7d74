"""conda, mamba or micromamba: the engine for files that ask for conda packages.

``conda env create`` gets the repository's environment.yml, or one written below ``.envboot/``
beside the new environment where something had to change. It always gets ``-p PREFIX``: with
``-n NAME`` it would choose the folder itself, and replace without a word an environment of that
name in another one. Sources: conda's documentation ("Managing environments", "Environment
variables", ``conda env create``), micromamba's user guide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from envboot import index, virtualenv
from envboot.plan import Plan, Remove, Run, Write
from envboot.spec import Dependency, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.plan import Step
    from envboot.shell import Shell
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

TITLE = "conda"
RELOCATABLE = False
LOCKS: frozenset[str] = frozenset()
_PROGRAMS = ("conda", "mamba", "micromamba")
_HOMES = ("miniforge3", "miniconda3", "mambaforge", "anaconda3", "conda", "micromamba")


@dataclass(frozen=True)
class _Program:
    """One of the three."""

    path: Path
    kind: str
    """conda | mamba | micromamba"""


def prefix(spec: EnvironmentSpec, site: Site) -> Path:  # noqa: ARG001 - the family's signature
    """Return the folder of that name among conda's environments.

    The name comes from a file: only letters, digits, ``_``, ``.`` and ``-`` of it become a path.
    """
    name = re.sub(r"[^\w.-]+", "-", site.name).strip("-.") or "env"
    program = _program(site.shell)
    return (_environments(program, site.shell) if program else site.root / ".conda") / name


def why_not(spec: EnvironmentSpec, site: Site) -> str | None:
    """Return why conda cannot make ``spec`` here: it is missing, or something is in its way."""
    shell = site.shell
    if _program(shell) is None:
        return (
            "no conda, mamba or micromamba is installed "
            "(https://conda-forge.org/download/ has one for every system)"
        )
    lock = spec.lock
    if lock and not spec.dependencies and not spec.project:
        return f"{lock.path} is a lock file that it does not read"
    if shell.kind(site.prefix) == "file" or shell.folder(site.prefix):
        return f"{site.prefix} exists, and conda would replace it without asking"
    return None if shell.writable(site.prefix) else f"{site.prefix.parent} cannot be written to"


def plan(spec: EnvironmentSpec, site: Site) -> Plan:
    """Return: write the file if it had to change, create the environment."""
    program = _program(site.shell)
    if program is None:
        return Plan(TITLE)
    literal = ""
    if "nodefaults" in spec.channels and _takes_nodefaults_literally(program, site.shell):
        kept = tuple(c for c in spec.channels if c != "nodefaults")
        spec = replace(spec, channels=kept, as_written=False)
        literal = "from a file without `nodefaults`, which this conda takes for a channel"
    own, changed = _own_file(spec, site), literal or _changed(spec, site)
    before: list[Step] = []
    after: list[Step] = []
    if own is None:
        folder = site.prefix.parent / ".envboot"
        own = folder / f"{site.prefix.name}.environment.yml"
        limits = folder / f"{site.prefix.name}.constraints.txt"
        if spec.constraints:
            text = "".join(f"{c.text}\n" for c in spec.constraints)
            before.append(Write(limits, text))
            after.append(Remove(limits))
        before.append(Write(own, _rendered(spec, site, limits)))
        after.append(Remove(own))
    verb = ("create", "-y") if program.kind == "micromamba" else ("env", "create")
    argv = (
        *(str(program.path), *verb, "-f", str(own), "-p", str(site.prefix)),
        *(("--offline",) if site.offline else ()),
    )
    number = len(spec.dependencies)
    why = f"creating {site.prefix.name} with {program.kind}, {number} packages asked for"
    run = Run(argv, env=_environ(spec, program, site), why=f"{why} ({changed})" if changed else why)
    return Plan(f"{TITLE} ({program.path})", (*before, run, *after), site.prefix)


def _environ(spec: EnvironmentSpec, program: _Program, site: Site) -> tuple[tuple[str, str], ...]:
    """Return the variables: pip below conda is kept in the environment; nothing is asked.

    conda itself asks only when the folder exists, and then it must not be told yes.
    """
    where = virtualenv.where_from(spec, site)
    env = index.pip_environ(where)
    if site.offline:
        env.update(index.pip_offline_environ(where))
    if program.kind != "conda":
        env["MAMBA_ALWAYS_YES"] = "true"
    return tuple(env.items())


# ------------------------------------------------------------------------- the file


def _own_file(spec: EnvironmentSpec, site: Site) -> Path | None:
    """Return the repository's file where conda can be given it as it is."""
    if _changed(spec, site) or spec.source is None:
        return None
    return site.root / spec.source.path


def _changed(spec: EnvironmentSpec, site: Site) -> str:
    """Return why conda gets a file of ours, "" when it gets the repository's."""
    source = spec.source.path if spec.source else ""
    if not source.endswith((".yml", ".yaml")):
        return f"from a file written for it: {source or 'nothing'} is not one that conda reads"
    if site.shell.kind(site.root / source) != "file":
        return f"from setup.py's copy: {source} is not there"
    if not spec.as_written:
        return f"from a file written for it: {source} was added to"
    return ""


def _rendered(spec: EnvironmentSpec, site: Site, limits: Path) -> str:
    """Return an environment.yml for ``spec`` that means the same wherever it lies."""
    from envboot.formats import environment_yml

    base = virtualenv.base(spec, site)
    nowhere = spec.source or Origin("setup.py")
    dependencies = [
        replace(d, text=_absolute(d.text, base)) if d.ecosystem == "pypi" else d
        for d in spec.dependencies
    ]
    if virtualenv.adds_project(spec, site):
        dependencies.append(Dependency("", f"-e {base.as_uri()}", "pypi", nowhere))
    if not spec.python and not any(d.name == "python" for d in dependencies):
        # pip comes with the newest Python; what runs here is what the other engines would take.
        minor = ".".join(site.machine.python.split(".")[:2])
        dependencies.insert(0, Dependency("python", f"python={minor}", "conda", nowhere))
    options = list(spec.options)
    if spec.constraints:
        options.append(Dependency("--constraint", f"-c {limits}", "pypi", nowhere))
    return environment_yml.render(
        replace(spec, dependencies=tuple(dependencies), options=tuple(options), includes=())
    )


def _absolute(text: str, base: Path) -> str:
    place = virtualenv.relative(text)
    if not place:
        return text
    whole = Path(base, place)
    # An editable may be an address, which may hold blanks; any other place only as a path.
    absolute = whole.as_uri() if text.startswith("-") else str(whole)
    return text.replace(place, absolute, 1)


# ------------------------------------------------------------------------- the program


def _program(shell: Shell) -> _Program | None:
    """Return the program to use: the one of the person's shell, on PATH, in a usual place."""
    return next((p for p in _programs(shell) if shell.kind(p.path) == "file"), None)


def _programs(shell: Shell) -> Iterator[_Program]:
    for variable in ("CONDA_EXE", "MAMBA_EXE"):
        if own := shell.environ.get(variable):
            kind = Path(own).stem.lower()
            yield _Program(Path(own), kind if kind in _PROGRAMS else "conda")
    for name in _PROGRAMS:
        if found := shell.which(name):
            yield _Program(found, name)
    windows = shell.platform.system == "Windows"
    homes = [Path(f"C:/ProgramData/{h}") if windows else Path(f"/opt/{h}") for h in _HOMES]
    if shell.home:
        homes = [*(shell.home / h for h in _HOMES), *homes]
    for home in homes:
        for name in _PROGRAMS:
            folder = ("Scripts" if name == "conda" else "Library/bin") if windows else "bin"
            yield _Program(home / folder / (f"{name}.exe" if windows else name), name)
    if shell.home:
        yield _Program(shell.home / ".local" / "bin" / "micromamba", "micromamba")


def _takes_nodefaults_literally(program: _Program, shell: Shell) -> bool:
    """Return whether this conda looks for a channel called ``nodefaults``, and fails.

    Since 26.7 ``conda env create`` hands the list of channels to the solver as it stands; and it
    adds no others to it, so that leaving the word out means what it says. Found by running it.
    """
    root = _root(program, shell)
    if program.kind != "conda" or root is None:
        return False
    files = [p.name for p in shell.folder(root / "conda-meta")]
    said = next((n for n in files if re.match(r"conda-\d+\.\d+", n)), "")
    if not said:
        said = (shell.query((str(program.path), "--version"), timeout=30).out or "").replace(
            " ", "-"
        )
    match = re.match(r"conda-(\d+)\.(\d+)", said)
    return match is not None and (int(match[1]), int(match[2])) >= (26, 7)


def _environments(program: _Program, shell: Shell) -> Path:
    """Return the first folder for environments that this user may write to.

    conda itself is asked, which takes a second, only when a ``.condarc`` moves them.
    """
    environ = shell.environ
    separator = ";" if shell.platform.system == "Windows" else ":"
    named = environ.get("CONDA_ENVS_PATH") or environ.get("CONDA_ENVS_DIRS") or ""
    places = [Path(p).expanduser() for p in re.split("[,]|" + separator, named) if p]
    root = _root(program, shell)
    if not places and _moved(root, shell):
        places = [Path(p) for p in _asked(program, shell)]
    if root:
        places.append(root / "envs")
    if shell.home:
        places.append(shell.home / ".conda" / "envs")
    places.append(program.path.parent.parent / "envs")
    return next((p for p in places if shell.writable(p)), places[0])


def _root(program: _Program, shell: Shell) -> Path | None:
    """Return the installation: micromamba's is a folder of its own, wherever the program is."""
    if program.kind == "micromamba":
        if own := shell.environ.get("MAMBA_ROOT_PREFIX"):
            return Path(own)
        if shell.home is None:
            return None
        older = shell.home / "micromamba"
        return older if shell.kind(older) else shell.home / ".local" / "share" / "mamba"
    path, link = program.path, shell.target(program.path)
    path = link if link and link.is_absolute() else path
    return path.parent.parent


def _moved(root: Path | None, shell: Shell) -> bool:
    files = [Path("/etc/conda/.condarc"), Path("/etc/conda/condarc")]
    files += [root / ".condarc"] if root else []
    if shell.home:
        files += [shell.home / ".condarc", shell.home / ".conda" / ".condarc"]
        files += [shell.home / ".config" / "conda" / ".condarc", shell.home / ".mambarc"]
    if own := shell.environ.get("CONDARC"):
        files.append(Path(own))
    return any(b"envs_" in (shell.read(f, 1 << 20) or b"") for f in files)


def _asked(program: _Program, shell: Shell) -> list[str]:
    import json

    try:
        said = json.loads(shell.query((str(program.path), "info", "--json"), timeout=30).out or "")
        found = said.get("envs_dirs") or said.get("envs directories") or []
    except (ValueError, AttributeError):
        return []
    return [p for p in found if isinstance(p, str)]
