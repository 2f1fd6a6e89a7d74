"""Environments made for a notebook from a browser: one child each, its lines kept for polling.

The child is ``python -m envboot notebook unpack``, as a person would type it; it is started, read
and ended by a thread of its own, so that the server's loop never waits.
"""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from envboot.errors import CommandFailed, Interrupted
from envboot.plan import child

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.shell import Shell

MOST = 20_000
"""Lines that are kept of one job; the oldest are dropped."""
KEPT = 20
"""Jobs that are remembered when they have ended."""
PATIENCE = 30.0
"""Seconds that a server that ends waits for what it started to end."""


@dataclass
class Job:
    """One environment that is made; written by its thread, read by the handlers."""

    notebook: Path
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    lines: list[str] = field(default_factory=list)
    dropped: int = 0
    """Lines that were forgotten, before those in ``lines``."""
    result: dict[str, Any] | None = None
    """What came of it; None: it runs."""
    halt: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    @property
    def done(self) -> bool:
        """Return whether it has ended."""
        return self.result is not None

    def since(self, seen: int) -> dict[str, Any]:
        """Return what a front end gets that has seen so many lines."""
        result = self.result  # first: no line comes behind it
        lines, dropped = list(self.lines), self.dropped
        news = lines[max(0, seen - dropped) :]
        return {
            "lines": news,
            "seen": dropped + len(lines),
            "done": result is not None,
            "result": result,
        }


def flags(digest: str, *, scripts: bool, overwrite: bool) -> tuple[str, ...]:
    """Return the flags of ``notebook unpack`` for what a person has agreed to: no other digest."""
    approved = ("--approve", digest) if scripts else ("--expect", digest)
    return ("--yes", "--json", *approved, *(("--overwrite",) if overwrite else ()))


class Busy(Exception):
    """The notebook's environment is being made already."""


class Desk:
    """The jobs of one server."""

    def __init__(self, shell: Shell) -> None:
        """Begin without any."""
        self._shell = shell
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def find(self, job: str) -> Job | None:
        """Return the job of that name."""
        return self._jobs.get(job)

    def of(self, notebook: Path) -> Job | None:
        """Return the job that runs for a notebook."""
        jobs = tuple(self._jobs.values())
        return next((j for j in jobs if j.notebook == notebook and not j.done), None)

    def start(self, notebook: Path, words: tuple[str, ...]) -> Job:
        """Start making the environment of a notebook. Raises Busy."""
        with self._lock:
            running = self.of(notebook)
            if running:
                raise Busy(f"{notebook.name} is being set up already")
            ended = [name for name, job in self._jobs.items() if job.done]
            for name in ended[: max(0, len(ended) - KEPT)]:
                del self._jobs[name]
            job = Job(notebook)
            self._jobs[job.id] = job
            job.thread = threading.Thread(target=self._make, args=(job, words), daemon=True)
        job.thread.start()
        return job

    def close(self) -> None:
        """End all that runs, as Ctrl-C does, and wait for it: the server ends."""
        running = [job for job in tuple(self._jobs.values()) if not job.done]
        for job in running:
            job.halt.set()
        for job in running:
            if job.thread:
                job.thread.join(PATIENCE)

    def _make(self, job: Job, words: tuple[str, ...]) -> None:
        step = child("envboot", "notebook", "unpack", *words, "--", str(job.notebook))
        ear, code = _Ear(job), 0
        try:
            why = "setting up the notebook"
            self._shell.do(step.argv, said=ear.hear, why=why, halt=job.halt.is_set)
        except Interrupted:
            job.result = _ended("cancelled", "it was cancelled", Interrupted.exit_code)
            return
        except CommandFailed as error:
            code = error.returncode or 1
            if not ear.held:
                ear.hear(str(error))
        except Exception as error:  # noqa: BLE001 - a job that never ends would be worse
            code = 1
            ear.hear(str(error))
        job.result = _result(ear, code)


class _Ear:
    """Hears what the child prints: lines for the person, and in the end one object of JSON.

    Both come through one pipe, in order. The object is indented, so it begins with a line ``{`` and
    all that follows is indented up to ``}``; what looks like it and is not is a line like others.
    """

    def __init__(self, job: Job) -> None:
        self.held: list[str] = []
        self.last = ""
        self._job = job

    def hear(self, line: str) -> None:
        """Take one line."""
        if line == "{" or (self.held and not (line == "}" or line.startswith(" "))):
            self.give_up()
        if line == "{" or self.held:
            self.held.append(line)
        else:
            self.last = line
            _keep(self._job, line)

    def give_up(self) -> None:
        """Take what was held for lines of the person's."""
        for line in self.held:
            _keep(self._job, line)
        self.held = []


def _keep(job: Job, line: str) -> None:
    job.lines.append(line)
    if len(job.lines) > MOST:
        del job.lines[: MOST // 10]
        job.dropped += MOST // 10


def _ended(outcome: str, message: str, code: int, **more: str) -> dict[str, Any]:
    empty = {"kernelspec": "", "prefix": "", "hint": ""}
    return {"outcome": outcome, "exit_code": code, "message": message, **empty, **more}


def _result(ear: _Ear, code: int) -> dict[str, Any]:
    """Return what the child's JSON says, which ends what it printed."""
    try:
        found = json.loads("\n".join(ear.held))
        made = found.get("result") or {}
        error = found.get("error") or made.get("error") or {}
        where = made.get("environment") or {}
        outcome, code = str(found["outcome"]), int(found["exit_code"])
        return _ended(
            "failed" if code and outcome == "planned" else outcome,  # it was refused before a yes
            str(error.get("message", "")),
            code,
            kernelspec=str(made.get("kernel", "")),
            prefix=str(where.get("prefix", "")),
            hint=str(error.get("hint", "")),
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        ear.give_up()
        return _ended("failed" if code else "unpacked", ear.last, code)
