"""What is known of a notebook on disk: what it carries, what differs, what the machine has.

It runs in a thread of the server: files are read, and for the whole view a kernel's Python is asked
what it has. Nothing is written but by :func:`embed`, a person's deed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envboot.errors import EnvbootError
from envboot.jupyter import around
from envboot.notebook import carried, gathering, showing
from envboot.notebook.unpacking import agreeing
from envboot.plan import child
from envboot.request import Request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envboot.formats.notebook.environment import Embedded
    from envboot.notebook.showing import Sight
    from envboot.notebook.values import Differing
    from envboot.shell import Shell

SECONDS = 600.0
"""How long putting an environment into a notebook may take: it may have to be inferred."""
_MOST = 2000
"""Lines of a difference that a page shows."""


def known(
    notebook: Path, path: str, kernel: around.Kernel | None, shell: Shell, *, brief: bool = False
) -> dict[str, Any]:
    """Return it as ``GET envboot/api/notebook`` says it; see :mod:`envboot.jupyter`."""
    found = _nothing(path)
    try:
        metadata, embedded = carried.read(notebook, shell)
        if metadata.own.get("embed") is False:
            found["state"] = "opted-out"
        elif embedded is not None:
            found.update(_view(notebook, embedded, kernel, shell, brief=brief))
    except EnvbootError as error:
        found.update(state="error", messages=[around.said(error, shell)])
    return found


def _nothing(path: str) -> dict[str, Any]:
    empty: dict[str, Any] = {"state": "nothing", "digest": "", "carries": None, "kernel": None}
    lists: dict[str, Any] = {k: [] for k in ("differs", "needs", "places", "messages")}
    return {"path": path, **empty, **lists, "job": None}


def _view(
    notebook: Path, embedded: Embedded, kernel: around.Kernel | None, shell: Shell, *, brief: bool
) -> dict[str, Any]:
    """Return what is to be said of a notebook that carries something."""
    whose = embedded.whose
    sight = showing.look(notebook, None, shell)
    if sight is None:  # it was changed between two looks
        return {}
    request = Request(gathering.repository(notebook, shell), dry_run=True)
    here = around.compared(notebook, "", request, shell)
    found: dict[str, Any] = {
        "state": _state(here) if whose == "ours" else "foreign",
        "digest": sight.digest,
        "carries": _carries(sight),
        "differs": [_cut(row) for row in here.files],
        "messages": [*map(showing.visible, (*sight.warnings, *here.notices))],
    }
    if not brief:
        found["kernel"] = around.running(notebook, kernel, request, shell)
        found["needs"] = around.machine(notebook, sight, request, shell, found["messages"])
        found["places"] = around.places(notebook, request, shell)
        if whose == "ours" and (found["kernel"] or {}).get("state") == "differs":
            found["state"] = "differs"
    return found


def _state(here: Differing) -> str:
    return "differs" if here.outcome == "differs" else "ok"


def _carries(sight: Sight) -> dict[str, Any]:
    embedded, git = sight.embedded, sight.embedded.git
    return {
        "version": embedded.version,
        "whose": embedded.whose,
        "files": [
            {
                "name": showing.visible(file.name),
                "text": showing.visible(file.text),
                "bytes": len(file.text.encode("utf-8", "surrogatepass")),
                "state": file.state,
                "warnings": [*map(showing.visible, file.warnings)],
            }
            for file in sight.files
        ],
        "container": embedded.container,
        "git": git
        and {"path": git.path, "commit": git.commit, "subdir": git.subdir, "dirty": git.dirty},
        "machine": dict(embedded.machine),
        "clouds": [dict(section) for section in embedded.clouds],
        "scripts": list(sight.scripts),
        "beyond": [*map(showing.visible, agreeing.beyond(sight))],
    }


def _cut(row: Mapping[str, Any]) -> dict[str, Any]:
    lines = showing.visible(str(row["diff"])).split("\n")
    return {
        "path": showing.visible(row["path"]),
        "state": row["state"],
        "diff": "\n".join(lines[:_MOST]),
    }


# ------------------------------------------------------------------ deeds


def digest(notebook: Path, shell: Shell) -> str:
    """Return the digest of what the notebook carries, "" for nothing. Raises InvalidFile."""
    sight = showing.look(notebook, None, shell)
    return sight.digest if sight else ""


def embed(notebook: Path, shell: Shell, *, force: bool) -> None:
    """Put what the folder declares into the notebook, as ``notebook pack`` does.

    Raises EnvbootError where it cannot be done.
    """
    flags = ("--yes", "--json", *(("--force",) if force else ()))
    step = child("envboot", "notebook", "pack", *flags, "--", str(notebook))
    answer = shell.query(step.argv, timeout=SECONDS)
    if answer.out is not None:
        return
    last = [line for line in answer.err.splitlines() if line.strip()]
    raise EnvbootError(" ".join(last[-3:]) or answer.why)
