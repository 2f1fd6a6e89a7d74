"""What the files of a packed repository should be, and what they were before.

Nothing is written here: :mod:`envboot.package` shows the changes, asks, and carries them out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot import archive, transaction
from envboot.errors import InvalidFile, UsageError
from envboot.package import onboarding, project, setupfile
from envboot.package.changes import Change

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.package.embedding import Carried
    from envboot.package.setupfile import Block
    from envboot.shell import Shell

IGNORE = transaction.IGNORE.encode()
ATTRIBUTES = b"envboot.pyz binary\n"
"""For git: core.autocrlf must not change the archive's bytes."""


def draft(
    root: Path, block: Block, data: bytes, carried: Carried, shell: Shell, *, readme: bool
) -> tuple[Change, ...]:
    """Return the changes of setup.py, of the archive (``data``), and of what belongs to them.

    The README's section is renewed where there is one, and written where ``readme`` asks for it.
    """
    changes = [
        _setup(root, block, carried, shell),
        _file(root, archive.PLACE.as_posix(), data, shell),
        _file(root, ".envboot/.gitignore", IGNORE, shell),
        _file(root, ".envboot/.gitattributes", ATTRIBUTES, shell),
    ]
    path = readme_name(root, shell)
    if readme or onboarding.BEGIN in (shell.read(root / path) or b""):
        changes.append(_readme(root, path, carried, shell))
    return tuple(changes)


def reads_argv(before: bytes | None, block: Block | None) -> str:
    """Return what to say of a setup.py that gets its first block and looks at ``sys.argv``."""
    if before is None or block is not None or not (row := setupfile.reads_argv(before)):
        return ""
    return f"setup.py:{row}: it looks at sys.argv itself: `python setup.py` is envboot's now"


def _file(root: Path, path: str, after: bytes, shell: Shell) -> Change:
    """Return the change of a file in ``.envboot/``, which is envboot's."""
    before = shell.read(root / path)
    ours = before is None or is_ours(path, before)
    return Change(path, before, after, ours=ours)


def is_ours(path: str, text: bytes) -> bool:
    """Return whether envboot wrote a file of ``.envboot/``."""
    if not path.endswith(".pyz"):
        return text.replace(b"\r\n", b"\n") in {IGNORE, ATTRIBUTES}
    try:
        return bool(archive.manifest(text))
    except InvalidFile:
        return False


def _setup(root: Path, block: Block, carried: Carried, shell: Shell) -> Change:
    path = setupfile.FILENAME
    before = shell.read(root / path)
    kind = project.look(root, shell)
    name = carried.found.spec.name or root.name
    if before is None:
        return Change(path, None, setupfile.whole(block, project.tail(kind, name)))
    tail = setupfile.own_tail(before)
    if tail is not None and project.is_tail(tail):
        after = setupfile.whole(block, project.tail(kind, name, tail))
        after = after.replace(b"\n", setupfile.newline(before))
    else:
        after = setupfile.insert(before, block)
    if setupfile.same_code(before, after):  # someone's formatter was at work: that is no change
        after = before
    return Change(path, before, after, ours=tail is not None or setupfile.BEGIN in before)


def readme_name(root: Path, shell: Shell) -> str:
    """Return the name of the README, there or not."""
    names = [p.name for p in shell.folder(root) if p.name.lower() in {"readme.md", "readme.rst"}]
    return next((n for n in sorted(names) if n.lower() == "readme.md"), "README.md")


def _readme(root: Path, path: str, carried: Carried, shell: Shell) -> Change:
    before = shell.read(root / path)
    if before is None and shell.kind(root / "README.rst"):
        raise UsageError(
            "the onboarding section is Markdown, and the README is not",
            hint="write the line `python3 setup.py` into README.rst yourself",
        )
    section = onboarding.render(carried.found.spec.needs)
    title = f"# {carried.found.spec.name or root.name}\n\n"
    after = onboarding.insert(before if before is not None else title.encode(), section, path)
    return Change(path, before, after, ours=before is None or onboarding.BEGIN in before)
