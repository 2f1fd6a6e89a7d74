"""Files on request (``--with``), made from what was derived. One module a kind.

A file of envboot's own is signed, and renewed while nobody changes it; a person's file is changed
only after a yes. The section of the README is drafted where it always was:
:mod:`envboot.package.drafting`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot.errors import UsageError
from envboot.package.changes import Change
from envboot.package.companions import (
    devcontainer,
    dockerfile,
    dockerignore,
    install,
    serving,
    signature,
)

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.derive import Derived
    from envboot.infer.facts import Scan
    from envboot.shell import Shell
    from envboot.spec import Need

KINDS = ("devcontainer", "dockerfile", "install", "readme")
_SIGNED = (dockerfile.FILENAME, install.SH, install.PS1)


@dataclass(frozen=True)
class Picture:
    """All that a companion file may say of the repository."""

    root: Path
    name: str
    python: str
    """The minor in use: ``3.11``."""
    derived: Derived
    scan: Scan
    needs: tuple[Need, ...]


def draft(kinds: tuple[str, ...], picture: Picture, shell: Shell) -> tuple[Change, ...]:
    """Return the changes of the companion files of those kinds; of a file of ours also without.

    Raises UsageError for a kind that does not exist, InvalidFile for a person's file that has to
    be changed and cannot be read.
    """
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise UsageError(
            f"there is no `--with {unknown[0]}`", hint=f"the kinds are {', '.join(KINDS)}"
        )
    wanted = set(kinds)
    if not (wanted - {"readme"} or _some_there(picture.root, shell)):
        return ()
    served = serving.look(picture, shell)
    texts = {**install.render(picture), dockerfile.FILENAME: b""}
    if "dockerfile" in wanted or _is_ours(picture.root, dockerfile.FILENAME, shell):
        texts[dockerfile.FILENAME] = dockerfile.render(picture, served, shell)
    found = [
        devcontainer.draft(picture, served, shell, wanted="devcontainer" in wanted),
        dockerignore.draft(picture.root, shell, wanted="dockerfile" in wanted),
    ]
    for name in _SIGNED:
        asked = ("dockerfile" if name == dockerfile.FILENAME else "install") in wanted
        found.append(_signed(picture.root, name, texts[name], shell, wanted=asked))
    return tuple(change for change in found if change is not None)


def removals(root: Path, shell: Shell) -> tuple[Change, ...]:
    """Return what takes the companion files out again; a file that a person changed stays."""
    found = [
        devcontainer.removal(root, shell),
        dockerignore.removal(root, shell),
        *(
            Change(name, shell.read(root / name), None)
            for name in _SIGNED
            if _is_ours(root, name, shell)
        ),
    ]
    return tuple(change for change in found if change is not None)


def _some_there(root: Path, shell: Shell) -> bool:
    names = (*_SIGNED, dockerignore.FILENAME, *devcontainer.NAMES)
    return any(shell.kind(root / name) == "file" for name in names)


def _is_ours(root: Path, name: str, shell: Shell) -> bool:
    return signature.is_ours(shell.read(root / name) or b"")


def _signed(root: Path, name: str, after: bytes, shell: Shell, *, wanted: bool) -> Change | None:
    """Return the change of a file that is ours as a whole; None where none is wanted."""
    before = shell.read(root / name)
    ours = before is None or signature.is_ours(before)
    if not wanted and (before is None or not ours):
        return None
    if before is not None and before.replace(b"\r\n", b"\n") == after:  # git may change line ends
        after = before
    return Change(name, before, after, ours=ours, executable=name == install.SH)
