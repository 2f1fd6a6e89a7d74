"""The repository that a notebook names, fetched so that nothing of it runs.

A stranger chose the address and the commit, and git runs programs for some of both
(``--upload-pack``, ``ext::``, ``-oProxyCommand``): so both are compared with a pattern, stand
behind ``--``, and git may speak https and ssh alone. Hooks, submodules, templates and LFS are off.
Sources: git-clone(1), git-config(1) (``protocol.allow``), CVE-2017-1000117, CVE-2019-13139.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from envboot.errors import AnswerNeeded, FallsShort, InvalidFile, NothingFound
from envboot.git import looking
from envboot.notebook import placing
from envboot.notebook.visible import brief
from envboot.plan import Plan, Run, carry_out
from envboot.shell import quiet

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.console import Console
    from envboot.formats.notebook.environment import Git
    from envboot.shell import Shell

SAFE = tuple(
    word
    for setting in (
        "protocol.allow=never",
        "protocol.https.allow=always",
        "protocol.ssh.allow=always",
        "core.hooksPath=/dev/null",
        "core.fsmonitor=false",
        "core.protectHFS=true",
        "core.protectNTFS=true",
        "submodule.recurse=false",
        "filter.lfs.smudge=",
        "filter.lfs.process=",
        "filter.lfs.required=false",
    )
    for word in ("-c", setting)
)
ENVIRON = {
    "GIT_ALLOW_PROTOCOL": "https:ssh",  # it counts before what any configuration says
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_TERMINAL_PROMPT": "0",
    **looking.ENGLISH,
}
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_PATH = re.compile(r"[A-Za-z0-9_~][A-Za-z0-9_~.+%/-]*")
_SCP = re.compile(r"git@([^:/]+):(?!/)(.+)")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_WHOLE = (40, 64)  # digits of a commit that a server can be asked for
_HINT = "https and ssh addresses without a password are fetched, at a commit of 7 to 64 digits"


@dataclass(frozen=True)
class Clone:
    """What is fetched, and where it goes."""

    url: str
    commit: str
    place: Path
    """The folder of the repository; it need not be there."""
    subdir: str
    """The notebook's folder in it, POSIX; "" for its root."""

    @property
    def folder(self) -> Path:
        """Return where the notebook's files go."""
        return self.place / self.subdir if self.subdir else self.place


def wanted(git: Git | None, beside: Path) -> Clone:
    """Return what ``--clone`` means. Raises NothingFound, InvalidFile with the reason."""
    if git is None:
        raise NothingFound(
            "the notebook names no repository", hint="leave `--clone` out: the files are enough"
        )
    name = _name(git.path)
    if why := _why_not(git, name):
        shown = f"{brief(git.path)} at {brief(git.commit, 70) or 'no commit'}"
        raise InvalidFile(f"{shown} is not fetched: {why}", hint=_HINT)
    return Clone(git.path, git.commit, beside / name, git.subdir)


def _why_not(git: Git, name: str) -> str:
    """Return why an address, commit or folder is refused; "" when it is not."""
    if not _COMMIT.fullmatch(git.commit):
        return "that is no commit"
    if why := _address(git.path):
        return why
    if not placing.plain(name):
        return f"`{brief(name, 40)}` cannot be the name of a folder"
    parts = git.subdir.split("/") if git.subdir else []
    odd = next((p for p in parts if not placing.plain(p)), None)
    return "" if odd is None else f"`{brief(odd, 40)}` is no folder of a repository"


def _address(url: str) -> str:
    scp = _SCP.fullmatch(url)
    try:
        parts = urlsplit("ssh://git@{}/{}".format(*scp.groups()) if scp else url)
        host, path = parts.hostname or "", parts.path[1:]
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return "that is no address"
    user, at, _rest = parts.netloc.rpartition("@")
    why = {
        "only https and ssh are spoken": parts.scheme not in {"https", "ssh"},
        "a name or a password stands in the address": at
        and (parts.scheme == "https" or not _USER.fullmatch(user)),
        "that is no name of a host": not _HOST.fullmatch(host),
        "that is no path of a repository": "?" in url
        or "#" in url
        or not _PATH.fullmatch(path)
        or ".." in path.split("/")
        or "/-" in path,
    }
    return next((sentence for sentence, true in why.items() if true), "")


