"""``envboot notebook diff``: what a notebook carries, against the files here and what is installed.

Nothing is written, and nothing of an environment is run but an interpreter that a person names.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from envboot import freeze
from envboot.errors import InvalidFile, NothingFound
from envboot.formats.notebook import environment
from envboot.notebook import carried, gathering, kernels, unpacking
from envboot.notebook.differing import installed
from envboot.notebook.gathering import inferring
from envboot.notebook.showing import visible
from envboot.notebook.values import Differing
from envboot.shell import redact

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from envboot.console import Console
    from envboot.formats.notebook import Notebook
    from envboot.freeze import Live
    from envboot.request import Request
    from envboot.shell import Shell

DIFFERS = InvalidFile.exit_code
"""As ``package-env --check`` ends where a file is stale."""
_SPELLINGS = ("environment.yaml", "environment.yml")


def differ(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Differing:
    """Compare; the exit code is 0 where nothing differs, 4 where something does, 3 for nothing.

    Raises UsageError for a ``--python`` that is none, InvalidFile for what is no notebook.
    """
    path = unpacking.notebook_of(options.notebook, request)
    notebook, embedded = carried.read(path, shell)
    if embedded is None or not embedded.files:
        console.fail(carried.nothing(path))
        return Differing("nothing", NothingFound.exit_code, str(path))
    root = carried.repository(path, request, shell)
    notices: list[str] = []
    place = gathering.folder(path, root, shell)
    if place is None and inferring.is_inferred(embedded.files):
        notices.append("no dependency file lies here: its own imports count")
        wish = gathering.Wish(before=embedded, live=False, git=False)
        here = gathering.gather(path, root, shell, wish)[0].files
    else:
        here = gathering.files(place or path.parent, shell)
    files = tuple(_files(embedded.files, here, path.name, carried.raw(notebook)))
    packages: tuple[dict[str, str], ...] = ()
    live = None if options.no_live else _live(options.python, notebook, path, shell, notices)
    if live:
        try:
            packages = installed.against(embedded.files, path.parent, live, shell)
        except (NothingFound, InvalidFile) as error:
            notices.append(f"the packages were not compared: {error}")
    same = all(row["state"] == "same" for row in (*files, *packages))
    found = Differing(
        "same" if same else "differs",
        0 if same else DIFFERS,
        str(path),
        str(place or path.parent),
        files,
        packages,
        str(live.prefix) if live else "",
        tuple(notices),
    )
    _tell(found, live, console, shell, quiet=options.json)
    return found


def _files(
    there: Mapping[str, str], here: Mapping[str, str], name: str, raw: object
) -> Iterator[dict[str, Any]]:
    """Yield path, key, state and diff of each file that the notebook carries or that lies here.

    Line ends do not count: git changes them.
    """
    for path in dict.fromkeys((*there, *sorted(here))):
        old, new = there.get(path), here.get(path)
        row: dict[str, Any] = {"path": path, "key": key_of(path, raw), "diff": ""}
        if old is None or new is None:
            yield {**row, "state": "only-here" if old is None else "only-there"}
        elif _rows(old) == _rows(new):
            yield {**row, "state": "same"}
        else:
            title = f"{path} in {name}", f"{path} here"
            rows = difflib.unified_diff(_rows(old), _rows(new), *title, lineterm="")
            yield {**row, "state": "differs", "diff": "\n".join(rows)}


def key_of(path: str, raw: object) -> str:
    """Return where a file stands in ``metadata.environment``, or would: ``files/apt.txt``.

    ``raw`` is that object; of the two spellings of environment.yml it is the one there.
    """
    known = raw if isinstance(raw, dict) else {}
    sources = known.get("sources")
    for key, source in sources.items() if isinstance(sources, dict) else ():
        if source == path:
            return key if key in environment.TOP else f"files/{key}"
    name = path.rpartition("/")[2]
    if name in _SPELLINGS:
        return next((key for key in _SPELLINGS if key in known), _SPELLINGS[0])
    return name if name in environment.TOP else f"files/{name}"


def _rows(text: str) -> list[str]:
    r"""Return the lines of a text; only ``\n`` ends one, as an editor counts them."""
    return text.replace("\r\n", "\n").rstrip("\n").split("\n")


# ------------------------------------------------------------------ the live environment


def _live(
    python: str | None, notebook: Notebook, path: Path, shell: Shell, notices: list[str]
) -> Live | None:
    """Return the environment to compare with: the named one, the kernel's, else the active one."""
    if python:
        return freeze.look(shell, path.parent, python=python)
    own, why = kernels.interpreter(notebook.metadata, shell)
    if own:
        try:
            return freeze.look(shell, path.parent, python=own)
        except NothingFound as error:
            why = f"the kernel's Python was not looked at: {error}"
    found = freeze.look(shell, path.parent)
    if why:
        notices.append(why)
    if found is None:
        notices.append("there is no live environment: activate one, or name it with `--python`")
    return found


# ------------------------------------------------------------------ for people


def _tell(
    found: Differing, live: Live | None, console: Console, shell: Shell, *, quiet: bool
) -> None:
    for notice in found.notices:
        console.warn(visible(redact(notice, shell.environ)))
    if quiet:
        return
    rows = [*_of_files(found), *(_of_packages(found, live) if live else ())]
    console.show(redact("\n".join(rows), shell.environ))


def _of_files(found: Differing) -> Iterator[str]:
    words = {
        "same": "the same",
        "differs": "differs",
        "only-here": "only here",
        "only-there": "only in the notebook",
    }
    for row in found.files:
        own = f" (key {visible(row['key'])})" if row["key"] != row["path"] else ""
        yield f"{visible(row['path'])}{own}: {words[row['state']]}"
        yield from visible(row["diff"]).split("\n") if row["diff"] else ()


def _of_packages(found: Differing, live: Live) -> Iterator[str]:
    python = f", Python {live.python}" if live.python else ""
    yield f"installed in {live.prefix}{python} ({live.why}):"
    table = [(row["name"], row["wanted"], row["found"], row["state"]) for row in found.packages]
    if not table:
        yield "  not compared" if found.notices else "  nothing is asked for"
    shown = [tuple(visible(cell).replace("\n", " ")[:80] for cell in row) for row in table]
    wide = [max((len(row[n]) for row in shown), default=0) for n in range(3)]
    for row in shown:
        cells = (row[n].ljust(wide[n]) for n in range(3))
        yield f"  {'  '.join(cells)}  {row[3]}".rstrip()
