"""What can go wrong, one class an exit code.

A message is a sentence in lower case that says what happened; ``hint`` says what to do next.
The code of each class is part of the public interface: see ``docs/reference/exit-codes.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envboot.spec import Origin


ENDING = "told to end"
"""What a KeyboardInterrupt carries that no person made: SIGTERM, SIGHUP."""


class EnvbootError(Exception):
    """Anything that ends a command; ``str(error)`` is the sentence a person reads."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", origin: Origin | None = None) -> None:
        """Keep the sentence, what to do next, and the file and line that it is about."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.origin = origin

    def __str__(self) -> str:
        """Return ``file:line: message``, or the message alone."""
        return f"{self.origin}: {self.message}" if self.origin else self.message


class UsageError(EnvbootError):
    """The command line asks for something that does not exist or does not go together."""

    exit_code = 2


class NothingFound(EnvbootError):
    """No dependency file, no environment, or no repository where one is needed."""

    exit_code = 3


class InvalidFile(EnvbootError):
    """A file that envboot has to read is not what its name promises."""

    exit_code = 4


class AnswerNeeded(EnvbootError):
    """A question has to be answered and there is nobody to ask; ``hint`` names the flag."""

    exit_code = 5


class FallsShort(EnvbootError):
    """The machine does not meet the declared needs, or lacks a tool or a Python."""

    exit_code = 6


class CommandFailed(EnvbootError):
    """A program that envboot started failed; ``log`` is the file with all that it printed."""

    exit_code = 7

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        origin: Origin | None = None,
        returncode: int | None = None,
        tail: tuple[str, ...] = (),
        log: str = "",
    ) -> None:
        """Keep the status, the last lines and the path of the log beside the sentence."""
        super().__init__(message, hint=hint, origin=origin)
        self.returncode = returncode
        self.tail = tail
        self.log = log


class NotWorking(EnvbootError):
    """The environment was built, and something that the repository imports does not work."""

    exit_code = 8


class Interrupted(EnvbootError):
    """The person pressed Ctrl-C or closed the prompt."""

    exit_code = 130
