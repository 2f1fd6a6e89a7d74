"""Import modules in children of an environment's own interpreter until each has an outcome.

One child runs :mod:`envboot.verify.inside`. When a module takes the interpreter down (a crash, an
exit, a time-out), the next child goes on behind it.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from envboot.errors import CommandFailed
from envboot.verify import inside

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from envboot.shell import Shell
    from envboot.verify.reasons import Reason


@dataclass
class Trial:
    """What the children told, collected line by line."""

    said: Callable[[str], None] = lambda _line: None
    """Told which module is being imported."""
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Module → what :mod:`envboot.verify.inside` told of it; with an ``error`` when it failed."""
    gpu: dict[str, tuple[bool, str]] = field(default_factory=dict)
    """Framework → whether it sees a GPU, and what it said."""
    dead: dict[str, Reason] = field(default_factory=dict)
    """Modules that ended a child."""
    hello: dict[str, Any] = field(default_factory=dict)
    """The interpreter's version and markers; empty when it does not start."""
    broken: str = ""
    """Why it does not start."""
    mark: str = field(default_factory=lambda: f"envboot-{secrets.token_hex(8)}:")
    running: str = ""
    since: float = 0.0

    def imports(self, module: str) -> bool:
        """Return whether a module was imported."""
        return "error" not in self.results.get(module, {"error": ""})

    def hear(self, line: str) -> None:
        """Take one line that a child printed."""
        _, marked, text = line.partition(self.mark)
        if not marked:
            return
        try:
            told = json.loads(text)
        except ValueError:
            return
        if "python" in told:
            self.hello = told
        elif "start" in told:
            self.running, self.since = told["start"], time.monotonic()
            self.said(f"importing {self.running}")
        elif "module" in told:
            self.results[told["module"]] = told
            self.running = ""
        elif "gpu" in told:
            self.gpu[told["gpu"]] = (bool(told["works"]), str(told["says"]))
            self.running = ""


def run(
    modules: tuple[str, ...],
    python: Path,
    env: Mapping[str, str],
    shell: Shell,
    trial: Trial,
    *,
    gpu: bool,
    timeout: float,
) -> None:
    """Import ``modules`` and note in ``trial`` what came of each; ``timeout`` is for one of them.

    A crash may come from two modules that do not bear each other, so one that ended a child in
    which others had been imported gets a child of its own.
    """
    text = _source()
    pending, alone = list(modules), ""
    while True:
        batch = [alone] if alone else pending
        trial.running = ""
        asked = ("gpu" if gpu else "none", json.dumps(batch))
        argv = (str(python), "-I", "-c", text, trial.mark, str(timeout), *asked)
        status = _attempt(argv, env, shell, trial)
        if not trial.hello:
            return
        running, alone = trial.running, ""
        if running in trial.results:  # imported; the question for the GPU ended the child
            trial.gpu[running] = (False, _reason(status, trial, timeout).why)
            gpu = False
        elif running and running != batch[0] and not _timed_out(trial, timeout):
            alone = running
        elif running:
            trial.dead[running] = _reason(status, trial, timeout)
        left = [m for m in pending if m not in trial.results and m not in trial.dead]
        if gpu and not left:  # a child that ended early asked nobody
            left = [m for m in inside.PROBES if trial.imports(m) and m not in trial.gpu]
        if not left or (not running and left == pending):
            return
        pending = left


def _attempt(argv: tuple[str, ...], env: Mapping[str, str], shell: Shell, trial: Trial) -> int:
    """Run one child; return its status."""
    quiet = {"MPLBACKEND": "Agg", "QT_QPA_PLATFORM": "offscreen"}  # nothing opens a window
    try:
        shell.do(argv, env={**env, **quiet}, said=trial.hear, why="importing")
    except CommandFailed as error:
        trial.broken = error.tail[-1] if error.tail else error.message
        return 1 if error.returncode is None else error.returncode
    return 0


def _timed_out(trial: Trial, timeout: float) -> bool:
    return time.monotonic() - trial.since >= timeout - 0.05


def _reason(status: int, trial: Trial, timeout: float) -> Reason:
    from envboot.verify import reasons

    if _timed_out(trial, timeout):
        return reasons.Reason(f"it was still importing after {timeout:g} s")
    return reasons.of_status(status)


def _source() -> str:
    """Return the text of :mod:`envboot.verify.inside`, from a folder or out of the archive."""
    loader = inside.__spec__.loader if inside.__spec__ else None
    text = getattr(loader, "get_source", lambda _name: None)(inside.__name__)
    if not text:
        raise CommandFailed("envboot is not whole: its module `inside` has no text")
    return str(text)
