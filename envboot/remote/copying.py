"""The child that copies a repository: ``python -m envboot.remote.copying ROOT HOST FOLDER``.

What was copied is noted there, in ``.envboot/copied``: of that, what is gone here is removed there,
and nothing else is, whatever else lies there. rsync sends what has changed; where it is missing on
either side, or the account's start-up files talk into it, all goes as one stream of tar.
"""

from __future__ import annotations

import os
import secrets
import shlex
import sys
import tempfile
import time
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from envboot import plan, remote
from envboot.errors import CommandFailed, EnvbootError
from envboot.remote import contents
from envboot.shell.local import LocalShell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from envboot.remote import Place
    from envboot.shell import Answer, Shell

_SECONDS = 120.0  # for one deed there that is not the copy: a slow shared disk takes its time
_SILENCE = 300  # seconds without a byte after which either rsync gives up
_BETWEEN = 2.0  # seconds between two lines of progress
_ENTER = 'case $1 in /*) f=$1 ;; *) f=$HOME/$1 ;; esac\ncd "$f" || exit 1\n'
_PREPARE = (
    'case $1 in /*) f=$1 ;; *) f=$HOME/$1 ;; esac\nmkdir -p "$f/.envboot/part" || exit 1\n'
    + _ENTER
    + "command -v rsync >/dev/null 2>&1 && echo rsync || echo tar\npwd\n"
    "[ ! -r .envboot/copied ] || cat .envboot/copied\n"
)
_NOTE = _ENTER + "cat >.envboot/copied.new && mv -f .envboot/copied.new .envboot/copied\n"
# What lies behind a link was not put there by a copy, and a folder goes once it is empty.
_REMOVE = (
    _ENTER
    + r"""xargs -0 sh -c 'for p do
    d=$p linked=
    while [ "$d" != "${d%/*}" ]; do d=${d%/*}; [ ! -L "./$d" ] || linked=yes; done
    [ -z "$linked" ] || continue
    rm -f -- "./$p" 2>/dev/null
    d=$p
    while [ "$d" != "${d%/*}" ]; do d=${d%/*}; rmdir -- "./$d" 2>/dev/null || break; done
done' sh
mkdir -p .envboot/part
"""
)
_UNPACK = _ENTER + "exec tar -xpof -\n"


def copy(root: Path, where: Place, folder: str, shell: Shell, said: Callable[[str], None]) -> None:
    """Make ``folder`` there the same as ``root``. Raises EnvbootError with a sentence."""
    names = contents.names(root, shell)
    prepared = _ask(where, _PREPARE, folder, shell=shell)
    tool, place, *noted = ((prepared.out or "") + "\n\n").splitlines()
    before = {n for n in map(unquote_name, noted) if contents.inside(n)}
    if new := set(names) - before:
        _ask(where, _NOTE, folder, shell=shell, feed=_noted(before | new))
    if gone := sorted(before - set(names)):
        halves = (f".envboot/part/{PurePosixPath(n).name}" for n in gone)
        feed = "".join(f"{n}\0" for n in (*gone, *halves))
        _ask(where, _REMOVE, folder, shell=shell, feed=_bytes(feed))
    listed = Path(tempfile.gettempdir(), f"envboot-{secrets.token_hex(8)}.list")
    rows = "".join(f"./{n}\0" for n in names)  # rsync takes a name that begins with # for a remark
    shell.write(listed, _bytes(rows), private=True, lasting=False)
    try:
        if tool == "rsync" and not prepared.err and shell.which("rsync"):
            said(f"{len(names)} files, {len(new)} of them new, by rsync")
            _rsync(root, where, place, listed, shell, said)
        else:
            said(f"{len(names)} files, all of them, as a stream of tar")
            _tar(root, where, folder, listed, shell, said)
    finally:
        shell.remove(listed)
    if gone:
        _ask(where, _NOTE, folder, shell=shell, feed=_noted(set(names)))


def _ask(where: Place, script: str, *words: str, shell: Shell, feed: bytes = b"") -> Answer:
    answer = remote.ask(where, script, *words, shell=shell, timeout=_SECONDS, feed=feed)
    if answer.out is None:
        raise CommandFailed(answer.why)
    return answer


