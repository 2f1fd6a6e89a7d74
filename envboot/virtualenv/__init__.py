"""What every engine of virtual environments needs: an interpreter, and files for the installer.

pip and uv read the same requirements files. The repository's own file is handed over where it
says the same as the spec; otherwise one is written into the new environment for as long as the
installer runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from envboot import index, interpreters
from envboot.formats.parts import requirement
from envboot.plan import Remove, Write

if TYPE_CHECKING:
    from envboot.index import Index
    from envboot.interpreters import Interpreter
    from envboot.plan import Step
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

RENDERED = "envboot-requirements.txt"
CONSTRAINTS = "envboot-constraints.txt"
_RELATIVE = re.compile(r"((?:-e|--editable)(?:\s+|=|(?=[^-\s])))?(?P<place>.+)")


@dataclass(frozen=True)
class Requirements:
    """What an installer is given."""

    arguments: tuple[str, ...]
    """``-r FILE``, ``-c FILE``, ``-e FOLDER``; () when nothing is asked for."""
    cwd: Path
    """Against which relative paths in the file are meant."""
    before: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()
    why: str = ""
    """For people: what is installed, and why not from the repository's own file."""


def interpreter(spec: EnvironmentSpec, site: Site) -> Interpreter | None:
    """Return the interpreter for the environment; None when no Python here satisfies."""
    return interpreters.choose(spec.python, site.shell)


def why_not(spec: EnvironmentSpec, site: Site, locks: frozenset[str]) -> str | None:
    """Return why no virtual environment can be made of ``spec`` here, None when one can.

    ``locks`` are the formats of lock files that the engine understands.
    """
    for asked in spec.dependencies:
        if asked.ecosystem == "conda" and asked.name not in {"python", "pip"}:
            return f"`{asked.text}` is a conda package ({asked.origin})"
    lock = spec.lock
    if lock and lock.format not in locks and not spec.project and not spec.dependencies:
        return f"{lock.path} is a lock file that it does not read"
    if not site.shell.writable(site.prefix):
        return f"{site.prefix.parent} cannot be written to; `--prefix` takes another place"
    if interpreter(spec, site) is None:
        where = f" ({spec.python_origin})" if spec.python_origin else ""
        return (
            f"Python {spec.python} is asked for{where}, and this computer has "
            f"{interpreters.said(site.shell)}"
        )
    return None


def prompt(site: Site) -> str:
    """Return the name for the prompt, letters and the like alone.

    The name comes from a file, and the activation scripts of older Pythons put it between double
    quotes, where a shell would carry out ``$(…)`` (CVE-2024-9287).
    """
    return re.sub(r"[^\w .-]+", "-", site.name)


def python_in(prefix: Path, site: Site) -> Path:
    """Return where the interpreter of a virtual environment will be."""
    windows = site.shell.platform.system == "Windows"
    return prefix / ("Scripts/python.exe" if windows else "bin/python")


def where_from(spec: EnvironmentSpec, site: Site) -> Index:
    """Return the indexes in force: pip's configuration and what the file says itself."""
    found = index.amended(index.settings(site.shell), [o.text for o in spec.options])
    return index.offline(found, site.shell) if site.offline else found


def pip(python: Path, where: Index, prefix: Path) -> tuple[str, ...]:
    """Return how the pip of an environment is called, as far as what is to be installed."""
    return (
        # -I: no module of the repository may stand in for one of pip's; -u: lines as they come
        *(str(python), "-I", "-u", "-m", "pip", "install", "--no-input"),
        *("--disable-pip-version-check", "--progress-bar", "off"),
        *index.pip_arguments(where, prefix),
    )