def _name(url: str) -> str:
    return re.split(r"[/:]", url.rstrip("/"))[-1].removesuffix(".git")


def plan(clone: Clone, part: Path) -> Plan:
    """Return the steps that fetch it into ``part``, the files of the commit not yet written."""
    words = ("clone", "--no-checkout", "--no-recurse-submodules", "--template=")
    argv = ("git", *SAFE, *words, "--filter=blob:none", "--", clone.url, str(part))
    why = f"fetching {clone.url}"
    return Plan("git clone", (Run(argv, env=tuple(ENVIRON.items()), why=why),))


def there(clone: Clone, shell: Shell) -> bool:
    """Return whether it was fetched before. Raises AnswerNeeded where something else is there."""
    if shell.target(clone.place) is None and not shell.kind(clone.place):
        return False
    said = _ask(clone.place, shell, "rev-parse", "--verify", "--quiet", "HEAD")
    top = _ask(clone.place, shell, "rev-parse", "--show-toplevel")
    url = _ask(clone.place, shell, "config", "--get", "remote.origin.url")
    own = top and shell.kind(clone.place / ".git") == "folder" and url == clone.url
    if own and said.startswith(clone.commit) and shell.target(clone.place) is None:
        return True
    raise AnswerNeeded(
        f"{clone.place} is there, and is not {brief(clone.url)} at {clone.commit}",
        hint="`--to DIR` fetches it into another folder",
    )


def fetch(clone: Clone, shell: Shell, console: Console) -> None:
    """Fetch it and write the files of its commit; it is there whole, or not at all."""
    if shell.which("git") is None:
        raise FallsShort("git is not on this computer", hint="install it, or leave `--clone` out")
    part = clone.place.with_name(f".{clone.place.name}.envboot-part")
    shell.remove(part)  # of a run that was killed
    environ = {**ENVIRON, **_ssh(shell)}
    try:
        steps = plan(clone, part).steps
        run = steps[0]
        assert isinstance(run, Run)  # noqa: S101 - made above
        own = Run(run.argv, env=tuple(environ.items()), why=run.why)
        carry_out(Plan("git clone", (own,)), shell, console.line, console.say)
        commit = _commit(clone, part, shell, environ)
        words = ("checkout", "--quiet", "--no-recurse-submodules", "--detach", commit, "--")
        argv = ("git", "-C", str(part), *SAFE, *words)
        shell.do(argv, env=environ, said=console.line, why=f"checking out {commit[:12]}")
        shell.rename(part, clone.place)
    finally:
        shell.remove(part)


def _commit(clone: Clone, part: Path, shell: Shell, environ: dict[str, str]) -> str:
    """Return the whole commit: a branch that bears the name of another one is not taken for it."""
    for _ in range(2):
        found = _ask(part, shell, "rev-parse", "--verify", "--quiet", f"{clone.commit}^{{commit}}")
        if found.startswith(clone.commit):
            return found
        if len(clone.commit) not in _WHOLE:
            break
        words = ("fetch", "--quiet", "--no-tags", "--filter=blob:none", "--", "origin")
        argv = ("git", "-C", str(part), *SAFE, *words, clone.commit)
        shell.do(argv, env=environ, said=quiet, why=f"fetching the commit {clone.commit[:12]}")
    raise NothingFound(f"{brief(clone.url)} has no commit {clone.commit}")


def _ask(place: Path, shell: Shell, *words: str) -> str:
    argv = ("git", "-C", str(place), *looking.SAFE, *SAFE, *words)
    return (shell.query(argv, timeout=looking.SECONDS, env=ENVIRON).out or "").strip()


def _ssh(shell: Shell) -> dict[str, str]:
    """Return the variables that keep ssh from asking, where the person has no ssh of her own."""
    own = ("GIT_SSH", "GIT_SSH_COMMAND")
    if any(shell.environ.get(name) for name in own):
        return {}
    said = shell.query(("git", "config", "--get", "core.sshCommand"), env=looking.ENGLISH)
    if (said.out or "").strip():
        return {}
    return {"GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ForwardAgent=no -o ClearAllForwardings=yes"}
