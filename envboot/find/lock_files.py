"""The lock that belongs to the file that won, where it fits; a stale one is said and left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envboot import locks, platforms
from envboot.errors import InvalidFile
from envboot.find.precedence import CONDA, PIXI, Account
from envboot.formats import lock_file
from envboot.locks import pylock
from envboot.spec import Notice, Origin

if TYPE_CHECKING:
    from envboot.find.reading import Repository
    from envboot.spec import EnvironmentSpec, Lock

LOCKS = {
    "pyproject.toml": ("uv.lock", "pylock.toml", "poetry.lock", "pdm.lock"),
    "requirements.txt": ("pylock.toml",),
    PIXI: ("pixi.lock",),
    **dict.fromkeys(CONDA, locks.FORMATS),
}
"""Which locks belong to a file; the first that fits is taken."""
ALL = ("uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", *locks.FORMATS[::-1])
_RENEW = "`envboot package-env --lock` renews it"


def locked(
    spec: EnvironmentSpec,
    repository: Repository,
    won: str,
    account: Account,
    *,
    use: bool = True,
    more: bool = False,
) -> EnvironmentSpec:
    """Return ``spec`` with the lock that belongs to the winner; others are passed over.

    ``use``: False takes none. ``more``: groups were added, which no lock of this kind has.
    """
    *folders, name = won.rsplit("/", 1)
    folder = f"{folders[0]}/" if folders else ""
    for lock in LOCKS.get(name, ()):
        path = folder + lock
        if not repository.on_disk(path):
            continue
        if not use:
            account.tell(path, "passed over", "`--no-lock`")
            continue
        whole = name == "pyproject.toml"
        found, why = (spec, "") if whole else _fitted(spec, repository, won, path, more=more)
        if why:
            account.said.append(Notice(f"{why}; it is not used ({_RENEW})"))
            account.tell(path, "passed over", "it does not fit")
            continue
        account.tell(path, "lock", f"the exact versions for {won}")
        spec = replace(found, lock=_lock(repository, path))
        break
    for lock in ALL:
        if repository.on_disk(folder + lock):
            account.tell(folder + lock, "passed over", f"{won} wins")
    return spec


def _fitted(
    spec: EnvironmentSpec, repository: Repository, won: str, path: str, *, more: bool
) -> tuple[EnvironmentSpec, str]:
    """Return the spec as the lock needs it, and why the lock cannot be used, or ""."""
    if more:
        return spec, f"{path} has no groups"
    text = _text(repository, path)
    own, shell = repository.spec(won), repository.shell
    try:
        if path.endswith("pylock.toml"):
            return pylock.fitted(spec, pylock.read(text, path), own, shell)
        here = platforms.here(shell)
        contents = locks.read(text, path, here)
        why = locks.stale(own, contents, here)
        return spec, why or locks.beyond(contents, shell.platform.glibc)
    except InvalidFile as error:
        return spec, f"{path} cannot be read: {error.message}"


def _lock(repository: Repository, path: str) -> Lock | None:
    return lock_file.parse(_text(repository, path), Origin(path)).lock


def _text(repository: Repository, path: str) -> str:
    """Return the text of a lock, which may be longer than other files are."""
    data = repository.bytes(path, locks.LIMIT) or b""
    return data.decode("utf-8", "surrogateescape")
