"""What this machine wrote into notebooks, as digests: so that nothing of somebody else is replaced.

Kept in the person's state folder, by the folder whose files were packed: renaming a notebook there
changes nothing, moving it beside other files makes what it carries somebody else's. A note is a
line; the last ones of each key count, as two notebooks of a folder may have been saved at different
times. Source: XDG Base Directory Specification (``XDG_STATE_HOME``).
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from typing import TYPE_CHECKING, Any

from envboot.errors import EnvbootError
from envboot.formats.notebook import environment
from envboot.jobs import journal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from envboot.shell import Shell

_SPELLINGS = {"environment.yml": "environment.yaml"}
"""Two names of one thing; the second is the one that is written."""
_TEXTS = ("requirements.txt", "environment.yaml", "setup.sh")
_FILES, _GIT = "files", "git"
_ABOUT = frozenset({"env_ver", "sources"})
_KEPT = 32  # digests of one key
_LEFT = 12  # of them, where there are too many of all keys together
_LARGEST = 1 << 16  # bytes of the notes of one folder; then the old ones go
_READ = 1 << 20
_FOLDERS = 2000


def merged(
    there: object, wanted: Mapping[str, object], place: Path, shell: Shell
) -> tuple[dict[str, object] | None, tuple[str, ...]]:
    """Return what ``metadata.environment`` becomes at a save, and the keys that were kept.

    ``there`` is what the notebook carries, ``wanted`` what it should (as
    :func:`envboot.formats.notebook.environment.render` makes it of the files in ``place``). A key
    whose value is what this machine wrote for ``place`` is refreshed, or taken out where its file
    is gone; one of ours that is missing is restored; anybody else's is kept and named. A file that
    is new is added where nothing of somebody else stands there. None: nothing is to be changed.
    """
    new = _flat(wanted)
    if there is None:
        return (dict(wanted) if new else None), ()
    if not isinstance(there, dict) or not isinstance(there.get("env_ver"), str):
        return None, ("environment",)
    old, ours = _flat(there), _known(place, shell)
    mine = {k for k, v in old.items() if environment.digest(v) in ours.get(k, ())}
    same = {k for k, v in old.items() if k in new and v == new[k]}
    if same - mine:  # what a colleague packed from the same files: who saves it here has written it
        _note({k: old[k] for k in same - mine}, place, shell)
    strange = {k for k in old if _is_file(k)} - mine - same
    if not strange and (mine or same) and _same_place(old.get(_GIT), new.get(_GIT)):
        mine.add(_GIT)  # a colleague's commit of the same repository, with the same files
    kept = tuple(sorted(k for k in old if k in new and k not in mine | same))
    changes: dict[str, object] = {k: new[k] for k in mine - same if k in new}
    gone = {k for k in mine - new.keys() if _is_file(k)}
    if not strange:  # else it would be half theirs and half ours
        missing = new.keys() - old.keys()
        changes.update({k: new[k] for k in new if k in missing and (k in ours or mine or same)})
    if not changes and not gone:
        return None, kept
    return _spliced(there, wanted, changes, gone), kept


def remember(written: Mapping[str, object], place: Path, shell: Shell) -> None:
    """Note that these values were written here, or unpacked to here; never raises."""
    with contextlib.suppress(EnvbootError, OSError, ValueError, RecursionError):
        flat = _flat(written)
        ours = _known(place, shell)
        fresh = {k: v for k, v in flat.items() if environment.digest(v) not in ours.get(k, ())[-1:]}
        if fresh:
            _note(fresh, place, shell)


def _flat(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return key → value, each file of ``files`` as a key of its own: ``files/apt.txt``."""
    out: dict[str, Any] = {}
    for key, what in value.items():
        if key == _FILES and isinstance(what, dict):
            out.update({f"{_FILES}/{name}": text for name, text in what.items()})
        elif key not in _ABOUT:
            out[_SPELLINGS.get(key, key)] = what
    return out


def _is_file(key: str) -> bool:
    return key in _TEXTS or key.startswith(f"{_FILES}/")


def _same_place(old: object, new: object) -> bool:
    return isinstance(old, dict) and isinstance(new, dict) and old.get("path") == new.get("path")


def _spliced(
    there: Mapping[str, Any],
    wanted: Mapping[str, Any],
    changes: Mapping[str, object],
    gone: set[str],
) -> dict[str, object]:
    """Return ``there`` with the changes made, the order of its keys kept."""
    out: dict[str, Any] = {}
    for key, value in there.items():
        flat = _SPELLINGS.get(key, key)
        if flat in gone:
            continue
        if flat in changes:
            out[flat if flat in wanted else key] = changes[flat]
        elif key == _FILES and isinstance(value, dict):
            out[key] = {
                name: changes.get(f"{_FILES}/{name}", text)
                for name, text in value.items()
                if f"{_FILES}/{name}" not in gone
            }
        else:
            out[key] = value
    _add(out, wanted, changes)
    if out.get(_FILES) == {}:
        del out[_FILES]
    sources = _sources(there, wanted, changes, out)
    out.pop("sources", None)
    if sources:
        out["sources"] = sources
    if there["env_ver"] == "0.1":
        out["env_ver"] = environment.VERSION
    return out


