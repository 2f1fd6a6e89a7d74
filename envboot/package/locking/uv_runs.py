"""uv as the maker of locks: which program, which indexes, and what must not stand in a lock."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envboot import index
from envboot.console import YES_NO
from envboot.errors import FallsShort, InvalidFile
from envboot.plan import Plan, carry_out
from envboot.spec import Origin
from envboot.tools import pins, uv

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from envboot.console import Console
    from envboot.index import Index
    from envboot.plan import Step
    from envboot.shell import Shell

OLDEST = (0, 7)
"""The first uv that writes pylock.toml."""
_PASSWORD = re.compile(r"://(?!git@)[^/\s\"'@]+@|/t/[A-Za-z0-9][A-Za-z0-9-]{7,}/")


@dataclass(frozen=True)
class Maker:
    """uv, and how it is called."""

    program: str
    env: dict[str, str]
    flags: tuple[str, ...]

    def compile(
        self, arguments: Sequence[str], output: str, work: Path, shell: Shell, console: Console
    ) -> None:
        """Solve ``requirements.txt`` in ``work`` into ``output``. Raises CommandFailed."""
        argv = (
            *(self.program, "pip", "compile", "--quiet", "--format", "pylock.toml"),
            *("--generate-hashes", "--python", sys.executable, *arguments, *self.flags),
            *("-o", output, "--", "requirements.txt"),
        )
        shell.do(argv, cwd=work, env=self.env, said=console.line, why="solving the lock")


def maker(work: Path, shell: Shell, console: Console, *, offline: bool, yes: bool) -> Maker:
    """Return uv; it is fetched after a yes where it is absent. Raises FallsShort without it."""
    got = uv.obtain(shell, work, offline=offline, oldest=OLDEST)
    fetch(got.before, pins.UV.text, shell, console, yes=yes)
    where = index.settings(shell)
    where = index.offline(where, shell) if offline else _elsewhere(where)
    env = dict(uv.environ(where, shell, offline=offline))
    env["UV_CUSTOM_COMPILE_COMMAND"] = "envboot package-env --lock"
    return Maker(str(got.program), env, ("--no-index",) if where.no_index else ())


def fetch(steps: tuple[Step, ...], what: str, shell: Shell, console: Console, *, yes: bool) -> None:
    """Fetch a tool where it is not there yet, after a yes. Raises FallsShort on a no."""
    if not steps:
        return
    question = f"the lock takes {what}, which is not here: fetch it?"
    if not yes and console.choose(question, YES_NO, flag="`--yes`", default="no") == "no":
        raise FallsShort(f"there is no lock without {what}", hint="leave `--lock` out")
    carry_out(Plan(what, steps), shell, console.line, console.say)


def without_passwords(text: str, path: str) -> None:
    """Raise InvalidFile where a lock would carry the password of an index or a channel."""
    if _PASSWORD.search(text):
        raise InvalidFile(
            "the lock would carry the password of a package index or the token of a channel",
            hint="give it in ~/.netrc or a keyring instead of the address",
            origin=Origin(path),
        )


def _elsewhere(where: Index) -> Index:
    """Return the indexes that other computers reach too, where there are any."""
    if where.no_index or index.local(where.url):
        return where
    return replace(
        where,
        extra=tuple(url for url in where.extra if not index.local(url)),
        find_links=tuple(place for place in where.find_links if not index.local(place)),
    )
