"""Build beside, prove, swap: an environment is either whole or not there.

For a prefix ``P/NAME`` everything that is not the environment itself lies in ``P/.envboot/``:

* ``NAME.lock``: one run at a time (the operating system's lock, gone with its holder);
* ``NAME.journal``: what is half done, so that the next run ends it or clears it away;
* ``build-…``: a new environment until it is proved; ``log/``: all that programs printed.

A finished environment carries a stamp. What stands at ``P/NAME`` without one was not made by
envboot, and is never touched. A relocatable engine builds below ``P/.envboot/`` and the swap is
two renames; any other builds at ``P/NAME`` when nothing is there, and an update at
``P/NAME--<8 hex>``, with ``P/NAME`` becoming a link to it.
"""

from __future__ import annotations

import contextlib
import errno
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.errors import CommandFailed, EnvbootError
from envboot.transaction import journal
from envboot.transaction.journal import Journal, is_ours, plain_name, state_folder
from envboot.transaction.stamp import STAMP, Stamp, read_json, read_stamp
from envboot.transaction.stamp import text as stamp_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envboot.shell import Shell

__all__ = [
    "IGNORE",
    "STAMP",
    "Claim",
    "Stamp",
    "abandon",
    "begin",
    "claim",
    "discard",
    "mend",
    "publish",
    "read_stamp",
    "standing",
    "state_folder",
    "unfinished",
]

_PAPERS = (
    *(".order.json", ".answer.json"),
    *(".environment.yml", ".constraints.txt", ".explicit.txt", ".packages", ".lists"),
)
"""How that ends in which engines tell a program what to build, or keep what it takes for it."""
IGNORE = "*\n!.gitignore\n!.gitattributes\n!envboot.pyz\n"


@dataclass(frozen=True)
class Claim:
    """A prefix that this run alone may change; from :func:`claim`."""

    prefix: Path
    shell: Shell


def standing(prefix: Path, shell: Shell) -> str:
    """Return what stands at ``prefix``: "ours", "foreign", "half" (ours, unfinished) or "".

    A link that leads nowhere is foreign (a disk that is not mounted), unless we made it.
    """
    if read_stamp(prefix, shell):
        return "ours"
    noted = journal.read(prefix, shell)
    link = shell.target(prefix)
    if link is not None and is_ours(link, prefix):
        return "half"
    if not shell.kind(prefix):
        return "foreign" if link is not None else "half" if noted else ""
    if noted and (Path(noted.build) == prefix or noted.phase == "clearing"):
        return "half"
    return "foreign" if shell.kind(prefix) == "file" or shell.folder(prefix) else ""


@contextlib.contextmanager
def claim(prefix: Path, shell: Shell, waiting: Callable[[str], None]) -> Iterator[Claim]:
    """Lock ``prefix``, mend what a killed run left, and give it back at the end.

    ``waiting`` is told who holds the lock when another run does. Raises CommandFailed when the
    folder cannot be written, when it is a link (of a stranger's repository: to anywhere), and
    when the journal is not one that envboot can have written.
    """
    state = state_folder(prefix)
    for path in (state, state / f"{prefix.name}.lock", journal.path_of(prefix)):
        if shell.target(path) is not None:
            raise CommandFailed(
                f"{path} is a link to {shell.target(path)}; envboot writes through none",
                hint="remove the link if nothing else needs it",
            )
    with shell.lock(state / f"{prefix.name}.lock", waiting):
        with contextlib.suppress(EnvbootError):
            if not shell.kind(state / ".gitignore"):
                shell.write(state / ".gitignore", IGNORE)
        held = Claim(prefix, shell)
        _recover(held)
        for path in _strays(prefix, shell):
            with contextlib.suppress(EnvbootError):
                shell.remove(path)
        yield held


def unfinished(prefix: Path, shell: Shell) -> bool:
    """Return whether a run is at work at ``prefix``, or was killed there."""
    return bool(shell.kind(journal.path_of(prefix)))


def mend(prefix: Path, shell: Shell) -> None:
    """End what a killed run left at ``prefix``; not while another run is at work there."""

    def busy(holder: str) -> None:
        raise CommandFailed(f"another run is at work on {prefix} ({holder})")

    if unfinished(prefix, shell) or _strays(prefix, shell):
        with contextlib.suppress(EnvbootError), claim(prefix, shell, busy):
            pass