def _rsync(
    root: Path, where: Place, place: str, listed: Path, shell: Shell, said: Callable[[str], None]
) -> None:
    words = ["rsync", "--links", "--perms", "--times", "--omit-dir-times", "--from0"]
    words += [f"--files-from={listed}", f"--timeout={_SILENCE}"]
    if _is_usual(shell):
        # What is half there has a folder of its own: a receiver that hears of a cut connection an
        # hour later would put its half in the place of the whole that came meanwhile.
        part = f"{place}/.envboot/part"
        words += ["--info=progress2", f"--partial-dir={part}", f"--temp-dir={part}"]
    target = place
    if where.host:
        line, target = where.rsync(place)
        words += ["--compress", "-e", shlex.join(line)]
        if shlex.quote(place) != place:
            words.append("--protect-args")
    _do((*words, "--", f"{root}/", f"{target}/"), where, shell, _now_and_then(said))


def _is_usual(shell: Shell) -> bool:
    """Return whether rsync is 3.1 or newer; macOS has an openrsync, which knows fewer flags."""
    words = (shell.query(("rsync", "--version")).out or "").split()
    version = words[2] if words[:2] == ["rsync", "version"] and len(words) > 2 else ""  # noqa: PLR2004
    return not version.startswith(("2.", "3.0.")) and bool(version)


def _tar(
    root: Path, where: Place, folder: str, listed: Path, shell: Shell, said: Callable[[str], None]
) -> None:
    pack = plan.child("envboot.remote.copying", "--tar", str(root), str(listed)).argv
    line = f"{shlex.join(pack)} | {shlex.join(where.argv(_UNPACK, folder))}"
    _do(("sh", "-c", line), where, shell, said)


def _do(argv: Sequence[str], where: Place, shell: Shell, said: Callable[[str], None]) -> None:
    heard: list[str] = []

    def both(row: str) -> None:
        heard[:] = [*heard[-20:], row]
        said(row)

    try:
        shell.do(argv, said=both, why=f"copying to {where}")
    except CommandFailed as error:
        meant = remote.why("\n".join((*heard, str(error))), where)
        raise CommandFailed(meant or str(error), tail=error.tail) from error


def _now_and_then(said: Callable[[str], None]) -> Callable[[str], None]:
    """Let a line of progress through every few seconds, and all else."""
    last = 0.0

    def some(row: str) -> None:
        nonlocal last
        if "%" not in row:
            said(row)
        elif time.monotonic() - last > _BETWEEN:
            last = time.monotonic()
            said(row.strip())

    return some


def pack(root: Path, listed: Path, shell: Shell) -> None:
    """Write the listed files as a tar to standard output; what is gone by now is left out."""
    import tarfile

    rows = os.fsdecode(shell.read(listed) or b"").split("\0")[:-1]

    def owned_by_nobody(found: tarfile.TarInfo) -> tarfile.TarInfo:
        found.uid = found.gid = 0
        found.uname = found.gname = ""
        return found

    form, coded = tarfile.GNU_FORMAT, ("utf-8", "surrogateescape")
    with tarfile.open(
        fileobj=sys.stdout.buffer, mode="w|", format=form, encoding=coded[0], errors=coded[1]
    ) as file:
        for name in (row[2:] for row in rows):
            if shell.kind(root / name) == "file" or shell.target(root / name) is not None:
                file.add(root / name, name, recursive=False, filter=owned_by_nobody)


def _noted(names: set[str]) -> bytes:
    return "".join(f"{quote(_bytes(n), safe='/')}\n" for n in sorted(names)).encode("ascii")


def unquote_name(row: str) -> str:
    """Return the name in a line of ``.envboot/copied``."""
    return unquote(row, errors="surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def main(argv: Sequence[str]) -> int:
    """Copy; return the exit code, as :mod:`envboot.errors` has it."""
    shell = LocalShell()
    try:
        if argv[:1] == ["--tar"]:
            pack(Path(argv[1]), Path(argv[2]), shell)
        else:
            copy(Path(argv[0]), remote.place(argv[1]), argv[2], shell, _say)
    except EnvbootError as error:
        _say(f"! error: {error}")
        return error.exit_code
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
