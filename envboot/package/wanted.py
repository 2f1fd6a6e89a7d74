"""Needs written into pyproject.toml or setup.cfg, and taken out again: spliced, nothing else moves.

Each line of envboot's has its evidence in a comment above (:mod:`envboot.needs.evidence`). What a
person declared is never touched, and never outvoted. Every splice is read back: a file in which it
would mean something else is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.errors import InvalidFile
from envboot.formats.parts import encoding
from envboot.needs import KEYS, NO, evidence
from envboot.package import marks
from envboot.package.changes import Change
from envboot.package.need_files import CONFIG, PROJECT
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from envboot.package.need_files import NeedFile
    from envboot.shell import Shell
    from envboot.spec import Need

NOTE = b"# envboot: a line below such a comment is renewed; take the comment away to keep it\n"
_OURS = b"# envboot: "
_OF_GPU = frozenset({"gpu_memory", "cuda", "compute_capability"})
_WIDE = (b"\xff\xfe", b"\xfe\xff")


def write(
    root: Path, needs: tuple[Need, ...], shell: Shell, *, keep: bool = False
) -> tuple[Change, ...]:
    """Return the change that puts ``needs`` into the repository's own file, () when none is due.

    A declared need of a key and level wins, then a measured one. Inferred lines that ``needs``
    does not name are taken out, unless ``keep``: for those who know some needs only. Where a file
    has no place for a line (``needs = {…}``) an inferred need is left out. Raises InvalidFile for a
    measured one then, and for a file that cannot be read.
    """
    file, before = _chosen(root, shell)
    text = before or b""
    _readable(text, file.path)
    there = {(n.key, n.level): n for n in _rows(text, file)}
    none = any(n.key == "gpu" and n.text == NO for n in there.values())
    due = {
        (n.key, n.level): n
        for n in needs
        if n.evidence != "declared"
        and _yields(there.get((n.key, n.level)), n)
        and not (none and n.key in _OF_GPU)
    }
    for key, old in sorted(there.items(), key=lambda pair: -(pair[1].origin.line or 0)):
        if old.evidence == "declared":
            continue
        if key in due:
            text = _renewed(text, old, due[key], file)
        elif old.evidence == "inferred" and not keep:
            text = marks.take(text, _span(text, old))
    for key in sorted(due, key=lambda k: (k[1] != "minimum", KEYS.index(k[0]))):
        if key not in there:
            text = _added(text, due[key], file)
    text = _closed(text, file)
    if text == (before or b""):
        return ()
    ours = before is None or _OURS in before
    return (Change(file.path, before, _kept(text, file), ours=ours),)


def standing(root: Path, shell: Shell) -> tuple[Need, ...]:
    """Return the needs in the file that :func:`write` would change. Raises InvalidFile."""
    file, text = _chosen(root, shell)
    return _rows(text or b"", file)


def removals(root: Path, shell: Shell) -> tuple[Change, ...]:
    """Return the changes that take envboot's lines out again, and nothing else."""
    out = []
    for file in (PROJECT, CONFIG):
        before = shell.read(root / file.path)
        if before is None or _OURS not in before:
            continue
        text = before
        ours = (n for n in _rows(before, file) if n.evidence != "declared")
        for need in sorted(ours, key=lambda n: -(n.origin.line or 0)):
            text = marks.take(text, _span(text, need))
        text = _closed(text, file)
        if text != before:
            out.append(Change(file.path, before, _kept(text, file)))
    return tuple(out)


def _chosen(root: Path, shell: Shell) -> tuple[NeedFile, bytes | None]:
    """Return the file that has needs already, else pyproject.toml where it is there."""
    project, config = shell.read(root / "pyproject.toml"), shell.read(root / "setup.cfg")
    if project is None:
        return CONFIG, config
    taken = config is not None and b"[envboot:needs" in config and bool(_rows(config, CONFIG))
    if taken and not _rows(project, PROJECT):
        return CONFIG, config
    return PROJECT, project


def _kept(text: bytes, file: NeedFile) -> bytes | None:
    """Return what stays of a file: None, no file, where nothing is left in it.

    An empty setup.cfg says nothing; an empty pyproject.toml is a project's root to many tools.
    """
    return text if text or file is PROJECT else None


def _yields(old: Need | None, new: Need) -> bool:
    """Return whether the need that is there gives way to a new one."""
    if old is None or old.evidence == "inferred":
        return True
    return old.evidence == "measured" == new.evidence


def _rows(text: bytes, file: NeedFile) -> tuple[Need, ...]:
    return file.rows(encoding.decode(text, file.path))


def _readable(text: bytes, path: str) -> None:
    if text.startswith(_WIDE):
        hint = "save it as UTF-8, or write the needs by hand"
        raise InvalidFile("needs can be written into UTF-8 only", hint=hint, origin=Origin(path))


# ------------------------------------------------------------------------ splicing


