"""The command line: flags into a request, a result into text or JSON, an error into a code."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import envboot
from envboot.console import TerminalConsole
from envboot.errors import EnvbootError, Interrupted, UsageError
from envboot.result import Outcome, Result, to_json
from envboot.shell import redact
from envboot.shell.local import LocalShell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from envboot.console import Console
    from envboot.shell import Shell
    from envboot.survey import Request

SUMMARIES = {
    "up": "set up this repository's environment (what `python setup.py` does)",
    "check": "compare this machine with the declared needs, and change nothing",
    "doctor": "show the machine, the environment, what drifted, and the last log",
    "run": "run a command inside the environment: `run -- pytest`",
    "shell": "start a shell inside the environment",
    "remove": "remove the environment that envboot made",
    "package-env": "write setup.py and .envboot/envboot.pyz into the repository",
}
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
        _common(sub)
        if name in {"up", "check"}:
            _making(sub)
        if name == "package-env":
            _packaging(sub)
        if name == "run":
            sub.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- COMMAND [ARG ...]")
    return top


def flags(command: str) -> tuple[tuple[str, bool, str], ...]:
    """Return a command's long flags without dashes, whether each takes a value, and its help."""
    top = parser("setup.py")
    choices = next(a.choices for a in top._actions if a.dest == "command")  # noqa: SLF001 - no other way
    assert isinstance(choices, dict)  # noqa: S101 - made by add_subparsers
    return tuple(
        (flag[2:], action.nargs != 0, "" if action.help == argparse.SUPPRESS else action.help or "")
        for action in choices[command]._actions  # noqa: SLF001
        for flag in action.option_strings
        if flag.startswith("--")
    )


def _common(sub: argparse.ArgumentParser) -> None:
    add = sub.add_argument
    add("-C", "--root", type=Path, metavar="DIR", help="the repository (default: found from here)")
    add("-y", "--yes", action="store_true", help="answer the main question with yes")
    add("-n", "--dry-run", action="store_true", help="print the plan and do nothing")
    add("--json", action="store_true", help="print the result as JSON on stdout")
    add("-v", "--verbose", action="store_true", help="show all that programs print")
    add("-q", "--quiet", action="store_true", help="say errors only")
    add("--file", metavar="PATH", help="the dependency file to use, instead of the one that wins")
    add("--engine", metavar="NAME", help="what makes the environment: conda, uv, venv …")
    add("--name", metavar="NAME", help="the environment's name")
    add("--prefix", type=Path, metavar="DIR", help="where the environment goes")
    add("--group", action="append", default=[], metavar="NAME", help="also this group (repeatable)")
    add("--offline", action="store_true", help="use what is on this machine, no network")


def _making(sub: argparse.ArgumentParser) -> None:
    add = sub.add_argument
    add("--anyway", action="store_true", help="go on although the machine falls short")
    add("--manual", action="store_true", help="print the commands instead of running them")
    add("--launch", metavar="NAME", help="go elsewhere with this launcher when it falls short")
    add("--rebuild", action="store_true", help="make it anew although it is up to date")
    add("--apt", action="store_true", help="install the packages that apt.txt names")
    add("--post-build", action="store_true", help="run the repository's postBuild")
    for flag, field, what in (
        ("kernel", "kernel", "register a Jupyter kernel (default: when there are notebooks)"),
        ("shell", "subshell", "end in a shell inside the environment (default: ask)"),
    ):
        add(f"--{flag}", dest=field, action="store_true", default=None, help=what)
        add(f"--no-{flag}", dest=field, action="store_false", help=argparse.SUPPRESS)


def _packaging(sub: argparse.ArgumentParser) -> None:
    add = sub.add_argument
    add("--check", action="store_true", help="fail when setup.py or the archive is stale")
    add("--remove", action="store_true", help="take out again what package-env wrote")
    add("--readme", action="store_true", help="also write the onboarding section of README.md")


def main(
    argv: Sequence[str] | None = None,
    *,
    root: Path | None = None,
    embedded: Mapping[str, tuple[str, str]] | None = None,
    needs: Mapping[str, Any] | None = None,
) -> int:
    """Run one command and return its exit code.

    ``root`` and what ``embedded`` and ``needs`` carry come from a generated setup.py.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in words[: words.index("--") if "--" in words else None]
    shell = LocalShell()
    console = TerminalConsole(shell.environ)
    with _terminated_as_interrupt() as ending:
        try:
            options = _parse(words, "setup.py" if root else "envboot")
            console.verbose = -1 if options.quiet else int(options.verbose)
            request = _request(options, root, embedded, needs, shell)
            return _dispatch(options, request, shell, console)
        except EnvbootError as error:
            if isinstance(error, Interrupted):
                ending()
            return _fail(error, shell, console, as_json=as_json)
        except KeyboardInterrupt:
            ending()
            return _fail(Interrupted("interrupted"), shell, console, as_json=as_json)
        except BrokenPipeError:
            return 1
        except RecursionError:
            deep = EnvbootError("something here is nested too deeply to be read")
            return _fail(deep, shell, console, as_json=as_json)


def package_env() -> int:
    """Run ``git package-env``: ``envboot package-env`` under git's name."""
    return main(["package-env", *sys.argv[1:]])


