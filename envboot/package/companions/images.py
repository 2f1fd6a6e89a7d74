"""Base images, by tags that stay what they are: no ``latest``, and no look at a registry.

Sources: the tags that Docker Hub lists for python, debian, condaforge/miniforge3, nvidia/cuda and
tensorflow/serving, and that Microsoft lists for its development containers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.spec import normalise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.derive import Derived
    from envboot.spec import Need

DEBIAN = "debian:bookworm-slim"
MINIFORGE = "condaforge/miniforge3:24.11.3-2"
SERVING = "tensorflow/serving:2.18.0"
_CUDA = (
    ("11.8", "11.8.0", "cudnn8"),
    ("12.1", "12.1.1", "cudnn8"),
    ("12.4", "12.4.1", "cudnn"),
    ("12.6", "12.6.3", "cudnn"),
    ("12.8", "12.8.1", "cudnn"),
    ("13.0", "13.0.1", "cudnn"),
)
"""CUDA, the version of its image on Ubuntu 22.04, and how that with cuDNN is called."""
_USUAL = "12.4"
_WITHOUT_CUDNN = frozenset(
    {"tensorflow", "onnxruntime-gpu", "cupy", "cupy-cuda11x", "cupy-cuda12x"}
)
"""Wheels that load cuDNN from the system; those of PyTorch and JAX bring their own."""


def python(minor: str, *, slim: bool) -> str:
    """Return the image of a Python such as ``3.11``; the slim one has no compilers."""
    return f"python:{minor}-{'slim-' if slim else ''}bookworm"


def devcontainer(minor: str) -> str:
    """Return the development container with that Python."""
    return f"mcr.microsoft.com/devcontainers/python:{minor}-bookworm"


def cuda(wanted: str, distributions: Sequence[str]) -> tuple[str, str]:
    """Return the image for drivers from CUDA ``wanted`` on ("": the usual one), and its version.

    An image asks for a driver of its own version: so it is the newest that is not above the floor;
    where that has another major version, the oldest of the same.
    """
    floor = _numbers(wanted or _USUAL)
    below = [row for row in _CUDA if _numbers(row[0]) <= floor]
    alike = [row for row in _CUDA if _numbers(row[0])[0] == floor[0]]
    same = [row for row in below if row in alike]
    version, tag, cudnn = (same[-1:] or alike[:1] or below[-1:] or _CUDA[:1])[0]
    with_cudnn = not _WITHOUT_CUDNN.isdisjoint(normalise(d) for d in distributions)
    return f"nvidia/cuda:{tag}-{f'{cudnn}-' if with_cudnn else ''}runtime-ubuntu22.04", version


def gpu(needs: Sequence[Need]) -> Need | None:
    """Return the need that says that nothing works without a GPU; None: there is none."""
    return next(
        (n for n in needs if n.key == "gpu" and n.level == "minimum" and n.value != 0), None
    )


def needs_conda(derived: Derived) -> bool:
    """Return whether conda brings something that the Python package index does not.

    What both have is taken from the index, which makes the smaller image.
    """
    names = {normalise(d.name) for d in derived.conda.dependencies} - {"python", "pip"}
    there = {normalise(d.name) for d in derived.pip.dependencies}
    return derived.conda.is_conda and len(names) > len(there)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
