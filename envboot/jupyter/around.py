"""What is around a notebook: the kernel that runs, this machine, and the places elsewhere."""

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
from envboot.notebook import differing, setting_up, showing
from envboot.shell import redact
from envboot.spec import Need, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envboot.machine import Machine
    from envboot.notebook.showing import Sight
    from envboot.notebook.values import Differing
    from envboot.request import Request
    from envboot.shell import Shell

_BARE = frozenset({"python", "python3", f"python{sys.version_info[0]}.{sys.version_info[1]}"})
"""What jupyter_client takes for the server's own Python."""
_ANY = tuple(Need(key, 1, "", Origin("")) for key in ("cpus", "memory", "disk"))


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


def compared(notebook: Path, python: str, request: Request, shell: Shell) -> Differing:
    """Return how what it carries differs from the files here, and from what a Python has."""
    asked = Namespace(notebook=str(notebook), python=python or None, no_live=not python, json=True)
    return differing.differ(asked, request, shell, Silent())


def running(
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
        packages = compared(notebook, kernel.interpreter, request, shell).packages
    except EnvbootError:
        return row
    keys = ("name", "wanted", "found", "state")
    row["packages"] = [{k: showing.visible(str(p[k])) for k in keys} for p in packages]
    if packages:
        row["state"] = "same" if all(p["state"] == "same" for p in packages) else "differs"
    return row


def machine(
    notebook: Path, sight: Sight, request: Request, shell: Shell, messages: list[str]
) -> list[dict[str, str]]:
    """Return the table of this machine: what the notebook asks of it, and what it has."""
    try:
        wish = setting_up.wished(notebook, sight, request, shell)
        assessment = survey.assess(wish, survey.locate(wish, shell), shell)
    except EnvbootError as error:
        messages.append(said(error, shell))
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


def places(notebook: Path, request: Request, shell: Shell) -> list[dict[str, str]]:
    """Return where it can be opened: links for a person's own click, commands for the rest."""
    from envboot.notebook import opening
    from envboot.notebook.opening import links

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


def said(error: EnvbootError, shell: Shell) -> str:
    """Return an error and its hint as a sentence, fit to be seen."""
    hint = f" ({error.hint})" if error.hint else ""
    return redact(showing.visible(f"{error}{hint}"), shell.environ)
