"""Asking the child: what it prints becomes values, and what it cannot say a sentence."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from envboot import plan
from envboot.errors import CommandFailed
from envboot.launchers.codespaces.sentences import plain

if TYPE_CHECKING:
    from envboot.plan import Run
    from envboot.shell import Shell

_MODULE = "envboot.launchers.codespaces"
_SECONDS = 240.0  # several questions, each asked three times at worst


@dataclass(frozen=True)
class Said:
    """What the child found out."""

    facts: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    """Why it found out nothing, as a sentence; "" when it did."""
    hint: str = ""
    unsigned: bool = False
    """Nobody is signed in."""
    remedy: str = ""
    """What gh can do about it: ``login``, ``refresh``, or ""."""

    @property
    def error(self) -> CommandFailed:
        """Return the problem, to be raised."""
        return CommandFailed(self.problem, hint=self.hint)


def step(what: str, *words: str, why: str) -> Run:
    """Return the step in which the child does something at GitHub."""
    return plan.child(_MODULE, what, *_flags(words), why=why)


def ask(shell: Shell, what: str, *words: str) -> Said:
    """Return what the child finds out; it is asked before anything is done, and does nothing."""
    answer = shell.query(plan.child(_MODULE, what, *_flags(words)).argv, timeout=_SECONDS)
    if answer.out is None:
        return Said(problem=f"GitHub cannot be asked: {plain(answer.why)}")
    try:
        facts = json.loads(answer.out)
    except (ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict):
        return Said(problem="GitHub cannot be asked: what asks it gave no answer")
    if problem := str(facts.get("error") or ""):
        hint, remedy = str(facts.get("hint") or ""), str(facts.get("remedy") or "")
        return Said({}, problem, hint, bool(facts.get("unsigned")), remedy)
    return Said(facts)


def _flags(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return pairs of flag and value as one word each: a value may begin with a dash."""
    pairs = zip(words[::2], words[1::2])
    return tuple(f"{flag}={value}" for flag, value in pairs if value)
