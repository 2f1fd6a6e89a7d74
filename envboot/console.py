"""The door to the person: what is said, and every question.

A question is asked only when a person can answer it: stdin and stderr are terminals and ``CI``
is unset. Otherwise the answer must have come as a flag; a piped ``y`` is not consent.
All that is said goes to stderr, results (tables, JSON) go to stdout.
"""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TextIO

from envboot.errors import AnswerNeeded, Interrupted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envboot.errors import EnvbootError


@dataclass(frozen=True)
class Choice:
    """One answer to a question; ``closed`` is the reason why it cannot be taken."""

    name: str
    title: str
    closed: str = ""


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


class TerminalConsole:
    """A terminal, a pipe or a log file."""

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        verbose: int = 0,
        stdin: TextIO | None = None,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        """Take the streams (default: the process's); ``None`` there means a closed stream."""
        self.verbose = verbose
        self._environ = environ
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
            self._live = f"  {seconds:4.0f} s  {text}"[:78]
            self._write(self._err, f"\r\x1b[K{self._live}")

    def show(self, text: str) -> None:
        """See :meth:`Console.show`."""
        self._clear()
        self._write(self._out, text if text.endswith("\n") else text + "\n")

    def interactive(self) -> bool:
        """See :meth:`Console.interactive`."""
        terminals = self._is_terminal(self._in) and self._is_terminal(self._err)
        return terminals and not self._environ.get("CI")

    def choose(
        self, question: str, choices: Sequence[Choice], *, flag: str, default: str = ""
    ) -> str:
        """See :meth:`Console.choose`; with questionary where it is installed, else a plain line."""
        if not self.interactive():
            raise AnswerNeeded(f"an answer is needed: {question}", hint=f"give it as {flag}")
        self._clear()
        open_names = [c.name for c in choices if not c.closed]
        try:
            answer = self._ask(question, choices, default or open_names[-1])
        except (KeyboardInterrupt, EOFError) as error:
            self._print("")
            raise Interrupted("interrupted at a question; nothing was changed by it") from error
        if answer is None:
            raise Interrupted("interrupted at a question; nothing was changed by it")
        return answer

    def _ask(self, question: str, choices: Sequence[Choice], default: str) -> str | None:
        plain = self._in is not sys.stdin or self._environ.get("TERM", "") in {"", "dumb"}
        if not plain and not _in_event_loop():
            with contextlib.suppress(ImportError):
                return _ask_questionary(question, choices, default)
        return self._ask_plain(question, choices, default)

    def _ask_plain(self, question: str, choices: Sequence[Choice], default: str) -> str:
        yes_no = tuple(c.name for c in choices) == ("yes", "no")
        if not yes_no:
            self._print(f"> {question}")
            for number, choice in enumerate(choices, 1):
                mark = f"closed: {choice.closed}" if choice.closed else ""
                self._print(f"  {number}) {choice.title}" + (f"  ({mark})" if mark else ""))
        while True:
            prompt = f"> {question}\n> y/n? [{default[0]}]: " if yes_no else f"> 1-{len(choices)}? "
            self._write(self._err, prompt)
            text = self._in.readline()
            if not text:
                raise EOFError
            answer = _match(text.strip().lower(), choices, default)
            if answer:
                return answer
            self._print(f"  that is not one of the answers: {text.strip()[:40]}")

    def _clear(self) -> None:
        if self._live:
            self._live = ""
            self._write(self._err, "\r\x1b[K")

    def _print(self, text: str) -> None:
        self._clear()
        self._write(self._err, text + "\n")

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
        with contextlib.suppress(OSError, ValueError):  # a closed pipe or stream: nobody listens
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            stream.flush()


def _match(text: str, choices: Sequence[Choice], default: str) -> str:
    if not text:
        return default
    for number, choice in enumerate(choices, 1):
        names = {choice.name, str(number), choice.name[0] if len(choices) == 2 else ""}  # noqa: PLR2004
        if text in names and not choice.closed:
            return choice.name
    return ""


def _in_event_loop() -> bool:
    """Return whether asyncio runs here: questionary cannot ask inside a running loop."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _ask_questionary(question: str, choices: Sequence[Choice], default: str) -> str | None:
    import questionary

    if tuple(c.name for c in choices) == ("yes", "no"):
        yes = questionary.confirm(question, default=default == "yes").unsafe_ask()
        return None if yes is None else "yes" if yes else "no"
    rows = [questionary.Choice(c.title, value=c.name, disabled=c.closed or None) for c in choices]
    answer: str | None = questionary.select(question, choices=rows, default=default).unsafe_ask()
    return answer
