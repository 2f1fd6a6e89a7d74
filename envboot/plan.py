"""Steps as a value: what would be done, before anything is done.

Engines, launchers and the packager return a :class:`Plan`; :func:`carry_out` is the only
function that turns one into deeds. ``--dry-run``, logs, redaction and tests come from there.
"""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Union

from envboot.errors import CommandFailed
from envboot.shell import redact

if TYPE_CHECKING:
    from collections.abc import Callable

    from envboot.shell import Shell


@dataclass(frozen=True)
class Run:
    """Start a program and wait for it; it must end with 0."""

    argv: tuple[str, ...]
    cwd: Path | None = None
    """None: a neutral directory, where no stray ``platform.py`` of a repository is imported."""
    env: tuple[tuple[str, str], ...] = ()
    """Variables set on top of the caller's environment; may hold secrets, so never shown."""
    why: str = ""
    """What it does, for people: ``installing 12 packages``."""
    terminal: bool = False
    """It gets the person's own terminal, as a shell or a log does; its status is hers."""
    must: bool = False
    """It must end with 0, although it has the terminal."""


@dataclass(frozen=True)
class Write:
    """Write a file whole, atomically; missing folders are made."""

    path: Path
    text: Union[str, bytes]
    executable: bool = False
    private: bool = False
    """It may hold a password or a token: for this user alone."""


@dataclass(frozen=True)
class Remove:
    """Remove a file or a tree that envboot itself made; nothing there is no error."""

    path: Path


@dataclass(frozen=True)
class Open:
    """Open a link in the person's browser; the link is always printed too."""

    url: str


Step = Union[Run, Write, Remove, Open]


@dataclass(frozen=True)
class Plan:
    """What to do, in order, and the prefix that exists afterwards (None: no environment here)."""

    title: str
    steps: tuple[Step, ...] = field(default=())
    environment: Path | None = None
    told: str = ""
    """What a person has to know of where the steps lead: lines, said with the plan."""
    paste: str = ""
    """What she takes there herself, as text for the clipboard: printed as it is, at the end."""


def child(module: str, *arguments: str, python: str = "", why: str = "") -> Run:
    """Return the step that runs ``python -m module`` of envboot itself, also from the archive.

    ``-I`` keeps the current folder and the user's site out; envboot's own location (a folder or
    ``.envboot/envboot.pyz``) is handed over as an argument. ``python`` is an absolute path,
    by default the running interpreter.
    """
    import envboot

    home = str(Path(envboot.__file__).parent.parent)
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); import runpy; "
        "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
    )
    return Run((python or sys.executable, "-I", "-c", code, home, module, *arguments), why=why)


def describe(step: Step) -> str:
    """Return one line for ``--dry-run``, logs and manual instructions, quoted for a POSIX shell.

    Passwords and tokens in it are masked: whoever types the line knows them.
    """
    if isinstance(step, Run):
        line = redact(" ".join(shlex.quote(a) for a in step.argv))
        return f"(cd {shlex.quote(str(step.cwd))} && {line})" if step.cwd else line
    if isinstance(step, Write):
        return f"write {step.path}"
    if isinstance(step, Remove):
        return f"remove {step.path}"
    return f"open {redact(step.url)}"


def carry_out(
    plan: Plan,
    shell: Shell,
    said: Callable[[str], None],
    announce: Callable[[str], None] = lambda _line: None,
) -> None:
    """Do the steps of ``plan`` in order.

    ``announce`` gets one line for each program before it starts and for each link, ``said`` each
    line that a program prints.

    Raises CommandFailed at the first step that fails; what was done before stays, and the
    journal (:mod:`envboot.transaction`) decides what becomes of it.
    """
    for step in plan.steps:
        shell.log(f"$ {describe(step)}")
        if isinstance(step, Run):
            announce(redact(step.why or describe(step), {**shell.environ, **dict(step.env)}))
            if step.terminal:
                status = shell.hand_over(step.argv, {**shell.environ, **dict(step.env)}, step.cwd)
                if status and step.must:
                    what = redact(step.why or describe(step))
                    raise CommandFailed(f"{what}: it ended with status {status}", returncode=status)
            else:
                shell.do(step.argv, cwd=step.cwd, env=dict(step.env), said=said, why=step.why)
        elif isinstance(step, Write):
            shell.write(step.path, step.text, executable=step.executable, private=step.private)
        elif isinstance(step, Remove):
            shell.remove(step.path)
        else:
            announce(f"open this link: {step.url}")
            shell.open(step.url)
