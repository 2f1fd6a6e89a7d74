"""What a notebook should carry: read from the files beside it, git, the needs, or its imports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from envboot import site
from envboot.errors import InvalidFile
from envboot.formats import notebook as nb
from envboot.formats.notebook import environment
from envboot.formats.notebook.environment import Embedded
from envboot.notebook.gathering import reaching, taking
from envboot.notebook.gathering.taking import NAMES
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from envboot.formats.notebook.environment import Git
    from envboot.git import Published
    from envboot.shell import Shell

__all__ = [
    "NAMES",
    "Wish",
    "files",
    "folder",
    "gather",
    "read",
    "repository",
    "sections",
    "signature",
]
LARGEST = 1 << 29
"""Bytes of a notebook; more is not looked at."""
_BINDER = ("binder", ".binder")


@dataclass(frozen=True)
class Wish:
    """How it is to be gathered."""

    python: str | None = None
    """The live environment is this interpreter's; None: its kernel's, else the active one."""
    live: bool = True
    """Look at a live environment, where no file says which versions are meant."""
    git: bool = True
    before: Embedded | None = None
    """What the notebook carries now, where that is ours."""
    seen: dict[Path, Published | None] | None = None
    """What was found of repositories for other notebooks; filled in."""
    read: tuple[bytes, nb.Notebook] | None = None
    """The notebook, where it was read already: a large one takes its time."""


_USUAL = Wish()


def repository(notebook: Path, shell: Shell) -> Path:
    """Return the repository that a notebook lies in; its folder where it lies in none."""
    return site.repository(notebook.parent, shell) or notebook.parent


def folder(notebook: Path, root: Path, shell: Shell) -> Path | None:
    """Return the folder whose dependency files are the notebook's.

    Its own or the nearest one above it, not above ``root`` (its repository); None where nothing is
    declared. ``binder/`` and ``.binder/`` stand for the folder that they lie in, as on Binder.
    """
    for place in _upwards(notebook, root):
        for inside in (*(place / name for name in _BINDER), place):
            if taking.declares(inside, shell):
                return inside
    return None


def files(place: Path, shell: Shell) -> Mapping[str, str]:
    """Return the files of ``place`` that a notebook carries: name → text.

    Only names that the format allows, regular files, UTF-8, at most 256 KiB. Raises InvalidFile for
    one with a password or a token in it: packing publishes. Cheap: a few ``stat`` and reads.
    """
    return taking.take(place, repository(place / "_", shell), shell).files


def signature(place: Path, shell: Shell) -> tuple[object, ...]:
    """Return what is another as soon as :func:`files` may say something else: a few ``stat``."""
    found = [(name, shell.mark(place / name)) for name in NAMES]
    data = shell.read(place / "requirements.txt", environment.LARGEST)
    if data and b"-" in data and (b"\n-" in data or data[:1] == b"-"):
        text = data.decode("utf-8", "replace")
        paths = reaching.included(text, place / "requirements.txt", shell)
        found += [(str(path), shell.mark(path)) for path in paths]
    return tuple(found)


def gather(
    notebook: Path, root: Path, shell: Shell, wish: Wish = _USUAL
) -> tuple[Embedded, tuple[str, ...]]:
    """Return all that the notebook should carry, and sentences on what was left out or guessed.

    Without dependency files its own imports say what it needs, as ``package-env`` would write it,
    with the versions of its kernel's environment. What was inferred once stays as it is unless the
    code asks for something else, and what only the notebook says (a container, a cloud) stays too.
    Raises InvalidFile for what is no notebook, and for passwords.
    """
    from envboot.notebook.gathering import hosting, inferring, whence

    data, known = wish.read or read(notebook, shell)
    before, place = wish.before, folder(notebook, root, shell)
    if place is not None:
        taken = taking.take(place, root, shell)
    elif before is not None and before.files and not inferring.is_inferred(before.files):
        said = f"no dependency file lies in {notebook.parent} or above: what it carries stays"
        taken = taking.Taken(before.files, (said,))
    else:
        asked = inferring.Wish(root, wish.python, live=wish.live)
        text, of_code = inferring.infer_text(notebook, data, known.metadata, before, asked, shell)
        taken = taking.Taken({inferring.FILE: text} if text else {}, of_code)
    container, needs, more = hosting.declared(notebook, root, shell)
    git: Git | None = None
    of_git: tuple[str, ...] = ()
    if wish.git:
        there = before.git if before else None
        git, of_git = whence.look(notebook, taken.files, there, shell, wish.seen)
    clouds, of_clouds = sections(known.metadata, before, shell)
    found = Embedded(
        files=dict(taken.files),
        container=container or (before.container if before else ""),
        git=git or (before.git if before else None),
        machine=needs or (before.machine if before else {}),
        clouds=clouds,
        unknown=before.unknown if before else {},
    )
    return found, (*taken.said, *more, *of_git, *of_clouds)


def read(notebook: Path, shell: Shell) -> tuple[bytes, nb.Notebook]:
    """Return a notebook's bytes and what it says of itself. Raises InvalidFile."""
    data = shell.read(notebook, LARGEST + 1)
    if data is None:
        why = "cannot be read" if shell.kind(notebook) else "does not exist"
        raise InvalidFile(f"the notebook {why}", origin=Origin(str(notebook)))
    if len(data) > LARGEST:
        raise InvalidFile(
            f"the notebook is larger than {LARGEST >> 20} MiB",
            hint="clear its outputs, or keep them elsewhere",
            origin=Origin(str(notebook)),
        )
    return data, nb.read(data, Origin(str(notebook)))


def sections(
    metadata: Mapping[str, Any], before: Embedded | None, shell: Shell
) -> tuple[tuple[Mapping[str, Any], ...], tuple[str, ...]]:
    """Return the clouds' sections: those of where this is, and those that are there already."""
    from envboot import clouds

    found: dict[str, Mapping[str, Any]] = {}
    said = []
    for one in before.clouds if before else ():
        found[str(one.get("env_name", ""))] = one
    for name, handler in clouds.family().members:
        try:
            section = handler.section(metadata, shell)
        except Exception as error:  # noqa: BLE001 - a plug-in of somebody: packing goes on
            said.append(f"the cloud {name} failed: {type(error).__name__}")
            continue
        if section and section.get("env_name"):
            found[str(section["env_name"])] = dict(section)
    return tuple(found.values()), tuple(said)


def _upwards(notebook: Path, root: Path) -> Iterator[Path]:
    """Yield the notebook's folder and those above, up to its repository."""
    for place in notebook.parents:
        yield place
        if place == root or root not in place.parents:
            return