def _add(out: dict[str, Any], wanted: Mapping[str, Any], changes: Mapping[str, object]) -> None:
    """Put in what did not stand there."""
    for flat, value in changes.items():
        if flat.startswith(f"{_FILES}/"):
            out.setdefault(_FILES, {}).setdefault(flat[len(_FILES) + 1 :], value)
        elif flat not in {_SPELLINGS.get(k, k) for k in out}:
            out[next((k for k in wanted if _SPELLINGS.get(k, k) == flat), flat)] = value


def _sources(
    there: Mapping[str, Any],
    wanted: Mapping[str, Any],
    changes: Mapping[str, object],
    out: Mapping[str, Any],
) -> dict[str, Any]:
    """Return which key stands for which file: of what was changed as wanted, else as it was."""
    old, new = there.get("sources"), wanted.get("sources")
    found = dict(old) if isinstance(old, dict) else {}
    left = {*out, *(out.get(_FILES) or {})}
    found = {k: v for k, v in found.items() if k in left}
    for flat in changes:
        key = flat.rpartition("/")[2]
        found.pop(key, None)
        if isinstance(new, dict) and key in new:
            found[key] = new[key]
    return found


# ---------------------------------------------------------------------- what is kept


def _path(place: Path, shell: Shell) -> Path | None:
    folder = journal.folder(shell)
    if folder is None:
        return None
    with contextlib.suppress(OSError, RuntimeError):
        place = place.resolve()
    name = hashlib.sha256(str(place).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return folder.parent / "notebooks" / f"{name}.jsonl"


def _known(place: Path, shell: Shell) -> dict[str, tuple[str, ...]]:
    """Return the digests of each key, the newest last."""
    path = _path(place, shell)
    found: dict[str, tuple[str, ...]] = {}
    for key, digest in _rows(path, shell) if path else ():
        before = tuple(d for d in found.get(key, ()) if d != digest)
        found[key] = (*before, digest)[-_KEPT:]
    return found


def _rows(path: Path, shell: Shell) -> Iterator[tuple[str, str]]:
    """Yield key and digest of each line; a broken one, half written, says nothing."""
    for row in _pairs(shell.read(path, _READ) or b""):
        if isinstance(row, list) and len(row) == 2 and all(isinstance(one, str) for one in row):  # noqa: PLR2004
            yield row[0], row[1]


@functools.lru_cache(maxsize=1)
def _pairs(data: bytes) -> tuple[object, ...]:
    """Return what stands on each line; all in one go, as it is read inside of a save."""
    rows = [row for row in data.decode("utf-8", "replace").splitlines() if row]
    with contextlib.suppress(ValueError, RecursionError):
        return tuple(json.loads(f"[{','.join(rows)}]"))
    found = []
    for row in rows:
        with contextlib.suppress(ValueError, RecursionError):
            found.append(json.loads(row))
    return tuple(found)


def _note(values: Mapping[str, object], place: Path, shell: Shell) -> None:
    """Add a line for each value. Never raises: what is not noted counts as somebody else's."""
    path = _path(place, shell)
    if path is None:
        return
    text = "\n" + "".join(  # a line of somebody who was killed may have no end
        json.dumps([key, environment.digest(value)]) + "\n" for key, value in values.items()
    )
    with contextlib.suppress(EnvbootError, OSError):
        new = not shell.mark(path)
        if new:
            _forget(path.parent, shell)
        shell.append(path, text)
        if len(shell.read(path, _LARGEST + 1) or b"") > _LARGEST:
            _shorten(path, place, shell)


def _shorten(path: Path, place: Path, shell: Shell) -> None:
    """Keep the last digests of each key alone; another server may be at it: one is enough."""
    known = _known(place, shell)
    rows = [json.dumps([key, d]) for key, digests in known.items() for d in digests[-_LEFT:]]
    shell.write(path, "\n".join(rows) + "\n", lasting=False)


def _forget(folder: Path, shell: Shell) -> None:
    """Remove the notes of the folders that were longest not written, where there are too many."""
    every = shell.folder(folder)
    if len(every) >= _FOLDERS:
        by_age = sorted(every, key=lambda p: shell.mark(p)[:1])
        for path in by_age[: _FOLDERS // 4]:
            shell.remove(path)