def begin(held: Claim, *, relocatable: bool, fingerprint: str) -> Path:
    """Return the folder to build in, after noting in the journal that it is half done.

    Raises CommandFailed when something stands at the prefix that envboot did not make.
    """
    prefix, shell = held.prefix, held.shell
    _refuse_foreign(held)
    if relocatable:
        build = state_folder(prefix) / f"build-{plain_name(prefix)}-{os.getpid()}"
    elif shell.kind(prefix):
        build = prefix.with_name(f"{prefix.name}--{fingerprint[:8]}")
        if shell.target(prefix) == build:
            build = prefix.with_name(f"{prefix.name}--{fingerprint[8:16]}")
    else:
        build = prefix
    shell.remove(build)
    journal.write(Journal("building", str(build)), held.prefix, held.shell)
    return build


def abandon(held: Claim, build: Path) -> None:
    """Clear away what was built, and the journal; what worked before is untouched.

    A swap that has begun is finished instead: what is swapped in was proved.
    """
    with contextlib.suppress(EnvbootError):  # what cannot be done now, the next run does
        for path in _papers(held.prefix, held.shell):
            held.shell.remove(path)
        noted = journal.read(held.prefix, held.shell)
        if noted and Path(noted.build) == build:
            _settle(held, noted)


def publish(held: Claim, build: Path, stamp: Stamp) -> None:
    """Stamp the environment at ``build`` and put it in the place of the old one.

    A kill at any moment leaves either the old or the new environment at the prefix, or (between
    two renames) a journal from which the next run finishes.
    """
    prefix, shell = held.prefix, held.shell
    relocated = build.parent == state_folder(prefix)
    if relocated:
        _relocate(build, prefix, shell)
        if not shell.kind(build / ".gitignore"):  # as uv and Python 3.13 do: nothing to commit
            shell.write(build / ".gitignore", "*\n", lasting=False)
    shell.sync()
    shell.write(build / STAMP, stamp_text(replace(stamp, prefix=str(prefix))))
    if build == prefix:
        shell.remove(journal.path_of(prefix))
        return
    link = shell.target(prefix)
    if link is not None:
        old = str(link) if is_ours(link, prefix) else ""
    elif relocated:
        old = str(state_folder(prefix) / f"old-{plain_name(prefix)}-{os.getpid()}")
    else:
        old = str(prefix.with_name(f"{prefix.name}--old-{os.getpid()}"))
    noted = Journal("swapping", str(build), old)
    journal.write(noted, held.prefix, held.shell)
    _settle(held, noted)


def discard(held: Claim) -> None:
    """Remove the environment at the prefix; killed half way, the next run goes on with it.

    Raises CommandFailed when envboot did not make it.
    """
    prefix, shell = held.prefix, held.shell
    _refuse_foreign(held)
    link = shell.target(prefix)
    build = link if link is not None and is_ours(link, prefix) else prefix
    journal.write(Journal("building", str(build)), held.prefix, held.shell)
    shell.remove(build / STAMP)  # first: what has one counts as whole
    if build != prefix:
        shell.remove(prefix)
    shell.remove(build)
    shell.remove(journal.path_of(prefix))


def _recover(held: Claim) -> None:
    """End what a killed run began: a build is cleared away, a swap is finished."""
    prefix, shell = held.prefix, held.shell
    noted = journal.read(prefix, shell)
    if noted is None:
        if shell.kind(journal.path_of(prefix)):  # it says nothing
            shell.remove(journal.path_of(prefix))
        return
    build = Path(noted.build)
    lawful = {
        "building": build == prefix or is_ours(build, prefix),
        "swapping": is_ours(build, prefix),
        "clearing": is_ours(build, prefix),
    }
    if not lawful.get(noted.phase) or (noted.old and not is_ours(Path(noted.old), prefix)):
        raise CommandFailed(
            f"{journal.path_of(prefix)} is not a journal of envboot for {prefix}",
            hint="look at it, and remove it if nothing else needs it",
        )
    _settle(held, noted)


