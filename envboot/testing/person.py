"""A person with prepared answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.errors import AnswerNeeded, EnvbootError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.console import Choice


class ScriptedConsole:
    """A person with prepared answers; without one left there is nobody to ask."""

    def __init__(self, *answers: str, verbose: int = 0) -> None:
        """Take the names of the choices to pick, in the order of the questions."""
        self.verbose = verbose
        self.answers = list(answers)
        self.said: list[str] = []
        self.warned: list[str] = []
        self.shown: list[str] = []
        self.lines: list[str] = []
        self.questions: list[str] = []
        self.offered: list[tuple[Choice, ...]] = []

    def say(self, text: str) -> None:
        """Keep the sentence."""
        self.said.append(text)

    def warn(self, text: str, *, hint: str = "") -> None:
        """Keep the warning with its hint."""
        self.warned.append(f"{text} (hint: {hint})" if hint else text)

    def fail(self, error: EnvbootError) -> None:
        """Keep the error's sentence."""
        self.warned.append(f"error: {error}")

    def line(self, text: str) -> None:
        """Keep a line that a program printed."""
        self.lines.append(text)

    def show(self, text: str) -> None:
        """Keep a result."""
        self.shown.append(text)

    def interactive(self) -> bool:
        """Return whether an answer is left."""
        return bool(self.answers)

    def choose(
        self,
        question: str,
        choices: Sequence[Choice],
        *,
        flag: str,
        default: str = "",  # noqa: ARG002
    ) -> str:
        """Return the next prepared answer; it must be an open choice."""
        if not self.answers:
            raise AnswerNeeded(f"an answer is needed: {question}", hint=f"give it as {flag}")
        self.questions.append(question)
        self.offered.append(tuple(choices))
        answer = self.answers.pop(0)
        names = [c.name for c in choices if not c.closed]
        assert answer in names, f"{answer!r} is not open at {question!r}: {names}"  # noqa: S101
        return answer

    def ask(self, question: str, *, flag: str, default: str = "") -> str:
        """Return the next prepared answer, ``default`` for an empty one."""
        if not self.answers:
            raise AnswerNeeded(f"an answer is needed: {question}", hint=f"give it as {flag}")
        self.questions.append(question)
        return self.answers.pop(0) or default
