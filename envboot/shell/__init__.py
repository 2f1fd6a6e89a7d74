"""The door to the computer: what may be asked of it and done to it.

:class:`Shell` is the Protocol; :class:`envboot.shell.local.LocalShell` is this computer, the only
place that starts programs or changes files; :class:`envboot.testing.ScriptedShell` plays recorded
computers in tests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_SECRET_NAME = re.compile(r"TOKEN|PASSW|SECRET|CREDENTIAL|API_?KEY|ACCESS_?KEY", re.IGNORECASE)
_SECRET_TEXT = (
    (re.compile(r"(://)[^/?#\s'\"]+@"), r"\1***@"),  # up to the last @: passwords may hold one
    (re.compile(r"(/t/)[A-Za-z0-9][A-Za-z0-9-]{7,}(?=/)"), r"\1***"),
    (re.compile(r"(://[^\s'\"`]{1,300}/t/)[\w.~%-]{8,}"), r"\1***"),  # also where nothing follows
    (
        re.compile(
            r"\b(?:gh[pousr]_|github_pat_|hf_|pypi-|glpat-|xox[abprs]-|sk-|[sr]k_live_"
            r"|dckr_pat_|SG\.|ya29\.|dop_v1_|shpat_|AIza|AGE-SECRET-KEY-)[A-Za-z0-9_.-]{8,}"
        ),
        "***",
    ),
    (re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"), "***"),  # Amazon's key ids
    # JWT: of any length where one begins; behind a hyphen bounded, so that no text takes long.
    (re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?", re.ASCII), "***"),
    (re.compile(r"\beyJ[\w-]{8,2000}\.[\w-]{8,}(?:\.[\w-]*)?", re.ASCII), "***"),
    (
        re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END|\Z)"),
        "***",
    ),
    (re.compile(r"(?i)((?:token|password|passwd|secret|api_?key)\s*[=:]\s*)[^\s&'\"]+"), r"\1***"),
    (re.compile(r"(?i)(--(?:token|password|api-key)\s+)[^\s'\"]+"), r"\1***"),
    (re.compile(r"(?i)(\bbearer\s+)[A-Za-z0-9+/=._~-]{16,}"), r"\1***"),
    (re.compile(r"(?i)(\bauthorization\W{1,4}(?:basic|token)\s+)[^\s'\"]+"), r"\1***"),
)


@dataclass(frozen=True)
class Platform:
    """Which kind of computer: ``system`` is Linux, Darwin or Windows; ``machine`` as uname says."""

    system: str
    machine: str
    release: str = ""
    glibc: str = ""
    """Version of the GNU C library, "2.36"; "" with musl and elsewhere."""


@dataclass(frozen=True)
class Answer:
    """What a program replied: ``out`` is None when there is no answer, and ``why`` says why."""

    out: str | None
    why: str = ""
    err: str = ""
    """The end of what it wrote to standard error, where it failed: what ``why`` was taken from."""


@dataclass(frozen=True)
class Usage:
    """What a program took of the computer, with all that it started."""

    status: int
    """As a POSIX shell says it: 128 and the signal's number for one that was killed."""
    seconds: float
    cpu: float | None = None
    """Seconds of processor time; None: not learnt."""
    memory: int | None = None
    """Most bytes at once, of all processes together; None: not learnt."""
    gpu_memory: int | None = None
    """Most bytes at once on the GPUs; None: not asked for, or not learnt."""
    processes: int = 1
    """Most at once."""
    left: int = 0
    """Processes that go on although the program has ended."""
    interrupted: bool = False


