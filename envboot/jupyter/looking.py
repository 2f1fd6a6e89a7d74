"""What is known of a notebook on disk: what it carries, what differs, what the machine has.

It runs in a thread of the server: files are read, and for the whole view a kernel's Python is asked
what it has. Nothing is written but by :func:`embed`, a person's deed.
"""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot import decide, survey
from envboot.errors import EnvbootError
from envboot.jupyter.silent import Silent
from envboot.notebook import agreeing, carried, differing, gathering, setting_up, showing
from envboot.plan import child
from envboot.request import Request
from envboot.shell import redact
from envboot.spec import Need, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envboot.formats.notebook.environment import Embedded
    from envboot.machine import Machine
    from envboot.notebook.showing import Sight
    from envboot.notebook.values import Differing
    from envboot.shell import Shell

SECONDS = 600.0
"""How long putting an environment into a notebook may take: it may have to be inferred."""
_BARE = frozenset({"python", "python3", f"python{sys.version_info[0]}.{sys.version_info[1]}"})
"""What jupyter_client takes for the server's own Python."""
_ANY = tuple(Need(key, 1, "", Origin("")) for key in ("cpus", "memory", "disk"))
_MOST = 2000
"""Lines of a difference that a page shows."""


@dataclass(frozen=True)
class Kernel:
    """The kernel that runs for a notebook."""

    id: str
    name: str
    """Of its kernelspec."""
    display_name: str
    argv: tuple[str, ...]

    @property
    def interpreter(self) -> str:
        """Return its Python, "" where that is not an absolute path."""
        first = self.argv[0] if self.argv else ""
        if first in _BARE:
            return sys.executable
        return first if Path(first).is_absolute() else ""


def known(
    notebook: Path, path: str, kernel: Kernel | None, shell: Shell, *, brief: bool = False
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
        found.update(state="error", messages=[_said(error, shell)])
    return found


def _nothing(path: str) -> dict[str, Any]:
    empty: dict[str, Any] = {"state": "nothing", "digest": "", "carries": None, "kernel": None}
    lists: dict[str, Any] = {k: [] for k in ("differs", "needs", "places", "messages")}
    return {"path": path, **empty, **lists, "job": None}


def _view(
    notebook: Path, embedded: Embedded, kernel: Kernel | None, shell: Shell, *, brief: bool
) -> dict[str, Any]:
    """Return what is to be said of a notebook that carries something."""
    whose = embedded.whose
    sight = showing.look(notebook, None, shell)
    if sight is None:  # it was changed between two looks
        return {}
    request = Request(gathering.repository(notebook, shell), dry_run=True)
    here = _compared(notebook, "", request, shell)
    found: dict[str, Any] = {
        "state": _state(here) if whose == "ours" else "foreign",
        "digest": sight.digest,
        "carries": _carries(sight),
        "differs": [_cut(row) for row in here.files],
        "messages": [*map(showing.visible, (*sight.warnings, *here.notices))],
    }
    if not brief:
        found["kernel"] = _kernel(notebook, kernel, request, shell)
        found["needs"] = _needs(notebook, sight, request, shell, found["messages"])
        found["places"] = _places(notebook, request, shell)
        if whose == "ours" and (found["kernel"] or {}).get("state") == "differs":
            found["state"] = "differs"
    return found


def _state(here: Differing) -> str:
    return "differs" if here.outcome == "differs" else "ok"


def _compared(notebook: Path, python: str, request: Request, shell: Shell) -> Differing:
    """Return how what it carries differs from the files here, and from what a Python has."""
    asked = Namespace(notebook=str(notebook), python=python or None, no_live=not python, json=True)
    return differing.differ(asked, request, shell, Silent())


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
        "scripts": [*dict.fromkeys((*sight.scripts, *agreeing.code(sight)))],
    }


def _cut(row: Mapping[str, Any]) -> dict[str, Any]:
    lines = showing.visible(str(row["diff"])).split("\n")
    return {
        "path": showing.visible(row["path"]),
        "state": row["state"],
        "diff": "\n".join(lines[:_MOST]),
    }


