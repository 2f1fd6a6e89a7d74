"""conda, mamba or micromamba: the engine for files that ask for conda packages.

``conda env create`` gets the repository's environment.yml, or one written below ``.envboot/``
beside the new environment where something had to change. It always gets ``-p PREFIX``: with
``-n NAME`` it would choose the folder itself, and replace without a word an environment of that
name in another one. Sources: conda's documentation ("Managing environments", "Environment
variables", ``conda env create``), micromamba's user guide.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from envboot import index, locks, virtualenv
from envboot.conda import environments, programs
from envboot.plan import Plan, Remove, Run, Write, child
from envboot.shell import redact
from envboot.spec import Dependency, Origin
from envboot.virtualenv import into_conda

if TYPE_CHECKING:
    from envboot.conda.programs import Program
    from envboot.locks import Contents
    from envboot.plan import Step
    from envboot.shell import Shell
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

TITLE = "conda"
RELOCATABLE = False
LOCKS = frozenset(locks.FORMATS)


def prefix(spec: EnvironmentSpec, site: Site) -> Path:  # noqa: ARG001 - the family's signature
    """Return the folder of that name among conda's environments."""
    place = environments.place(site.shell) if programs.find(site.shell) else None
    return (place or site.root / ".conda") / environments.folder_name(site.name)


def why_not(spec: EnvironmentSpec, site: Site) -> str | None:
    """Return why conda cannot make ``spec`` here: it is missing, or something is in its way."""
    shell = site.shell
    if programs.find(shell) is None:
        return (
            "no conda, mamba or micromamba is installed "
            "(https://conda-forge.org/download/ has one for every system)"
        )
    if site.as_of:
        return "conda cannot leave out what is newer than a date; `--engine rattler` can"
    lock = spec.lock
    if lock and lock.format not in LOCKS and not spec.dependencies and not spec.project:
        return f"{lock.path} is a lock file that it does not read"
    if shell.kind(site.prefix) == "file" or shell.folder(site.prefix):
        return f"{site.prefix} exists, and conda would replace it without asking"
    return None if shell.writable(site.prefix) else f"{site.prefix.parent} cannot be written to"


def plan(spec: EnvironmentSpec, site: Site) -> Plan:
    """Return: write the file if it had to change, create the environment."""
    program = programs.find(site.shell)
    if program is None:
        return Plan(TITLE)
    if contents := locks.of(spec, site.root, site.shell):
        return _locked(spec, site, program, contents)
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
            before.append(Write(limits, text, private=True))
            after.append(Remove(limits))
        before.append(Write(own, _rendered(spec, site, limits), private=True))
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


def _locked(spec: EnvironmentSpec, site: Site, program: Program, contents: Contents) -> Plan:
    """Return: hand conda every address with its digest, so that nothing is solved; pip's part.

    Source: conda's documentation, "Building identical conda environments".
    """
    explicit = site.prefix.parent / ".envboot" / f"{site.prefix.name}.explicit.txt"
    text = locks.explicit(contents, sha256=_knows_sha256(program, site.shell))
    argv = (
        *(str(program.path), "create", "-y", "-p", str(site.prefix)),
        *(("--no-default-packages",) if program.kind == "conda" else ()),
        *("--file", str(explicit), *(("--offline",) if site.offline else ())),
    )
    why = f"creating {site.prefix.name} with {program.kind}, exactly as in {contents.path}"
    steps = (
        Write(explicit, text, private=True),
        Run(argv, env=_environ(spec, program, site), why=why),
        Remove(explicit),
        child(
            "envboot.locks.history", str(site.prefix), *_asked(spec), why="noting what was asked"
        ),
        *into_conda.locked(spec, contents, site),
    )
    return Plan(f"{TITLE} ({program.path})", steps, site.prefix)


def _asked(spec: EnvironmentSpec) -> list[str]:
    """Return what conda is asked for, as its history is to say it."""
    conda = [d for d in spec.dependencies if d.ecosystem == "conda"]
    texts = [" ".join(d.text.split("#")[0].split()) for d in conda]
    # A channel's token has no place in the list of processes, and none in the history.
    texts = [t if redact(t) == t else t.rpartition("::")[2] for t in texts]
    pip = len(conda) < len(spec.dependencies) and all(d.name != "pip" for d in conda)
    return [*texts, *(["pip"] if pip else [])]


def _environ(spec: EnvironmentSpec, program: Program, site: Site) -> tuple[tuple[str, str], ...]:
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


def _takes_nodefaults_literally(program: Program, shell: Shell) -> bool:
    """Return whether this conda looks for a channel called ``nodefaults``, and fails.

    Since 26.7 ``conda env create`` hands the list of channels to the solver as it stands; and it
    adds no others to it, so that leaving the word out means what it says. Found by running it.
    """
    return program.kind == "conda" and _version(program, shell) >= (26, 7)


def _knows_sha256(program: Program, shell: Shell) -> bool:
    """Return whether an explicit file may have sha256: conda 24.9, mamba 2; else it is md5."""
    return _version(program, shell) >= ((24, 9) if program.kind == "conda" else (2, 0))


def _version(program: Program, shell: Shell) -> tuple[int, int]:
    """Return the version of the program, of conda's own without starting it; else (0, 0)."""
    root = programs.root_of(program, shell)
    said = ""
    if program.kind == "conda" and root is not None:
        files = [p.name for p in shell.folder(root / "conda-meta")]
        said = next((n for n in files if re.match(r"conda-\d+\.\d+", n)), "")
    said = said or shell.query((str(program.path), "--version"), timeout=30).out or ""
    match = re.search(r"(?:^|[- ])(\d+)\.(\d+)", said)
    return (int(match[1]), int(match[2])) if match else (0, 0)