class Shell(Protocol):
    """All that envboot may do to a computer. Reads never raise; deeds raise EnvbootError."""

    platform: Platform
    environ: Mapping[str, str]
    home: Path | None

    def which(self, name: str) -> Path | None:
        """Return the absolute path of a program on PATH."""

    def which_in(self, name: str, path: str) -> Path | None:
        """Return the program that ``name`` (a name or a path) means with that PATH."""

    def is_root(self) -> bool:
        """Return whether this process may install system packages itself."""

    def read(self, path: Path, limit: int = ...) -> bytes | None:
        """Return up to ``limit`` bytes of a file; None when it is absent or cannot be read."""

    def folder(self, path: Path) -> tuple[Path, ...]:
        """Return the entries of a folder, sorted; () when it is absent or cannot be read."""

    def kind(self, path: Path) -> str:
        """Return "file", "folder" or "" (absent); links are followed."""

    def mark(self, path: Path) -> tuple[int, ...]:
        """Return numbers that are others as soon as a file is changed; () when it is absent."""

    def target(self, path: Path) -> Path | None:
        """Return the absolute path that a link points to, one step; None: it is no link."""

    def confine(self, root: Path) -> None:
        """Refuse from now on every deed below ``root`` that a link would lead out of it.

        For a repository, which is a stranger's: a committed ``.envboot`` that is a link to the
        person's own folder must not make envboot write or remove there.
        """

    def sizes(self, root: Path, limit: int = ...) -> dict[str, int]:
        """Return the bytes of the files below a folder, by POSIX path from it.

        Links are not followed, what cannot be read is left out, and after ``limit`` files it ends.
        """

    def writable(self, path: Path) -> bool:
        """Return whether this user may write at ``path``, or make it where it is absent."""

    def query(
        self,
        argv: Sequence[str],
        *,
        timeout: float = ...,
        env: Mapping[str, str] = ...,
        feed: bytes = b"",
    ) -> Answer:
        """Ask a program something; it may fail, hang (killed after ``timeout`` s) or be absent.

        ``feed`` is what it reads from its standard input.
        """

    def memory(self) -> tuple[int, int] | None:
        """Return (total, free) bytes as psutil says; None without psutil (Windows: its own)."""

    def cores(self) -> int:
        """Return the cores that this process may run on (affinity), at least 1."""

    def disk_free(self, path: Path) -> int | None:
        """Return the bytes free for this user where ``path`` is, or would be made."""

    def do(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] = ...,
        said: Callable[[str], None] = ...,
        why: str = "",
        hold: bytes | None = None,
        halt: Callable[[], bool] | None = None,
    ) -> None:
        """Run a program that must not fail; each line goes to ``said``. Raises CommandFailed.

        ``hold`` is the beginning of its standard input, which stays open until the program ends;
        what interrupts us ends it by closing that first. ``halt`` is asked some ten times a second:
        its True ends the program as Ctrl-C does, and raises Interrupted.
        """

    def hand_over(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path | None) -> int:
        """Run a program on the person's own terminal with exactly ``env``; return its status."""

    def watch(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: Path | None,
        *,
        gpu: Callable[[frozenset[int]], int | None] | None = None,
        aside: bool = False,
    ) -> Usage:
        """Run a program on the person's own terminal with exactly ``env``; say what it took.

        ``gpu`` is given the ids of its processes, about once a second, and says how many bytes of
        the GPUs they hold. ``aside``: what it prints goes to standard error. Ctrl-C ends it with
        all that it started.
        """

    def write(
        self,
        path: Path,
        text: str | bytes,
        *,
        executable: bool = False,
        lasting: bool = True,
        private: bool = False,
    ) -> None:
        """Write a file atomically; missing folders are made. Text becomes UTF-8, as it is.

        ``lasting``: it survives a power cut from now on; False: from the next :meth:`sync` on.
        ``private``: nobody but this user can read it, and a link is replaced, not written through.
        """

    def share(self, folder: Path, sources: Mapping[str, Path]) -> None:
        """Put many files below a folder that nothing else uses yet, POSIX path → the file itself.

        They become one with what is there (hard links), or copies where a disk has none. What a
        path had is replaced, never written into. It is quick, not atomic.
        """

    def place(self, root: Path, texts: Mapping[str, bytes], over: Mapping[str, bytes]) -> None:
        """Put files of a stranger's below ``root``, POSIX path → text; no link is followed.

        ``root`` is absolute and has no link in it. A path must be absent, or hold exactly what
        ``over`` says. All lie ready before the first gets its name; none is half, or executable.
        """

    def append(self, path: Path, text: str) -> None:
        """Add to the end of a file at once, so that nothing of another writer is lost."""

    def remove(self, path: Path) -> None:
        """Remove a file, a link or a tree; absent is no error."""

    def rename(self, source: Path, target: Path) -> None:
        """Rename a file or folder; ``target`` must not exist, or be a file or link."""

    def link(self, link: Path, target: Path) -> None:
        """Make or atomically replace ``link``, a link to the folder ``target``."""

    def sync(self) -> None:
        """Wait until all that was written is on the disk: what follows survives a power cut."""

    def lock(
        self, path: Path, waiting: Callable[[str], None]
    ) -> contextlib.AbstractContextManager[None]:
        """Hold an exclusive lock; ``waiting`` is told once who holds it while we wait."""

    def open(self, url: str) -> None:
        """Open a link in the person's browser, if there is one; a local page may be meant."""

    def log(self, line: str) -> None:
        """Add a line to the log, secrets masked."""

    def log_to(self, folder: Path) -> Path | None:
        """Start a log file in ``folder``; return its path, None when it cannot be written."""


def redact(text: str, environ: Mapping[str, str] | None = None) -> str:
    """Return ``text`` with passwords in URLs, tokens and the values of secret variables masked."""
    for pattern, mask in _SECRET_TEXT:
        text = pattern.sub(mask, text)
    found = {v for n, v in (environ or {}).items() if len(v) >= 8 and _SECRET_NAME.search(n)}  # noqa: PLR2004
    for value in sorted(found, key=len, reverse=True):  # one may be the beginning of another
        text = text.replace(value, "***")
    return text


def quiet(_line: str) -> None:
    """Ignore what a program prints."""
