"""devcontainer.json: an image, the hardware, and the command that sets the repository up.

A person's own file is never formatted anew: the keys that it lacks are put in, between marks.
Sources: the development containers' specification and its published JSON schema; its reference
implementation reads ``gb`` as 2**30 bytes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from envboot import needs as asked
from envboot.errors import InvalidFile
from envboot.formats.parts import json_splice
from envboot.package.changes import Change
from envboot.package.companions import images, signature
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from envboot.package.companions import Picture
    from envboot.package.companions.serving import Served
    from envboot.shell import Shell
    from envboot.spec import Need

NAMES = (".devcontainer/devcontainer.json", ".devcontainer.json")
COMMAND = "python3 setup.py --yes"
_IMAGES = ("image", "build", "dockerFile", "dockerComposeFile")
"""Where a file says what the container is made of; of several, none may be added."""
_GIB, _MIB, _GB = 2**30, 2**20, 10**9


def draft(picture: Picture, served: Served, shell: Shell, *, wanted: bool) -> Change | None:
    """Return the change of devcontainer.json; None where nothing of it is ours or wanted.

    Raises InvalidFile for a person's file that is no JSON.
    """
    path = _name(picture.root, shell)
    before = shell.read(picture.root / path)
    declared = _declared(picture.needs)
    whole, notes = _whole(picture, served, declared), _notes(declared)
    if before is None or signature.is_ours(before):
        if before is None and not wanted:
            return None
        after = signature.sign(f"{json_splice.render(whole, notes)}\n", "//")
        same = before is not None and before.replace(b"\r\n", b"\n") == after
        return Change(path, before, before if same else after)
    marked = json_splice.BEGIN.encode() in before
    if not (wanted or marked):
        return None
    bare = json_splice.strip(_text(before, path))
    theirs = not json_splice.keys(bare, Origin(path)).isdisjoint(_IMAGES)
    if theirs:
        whole = _whole(picture, served, declared, known=False)
    out = {"name", "image"} if theirs else {"name"}  # a person's may be without a name
    lacking = {k: v for k, v in whole.items() if k not in out}
    after = json_splice.add(bare, lacking, Origin(path), notes).encode()
    return Change(path, before, after, ours=marked)


def removal(root: Path, shell: Shell) -> Change | None:
    """Return what takes out the file, or what was put into a person's."""
    path = _name(root, shell)
    before = shell.read(root / path)
    if before is None:
        return None
    if signature.is_ours(before):
        folder = (root / path).parent
        if folder != root and len(shell.folder(folder)) == 1:
            return Change(folder.name, b"", None)  # with nothing left in it
        return Change(path, before, None)
    if json_splice.BEGIN.encode() not in before:
        return None
    return Change(path, before, json_splice.strip(_text(before, path)).encode())


def _name(root: Path, shell: Shell) -> str:
    return next((n for n in NAMES if shell.kind(root / n) == "file"), NAMES[0])


def _text(data: bytes, path: str) -> str:
    """Return the text with its byte order mark and line ends as they are: JSON is UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InvalidFile(
            "the file is not UTF-8 text", hint="save it as UTF-8", origin=Origin(path, line)
        ) from error


# --------------------------------------------------------------------------- content


def _whole(
    picture: Picture, served: Served, declared: Sequence[Need], *, known: bool = True
) -> dict[str, Any]:
    """Return all keys; ``known``: the image is ours, so that it is known where conda lies."""
    conda = picture.derived.conda.is_conda
    place = f"/opt/conda/envs/{_prefix(picture)}" if conda else "${containerWorkspaceFolder}/.venv"
    extensions = ["ms-python.python"]
    if picture.scan.notebooks:
        extensions.append("ms-toolsai.jupyter")
    code: dict[str, Any] = {"extensions": extensions}
    if known or not conda:
        code["settings"] = {"python.defaultInterpreterPath": f"{place}/bin/python"}
    host = _host(declared)
    return {
        "name": picture.name.encode("utf-8", "replace").decode(),
        "image": images.MINIFORGE if conda else images.devcontainer(picture.python),
        **({"hostRequirements": host} if host else {}),
        "postCreateCommand": COMMAND,
        **({"forwardPorts": list(served.ports)} if served.ports else {}),
        "customizations": {"vscode": code},
    }


def _prefix(picture: Picture) -> str:
    """Return the folder that conda gives the environment: see :mod:`envboot.engines.conda`."""
    name = picture.derived.conda.name or picture.name
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "env"


def _declared(needs: Sequence[Need]) -> tuple[Need, ...]:
    """Return the needs that come from elsewhere: those read in this file may be our own."""
    return tuple(
        n for n in needs if n.level == "minimum" and not n.origin.path.endswith("devcontainer.json")
    )


def _host(needs: Sequence[Need]) -> dict[str, Any]:
    """Return ``hostRequirements``: only what the code cannot do without."""
    out: dict[str, Any] = {}
    by_key = {n.key: n for n in needs}
    if (cpus := by_key.get("cpus")) and isinstance(cpus.value, int):
        out["cpus"] = cpus.value
    for ours, theirs in (("memory", "memory"), ("disk", "storage")):
        need = by_key.get(ours)
        if need and isinstance(need.value, int):
            out[theirs] = _size(need.value)
    gpu, memory = by_key.get("gpu"), by_key.get("gpu_memory")
    if gpu and gpu.text != asked.NO:
        if not gpu.value:
            out["gpu"] = "optional"
        elif memory and isinstance(memory.value, int):
            out["gpu"] = {"memory": _size(memory.value)}
        else:
            out["gpu"] = True
    return out


def _size(size: int) -> str:
    """Return bytes as the schema wants them: ``16gb``, never less than was asked for."""
    if size % _GB == 0:
        return f"{size // _GB}gb"
    return f"{-(-size // _GIB)}gb" if size >= _GIB else f"{-(-size // _MIB)}mb"


def _notes(needs: Sequence[Need]) -> Mapping[str, str]:
    """Return the evidence of each requirement, for the comment behind its line."""
    keys = {"cpus": "cpus", "memory": "memory", "disk": "storage", "gpu": "gpu"}
    return {
        f"hostRequirements.{keys[n.key]}": signature.comment(f"{n.evidence}: {n.text} ({n.origin})")
        for n in needs
        if n.key in keys
    }