def _span(text: bytes, need: Need) -> tuple[int, int]:
    """Return where a need of envboot's begins, with its comment, and where its line ends."""
    starts, line = marks.starts(text), need.origin.line or 0
    return starts[line - 2], starts[line] if line < len(starts) else len(text)


def _renewed(text: bytes, old: Need, new: Need, file: NeedFile) -> bytes:
    """Return the text with a need of envboot's in the place of another, its key as it is."""
    start, stop = _span(text, old)
    line = re.split(rb"\r\n|\r|\n", text[start:stop])[1]
    indent, key = re.match(rb"(\s*)([^=:]*[^=:\s])", line).groups()  # type: ignore[union-attr]
    return marks.exchange(text, (start, stop), _lines(new, key, file, indent, text))


def _added(text: bytes, need: Need, file: NeedFile) -> bytes:
    """Return the text with a need more, where its file has or gets a place for it."""
    whole = encoding.decode(text, file.path)
    for made in _tries(text, need, file):
        if _says(file, whole, made, need):
            return made
    if need.evidence == "inferred":  # nobody asked for it
        return text
    raise InvalidFile(
        f"there is no place for the need `{need.key}`",
        hint=f"write the needs as a table of their own: `[{file.section}]`",
        origin=Origin(file.path, next((n.origin.line for n in file.rows(whole)), None)),
    )


def _says(file: NeedFile, before: str, made: bytes, need: Need) -> bool:
    """Return whether a file says what it said before, and ``need``, and nothing else."""
    try:
        after = encoding.decode(made, file.path)
        same = file.rest(after) == file.rest(before)
        said = {(n.key, n.level): (n.value, n.evidence) for n in file.rows(after)}
    except InvalidFile:
        return False
    added = said.pop((need.key, need.level), None)
    old = {(n.key, n.level): (n.value, n.evidence) for n in file.rows(before)}
    return same and said == old and added == (need.value, need.evidence)


def _tries(text: bytes, need: Need, file: NeedFile) -> Iterator[bytes]:
    """Yield the text with the need in each section that may take it, or in a new one."""
    key, deeper = need.key, f"{file.section}.recommended"
    sections = file.places
    if need.level == "recommended":
        yield from _below(text, deeper, _lines(need, key.encode(), file, b"", text), file)
        key = f"recommended.{key}"
    for section, prefix in sections:
        lines = _lines(need, f"{prefix}{key}".encode(), file, b"", text)
        if section:
            yield from _below(text, section, lines, file)
        else:
            blank = b"\n" if text.strip(b"\xef\xbb\xbf") else b""
            yield marks.put(text, len(text), blank + f"[{file.section}]\n".encode() + NOTE + lines)


def _below(text: bytes, section: str, lines: bytes, file: NeedFile) -> Iterator[bytes]:
    """Yield the text with ``lines`` in an existing section: after envboot's, else first."""
    starts = marks.starts(text)
    for row in _headers(text, section):
        ours = [n.origin.line or 0 for n in _rows(text, file) if n.evidence != "declared"]
        last = row
        if text[starts[row] :].startswith(NOTE.strip()):
            last += 1
        while last + 2 in ours:
            last += 2
        yield marks.put(text, starts[last], lines)


def _headers(text: bytes, section: str) -> list[int]:
    """Return the 1-based lines of the headers of a section; what only looks so is refused later."""
    dotted = rb"\s*\.\s*".join(re.escape(part.encode()) for part in section.split("."))
    pattern = re.compile(rb"[ \t]*\[\s*" + dotted + rb"\s*\]")
    starts = marks.starts(text)
    return [
        number
        for number, start in enumerate(starts[:-1], 1)
        if pattern.match(text, start + (3 if text.startswith(b"\xef\xbb\xbf") and not start else 0))
    ]


def _lines(need: Need, key: bytes, file: NeedFile, indent: bytes, text: bytes) -> bytes:
    said, value = evidence.comment(need), file.value(need.key, evidence.written(need))
    try:
        text.decode("utf-8")
        code, errors = "utf-8", "replace"
    except UnicodeDecodeError:  # an encoding that the file declares: ASCII is part of each
        code, errors = "ascii", "replace"
    rows = (said.encode(code, errors), key + b" = " + value.encode(code, errors))
    return b"".join(indent + row + b"\n" for row in rows)


def _closed(text: bytes, file: NeedFile) -> bytes:
    """Return the text without the section that envboot made, once nothing of hers is in it."""
    starts = marks.starts(text)
    for row in _headers(text, file.section):
        note = starts[row]
        if not text[note:].startswith(NOTE.strip()):
            continue
        end = starts[row + 1] if row + 1 < len(starts) else len(text)
        if any(n.evidence != "declared" for n in _rows(text, file)):
            continue
        following = text[end:].lstrip()
        if following and not following.startswith(b"["):
            return marks.take(text, (note, end))  # a person's lines have moved in
        start = starts[row - 1]
        if row > 1 and not text[starts[row - 2] : start].strip():
            start = starts[row - 2]
        return marks.take(text, (start, end))
    return text
