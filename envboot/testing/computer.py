"""A computer that has only what a test says, and keeps what is done to it."""

from __future__ import annotations

import contextlib
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.errors import CommandFailed
from envboot.shell import Answer, Platform, Usage
from envboot.shell.local import LocalShell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


_NOTHING = Usage(0, 0.0)


class ScriptedShell(LocalShell):
    """A computer that has only what the test says.

    ``files`` maps absolute POSIX paths to bytes, ``answers`` a command line joined by blanks
    (or its program name alone) to what it prints, or to an Answer when it fails; ``programs`` maps
    names to paths. Deeds are kept in ``done``. With ``disk=True`` files of the real disk are
    readable and writable too (a tmp_path), while programs stay scripted.
    """

    def __init__(  # noqa: PLR0913 - each is a part of the recorded computer
        self,
        *,
        files: Mapping[str, bytes | str] | None = None,
        answers: Mapping[str, str | Answer] | None = None,
        programs: Mapping[str, str] | None = None,
        platform: Platform | None = None,
        environ: Mapping[str, str] | None = None,
        memory: tuple[int, int] | None = None,
        cores: int = 8,
        disk_free: int | None = 2**40,
        disk: bool = False,
        read_only: Sequence[str] = (),
        usage: Usage = _NOTHING,
    ) -> None:
        """Take the parts of the recorded computer."""
        super().__init__(environ or {})
        self.platform = platform or Platform("Linux", "x86_64", "6.1")
        self.files = {
            path: text.encode() if isinstance(text, str) else text
            for path, text in (files or {}).items()
        }
        self.answers = dict(answers or {})
        self.programs = dict(programs or {})
        self.read_only = tuple(read_only)
        self.usage = usage
        self.done: list[tuple[str, ...]] = []
        self.asked: list[str] = []
        self._memory, self._cores, self._disk_free, self._disk = memory, cores, disk_free, disk
        self.home = Path(self.environ["HOME"]) if "HOME" in self.environ else None

    def which(self, name: str) -> Path | None:
        """Return the scripted path of a program."""
        return Path(self.programs[name]) if name in self.programs else None

    def which_in(self, name: str, path: str) -> Path | None:  # noqa: ARG002
        """Return the scripted path of a program."""
        return self.which(name)

    def is_root(self) -> bool:
        """Return False: a script owns nothing."""
        return False

    def read(self, path: Path, limit: int = 1 << 26) -> bytes | None:
        """Return a scripted file, or a real one with ``disk=True``."""
        found = self.files.get(path.as_posix())
        if found is None:
            return super().read(path, limit) if self._disk else None
        return found[:limit]

    def folder(self, path: Path) -> tuple[Path, ...]:
        """Return the scripted entries of a folder."""
        prefix = path.as_posix().rstrip("/") + "/"
        names = {p[len(prefix) :].split("/")[0] for p in self.files if p.startswith(prefix)}
        real = super().folder(path) if self._disk else ()
        return tuple(sorted({path / name for name in names} | set(real)))

    def kind(self, path: Path) -> str:
        """Return what a scripted path is."""
        if path.as_posix() in self.files:
            return "file"
        if any(p.startswith(path.as_posix().rstrip("/") + "/") for p in self.files):
            return "folder"
        return super().kind(path) if self._disk else ""

    def mark(self, path: Path) -> tuple[int, ...]:
        """Return the length and the checksum of a scripted file, or a real one's with ``disk``."""
        found = self.files.get(path.as_posix())
        if found is None:
            return super().mark(path) if self._disk else ()
        return len(found), zlib.crc32(found)

    def target(self, path: Path) -> Path | None:
        """Return where a real link points to with ``disk=True``; scripted files are no links."""
        return super().target(path) if self._disk else None

    def sizes(self, root: Path, limit: int = 500_000) -> dict[str, int]:
        """Return the lengths of the scripted files below a folder, and of real ones."""
        prefix = root.as_posix().rstrip("/") + "/"
        own = {p[len(prefix) :]: len(t) for p, t in self.files.items() if p.startswith(prefix)}
        real = super().sizes(root, limit) if self._disk else {}
        return {**real, **own}

    def writable(self, path: Path) -> bool:
        """Return whether no ``read_only`` folder holds the path; real ones count with ``disk``."""
        places = {p.as_posix() for p in (path, *path.parents)}
        if places & set(self.read_only):
            return False
        return super().writable(path) if self._disk else True

    def query(
        self,
        argv: Sequence[str],
        *,
        timeout: float = 10.0,  # noqa: ARG002
        env: Mapping[str, str] | None = None,  # noqa: ARG002
        feed: bytes = b"",  # noqa: ARG002
    ) -> Answer:
        """Return the scripted answer: by the whole line, else by the program's name."""
        line = " ".join(argv)
        self.asked.append(line)
        for key in (line, argv[0], Path(argv[0]).name):
            if key in self.answers:
                answer = self.answers[key]
                return Answer(answer) if isinstance(answer, str) else answer
        return Answer(None, f"{argv[0]} cannot be started: no such file or directory")

    def memory(self) -> tuple[int, int] | None:
        """Return the scripted memory."""
        return self._memory

    def cores(self) -> int:
        """Return the scripted number of cores."""
        return self._cores

    def disk_free(self, path: Path) -> int | None:  # noqa: ARG002
        """Return the scripted free space."""
        return self._disk_free

    def do(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | None = None,  # noqa: ARG002
        env: Mapping[str, str] | None = None,  # noqa: ARG002
        said: Callable[[str], None] = lambda _line: None,
        why: str = "",
        hold: bytes | None = None,  # noqa: ARG002
        halt: Callable[[], bool] | None = None,  # noqa: ARG002
    ) -> None:
        """Keep the command; it fails when its scripted answer says so."""
        self.done.append(tuple(argv))
        answer = self.query(argv)
        if answer.out is None and "cannot be started" not in answer.why:
            raise CommandFailed(f"{why}: {answer.why}")
        for row in (answer.out or "").splitlines():
            said(row)

    def hand_over(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],  # noqa: ARG002
        cwd: Path | None,  # noqa: ARG002
    ) -> int:
        """Keep the command; it ends with 0."""
        self.done.append(tuple(argv))
        return 0

    def watch(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],  # noqa: ARG002
        cwd: Path | None,  # noqa: ARG002
        *,
        gpu: Callable[[frozenset[int]], int | None] | None = None,
        aside: bool = False,  # noqa: ARG002
    ) -> Usage:
        """Keep the command; it took what the script says, as process 1."""
        self.done.append(tuple(argv))
        held = gpu(frozenset({1})) if gpu else None
        return replace(self.usage, gpu_memory=held) if held is not None else self.usage

    def write(
        self,
        path: Path,
        text: str | bytes,
        *,
        executable: bool = False,
        lasting: bool = True,
        private: bool = False,
    ) -> None:
        """Keep the file in ``files``, or write it with ``disk=True``."""
        self.done.append(("write", str(path)))
        if self._disk:
            super().write(path, text, executable=executable, lasting=lasting, private=private)
        else:
            data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
            self.files[path.as_posix()] = data

    def share(self, folder: Path, sources: Mapping[str, Path]) -> None:
        """Keep the files, or write them with ``disk=True``."""
        for name, source in sources.items():
            self.write(folder / name, self.read(source) or b"", lasting=False)

    def place(self, root: Path, texts: Mapping[str, bytes], over: Mapping[str, bytes]) -> None:
        """Keep the files in ``files``, or put them there with ``disk=True``."""
        self.done += [("place", str(root / name)) for name in texts]
        if self._disk:
            super().place(root, texts, over)
        else:
            self.files.update({(root / name).as_posix(): data for name, data in texts.items()})

    def append(self, path: Path, text: str) -> None:
        """Add to the file in ``files``, or to the real one with ``disk=True``."""
        self.done.append(("append", str(path)))
        if self._disk:
            super().append(path, text)
        else:
            self.files[path.as_posix()] = self.files.get(path.as_posix(), b"") + text.encode()

    def remove(self, path: Path) -> None:
        """Drop a scripted file or tree."""
        self.done.append(("remove", str(path)))
        whole = path.as_posix()
        self.files = {
            p: t for p, t in self.files.items() if p != whole and not p.startswith(whole + "/")
        }
        if self._disk:
            super().remove(path)

    def rename(self, source: Path, target: Path) -> None:
        """Rename a scripted file or tree, or a real one with ``disk=True``."""
        self.done.append(("rename", str(source), str(target)))
        old, new = source.as_posix(), target.as_posix()
        self.files = {
            new + p[len(old) :] if p == old or p.startswith(old + "/") else p: t
            for p, t in self.files.items()
        }
        if self._disk:
            super().rename(source, target)

    def link(self, link: Path, target: Path) -> None:
        """Keep the deed; with ``disk=True`` the link is made."""
        self.done.append(("link", str(link), str(target)))
        if self._disk:
            super().link(link, target)

    def log_to(self, folder: Path) -> Path | None:
        """Write a log with ``disk=True`` only."""
        return super().log_to(folder) if self._disk else None

    def sync(self) -> None:
        """Keep nothing: a script has no disk."""

    @contextlib.contextmanager
    def lock(self, path: Path, waiting: Callable[[str], None]) -> Iterator[None]:  # noqa: ARG002
        """Hold nothing: a script has no second process."""
        yield

    def open(self, url: str) -> None:
        """Keep the link."""
        self.done.append(("open", url))
