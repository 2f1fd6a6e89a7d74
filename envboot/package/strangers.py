"""Modules of which nobody knows the distribution: a person is asked, else they are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.package.settings import distribution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.console import Console
    from envboot.derive import Unknown

FLAG = "`--provides MODULE=DISTRIBUTION`"


def ask(unknown: Sequence[Unknown], console: Console) -> tuple[str, ...]:
    """Return ``MODULE=DISTRIBUTION`` for each that the person knows; () with nobody to ask."""
    if not console.interactive():
        return ()
    answers = []
    for stranger in unknown:
        question = (
            f"which distribution brings `{stranger.module}` ({stranger.origin})? "
            "(empty: leave it out)"
        )
        if stranger.namesake:
            console.say(_namesake(stranger))
        typed = console.ask(question, flag=FLAG)
        while typed and not distribution(typed):
            console.say(f"  that is no name of a distribution: {typed[:60]}")
            typed = console.ask(question, flag=FLAG)
        if typed:
            answers.append(f"{stranger.module}={distribution(typed)}")
    return tuple(answers)


def tell(unknown: Sequence[Unknown], console: Console) -> None:
    """Say what is left out, and how to put it in."""
    for stranger in unknown:
        said = f"{stranger.origin}: nobody knows which distribution brings `{stranger.module}`"
        if stranger.namesake:
            said = _namesake(stranger)
        console.warn(
            f"{said}; it is left out",
            hint=f"`--provides {stranger.module}=DISTRIBUTION`, or the same under `provides` in "
            "`[tool.envboot.package]`",
        )


def _namesake(stranger: Unknown) -> str:
    return (
        f"{stranger.origin}: `{stranger.module}` is not taken from the package index, where "
        "another project has that name"
    )
