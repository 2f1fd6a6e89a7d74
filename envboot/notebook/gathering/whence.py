"""Where a notebook's repository is, as others can reach it: address, commit, folder, dirty."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envboot import git
from envboot.formats.notebook import environment, schema
from envboot.formats.notebook.environment import Git
from envboot.git import looking
from envboot.shell import redact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envboot.git import Published
    from envboot.shell import Shell

_SCP = re.compile(r"(?:([\w.+-]+)@)?([A-Za-z0-9][A-Za-z0-9.-]*):(?!//)/?([^\s-]\S*)")
_WHOLE = re.compile(r"(https://|ssh://|git@[A-Za-z0-9.-]+:)[^\s-]\S*")
_CODE = (".py", ".sh")


def look(
    notebook: Path,
    files: Mapping[str, str],
    before: Git | None,
    shell: Shell,
    known: dict[Path, Published | None] | None = None,
) -> tuple[Git | None, tuple[str, ...]]:
    """Return where the notebook comes from, and what is to be said; None where git knows nothing.

    ``files`` are the names that are packed with it. Notebooks that differ from the commit make
    nothing dirty: packing itself changes them. For the same reason the commit that is there
    (``before``) stays, as long as nothing but notebooks has changed since. ``known`` is what was
    seen of repositories before; it is filled in.
    """
    top = git.top(notebook.parent, shell)
    known = {} if known is None else known
    if top is not None and top not in known:
        known[top] = git.published(top, shell)
    seen = known[top] if top else None
    if top is None or seen is None:
        return None, ()
    path = address(seen.url)
    if not path:
        shown = redact(seen.url, shell.environ)
        return None, (f"git: {shown} is no address that others can clone from: it is left out",)
    commit = looking.line(looking.ask(top, shell, "rev-parse", "--quiet", "--verify", "HEAD"))
    found = Git(path, commit, _subdir(notebook, top), _dirty(seen, frozenset(files)))
    said = [*_stripped(top, seen, shell)]
    if not _can_be_read(found):  # a backslash, a line end: no name for every computer
        said.append("git: the name of the notebook's folder cannot be carried, and is left out")
        found = replace(found, subdir="")
    if before and _settled(before, found, top, shell):
        found = replace(found, commit=before.commit)
    if found.dirty:
        said.append(f"git: what is here differs from the commit {found.commit[:10]}")
    if seen.ahead or not seen.commit:
        said.append(f"git: {found.commit[:10]} was not pushed to {seen.remote} yet")
    return found, tuple(said)


def address(url: str) -> str:
    """Return an address as the format allows it (https, ssh, ``git@host:path``); "" for others."""
    if _WHOLE.fullmatch(url):
        return url
    scp = _SCP.fullmatch(url)
    if scp and "://" not in url and len(scp[2]) > 1:
        return f"ssh://{scp[1]}@{scp[2]}/{scp[3]}" if scp[1] else f"ssh://{scp[2]}/{scp[3]}"
    return ""


def _subdir(notebook: Path, top: Path) -> str:
    try:
        below = notebook.parent.resolve().relative_to(top.resolve()).as_posix()
    except (ValueError, OSError, RuntimeError):
        return ""
    return "" if below == "." else below


def _can_be_read(found: Git) -> bool:
    raw = environment.render(environment.Embedded(git=found))
    return not any(schema.faults(raw))


def _dirty(seen: Published, names: frozenset[str]) -> bool:
    """Return whether something that counts differs: what is packed, code, what git tracks."""
    return any(_counts(path, names) for path in seen.changed)


def _counts(path: str, names: frozenset[str]) -> bool:
    name = path.rpartition("/")[2]
    if name.endswith(".ipynb") or ".ipynb_checkpoints/" in path or path.startswith(".envboot/"):
        return False
    return name in names or name.endswith(_CODE)


def _settled(before: Git, found: Git, top: Path, shell: Shell) -> bool:
    """Return whether what stands there is as good: only notebooks have changed since."""
    same = (before.path, before.subdir) == (found.path, found.subdir)
    if not same or not re.fullmatch(r"[0-9a-f]{7,64}", before.commit):
        return False
    if before.commit == found.commit:
        return True
    words = ("diff", "--quiet", "--no-ext-diff", "--no-textconv", "--ignore-submodules")
    said = looking.ask(
        top,
        shell,
        *words,
        before.commit,
        found.commit,
        "--",
        ":/",
        ":(exclude,top,glob)**/*.ipynb",
        literal=False,
    )
    return said.out is not None


def _stripped(top: Path, seen: Published, shell: Shell) -> tuple[str, ...]:
    """Return that a password in the remote's address was left out, where one was."""
    said = looking.line(looking.ask(top, shell, "remote", "get-url", "--", seen.remote))
    raw = said.split("\n")[0]
    login = raw.partition("://")[2].rpartition("@")[0]
    if ":" in login or redact(login) != login:  # a token may stand in the place of the user, too
        return (f"git: the password in the address of {seen.remote} is left out",)
    return ()
