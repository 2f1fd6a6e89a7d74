"""A console for a chapter of another story: what it says is shown in passing only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from envboot.console import Choice, Console
    from envboot.errors import EnvbootError


class Aside:
    """A console that lets warnings and failures through, and turns sentences into passing lines."""

    def __init__(self, console: Console, said: Callable[[str], str]) -> None:
        """Speak through ``console``; ``said`` rewrites each text before it is shown."""
        self.verbose = console.verbose
        self._console = console
        self._said = said

    def say(self, text: str) -> None:
        """Show a sentence in passing."""
        for row in text.splitlines():
            self._console.line(self._said(row))

    def warn(self, text: str, *, hint: str = "") -> None:
        """Say something that a person should not miss."""
        self._console.warn(self._said(text), hint=self._said(hint))

    def fail(self, error: EnvbootError) -> None:
        """Say why something ended."""
        self._console.fail(error)

    def line(self, text: str) -> None:
        """Show a line that a program printed."""
        self._console.line(self._said(text))

    def show(self, text: str) -> None:
        """Show a result in passing: it is not this story's."""
        self.say(text)

    def interactive(self) -> bool:
        """Return False: the questions of a chapter are answered by the story."""
        return False

    def choose(
        self, question: str, choices: Sequence[Choice], *, flag: str, default: str = ""
    ) -> str:
        """Leave it to the console, which raises AnswerNeeded where nobody can answer."""
        return self._console.choose(question, choices, flag=flag, default=default)

    def ask(self, question: str, *, flag: str, default: str = "") -> str:
        """Leave it to the console, which raises AnswerNeeded where nobody can answer."""
        return self._console.ask(question, flag=flag, default=default)