def requirements(
    spec: EnvironmentSpec, site: Site, *, drop: frozenset[str] = frozenset()
) -> Requirements:
    """Return what the installer is given to install ``spec``.

    ``drop`` are lines of ``spec.options`` that the installer stumbles over.
    """
    wanted = [d for d in spec.dependencies if d.ecosystem == "pypi"]
    project = ("-e", str(_folder(spec, site))) if adds_project(spec, site) else ()
    what = f"installing {_count(len(wanted), 'package')}" if wanted else "installing the project"
    if not wanted:
        return Requirements(project, site.root, why=what)
    cwd, own = base(spec, site), _own_file(spec, site)
    if own and not drop:
        arguments = ("-r", str(own), *project)
        return Requirements(arguments, cwd, why=f"{what} from {_name(spec)}")
    lines = [*_options(spec, site, drop), *(d.text for d in wanted)]
    target = site.prefix / RENDERED
    before: list[Step] = [Write(target, "".join(f"{line}\n" for line in lines), private=True)]
    after: list[Step] = [Remove(target)]
    arguments = ("-r", str(target))
    if spec.constraints:
        limits = site.prefix / CONSTRAINTS
        before.append(Write(limits, "".join(f"{c.text}\n" for c in spec.constraints), private=True))
        after.append(Remove(limits))
        arguments += ("-c", str(limits))
    return Requirements((*arguments, *project), cwd, tuple(before), tuple(after), what)


def adds_project(spec: EnvironmentSpec, site: Site) -> bool:
    """Return whether the project itself has to be added to what ``spec`` lists."""
    own = _folder(spec, site)
    listed = (
        relative(d.text) for d in spec.dependencies if d.text.startswith(("-e", "--editable"))
    )
    return spec.project and own not in {site.root / place for place in listed if place}


def base(spec: EnvironmentSpec, site: Site) -> Path:
    """Return the folder that relative paths among the dependencies are meant from.

    pip takes them from the folder it is started in, which for a repository is its root
    (repo2docker does so too); conda takes them from the folder of environment.yml. A path that
    exists only beside the file is meant from there.
    """
    beside = _folder(spec, site)
    if spec.source and spec.source.path.endswith((".yml", ".yaml")):
        return beside
    for asked in spec.dependencies:
        place = relative(asked.text)
        if place and not site.shell.kind(site.root / place) and site.shell.kind(beside / place):
            return beside
    return site.root


def relative(text: str) -> str:
    """Return the relative path that a requirement line installs from, extras cut off; else ""."""
    match = _RELATIVE.fullmatch(text)
    place = match["place"] if match else ""
    editable = bool(match and match[1])
    place = re.split(r"\s+(?:--|;|#)", place)[0].strip().strip("\"'")
    if "://" in place or place.startswith(("git+", "file:", "/", "~")) or "@" in place:
        return ""
    if not editable and not requirement.is_location(place):
        return ""
    return re.sub(r"\[[^\]]*\]$", "", place)


def _options(spec: EnvironmentSpec, site: Site, drop: frozenset[str]) -> list[str]:
    """Return the option lines; a folder of wheels that lies beside its file is made absolute."""
    out = []
    for option in spec.options:
        text = option.text
        if option.name == "--find-links" and text not in drop:
            place = re.sub(r"^(?:--find-links|-f)\s*=?\s*", "", text).strip("\"'")
            beside = site.root / PurePosixPath(option.origin.path).parent / place
            if index.local(place) and "://" not in place and site.shell.kind(beside):
                text = f"--find-links {beside.as_uri()}"
        if option.text not in drop:
            out.append(text)
    return out


def _own_file(spec: EnvironmentSpec, site: Site) -> Path | None:
    """Return the requirements file that may be handed over as it is; uv reads UTF-8 alone."""
    if not (spec.as_written and spec.source and spec.source.path.endswith((".txt", ".in"))):
        return None
    path = site.root / spec.source.path
    data = site.shell.read(path)
    try:
        (data or b"").decode("utf-8")
    except UnicodeDecodeError:
        return None
    return path if data is not None else None


def _folder(spec: EnvironmentSpec, site: Site) -> Path:
    return site.root / PurePosixPath(spec.source.path).parent if spec.source else site.root


def _name(spec: EnvironmentSpec) -> str:
    return spec.source.path if spec.source else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
