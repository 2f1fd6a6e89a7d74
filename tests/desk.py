"""A person's desk, at which the commands of a page are run for real, in order, in an empty home.

Each line that the page shows must come, in that order. Numbers may differ, ``...`` stands for
anything. A block ``KIND title=FILE`` is written to that file first. Comments steer the runner:
``run: COMMAND`` runs without being shown, ``answers: y, n`` types at the questions of the next
set-up, ``needs: PROGRAM`` skips the page where the program is missing, and
``without: PROGRAM`` where it is there.

``python tests/desk.py PAGE`` prints what the commands of a page print now.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import subprocess
import sys
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pages import ROOT, Command, blocks, commands_of

from envboot.archive import bundling
from envboot.shell.local import LocalShell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SECONDS = 300  # for one command
_DOORS = ("setup.py", "envboot up", "envboot notebook")
_QUESTION = re.compile(r"(?:\[[yn]\]: |\? |\(y/N\) |\(Y/n\) )$")


@lru_cache(maxsize=1)
def _archive() -> bytes:
    """Return envboot as it travels: what runs has no packages and no uv beside it."""
    return bundling.bundle(LocalShell())


class Desk:
    """A person's computer: an empty home, a Python 3, git and envboot; no conda, no uv."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        programs = self.home / ".local" / "bin"
        programs.mkdir(parents=True)
        base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
        for name in ("python3", "python"):
            (programs / name).symlink_to(base)
        (folder / "envboot.pyz").write_bytes(_archive())
        start = programs / "envboot"
        line = f'exec "{programs}/python3" -I "{folder}/envboot.pyz" "$@"'
        start.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        start.chmod(0o755)
        config = "[user]\nname = Ada\nemail = ada@localhost\n[init]\ndefaultBranch = main\n"
        (self.home / ".gitconfig").write_text(config, encoding="utf-8")
        self.cwd, self.status, self.state = self.home, 0, folder / "cwd"
        kept = {k: v for k, v in os.environ.items() if k.startswith(("PIP_", "SSL_", "HTTP"))}
        kept |= {k: os.environ[k] for k in ("LANG", "LD_LIBRARY_PATH") if k in os.environ}
        self.environ = {
            **kept,
            "HOME": str(self.home),
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
            "SHELL": "/bin/bash",
            "TERM": "xterm",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PIP_CACHE_DIR": str(Path("~/.cache/pip").expanduser()),
        }

    def run(self, command: Command) -> str:
        """Run a line in bash, in the folder where the last one ended; return what it printed."""
        script = f"(exit {self.status})\n{command.line}\nrc=$?; pwd > {self.state}; exit $rc"
        argv = ["bash", "--noprofile", "--norc", "-c", script]
        if command.answers:
            out, self.status = _at_a_terminal(argv, self.environ, self.cwd, command.answers)
        else:
            done = subprocess.run(
                argv,
                cwd=self.cwd,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=SECONDS,
                check=False,
            )
            out, self.status = done.stdout.decode("utf-8", "replace"), done.returncode
        if self.state.exists():
            self.cwd = Path(self.state.read_text(encoding="utf-8").strip())
        return self._neutral(out)

    def write(self, title: str, lines: Sequence[str]) -> None:
        path = self.cwd / title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _neutral(self, out: str) -> str:
        for place in {str(self.home), str(self.home.resolve())}:
            out = out.replace(place, "~")
        return out


def _at_a_terminal(
    argv: list[str], environ: dict[str, str], cwd: Path, answers: Sequence[str]
) -> tuple[str, int]:
    """Run a program at a terminal of its own and type an answer at each question."""
    import fcntl
    import pty
    import struct
    import termios

    waiting = list(answers)
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover - the child
        os.chdir(cwd)
        os.execvpe(argv[0], argv, environ)  # noqa: S606 - a list, no shell of ours
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
    said, fresh, ends = "", "", time.monotonic() + SECONDS
    with contextlib.suppress(OSError):  # EIO: the program has ended
        while time.monotonic() < ends:
            if not select.select([terminal], [], [], 0.3)[0]:
                if waiting and _QUESTION.search(fresh):
                    os.write(terminal, f"{waiting.pop(0)}\n".encode())
                    fresh = ""
                continue
            data = os.read(terminal, 65536)
            if not data:
                break
            said += data.decode("utf-8", "replace")
            fresh = (fresh + data.decode("utf-8", "replace"))[-400:]
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert not waiting, f"never asked for {waiting}:\n{said}"
    plain = re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]", "", said).replace("\r\n", "\n")
    return re.sub(r"(?m)^.*\r(?!$)", "", plain), os.waitstatus_to_exitcode(status)


def loosely(line: str) -> str:
    """Return a line with everything that differs from machine to machine taken out."""
    line = re.sub(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,}\b", "#", line.strip())
    line = re.sub(r"\b(?:x86_64|aarch64|arm64)\b", "#", line)
    line = re.sub(r"\d+(?:\.\d+)*", "#", line)
    return " ".join(line.split())


def missing(shown: Sequence[str], out: str) -> str:
    """Return the first line of a page that the real output lacks, "" when all came in order."""
    real = [loosely(line) for line in out.splitlines()]
    at = 0
    for line in shown:
        if line.strip() in {"", "..."}:
            continue
        pattern = re.compile(".*".join(re.escape(loosely(p)) for p in line.split("...")))
        at = next((n + 1 for n in range(at, len(real)) if pattern.fullmatch(real[n])), 0)
        if not at:
            return line
    return ""


def played(page: Path, folder: Path) -> Iterator[tuple[Command, str, int]]:
    """Run the blocks of a page; yield each command, what it printed and its status."""
    desk = Desk(folder)
    answers: list[str] = []
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.kind == "steer" and block.title == "run":
            hidden = Command(block.lines[0].replace("REPOSITORY", str(ROOT)))
            out = desk.run(hidden)
            assert desk.status == 0, f"{hidden.line}\n{out}"
        elif block.kind == "steer":
            if block.title == "answers":
                answers = [a.strip() for a in block.lines[0].split(",")]
        elif block.kind == "console":
            for command in commands_of(block):
                if answers and any(door in command.line for door in _DOORS):
                    command.answers, answers = answers, []
                yield command, desk.run(command), desk.status
        elif block.title:
            desk.write(block.title, block.lines)


def show(page: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for command, out, status in played(page.resolve(), Path(folder)):
            print(f"$ {command.line}\n{out}", end="")  # noqa: T201
            print(f"[{status}] {missing(command.shown, out)}")  # noqa: T201


if __name__ == "__main__":
    show(Path(sys.argv[1]))
