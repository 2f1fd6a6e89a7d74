"""The command line: flags into a request, a result into text or JSON, an error into a code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot.cli import acts, interrupts
from envboot.cli.flags import COMMANDS, DEEDS, SUMMARIES, TENDING, flags, parser
from envboot.console import TerminalConsole
from envboot.errors import EnvbootError, Interrupted, UsageError
from envboot.result import Result, to_json
from envboot.shell import redact
from envboot.shell.local import LocalShell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from envboot.console import Console
    from envboot.request import Request
    from envboot.result import Outcome
    from envboot.shell import Shell

__all__ = ["COMMANDS", "SUMMARIES", "flags", "main", "package_env", "parser"]


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
    console = TerminalConsole(shell.environ, mask=lambda text: redact(text, shell.environ))
    with interrupts.heard() as ending:
        try:
            options = _parse(words, "setup.py" if root else "envboot")
            console.verbose = -1 if options.quiet else int(options.verbose)
            request = _request(options, root, embedded, needs, shell)
            return acts.dispatch(options, request, shell, console)
        except EnvbootError as error:
            if isinstance(error, Interrupted):
                ending()
            return _fail(error, shell, console, words if as_json else None)
        except KeyboardInterrupt:
            ending()
            return _fail(Interrupted("interrupted"), shell, console, words if as_json else None)
        except BrokenPipeError:
            return 1
        except RecursionError:
            deep = EnvbootError("something here is nested too deeply to be read")
            return _fail(deep, shell, console, words if as_json else None)


def package_env() -> int:
    """Run ``git package-env``: ``envboot package-env`` under git's name."""
    return main(["package-env", *sys.argv[1:]])


def _parse(words: list[str], program: str) -> argparse.Namespace:
    words = ["package-env" if w == "package_env" and i == 0 else w for i, w in enumerate(words)]
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    elif not words or (words[0] not in COMMANDS and words[0] not in {"-h", "--help", "--version"}):
        if words and not words[0].startswith("-") and not words[0].endswith(".ipynb"):
            raise _unknown(f"there is no command `{words[0]}`", words[0], "commands", COMMANDS)
        words = ["up", *words]
    elif words == ["notebook"]:
        raise _unknown("`notebook` does what?", "", "one of", tuple(DEEDS))
    elif words[0] == "notebook" and words[1] not in DEEDS and not words[1].startswith("-"):
        said = f"`notebook` does not know `{words[1]}`"
        raise _unknown(said, words[1], "one of", tuple(DEEDS))
    rest: list[str] = []
    if words[0] == "launch" and "--" in words:  # argparse would take flags for the command's words
        cut = words.index("--")
        words, rest = words[:cut], words[cut + 1 :]
    options = parser(program).parse_args(words)
    options.behind = rest
    return options


def _unknown(said: str, word: str, title: str, names: Sequence[str]) -> UsageError:
    """Return the error for a word that is none of ``names``, with the nearest of them."""
    import difflib

    near = difflib.get_close_matches(word, names, 1)
    hint = f"did you mean `{near[0]}`?" if near else f"{title}: {', '.join(names)}"
    return UsageError(said, hint=hint)


def _request(
    options: argparse.Namespace,
    root: Path | None,
    embedded: Mapping[str, tuple[str, str]] | None,
    needs: Mapping[str, Any] | None,
    shell: Shell,
) -> Request:
    from envboot.request import Request
    from envboot.site import repository

    try:
        named = options.root or root
        place = named or repository(Path.cwd(), shell) or Path.cwd()
        options.climbed = not named and place != Path.cwd()
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
        if key in Request.__dataclass_fields__ and key not in {"root", "prefix", "notebook"}
    }
    return Request(
        root=place,
        prefix=prefix,
        groups=tuple(name for given in options.group for name in given.split(",") if name),
        embedded=embedded,
        embedded_needs=needs,
        **fields,
    )


def _fail(error: EnvbootError, shell: Shell, console: Console, words: Sequence[str] | None) -> int:
    """Say why the command ends; ``words``: what was typed, where JSON is asked for."""
    console.fail(error)
    if words is not None:
        said = {"message": redact(str(error), shell.environ), "hint": error.hint}
        outcome = "planned" if error.exit_code == 5 else "failed"  # noqa: PLR2004
        found: Outcome = Result(outcome, error.exit_code, error=said)
        if words[:1] and words[0] in {"launch", "jobs", *TENDING}:
            from envboot.launching.outcome import Launched

            found = Launched(outcome, error.exit_code, error=said)
        console.show(to_json(found))
    return error.exit_code
