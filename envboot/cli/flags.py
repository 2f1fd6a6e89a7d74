"""The commands and their parser: what may be typed, and what ``--help`` says of it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, NoReturn

import envboot
from envboot.cli import adding
from envboot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

SUMMARIES = {
    "up": "set up this repository's environment (what `python setup.py` does)",
    "check": "compare this machine with the declared needs, and change nothing",
    "doctor": "show the machine, the environment, what drifted, and the last log",
    "run": "run a command inside the environment: `run -- pytest`",
    "shell": "start a shell inside the environment",
    "remove": "remove the environment that envboot made",
    "package-env": "write environment.yml, requirements.txt and the setup.py that embeds both",
    "infer": "print what the code asks for, as requirement lines; write nothing",
    "measure": "run a command and say what it needed: `measure -- python train.py`",
    "create": "make a new repository with a layout for machine learning: `create NAME --ml`",
    "preflight": "will it run there? this repository against other machines: `--for cpu,win-64`",
    "convert": "write the same environment in another file: `convert environment.yml pixi.toml`",
    "launch": "take this repository to a bigger machine: `launch ssh HOST`, `launch codespaces`",
    "jobs": "list what was launched, and what became of it",
    "status": "say what became of one job",
    "logs": "print a job's log",
    "open": "go there: a link, a shell, JupyterLab",
    "stop": "stop a job, so that computing costs no more",
    "delete": "remove all of a job there, and forget it here",
    "export": "write the task file of another tool: `export sky`, `export sbatch`",
    "notebook": "let a notebook carry its environment: `notebook pack`, `notebook run mail.ipynb`",
}
DEEDS = {
    "pack": "put the environment into the notebook (`--remove` takes it out)",
    "unpack": "show what a notebook carries, write it here, and set it up",
    "show": "show what a notebook carries",
    "diff": "compare what it carries with the files here and with a live environment",
    "run": "unpack, set up, execute, and keep the outputs",
    "cloud": "say where it can be opened, and open it there",
}
"""The commands behind ``notebook``."""
TENDING = ("status", "logs", "open", "stop", "delete")
"""The commands that take the handle of a job."""
COMMANDS = tuple(SUMMARIES)


class _Parser(argparse.ArgumentParser):
    """argparse that raises our UsageError instead of exiting."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with the command's own help as the hint."""
        raise UsageError(message, hint=f"`{self.prog} --help` lists the flags")


def parser(program: str) -> argparse.ArgumentParser:
    """Return the parser of all commands; ``program`` is what the person typed."""
    top = _Parser(
        prog=program,
        description="Set up, check and prove a repository's environment.",
        epilog="Without a command: up. Exit codes: 0 done, 1 other, 2 usage, 3 nothing found, "
        "4 invalid file, 5 answer needed, 6 machine falls short, 7 a command failed, "
        "8 built but not working, 130 interrupted.",
    )
    top.add_argument("--version", action="version", version=f"envboot {envboot.__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for name, summary in SUMMARIES.items():
        sub = commands.add_parser(name, help=summary, description=summary)
        if name == "notebook":
            _notebook(sub)
            continue
        adding.common(sub)
        if name in TENDING:
            adding.tending(sub, name)
        elif name in adding.OWN:
            adding.OWN[name](sub)
        if name in {"run", "measure"}:
            sub.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- COMMAND [ARG ...]")
    return top


def flags(command: str) -> tuple[tuple[str, bool, str], ...]:
    """Return a command's long flags without dashes, whether each takes a value, and its help."""
    top = parser("setup.py")
    choices = next(a.choices for a in top._actions if a.dest == "command")  # noqa: SLF001 - no other way
    assert isinstance(choices, dict)  # noqa: S101 - made by add_subparsers
    return tuple(dict.fromkeys(_flags(choices[command])))


def _flags(sub: argparse.ArgumentParser) -> Iterator[tuple[str, bool, str]]:
    """Yield the flags of a command, and of those behind it."""
    for action in sub._actions:  # noqa: SLF001
        if isinstance(action.choices, dict):
            for one in action.choices.values():
                yield from _flags(one)
        for flag in action.option_strings:
            if flag.startswith("--"):
                said = "" if action.help == argparse.SUPPRESS else action.help or ""
                yield flag[2:], action.nargs != 0, said


def _notebook(top: argparse.ArgumentParser) -> None:
    deeds = top.add_subparsers(dest="deed", metavar="DEED", required=True, parser_class=_Parser)
    for name, summary in DEEDS.items():
        sub = deeds.add_parser(name, help=summary, description=summary)
        adding.common(sub)
        many = name == "pack"
        what = "the notebooks" if many else "the notebook"
        sub.add_argument("notebook", nargs="*" if many else None, metavar="NOTEBOOK", help=what)
        adding.BEHIND[name](sub)
