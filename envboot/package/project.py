"""What kind of project a repository is for pip and setuptools, and what its setup.py needs.

Sources: PEP 517, PEP 621; setuptools' user guide on ``setup.cfg`` and on automatic discovery.
"""

from __future__ import annotations

import configparser
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from envboot.errors import InvalidFile
from envboot.formats.parts import encoding, toml
from envboot.package.literals import literal
from envboot.spec import Origin

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.shell import Shell

_SETUPTOOLS = """\
try:
    from setuptools import setup
except ImportError:
    sys.exit("setuptools is not installed; `python setup.py help` works without it")

"""
_PILE = (
    "setup(\n    name={name},\n    version={version},\n    packages=[],\n    py_modules=[],\n)\n"
)
_FOREIGN = """\
if __name__ == "__main__":
    sys.exit("this project is built by {backend}: use `pip install .` or `python -m build`")
"""
_FOUND = re.compile(r"setup\(\n    name=(\"[^\"\n]*\"),\n    version=(\"[^\"\n]*\"),\n")
_BACKEND = re.compile(r"[A-Za-z_][\w.:-]*")


@dataclass(frozen=True)
class Project:
    """How pip would build the repository."""

    kind: str
    """pile: no metadata anywhere, notebooks or scripts; declared: pyproject.toml or setup.cfg has
    it, for setuptools; foreign: another back end builds it."""
    backend: str = ""
    """The back end's module, of a foreign one."""


def look(root: Path, shell: Shell) -> Project:
    """Return the kind of the project at ``root``. Raises InvalidFile for a broken file."""
    table = _pyproject(root, shell)
    build = table.get("build-system")
    build = build if isinstance(build, dict) else {}
    backend = build.get("build-backend")
    if isinstance(backend, str) and not _is_setuptools(build, backend):
        name = backend if _BACKEND.fullmatch(backend) else "another back end"
        return Project("foreign", name.partition(":")[0])
    if isinstance(table.get("project"), dict) or _has_metadata(root, shell):
        return Project("declared")
    return Project("pile")


def tail(project: Project, name: str, before: str = "") -> str:
    """Return what stands below the block in a setup.py of our own.

    A pile keeps the name and version that ``before``, an earlier tail, gave it: the folder of a
    clone may have another name.
    """
    if project.kind == "foreign":
        return _FOREIGN.format(backend=project.backend)
    if project.kind == "declared":
        return _SETUPTOOLS + "setup()\n"
    found = _FOUND.search(before)
    given = found.groups() if found else (literal(distribution_name(name)), '"0.0.0"')
    return _SETUPTOOLS + _PILE.format(name=given[0], version=given[1])


def is_tail(text: str) -> bool:
    """Return whether nobody changed a tail since :func:`tail` returned it."""
    if text in {tail(Project("pile"), "x", text), tail(Project("declared"), "x")}:
        return True
    found = re.search(r"built by ([\w.]+|another back end): use", text)
    return bool(found) and text == tail(Project("foreign", found.group(1) if found else ""), "x")


def distribution_name(text: str) -> str:
    """Return ``text`` as a name that PEP 508 allows; accents are dropped."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-._") or "repository"


def _is_setuptools(build: dict[str, Any], backend: str) -> bool:
    """Return whether setuptools builds it, perhaps through a back end inside the repository."""
    if backend.partition(":")[0].partition(".")[0] == "setuptools":
        return True
    requires = build.get("requires")
    named = [str(r) for r in requires] if isinstance(requires, list) else []
    return "backend-path" in build and any(re.match(r"setuptools\b", r) for r in named)


def _pyproject(root: Path, shell: Shell) -> dict[str, Any]:
    data = shell.read(root / "pyproject.toml")
    if data is None:
        return {}
    origin = Origin("pyproject.toml")
    return toml.loads(encoding.decode(data, origin.path), origin)


def _has_metadata(root: Path, shell: Shell) -> bool:
    data = shell.read(root / "setup.cfg")
    if data is None:
        return False
    config = configparser.RawConfigParser()
    try:
        config.read_string(encoding.decode(data, "setup.cfg"))
    except configparser.Error as error:
        raise InvalidFile(
            "not a valid configuration file",
            hint="write `[section]` lines, and `key = value` lines below them",
            origin=Origin("setup.cfg", getattr(error, "lineno", None)),
        ) from error
    return config.has_option("metadata", "name")
