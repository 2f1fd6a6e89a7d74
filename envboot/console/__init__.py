"""The door to the person: what is said, and every question.

A question is asked only when a person can answer it: stdin and stderr are terminals and ``CI``
is unset. Otherwise the answer must have come as a flag; a piped ``y`` is not consent.
All that is said goes to stderr, results (tables, JSON) go to stdout.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TextIO

from envboot.console import drawn
from envboot.errors import AnswerNeeded, Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from envboot.errors import EnvbootError


@dataclass(frozen=True)
class Choice:
    """One answer to a question; ``closed`` is the reason why it cannot be taken."""

    name: str
    title: str
    closed: str = ""


# Texts of a stranger's repository may hold what moves the cursor or renames the window.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

YES_NO = (Choice("yes", "yes"), Choice("no", "no"))


class Console(Protocol):
    """All that envboot may say to a person, or ask."""

    verbose: int
    """-1 quiet: errors only; 0 the story; 1 and all that programs print."""

    def say(self, text: str) -> None:
        """Say a sentence of the story; silent when quiet."""

    def warn(self, text: str, *, hint: str = "") -> None:
        """Say something that a person should not miss."""

    def fail(self, error: EnvbootError) -> None:
        """Say why the command ends, also when quiet."""

    def line(self, text: str) -> None:
        """Show a line that a program printed: replaced by the next, kept when verbose."""

    def show(self, text: str) -> None:
        """Print a result to stdout, unchanged."""

    def interactive(self) -> bool:
        """Return whether a person can be asked."""

    def choose(
        self, question: str, choices: Sequence[Choice], *, flag: str, default: str = ""
    ) -> str:
        """Ask; return the name of an open choice.

        Raises AnswerNeeded (naming ``flag``) with nobody to ask, Interrupted on Ctrl-C and EOF.
        """

    def ask(self, question: str, *, flag: str, default: str = "") -> str:
        """Ask for a word; return what was typed, trimmed: ``default`` for an empty line.

        Raises as :meth:`choose` does.
        """


class TerminalConsole:
    """A terminal, a pipe or a log file."""

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        verbose: int = 0,
        mask: Callable[[str], str] = str,
        stdin: TextIO | None = None,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        """Take the streams (default: the process's); ``None`` there means a closed stream.

        ``mask`` takes passwords and tokens out of what is said; what is shown was asked for.
        """
        self.verbose = verbose
        self._environ = environ
        self._mask = mask
        self._in = stdin or sys.stdin
        self._out = stdout or sys.stdout
        self._err = stderr or sys.stderr
        self._live = ""
        self._started = 0.0

    def say(self, text: str) -> None:
        """See :meth:`Console.say`."""
        if self.verbose >= 0:
            self._print("\n".join(f"> {row}" for row in text.splitlines()) or ">")

    def warn(self, text: str, *, hint: str = "") -> None:
        """See :meth:`Console.warn`."""
        self._print(f"! {text}" + (f"\n  hint: {hint}" if hint else ""))

    def fail(self, error: EnvbootError) -> None:
        """See :meth:`Console.fail`."""
        rows = [f"! error: {error}"]
        rows += [f"  | {row}" for row in getattr(error, "tail", ())[-12:]]
        if log := getattr(error, "log", ""):
            rows.append(f"  log: {log}")
        if error.hint:
            rows.append(f"  hint: {error.hint}")
        self._print("\n".join(rows))

    def line(self, text: str) -> None:
        """See :meth:`Console.line`; at a terminal with the seconds since the first one."""
        if self.verbose > 0:
            self._print(f"  {text}")
        elif self.verbose == 0 and self._is_terminal(self._err):
            if not self._live:
                self._started = time.monotonic()
            seconds = time.monotonic() - self._started
            text = self._mask(_CONTROL.sub("", text)).replace("\t", " ").replace("\n", " ")
            self._live = f"  {seconds:4.0f} s  {text}"[: self._width() - 2]
            self._write(self._err, f"\r\x1b[K{self._live}")

    def show(self, text: str) -> None:
        """See :meth:`Console.show`; control characters go to files only."""
        self._clear()
        if self._is_terminal(self._out):
            text = _CONTROL.sub("", text)
        self._write(self._out, text if text.endswith("\n") else text + "\n")

    def interactive(self) -> bool:
        """See :meth:`Console.interactive`."""
        terminals = self._is_terminal(self._in) and self._is_terminal(self._err)
        return terminals and not self._environ.get("CI")

    def choose(
        self, question: str, choices: Sequence[Choice], *, flag: str, default: str = ""
    ) -> str:
        """See :meth:`Console.choose`; with questionary where it is installed, else a plain line."""
        self._must_be_there(question, flag)
        open_names = [c.name for c in choices if not c.closed]
        if not open_names:
            reasons = "; ".join(f"{c.title}: {c.closed}" for c in choices)
            raise AnswerNeeded(f"no answer is possible: {question}", hint=reasons)
        usual = default if default in open_names else open_names[-1]
        clean = [replace(c, title=_CONTROL.sub("", c.title)) for c in choices]
        return self._answered(
            lambda: drawn.choose(_CONTROL.sub("", question), clean, usual, self._err),
            lambda: self._ask_plain(question, choices, usual),
        )

    def ask(self, question: str, *, flag: str, default: str = "") -> str:
        """See :meth:`Console.ask`."""
        self._must_be_there(question, flag)
        shown = f"> {question} [{default}]: " if default else f"> {question}: "
        answer = self._answered(
            lambda: drawn.text(_CONTROL.sub("", question), default, self._err),
            lambda: self._typed(shown),
        )
        return answer.strip() or default

    def _must_be_there(self, question: str, flag: str) -> None:
        if not self.interactive():
            raise AnswerNeeded(f"an answer is needed: {question}", hint=f"give it as {flag}")
        self._clear()

    def _answered(self, draw: Callable[[], str | None], plain: Callable[[], str]) -> str:
        """Return the answer, drawn where that can be done."""
        try:
            answer = self._drawn(draw, plain)
        except (KeyboardInterrupt, EOFError) as error:
            self._print("")
            raise Interrupted("interrupted at a question; nothing was changed by it") from error
        if answer is None:
            raise Interrupted("interrupted at a question; nothing was changed by it")
        return answer

    def _drawn(self, draw: Callable[[], str | None], plain: Callable[[], str]) -> str | None:
        dumb = self._in is not sys.stdin or self._environ.get("TERM", "") in {"", "dumb"}
        if not dumb and drawn.possible():
            # questionary absent, or unable to draw here: a plain line can always be asked
            with contextlib.suppress(Exception):
                try:
                    return draw()
                except EOFError:
                    return None
        return plain()

    def _ask_plain(self, question: str, choices: Sequence[Choice], default: str) -> str:
        yes_no = tuple(c.name for c in choices) == ("yes", "no")
        if not yes_no:
            self._print(f"> {question}")
            for number, choice in enumerate(choices, 1):
                mark = f"closed: {choice.closed}" if choice.closed else ""
                self._print(f"  {number}) {choice.title}" + (f"  ({mark})" if mark else ""))
        names = [c.name for c in choices]
        usual = default[0] if yes_no else str(names.index(default) + 1)
        prompt = f"> {question}\n> y/n? " if yes_no else f"> 1-{len(choices)}? "
        while True:
            text = self._typed(f"{prompt}[{usual}]: ")
            answer = _match(text.strip().lower(), choices, default)
            if answer and not answer.closed:
                return answer.name
            why = f"not possible: {answer.closed}" if answer else "not one of the answers"
            self._print(f"  that is {why}: {text.strip()[:40]}")

    def _typed(self, prompt: str) -> str:
        """Return the line that is typed behind a prompt. Raises EOFError."""
        self._print_open(prompt)
        try:
            _wait(self._in)
            text = self._in.readline()
        except UnicodeDecodeError:
            text = "\ufffd\n"
        except (OSError, ValueError) as error:  # the terminal went away, or was closed
            raise EOFError from error
        if not text:
            raise EOFError
        return text

    def _clear(self) -> None:
        if self._live:
            self._live = ""
            self._write(self._err, "\r\x1b[K")

    def _print(self, text: str) -> None:
        self._print_open(text + "\n")

    def _print_open(self, text: str) -> None:
        """Print without the end of a line: what is typed follows."""
        self._clear()
        self._write(self._err, self._mask(_CONTROL.sub("", text)))

    def _width(self) -> int:
        """Return the columns of the terminal: a live line that wraps could not be replaced."""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            return max(20, os.get_terminal_size(self._err.fileno()).columns)
        return 80

    @staticmethod
    def _is_terminal(stream: TextIO | None) -> bool:
        with contextlib.suppress(ValueError, OSError):
            return stream is not None and stream.isatty()
        return False

    @staticmethod
    def _write(stream: TextIO | None, text: str) -> None:
        if stream is None:
            return
        encoding = getattr(stream, "encoding", None) or "utf-8"
        try:
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            stream.flush()
        except BrokenPipeError:  # `| head`: nobody listens, also not when Python flushes at its end
            with contextlib.suppress(OSError, ValueError, AttributeError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        except (OSError, ValueError):
            pass


def _wait(stream: TextIO) -> None:
    """Wait until a line was typed, looking up now and then.

    CPython notices a signal that arrives just before a blocking read only after that read: Ctrl-C
    at that instant would do nothing until a line is typed.
    """
    with contextlib.suppress(OSError, ValueError):  # Windows waits for sockets only
        while not select.select([stream], [], [], 0.2)[0]:
            pass


def _match(text: str, choices: Sequence[Choice], default: str) -> Choice | None:
    """Return the choice that was typed: its name, its number, or y and n."""
    text = {"y": "yes", "n": "no"}.get(text, text) or default.lower()
    yes_no = tuple(c.name for c in choices) == ("yes", "no")
    for number, choice in enumerate(choices, 1):
        if text == choice.name.lower() or (text == str(number) and not yes_no):
            return choice
    return None
