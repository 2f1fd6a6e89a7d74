"""What unpacking a stranger's notebook would write and run, before anything is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot.errors import InvalidFile, NothingFound
from envboot.formats import notebook as notebooks
from envboot.formats.notebook import environment
from envboot.notebook import placing
from envboot.notebook.showing.depicting import lines
from envboot.notebook.showing.doubting import SCRIPTS, credential, doubtful
from envboot.notebook.visible import brief, forbidden, visible
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envboot.formats.notebook.environment import Embedded
    from envboot.shell import Shell

__all__ = ["File", "Sight", "doubtful", "lines", "look", "visible"]
LARGEST = 1 << 29
"""Bytes of a notebook."""
_CONDAS = ("environment.yml", "environment.yaml")
_WHOSE = {
    "google": "`metadata.environment` was written by Google's notebooks",
    "conda": "`metadata.environment` was written by `conda env attach`",
    "foreign": "`metadata.environment` was written by a program that envboot does not know",
}


@dataclass(frozen=True)
class File:
    """One file that would be written."""

    name: str
    text: str
    state: str
    """absent | same | differs | refused: the first warning says why"""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sight:
    """All that unpacking a notebook would write and run, before anything is done."""

    folder: Path
    """Where the files go: absolute, without a link in it."""
    embedded: Embedded
    digest: str
    """What ``--approve`` takes."""
    files: tuple[File, ...]
    warnings: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    """setup.sh, postBuild, start: files that run only on a yes of their own."""
    notebook: Path = Path("notebook.ipynb")
    """What was looked at."""
    copy: str = ""
    """What is where the notebook itself is copied to, when the files go elsewhere: absent, same,
    differs, or why it cannot be written; "": it stays where it is."""
    data: bytes = b""
    """The notebook, where it is copied."""
    raw: object = None
    """What the digest is of."""


def look(notebook: Path, to: Path | None, shell: Shell) -> Sight | None:
    """Return what unpacking ``notebook`` (into ``to``, by default its folder) would do.

    None where it carries nothing. Raises InvalidFile, with the reason, for what must not be
    unpacked: see ``docs/explanation/security.md``.
    """
    data = _bytes(notebook, shell)
    origin = Origin(brief(notebook.name))
    raw, embedded, said = _carried(data, origin)
    if embedded is None:
        return None
    placing.refuse(embedded.files, origin)
    folder = _real(notebook.parent if to is None else to)
    files = tuple(_file(folder, n, t, origin, shell) for n, t in embedded.files.items())
    copy = "" if to is None else _copy(folder, notebook, raw, data, shell)
    return Sight(
        folder,
        embedded,
        environment.digest(raw),
        files,
        (*said, *_warnings(embedded)),
        tuple(f.name for f in files if f.name.rsplit("/", 1)[-1] in SCRIPTS),
        notebook,
        copy,
        data if copy else b"",
        raw,
    )


def _bytes(notebook: Path, shell: Shell) -> bytes:
    data = shell.read(notebook, LARGEST + 1)
    if data is None:
        raise NothingFound(f"there is no notebook {brief(str(notebook))}, or it cannot be read")
    if len(data) > LARGEST:
        raise InvalidFile(
            f"{brief(notebook.name)} is larger than {LARGEST >> 20} MiB",
            hint="ask its sender for a copy without outputs; they are no part of its environment",
        )
    return data


def _carried(data: bytes, origin: Origin) -> tuple[object, Embedded | None, tuple[str, ...]]:
    """Return the value that counts, what it means, and whose it is."""
    found = notebooks.read(data, origin)
    embedded, path = environment.found(found, origin)
    if path == environment.MIRROR:
        sentence = "`metadata.environment` is somebody else's; envboot's own copy beside it counts"
        return found.own["environment"], embedded, (sentence,)
    said = (_WHOSE[embedded.whose],) if embedded and embedded.whose in _WHOSE else ()
    return found.environment, embedded, said


def _file(folder: Path, name: str, text: str, origin: Origin, shell: Shell) -> File:
    """Return a file with what is doubtful in it. Raises InvalidFile for what is no honest text."""
    if found := forbidden(text):
        raise InvalidFile(
            f"{name}:{found[0]}: a character that is not seen, or moves what is: {found[1]}",
            hint="no dependency file or script needs it; ask its sender for the file without it",
            origin=origin,
        )
    if line := credential(text):
        raise InvalidFile(
            f"{name}:{line}: an address with a password in it",
            hint="a password belongs into pip's, conda's or git's own settings, not into a file",
            origin=origin,
        )
    if len(text) > environment.LARGEST:
        raise InvalidFile(f"{name}: more than {environment.LARGEST >> 10} KiB", origin=origin)
    state = placing.state(folder, name, text.encode(), shell)
    said = doubtful(name, text)
    if state not in placing.STATES:
        return File(name, text, "refused", (f"it cannot be written: {state}", *said))
    return File(name, text, state, said)


def _copy(folder: Path, notebook: Path, raw: object, data: bytes, shell: Shell) -> str:
    """Return what becomes of the notebook's copy; one that carries the same is the same."""
    if notebook.suffix != ".ipynb":
        raise InvalidFile(f"{brief(notebook.name)} is not copied: its name does not end in .ipynb")
    state = placing.state(folder, notebook.name, data, shell)
    if state != "differs":
        return state
    try:
        there = _carried(shell.read(folder / notebook.name, LARGEST) or b"", Origin("there"))[0]
    except InvalidFile:
        return "differs"
    return "same" if there == raw else "differs"


def _real(folder: Path) -> Path:
    try:
        return folder.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle, a NUL
        raise InvalidFile(f"the folder {brief(str(folder))} cannot be found: {error}") from error


def _warnings(embedded: Embedded) -> Iterator[str]:
    git = embedded.git
    if git and git.dirty:
        yield "git: when it was packed, files of that repository had changes that are in no commit"
    if git and git.path.startswith("http://"):
        yield "git: the address is not encrypted"
    yield from _passed_over(embedded.files)
    for key in embedded.unknown:
        yield f"`{brief(str(key), 60)}` is a key that envboot does not know; it is left alone"
    yield from (f"cloud: {said}" for said in _of_clouds(embedded.clouds))


def _passed_over(files: Mapping[str, str]) -> Iterator[str]:
    """Yield what is written and not installed: of two files in one folder conda's wins.

    Source: mybinder's list of configuration files; :mod:`envboot.find` says so when it sets up.
    """
    for name in files:
        folder, _, last = name.rpartition("/")
        beside = (f"{folder}/" * bool(folder) + other for other in _CONDAS)
        if last == "requirements.txt" and (wins := next((n for n in beside if n in files), "")):
            yield f"{name}: what it asks for is not installed, since {wins} wins"


def _of_clouds(clouds: tuple[Mapping[str, Any], ...]) -> Iterator[str]:
    for cloud in clouds:
        if url := cloud.get("handler_url"):
            name = brief(str(cloud.get("env_name", "")), 60)
            yield f"{name} names {brief(str(url))}, which is neither fetched nor opened here"
