"""On what a notebook runs: the container that is declared, and the hardware that it needs."""

from __future__ import annotations

import configparser
import re
from typing import TYPE_CHECKING, Any

from envboot import needs as asked
from envboot.errors import InvalidFile
from envboot.find import additions
from envboot.find.precedence import Account
from envboot.find.reading import Repository
from envboot.formats.parts import encoding, json_text, toml
from envboot.notebook.gathering import guarding
from envboot.package import setupfile
from envboot.spec import EnvironmentSpec, Need, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from envboot.shell import Shell

_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*")
_GB, _MB = 10**9, 10**6
_SECTION = "envboot:notebook"


def declared(
    notebook: Path, root: Path, shell: Shell
) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    """Return the container (or ""), ``machine_configuration`` (or {}), and what is to be said.

    Of the notebook's folder, or the nearest above it in its repository that says something.
    """
    container: str = ""
    machine: dict[str, Any] = {}
    said: list[str] = []
    for place in (notebook.parent, *notebook.parent.parents):
        if root != place and root not in place.parents:
            break
        container = container or _container(place, shell, said)
        machine = machine or _machine(place, shell, said)
        if place == root:
            break
    return container, machine, tuple(said)


def machine(needs: Sequence[Need]) -> dict[str, Any]:
    """Return needs as devcontainer's ``hostRequirements``, and the minimum of other keys of ours.

    Sizes are never less than was asked for. Source: the devcontainer spec.
    """
    by_key = {n.key: n for n in needs if n.level == "minimum"}
    out: dict[str, Any] = {}
    if (cpus := by_key.get("cpus")) and isinstance(cpus.value, int):
        out["cpus"] = cpus.value
    for ours, theirs in (("memory", "memory"), ("disk", "storage")):
        need = by_key.get(ours)
        if need and isinstance(need.value, int):
            out[theirs] = size(need.value)
    gpu, memory = by_key.get("gpu"), by_key.get("gpu_memory")
    if memory and isinstance(memory.value, int):
        out["gpu"] = {"memory": size(memory.value)}
    elif gpu and gpu.text != asked.NO:
        out["gpu"] = True if gpu.value else "optional"
    for key in ("cuda", "compute_capability"):
        if (need := by_key.get(key)) and isinstance(need.value, str):
            out[key] = need.value
    return out


def size(amount: int) -> str:
    """Return bytes as the format has them: ``8gb``, never less than was asked for."""
    if amount % _GB == 0:
        return f"{amount // _GB}gb"
    return f"{-(-amount // _MB)}mb"


def _machine(place: Path, shell: Shell, said: list[str]) -> dict[str, Any]:
    repository = Repository(place, shell)
    try:
        block = setupfile.read(shell.read(place / setupfile.FILENAME, 1 << 24) or b"")
    except InvalidFile:
        block = None
    carried: Mapping[str, object] | None = block.needs if block else None
    try:
        found = additions.wanted(EnvironmentSpec(), repository, carried, Account())
    except InvalidFile as error:
        said.append(f"{error}; its needs are left out")
        return {}
    return machine(found.needs)


def _container(place: Path, shell: Shell, said: list[str]) -> str:
    for read in (_of_project, _of_config, _of_devcontainer):
        path, image = read(place, shell)
        if not image:
            continue
        if not isinstance(image, str) or not _IMAGE.fullmatch(image):
            said.append(f"{path}: this is no name of an image, and is left out")
            continue
        guarding.refuse(path, image, shell.environ)
        return image
    return ""


def _of_project(place: Path, shell: Shell) -> tuple[str, object]:
    """Return what ``[tool.envboot.notebook] container`` says."""
    path = place / "pyproject.toml"
    data = shell.read(path, 1 << 22)
    if not data or b"envboot" not in data:
        return str(path), ""
    try:
        found: Any = toml.loads(encoding.decode(data, str(path)), Origin(str(path)))
    except InvalidFile:
        return str(path), ""  # whoever reads its dependencies says so
    for key in ("tool", "envboot", "notebook", "container"):
        found = found.get(key) if isinstance(found, dict) else None
    return str(path), found


def _of_config(place: Path, shell: Shell) -> tuple[str, object]:
    """Return what ``[envboot:notebook] container`` says."""
    path = place / "setup.cfg"
    data = shell.read(path, 1 << 22)
    if not data or _SECTION.encode() not in data:
        return str(path), ""
    config = configparser.RawConfigParser()
    try:
        config.read_string(encoding.decode(data, str(path)))
    except (InvalidFile, configparser.Error):
        return str(path), ""
    return str(path), config.get(_SECTION, "container", fallback="").strip()


def _of_devcontainer(place: Path, shell: Shell) -> tuple[str, object]:
    for name in additions.CONTAINERS:
        path = place / name
        data = shell.read(path, 1 << 22)
        if not data:
            continue
        try:
            bare = json_text.without_comments(encoding.decode(data, str(path)).lstrip("\ufeff"))
            image = json_text.loads(bare, Origin(str(path))).get("image")
        except InvalidFile:
            continue
        if image and "${" not in str(image):  # a variable of whoever opens it
            return str(path), image
    return "", ""