def _parse(words: list[str], program: str) -> argparse.Namespace:
    words = ["package-env" if w == "package_env" and i == 0 else w for i, w in enumerate(words)]
    if words[:1] == ["help"]:
        words = [*words[1:2], "--help"]
    elif not words or (words[0] not in COMMANDS and words[0] not in {"-h", "--help", "--version"}):
        if words and not words[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(words[0], COMMANDS, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"commands: {', '.join(COMMANDS)}"
            raise UsageError(f"there is no command `{words[0]}`", hint=hint)
        words = ["up", *words]
    return parser(program).parse_args(words)


def _request(
    options: argparse.Namespace,
    root: Path | None,
    embedded: Mapping[str, tuple[str, str]] | None,
    needs: Mapping[str, Any] | None,
    shell: Shell,
) -> Request:
    from envboot.survey import Request

    try:
        place = options.root or root or _repository(Path.cwd(), shell)
        place = place.expanduser().resolve()
        prefix = options.prefix.expanduser().absolute() if options.prefix else None
    except (OSError, RuntimeError) as error:  # no such folder any more, no such person
        raise UsageError(
            f"a folder cannot be found: {(getattr(error, 'strerror', '') or str(error)).lower()}",
            hint="does the current folder still exist? `--root` and `--prefix` take whole paths",
        ) from error
    if shell.kind(place) != "folder":
        raise UsageError(f"{place} is no folder", hint="`--root` takes the repository's folder")
    fields = {
        key: value
        for key, value in vars(options).items()
        if key in Request.__dataclass_fields__ and key not in {"root", "prefix"}
    }
    return Request(
        root=place,
        prefix=prefix,
        groups=tuple(name for given in options.group for name in given.split(",") if name),
        embedded=embedded,
        embedded_needs=needs,
        **fields,
    )


def _repository(here: Path, shell: Shell) -> Path:
    """Return the nearest folder upwards that is a git repository or is packed, else ``here``."""
    for place in (here, *here.parents):
        if shell.kind(place / ".git") or shell.kind(place / ".envboot") == "folder":
            return place
    return here


def _dispatch(options: argparse.Namespace, request: Request, shell: Shell, console: Console) -> int:
    shell.confine(request.root)
    if options.command in {"run", "shell"}:
        from envboot import handover, survey

        existing = survey.standing(request, shell)
        if options.command == "shell":
            return handover.enter(existing, request.root, shell, console)
        argv = options.argv[1:] if options.argv[:1] == ["--"] else options.argv
        if not argv:
            raise UsageError("run what?", hint="`run -- COMMAND [ARG ...]`")
        return handover.run(existing, argv, request.root, shell, console)
    result = _act(options, request, shell, console)
    if options.json:
        console.show(redact(to_json(result), shell.environ))
    return result.exit_code


def _act(options: argparse.Namespace, request: Request, shell: Shell, console: Console) -> Outcome:
    if options.command == "up":
        from envboot import bootstrap

        return bootstrap.up(request, shell, console)
    if options.command == "check":
        from envboot import bootstrap

        return bootstrap.check(request, shell, console, quiet=options.json)
    if options.command == "doctor":
        from envboot import doctor

        return doctor.examine(request, shell, console, quiet=options.json)
    if options.command == "remove":
        from envboot import removal, survey

        return removal.remove(request, survey.standing(request, shell), shell, console)
    from envboot import package

    return package.package_env(
        package.Packing(
            root=request.root,
            file=request.file,
            yes=request.yes,
            dry_run=request.dry_run,
            check=options.check,
            remove=options.remove,
            readme=options.readme,
        ),
        shell,
        console,
    )


def _fail(error: EnvbootError, shell: Shell, console: Console, *, as_json: bool) -> int:
    console.fail(error)
    if as_json:
        said = {"message": redact(str(error), shell.environ), "hint": error.hint}
        outcome = "planned" if error.exit_code == 5 else "failed"  # noqa: PLR2004
        console.show(to_json(Result(outcome, error.exit_code, error=said)))
    return error.exit_code


@contextlib.contextmanager
def _terminated_as_interrupt() -> Iterator[Callable[[], None]]:
    """Let SIGTERM and SIGHUP end a command as Ctrl-C does: children stopped, nothing half made.

    Yields what is to be called when the command ends for that reason: an impatient second Ctrl-C
    is not heard from then on, also not while Python itself ends.
    """
    over = False

    def stop(_number: int, _frame: object) -> None:
        if not over:
            raise KeyboardInterrupt

    def ending() -> None:
        nonlocal over
        over = True
        atexit.register(listen, dict.fromkeys(before, signal.SIG_IGN))

    def listen(handlers: Mapping[int, Any]) -> None:
        for number, handler in handlers.items():
            with contextlib.suppress(ValueError, OSError, TypeError):
                signal.signal(number, handler)

    before: dict[int, Any] = {}
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        with contextlib.suppress(ValueError, OSError):  # not the main thread, or not known here
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                before[number] = signal.signal(number, stop)
    try:
        yield ending
    finally:
        if not over:
            listen(before)
