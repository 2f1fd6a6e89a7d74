"""What setup.py carries for a clone that lost its files: their text, and the needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from envboot import find, formats
from envboot.errors import NothingFound
from envboot.formats.parts import encoding
from envboot.package import setupfile
from envboot.spec import Need, Notice, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from envboot.find import Found
    from envboot.package.changes import Change
    from envboot.package.setupfile import Block
    from envboot.shell import Shell

LARGEST = 256 << 10
"""Characters of a file that is carried; a longer one is used from the disk alone."""
ALWAYS = ("environment.yml", "environment.yaml", "requirements.txt")
_READERS = ("environment_yml", "requirements_txt")


@dataclass(frozen=True)
class Carried:
    """What goes into the block, and the account of the look at the files."""

    found: Found
    files: Mapping[str, str]
    needs: Mapping[str, Any]
    notices: tuple[Notice, ...] = ()


def gather(
    root: Path,
    shell: Shell,
    file: str | None,
    before: Block | None,
    changes: Sequence[Change] = (),
) -> Carried:
    """Return what setup.py has to carry; ``before`` is what it carries so far.

    ``changes`` are about to be made: their texts are carried, not those on the disk. A copy whose
    file is gone from the disk is kept: it may be the only one there is. Raises NothingFound,
    InvalidFile.
    """
    overlay = {
        c.path: encoding.decode(c.after, c.path) if c.after is not None else None
        for c in changes
        if _reads(c.path)
    }
    only = {
        name: (setupfile.sha256(text), text)
        for name, text in (before.files.items() if before else ())
        if shell.kind(root / name) != "file" and name not in overlay
    }
    try:
        found = find.look(
            root,
            shell,
            file=file,
            embedded=only,
            embedded_needs=before.needs if before else None,
            overlay=overlay,
        )
    except NothingFound as error:
        raise NothingFound(
            error.message, hint="write a requirements.txt or an environment.yml first"
        ) from error
    files: dict[str, str] = {}
    notices = []
    for path in _paths(
        found, [n for n in ALWAYS if n in overlay or shell.kind(root / n) == "file"]
    ):
        data = None if path in overlay else shell.read(root / path)
        text = overlay.get(path) or only.get(path, ("", ""))[1]
        text = encoding.decode(data, path) if data is not None else text
        if len(text) > LARGEST:
            notices.append(Notice("too long for a copy in setup.py", Origin(path)))
        elif data is not None or path in only or overlay.get(path) is not None:
            files[path] = text
    return Carried(found, files, needs_of(found.spec.needs), tuple(notices))


def needs_of(needs: tuple[Need, ...]) -> dict[str, Any]:
    """Return declared needs as :func:`envboot.needs.read` takes them, as their author wrote them.

    Those of devcontainer.json stay there: a copy would win over the file.
    """
    minimum: dict[str, Any] = {}
    recommended: dict[str, Any] = {}
    for need in needs:
        written = need.evidence == "declared" or need.why  # what a package implies has no file
        if written and not need.origin.path.endswith("devcontainer.json"):
            (minimum if need.level == "minimum" else recommended)[need.key] = need.text
    return {**minimum, **({"recommended": recommended} if recommended else {})}


def _reads(path: str) -> bool:
    """Return whether a file may say something of the environment."""
    return formats.reader_for(path.rpartition("/")[2]) is not None and not path.endswith(".py")


def _paths(found: Found, always: Sequence[str]) -> list[str]:
    """Return the files that were read for the spec and that setup.py can carry, sorted."""
    spec = found.spec
    read = [d.origin.path for d in (*spec.dependencies, *spec.constraints, *spec.options)]
    read += [spec.source.path] if spec.source else []
    read += always
    return sorted({path for path in read if _carried(path)})


def _carried(path: str) -> bool:
    place = PurePosixPath(path)
    if place.is_absolute() or ".." in place.parts:
        return False
    reader = formats.reader_for(place.name)
    if reader is None:
        return place.suffix in {".txt", ".in", ".yml", ".yaml"}
    return getattr(reader, "__name__", "").rpartition(".")[2] in _READERS
