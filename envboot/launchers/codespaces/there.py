"""The verdict from inside a codespace: setup.py's own answer, brought here by ``gh codespace ssh``.

One path: the codespace's ``postCreateCommand`` may set it up by itself. What is started here waits
for that one's lock, finds all up to date, proves it, and says so as JSON; without a
postCreateCommand it does the work. It is started once, in the background: the next look finds it.
Source: ``gh codespace ssh --help``; it needs an SSH server in the image.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot.git import looking
from envboot.launchers.codespaces.signing_in import SILENT

if TYPE_CHECKING:
    from envboot.jobs import Job
    from envboot.shell import Shell

SECONDS = 45.0  # gh asks GitHub, opens a tunnel, and starts the SSH server there
_MARK = "--- envboot, from the codespace ---"
_LOG = 65536  # bytes of a log at a time
_LARGEST = 1 << 16  # characters of an answer that are kept in the journal
# $1 the folder of the repository, $2 the part of it, $3 our handle, $4 bytes of the log seen, and
# $5 one more word for setup.py, or none.
# `setsid` where there is one: the work must outlive the connection.
_SCRIPT = f"""
place="/workspaces/$1"
[ -d "$place" ] || place="${{CODESPACE_VSCODE_FOLDER:-$place}}"
if ! cd "$place/$2" 2>/dev/null; then
  printf '%s\\n' '{_MARK}' "no folder $place" 0 '{_MARK}' '{_MARK}'
  exit 0
fi
kept="${{XDG_STATE_HOME:-$HOME/.local/state}}/envboot/launched/$3"
mkdir -p "$kept" && cd "$place/$2" || exit 1
at_work() {{ [ -s "$kept/pid" ] && kill -0 "$(cat "$kept/pid")" 2>/dev/null; }}
if [ ! -e "$kept/status" ] && ! at_work; then
  apart=$(command -v setsid || command -v nohup || true)
  $apart sh -c '
    python3 setup.py --yes --json --no-shell $2 >"$1/answer" 2>>"$1/log"
    echo "$?" >"$1/status.part"
    mv -f "$1/status.part" "$1/status"' sh "$kept" "${{5:-}}" </dev/null >/dev/null 2>&1 &
  echo "$!" >"$kept/pid"
fi
status=$(cat "$kept/status" 2>/dev/null || echo -)
size=$(wc -c <"$kept/log" 2>/dev/null || echo 0)
more=$((size - $4)); [ "$more" -gt {_LOG} ] && more={_LOG}; [ "$more" -lt 0 ] && more=0
printf '%s\\n%s\\n%s\\n%s\\n' '{_MARK}' "$status" "$(($4 + more))" '{_MARK}'
[ "$status" = - ] || cat "$kept/answer"
printf '\\n%s\\n' '{_MARK}'
[ "$more" -eq 0 ] || tail -c "+$(($4 + 1))" "$kept/log" | head -c "$more"
exit 0
"""


@dataclass(frozen=True)
class Word:
    """What came from there."""

    why: str = ""
    """Why nothing came, as a sentence; "" when something did."""
    late: bool = False
    """Nothing came in all the time that there was."""
    status: int | None = None
    """The exit code of setup.py there; None while it works."""
    result: dict[str, Any] | None = None
    """What it printed with ``--json``."""
    log: str = ""
    seen: int = 0
    """Bytes of the log so far."""


def reach(name: str, script: str, *words: str) -> tuple[str, ...]:
    """Return gh's command that runs a POSIX sh script in a codespace."""
    return (*entrance(name), "--", shlex.join(("sh", "-c", script, "sh", *words)))


def entrance(name: str) -> tuple[str, ...]:
    """Return gh's command that opens a shell in a codespace."""
    return ("gh", "codespace", "ssh", "-c", name)


def inside(folder: str, part: str) -> str:
    """Return the line for a codespace's shell that opens one in the environment."""
    place = f"/workspaces/{folder}/{part}".rstrip("/")
    return f"cd {shlex.quote(place)} && exec python3 setup.py shell"


def below(job: Job, shell: Shell) -> str:
    """Return where the repository that is packed lies below the top, "" at the top."""
    said = looking.line(looking.ask(Path(job.root), shell, "rev-parse", "--show-prefix"))
    return said.rstrip("/")


def ask(name: str, folder: str, job: Job, shell: Shell, seen: int) -> Word:
    """Return what setup.py says in that codespace; starts it where it never was.

    Only for one that is up: gh would start a stopped one, which costs.
    """
    more = ("--anyway",) if job.anyway else ()
    words = (folder, below(job, shell), job.handle, str(max(0, seen)), *more)
    said = shell.query(reach(name, _SCRIPT, *words), timeout=SECONDS, env=SILENT)
    if said.out is None:
        return Word(said.why, late="gave no answer in" in said.why, seen=seen)
    return read(said.out, seen)


def read(text: str, seen: int = 0) -> Word:
    """Return what the script printed; what stands before it (a greeting) is passed over."""
    parts = re.split(rf"(?m)^{re.escape(_MARK)}\n?", text)
    if len(parts) != 4:  # noqa: PLR2004 - before, the numbers, the answer, the log
        return Word("the codespace's shell answers something else", seen=seen)
    status, size = (*parts[1].split("\n"), "", "")[:2]
    if not re.fullmatch(r"-|[0-9]{1,3}", status) or not re.fullmatch(r"[0-9]{1,15}", size):
        return Word(f"the repository is not where it was expected ({status})", seen=seen)
    if status == "-":
        return Word(log=parts[3], seen=int(size))
    return Word(status=int(status), result=result(parts[2]), log=parts[3], seen=int(size))


def result(text: str) -> dict[str, Any] | None:
    """Return setup.py's answer; None for what is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def kept(found: dict[str, Any] | None) -> str:
    """Return the answer as it is kept in the journal; "" where it is too long for that."""
    text = json.dumps(found, separators=(",", ":")) if found else ""
    return text if len(text) <= _LARGEST else ""
