"""GPU and CUDA: what the code does, and what the installed packages were made for.

NVIDIA's CUDA compatibility guide ("minor version compatibility", Linux) names the oldest driver for
each major version; a driver of it runs what was made for any minor version, so no more is asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot import infer
from envboot.spec import Need, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.freeze import Installed, Live
    from envboot.infer.facts import Scan
    from envboot.spec import Level

DRIVERS = {11: "450.80.02", 12: "525.60.13", 13: "580"}
"""The oldest driver for each major version of CUDA."""
_RUNTIME = re.compile(r"nvidia-cuda-runtime(?:-cu(\d\d))?")
_LABEL = re.compile(r"cu(\d\d)\d{0,2}")
_TENSORS = re.compile(
    r"torch|pytorch|lightning|transformers|diffusers|accelerate|timm|fastai|ultralytics|monai|dgl"
    r"|kornia|open_clip|sentence_transformers|detectron2|mm(?:cv|det|seg)|whisper|vllm|nemo"
)
"""Packages whose objects have a method ``cuda``; elsewhere it is somebody's own."""
_CONDA = frozenset({"cuda-version", "cudatoolkit", "cuda-cudart", "pytorch-cuda", "cuda-toolkit"})


def needs(scan: Scan, live: Live | None) -> Iterator[Need]:
    """Yield gpu (required or optional) and cuda; nothing where nothing speaks of them."""
    used = (one.module for one in scan.modules if one.label in {"production", "guarded"})
    tensors = any(_TENSORS.match(module) for module in used)
    devices = [
        one
        for one in scan.devices
        if infer.label(one.origin.path) == "production" and (tensors or ".cuda(" not in one.text)
    ]
    device = next((d for d in devices if d.required), next(iter(devices), None))
    made = _made_for(live)
    if device:
        why = f"{device.text} in {device.origin}"
        yield Need("gpu", int(device.required), "", device.origin, "minimum", "inferred", why)
    elif made:
        why = f"{made[1]}, made for CUDA"
        yield Need("gpu", 0, "", Origin(made[1]), "minimum", "inferred", why)
    if made:
        major, package = made
        driver = f", for which a driver of {DRIVERS[major]} will do" if major in DRIVERS else ""
        level: Level = "minimum" if device and device.required else "recommended"
        origin = Origin(package)
        yield Need("cuda", f"{major}.0", "", origin, level, "inferred", f"{package}{driver}")


def _made_for(live: Live | None) -> tuple[int, str] | None:
    """Return the highest major version of CUDA that something installed was made for, and what."""
    found = ((_major(one), one) for one in (live.installed if live else ()))
    known = [(major, f"{one.name} {one.version}") for major, one in found if major]
    return max(known, default=None, key=lambda pair: pair[0])


def _major(one: Installed) -> int:
    """Return the major version of CUDA that a package was made for; 0: for none."""
    runtime, label = _RUNTIME.fullmatch(one.name), _LABEL.fullmatch(one.local)
    if runtime and runtime.group(1):
        return int(runtime.group(1))
    if label:
        return int(label.group(1))
    if runtime or (one.ecosystem == "conda" and (one.conda_name or one.name) in _CONDA):
        number = re.match(r"\d{1,3}", one.version)
        return int(number.group()) if number else 0
    return 0
