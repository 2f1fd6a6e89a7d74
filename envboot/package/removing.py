"""``package-env --remove``: what takes out all that was written.

The environment's own state stays, and so do the backups of what people wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.errors import InvalidFile
from envboot.formats import environment_yml, requirements_txt
from envboot.formats.parts import encoding
from envboot.package import (
    backups,
    companions,
    declaring,
    drafting,
    onboarding,
    project,
    setupfile,
    testfile,
    wanted,
)
from envboot.package.changes import Change
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from envboot.formats import Reader
    from envboot.shell import Shell


def removals(root: Path, shell: Shell) -> tuple[Change, ...]:
    """Return the changes. What a person wrote becomes what it was, and a file of ours goes.

    A dependency file that envboot made goes unless a person's line is in it; then that line stays.
    """
    out = (
        *_declarations(root, shell),
        *_setup(root, shell),
        *_readme(root, shell),
        *wanted.removals(root, shell),
        *_test(root, shell),
        *companions.removals(root, shell),
    )
    saved = backups.redundant(root, out, shell)
    return (*out, *_archive(root, saved, shell))


def _declarations(root: Path, shell: Shell) -> Iterator[Change]:
    block = setupfile.read(shell.read(root / setupfile.FILENAME) or b"")
    for path in declaring.places(root, shell).all():
        before = shell.read(root / path)
        if before is None:
            continue
        after = declaring.cleared(before, path)
        written = block.files.get(path) if block else None
        if after is not None and written == encoding.decode(before, path):  # and not edited since
            after = _as_it_was(root, path, after, shell)
        if after is not None:  # a last line without an end got one
            kept = (b for b in backups.of(root, path, shell) if b.rstrip() == after.rstrip())
            after = next(kept, after)
        if after != before:
            yield Change(path, before, after)


def _as_it_was(root: Path, path: str, text: bytes, shell: Shell) -> bytes:
    """Return the backup that asks for the same, where a file had to be written anew; or ``text``.

    A person's lists in one line (``[a, b]``) cannot take a line more.
    """
    reader = environment_yml if path.endswith((".yml", ".yaml")) else requirements_txt
    asked = _asked(text, path, reader)
    kept = (b for b in backups.of(root, path, shell) if _asked(b, path, reader) == asked)
    return next(kept, text) if asked is not None else text


def _asked(data: bytes, path: str, reader: Reader) -> set[str] | None:
    try:
        spec = reader.parse(encoding.decode(data, path), Origin(path))
    except InvalidFile:
        return None
    return {f"{d.ecosystem} {d.text}" for d in spec.dependencies}


def _setup(root: Path, shell: Shell) -> Iterator[Change]:
    before = shell.read(root / setupfile.FILENAME)
    if before is not None and setupfile.BEGIN in before:
        tail = setupfile.own_tail(before)
        whole = tail is not None and project.is_tail(tail)
        after = None if whole else setupfile.remove(before)
        yield Change(setupfile.FILENAME, before, after)


def _readme(root: Path, shell: Shell) -> Iterator[Change]:
    path = drafting.readme_name(root, shell)
    text = shell.read(root / path)
    if text is not None and onboarding.BEGIN in text:
        yield Change(path, text, onboarding.remove(text, path))


def _test(root: Path, shell: Shell) -> Iterator[Change]:
    before = shell.read(root / testfile.FILENAME)
    if before is not None and testfile.is_ours(before):
        yield Change(testfile.FILENAME, before, None)


def _archive(root: Path, saved: Sequence[Change], shell: Shell) -> tuple[Change, ...]:
    """Return what takes ``.envboot/`` away, as far as it is neither state nor a backup."""
    folder = root / ".envboot"
    names = {".gitignore", ".gitattributes", "envboot.pyz"}
    state = {p.name for p in shell.folder(folder)} - names
    if saved and len(saved) == backups.number(root, shell):
        saved = [Change(backups.FOLDER, b"", None)]
        state -= {"backup"}
    out = list(saved)
    for name in sorted(names - ({".gitignore"} if state else set())):
        found = shell.read(folder / name)
        if found is not None and drafting.is_ours(name, found):
            out.append(Change(f".envboot/{name}", found, None))
    gone = {c.path.split("/")[1] for c in out}
    if gone and not state and gone == {p.name for p in shell.folder(folder)}:
        return (Change(".envboot", b"", None),)
    return tuple(out)
