"""The inside of a codespace, played by a folder: ``gh`` with a way in that needs no relay.

What GitHub runs itself cannot be had here: the machine, and the tunnel that ``gh codespace ssh``
opens to it. A ``gh`` that stands first on PATH hands everything else to the real one. For ``ssh``
and ``logs`` it asks GitHub, through the real gh, what was made; clones that with the real git, as
GitHub does, and runs the command there, in another home, as an SSH server would.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys

_SCRIPT = r"""#!{python}
import json, os, subprocess, sys

REAL, PLACE = {real!r}, {place!r}
words = sys.argv[1:]
with open(PLACE + "/asked", "a") as note:
    note.write(json.dumps(words) + "\n")
if words[:2] not in (["codespace", "ssh"], ["codespace", "logs"]):
    os.execv(REAL, ["gh", *words])
split = words.index("--") if "--" in words else len(words)
own, command = words[2:split], words[split + 1 :]
name = next(own[n + 1] for n, word in enumerate(own) if word in ("-c", "--codespace"))
space = json.loads(subprocess.run(
    [REAL, "api", "/user/codespaces/" + name], capture_output=True, check=True).stdout)
if space["state"] != "Available":
    sys.exit("it is not Available but " + space["state"])
box = os.path.join(PLACE, name)
repository = space["repository"]["full_name"]
root = os.path.join(box, "workspaces", repository.rpartition("/")[2])
os.makedirs(os.path.join(box, "home"), exist_ok=True)
if not os.path.isdir(root):
    url = "https://github.com/" + repository + ".git"
    part = root + ".part"
    subprocess.run(["git", "clone", "--quiet", "--branch", space["git_status"]["ref"], url, part],
                   check=True)
    os.rename(part, root)
if words[1] == "ssh" and not {ssh_server!r}:
    sys.exit("error getting ssh server details: failed to start SSH server: "
             "Please check if an SSH server is installed in the container.")
if words[1] == "logs":
    print("the log of", name)
    sys.exit(0)
{affinity}
kept = ("PATH", "LC_ALL", "TERM", "PIP_NO_INDEX", "PIP_CONFIG_FILE")
environ = {{k: os.environ[k] for k in kept if k in os.environ}}
environ |= {{"HOME": box + "/home", "TMPDIR": box, "CODESPACES": "true", "CODESPACE_NAME": name}}
environ |= {{"CODESPACE_VSCODE_FOLDER": root}}
os.chdir(box + "/home")
shell = ["/bin/sh", "-c", " ".join(command)] if command else ["/bin/sh"]
os.execve("/bin/sh", shell, environ)
"""
_ALL = "os.sched_setaffinity(0, {cores!r})  # a machine of its own"


def play(place, folder, *, ssh_server=True):
    """Write that ``gh`` into ``folder``; in ``place``: containers, and ``asked``, its commands."""
    place.mkdir(exist_ok=True)
    folder.mkdir(exist_ok=True)
    affinity = (
        _ALL.format(cores=os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else ""
    )
    own = {
        "ssh_server": ssh_server,
        "python": sys.executable,
        "real": shutil.which("gh"),
        "place": str(place),
    }
    script = folder / "gh"
    script.write_text(_SCRIPT.format(affinity=affinity, **own))
    script.chmod(0o755)


def end(place):
    """End what still runs in the containers, by the number that envboot notes there."""
    for note in place.glob("*/home/.local/state/envboot/launched/*/pid"):
        with contextlib.suppress(OSError, ValueError):
            os.killpg(int(note.read_text()), signal.SIGKILL)