def _kernel(
    notebook: Path, kernel: Kernel | None, request: Request, shell: Shell
) -> dict[str, Any] | None:
    """Return what runs, and what of the packages it lacks."""
    if kernel is None:
        return None
    row: dict[str, Any] = {
        "id": kernel.id,
        "name": kernel.name,
        "display_name": kernel.display_name,
        "interpreter": kernel.interpreter,
        "state": "unknown",
        "packages": [],
    }
    if not kernel.interpreter:
        return row
    try:
        packages = _compared(notebook, kernel.interpreter, request, shell).packages
    except EnvbootError:
        return row
    keys = ("name", "wanted", "found", "state")
    row["packages"] = [{k: showing.visible(str(p[k])) for k in keys} for p in packages]
    if packages:
        row["state"] = "same" if all(p["state"] == "same" for p in packages) else "differs"
    return row


def _needs(
    notebook: Path, sight: Sight, request: Request, shell: Shell, messages: list[str]
) -> list[dict[str, str]]:
    """Return the table of this machine: what the notebook asks of it, and what it has."""
    try:
        wish = setting_up.wished(notebook, sight, request, shell)
        assessment = survey.assess(wish, survey.locate(wish, shell), shell)
    except EnvbootError as error:
        messages.append(_said(error, shell))
        return []
    rows = [
        {
            "need": row.need.replace("_", " "),
            "wanted": showing.visible(row.wanted),
            "have": showing.visible(row.found),
            "verdict": f"{row.verdict} by {row.by}" if row.by else row.verdict,
            "evidence": showing.visible(row.evidence),
        }
        for row in assessment.verdict.rows
    ]
    asked = {row["need"] for row in rows}
    return [*rows, *(row for row in _had(assessment.site.machine) if row["need"] not in asked)]


def _had(machine: Machine) -> Iterator[dict[str, str]]:
    """Yield what this machine has, for which nobody asks."""
    for row in decide.judge(_ANY, machine).rows:
        have = {"need": row.need, "have": row.found}
        yield {**have, "wanted": "", "verdict": "not asked for", "evidence": ""}


def _places(notebook: Path, request: Request, shell: Shell) -> list[dict[str, str]]:
    """Return where it can be opened: links for a person's own click, commands for the rest."""
    from envboot.notebook import links, opening

    def ask(where: str) -> Any:  # noqa: ANN401 - values.Opened
        asked = Namespace(notebook=str(notebook), where=where, json=True, browse=False)
        return opening.cloud(asked, request, shell, Silent())

    try:
        found = ask("")
    except EnvbootError:
        return []
    rows = []
    for row in found.handlers:
        try:
            more = {"url": "" if row["why_not"] else ask(row["name"]).link}
        except EnvbootError as error:
            more = {"url": "", "why_not": str(error)}
        rows.append({**row, **more})
    named = {row["name"] for row in found.handlers}
    for row in found.clouds:
        if row["handler"] not in named:
            name = str(row["env_name"])
            rows.append({"name": name, "title": name, "url": row["handler_url"], "why_not": ""})
    rows += [{**row, "url": ""} for row in found.launchers]
    return [_place(notebook, row, links.why_unsafe(row["url"])) for row in rows]


def _place(notebook: Path, row: Mapping[str, Any], unsafe: str) -> dict[str, str]:
    url = row["url"] or ""
    return {
        "name": showing.visible(str(row["name"])),
        "title": showing.visible(str(row["title"])),
        "url": "" if unsafe else str(url),
        "why_not": showing.visible(str(row["why_not"] or (unsafe if url else ""))),
        "command": f"envboot notebook cloud {shlex.quote(str(notebook))} {row['name']}",
    }


def _said(error: EnvbootError, shell: Shell) -> str:
    hint = f" ({error.hint})" if error.hint else ""
    return redact(showing.visible(f"{error}{hint}"), shell.environ)


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