def _strays(prefix: Path, shell: Shell) -> list[Path]:
    """Return what lies in the state folder, or beside the prefix, and no journal speaks of.

    A run that was killed while it wrote leaves a ``.part``, and one that was killed while it put a
    link into place such a link; one that was interrupted twice may leave a build in which a
    program still wrote when it had been removed.
    """
    inside = shell.folder(state_folder(prefix))
    spoken: set[str] = set()
    for path in inside:
        if path.suffix == ".journal":
            found = read_json(path, shell)
            spoken.update(Path(str(found.get(key, ""))).name for key in ("build", "old"))
    parts = tuple(
        f".{name}." for name in (f"{prefix.name}.journal", ".gitignore", "environment.json")
    )
    link = f".{prefix.name}."
    beside = [p for p in shell.folder(prefix.parent) if p.name.startswith(link)]
    return [
        *(
            path
            for path in inside
            if (is_ours(path, prefix) and path.name not in spoken)
            or (path.suffix == ".part" and path.name.startswith(parts))
        ),
        *(p for p in beside if p.suffix == ".part" and shell.target(p) is not None),
        *_papers(prefix, shell),
    ]


def _papers(prefix: Path, shell: Shell) -> list[Path]:
    """Return what a program that builds here was told in a file, and what it answered.

    A step that fails leaves them; there may be the token of a channel in one.
    """

    def is_for_us(path: Path) -> bool:
        paper = next((end for end in _PAPERS if path.name.endswith(end)), "")
        name = path.name[: -len(paper)] if paper else ""
        return bool(name) and (name == prefix.name or is_ours(prefix.with_name(name), prefix))

    return [path for path in shell.folder(state_folder(prefix)) if is_for_us(path)]


def _settle(held: Claim, noted: Journal) -> None:
    """Bring what ``noted`` says to an end, from wherever it was left, and remove the journal."""
    prefix, shell, build = held.prefix, held.shell, Path(noted.build)
    if noted.phase == "building":
        if build != prefix or not read_stamp(prefix, shell):  # with a stamp it is whole
            shell.remove(build)
    else:
        if shell.kind(build) and shell.target(prefix) != build:
            _swap(held, noted)
        if noted.old and Path(noted.old) != shell.target(prefix):
            shell.remove(Path(noted.old))
    shell.remove(journal.path_of(prefix))


def _swap(held: Claim, noted: Journal) -> None:
    """Put ``build`` at the prefix; what stood there goes to ``old``."""
    shell, prefix = held.shell, held.prefix
    build, old = Path(noted.build), Path(noted.old)
    linked = build.parent != state_folder(prefix)
    if shell.target(prefix) is not None:
        if not linked:
            shell.remove(prefix)  # a folder cannot replace a link in one step
    elif noted.phase == "clearing":
        shell.remove(prefix)
    elif shell.kind(prefix):
        _refuse_foreign(held)
        shell.remove(old)  # while the prefix stands, nothing there is needed
        try:
            shell.rename(prefix, old)
        except CommandFailed as error:
            if getattr(error.__cause__, "errno", None) != errno.EXDEV:
                raise
            # In a layer of a container image below ours: it can be removed there, not renamed.
            journal.write(replace(noted, phase="clearing"), held.prefix, held.shell)
            shell.remove(prefix)
    if linked:
        shell.link(prefix, build)
    else:
        shell.rename(build, prefix)


def _refuse_foreign(held: Claim) -> None:
    if standing(held.prefix, held.shell) == "foreign":
        raise CommandFailed(
            f"{held.prefix} was not made by envboot and is not touched",
            hint="give another place with `--prefix`, or move it away",
        )


def _relocate(build: Path, prefix: Path, shell: Shell) -> None:
    """Replace the build's path by the prefix in the scripts and pyvenv.cfg of a virtualenv.

    These are the only files where venv, virtualenv, uv and pip write an absolute path of the
    environment itself: shebangs, activation scripts, and the command in ``pyvenv.cfg``. Each shell
    has its own way to quote the folders above, which stay: only the end of the path is replaced.
    """
    old = os.fsencode(os.sep + str(build.relative_to(prefix.parent)))
    new = os.fsencode(os.sep + prefix.name)
    for path in (*shell.folder(build / "bin"), build / "pyvenv.cfg"):
        if shell.target(path) is not None:
            continue
        data = shell.read(path)
        if data and old in data and b"\0" not in data[:1024]:
            text = data.replace(old, new).decode("utf-8", "surrogateescape")
            shell.write(path, text, lasting=False)  # a sync follows
