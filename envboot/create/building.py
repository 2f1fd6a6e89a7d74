"""Making the new repository: beside its place, whole, and then renamed.

Where it was to be nothing is seen before all of it is there. A failure or Ctrl-C takes the part
away; what a killed run left is taken away by the next one of that name.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from envboot import package, plan
from envboot.create.aside import Aside
from envboot.errors import CommandFailed, EnvbootError, UsageError
from envboot.package import Packing
from envboot.plan import Plan, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from envboot.console import Console
    from envboot.shell import Shell

_GIT = "git"
_WIDTH = 15


def build(
    target: Path,
    texts: Mapping[str, str],
    message: str,
    shell: Shell,
    console: Console,
    *,
    ml: bool,
) -> tuple[str, ...]:
    """Make the repository with its first commit; return the paths of its files.

    With ``ml`` it is packed. Raises CommandFailed; then nothing is there.
    """
    beside = target.parent / f".{target.name}.envboot-new"
    with _alone(target, shell, console):
        if shell.kind(target):
            raise UsageError(f"{target} is there already", hint="give a name that is not taken")
        shell.remove(beside)
        try:
            for path, text in texts.items():
                shell.write(beside / path, text, lasting=False)
            _progress(console, 1)
            if ml:
                _pack(beside, target, shell, console)
            _progress(console, 3)
            paths = tuple(_files(beside, shell))
            plan.carry_out(first_commit(beside, paths, message, shell), shell, console.line)
            _progress(console, 4)
            shell.sync()
            shell.rename(beside, target)
        except BaseException as error:
            with contextlib.suppress(EnvbootError):
                shell.remove(beside)
            if isinstance(error, CommandFailed):
                raise _told(error, beside, target) from error
            raise
    return paths


def first_commit(
    root: Path, paths: tuple[str, ...], message: str, shell: Shell, git: str = _GIT
) -> Plan:
    """Return the steps that make ``root`` a repository and commit ``paths``.

    What a person's own settings ignore everywhere is added all the same: it was made for this.
    """
    default = shell.query((git, "config", "--get", "init.defaultBranch")).out
    steps = [Run((git, "init", "--quiet"), root, (), "making a git repository")]
    if not (default or "").strip():
        branch = (git, "symbolic-ref", "HEAD", "refs/heads/main")  # as GitHub calls it
        steps.append(Run(branch, root, (), "naming its branch main"))
    add = (git, "--literal-pathspecs", "add", "--force", "--", *paths)
    steps.append(Run(add, root, (), "adding its files"))
    steps.append(Run((git, "commit", "--quiet", "--message", message), root, (), "committing them"))
    return Plan("create", tuple(steps))


def _pack(beside: Path, target: Path, shell: Shell, console: Console) -> None:
    def said(text: str) -> str:
        return text.replace(str(beside), str(target))

    request = Packing(root=beside, yes=True, no_live=True)
    package.package_env(request, shell, Aside(console, said))


@contextlib.contextmanager
def _alone(target: Path, shell: Shell, console: Console) -> Iterator[None]:
    """Let one process at a time make that repository."""
    guard = target.parent / f".{target.name}.envboot-lock"
    waiting: Callable[[str], None] = lambda who: console.say(  # noqa: E731 - one line
        f"waiting: {who.strip() or 'another envboot'} is making it"
    )
    try:
        with shell.lock(guard, waiting):
            yield
    finally:
        with contextlib.suppress(EnvbootError):
            shell.remove(guard)


def _files(root: Path, shell: Shell, below: str = "") -> Iterator[str]:
    for path in shell.folder(root / below if below else root):
        name = f"{below}/{path.name}" if below else path.name
        if shell.kind(path) == "folder":
            yield from _files(root, shell, name)
        else:
            yield name


def _progress(console: Console, part: int, of: int = 4) -> None:
    done = "\\" * (_WIDTH * part // of)
    console.line(f"creating... [{done:<{_WIDTH}}] {100 * part // of}%")


def _told(error: CommandFailed, beside: Path, target: Path) -> CommandFailed:
    """Return the failure as one of ``target``: the place beside it is gone."""
    return CommandFailed(
        error.message.replace(str(beside), str(target)),
        hint=error.hint or "nothing was made: when that is mended, do it again",
        returncode=error.returncode,
        tail=tuple(row.replace(str(beside), str(target)) for row in error.tail),
        log=error.log,
    )
