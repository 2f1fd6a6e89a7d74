"""What the machine is told to do when it first starts: clone the commit, run ``setup.py`` there.

It is read by cloud-init, and never by a person's shell: every word that comes from elsewhere is
quoted here. There is nothing secret in it. Whoever is root on the machine can read it.

Source: cloud-init's documentation, "Cloud config examples" (``write_files``, ``runcmd``).
"""

from __future__ import annotations

import base64
import json
import shlex
from typing import TYPE_CHECKING

from envboot.launchers.azure.template import USER
from envboot.remote import work

if TYPE_CHECKING:
    from envboot.launchers.azure.order import Asked

FOLDER = "/usr/local/lib/envboot"
LARGEST = 65_535  # bytes, before they are written in base 64


def custom_data(asked: Asked) -> str:
    """Return the cloud-config in base 64. Raises ValueError when it is longer than Azure takes."""
    text = cloud_config(asked).encode()
    if len(text) > LARGEST:
        raise ValueError("the command is too long to be told to a new machine")
    return base64.b64encode(text).decode()


def cloud_config(asked: Asked) -> str:
    """Return the text for cloud-init: YAML, of which JSON is a part."""
    tree = "/".join(filter(None, (work.TREES, asked.handle, asked.folder)))
    job = work.Work(asked.handle, tree, asked.setup, asked.command)
    files = {"begin": _begin(asked), "work": work.script(job)}
    told = {
        "package_update": True,
        "packages": ["git", "python3-venv"],
        "write_files": [
            {"path": f"{FOLDER}/{name}", "permissions": "0755", "content": text}
            for name, text in files.items()
        ],
        "runcmd": [["su", "-", USER, "-c", f"exec sh {FOLDER}/begin"]],
    }
    return "#cloud-config\n" + json.dumps(told, indent=1) + "\n"


def _begin(asked: Asked) -> str:
    """Return the script that makes the tree, and goes on as the job's own script.

    Where it cannot be cloned, the job's log and status say so. The job's script is recognised by
    its path, and ended as a group (:mod:`envboot.remote.scripts`).
    """
    url, pinned = shlex.quote(asked.url), shlex.quote(asked.commit or "HEAD")
    state, tree = f"{work.STATE}/{asked.handle}", f"{work.TREES}/{asked.handle}"
    return f"""\
cd || exit 1
export GIT_TERMINAL_PROMPT=0
state=$HOME/{state} tree=$HOME/{tree} url={url} commit={pinned}
mkdir -p "$state" "$HOME/{work.TREES}" && chmod 700 "$state" || exit 1
rm -rf "$tree"
{{
    git init -q "$tree" && cd "$tree" && git remote add origin "$url" &&
    {{ git fetch -q --depth 1 origin "$commit" || git fetch -q --tags origin; }} &&
    git checkout -q --detach {'"$commit"' if asked.commit else "FETCH_HEAD"} &&
    git submodule update -q --init --recursive
}} >>"$state/log" 2>&1 || {{
    echo "envboot: $url could not be cloned" >>"$state/log"
    echo 128 >"$state/status"
    exit 1
}}
cp {FOLDER}/work "$state/script" && cd / && exec setsid -w sh "$state/script"
"""
