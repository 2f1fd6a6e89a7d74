"""Nobody to talk to: the console of what the server looks up for a page, which tells by JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from envboot.errors import AnswerNeeded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.console import Choice
    from envboot.errors import EnvbootError


class Silent:
    """A console that says nothing and asks nobody."""

    verbose = -1

    def say(self, text: str) -> None:
        """Say nothing."""

    def warn(self, text: str, *, hint: str = "") -> None:
        """Say nothing."""

    def fail(self, error: EnvbootError) -> None:
        """Say nothing."""

    def line(self, text: str) -> None:
        """Show nothing."""

    def show(self, text: str) -> None:
        """Print nothing."""

    def interactive(self) -> bool:
        """Return False."""
        return False

    def choose(
        self,
        question: str,
        choices: Sequence[Choice],  # noqa: ARG002
        *,
        flag: str,
        default: str = "",  # noqa: ARG002
    ) -> NoReturn:
        """Raise AnswerNeeded."""
        raise AnswerNeeded(question, hint=flag)

    def ask(self, question: str, *, flag: str, default: str = "") -> NoReturn:  # noqa: ARG002
        """Raise AnswerNeeded."""
        raise AnswerNeeded(question, hint=flag)
