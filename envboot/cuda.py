"""CUDA: what the files intend, decided for this computer at the moment of installing, and shown.

Files never say ``+cu124``: they say that a framework is wanted, and whether a GPU is (``gpu = 0``:
optional). Here the driver decides which build fits. Sources: NVIDIA's "CUDA Compatibility" (the
highest CUDA of a driver), PyTorch's "Previous versions" (which builds exist), conda's "Managing
virtual packages" (``__cuda``, ``CONDA_OVERRIDE_CUDA``), uv's reference (``--torch-backend``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.machine import Machine
    from envboot.spec import EnvironmentSpec


@dataclass(frozen=True)
class Choice:
    """Which build of the frameworks to install here."""

    backend: str
    """``cpu``, ``cu118`` … as PyTorch calls its indexes; "" where nothing has to be chosen."""
    why: str
    """One line for people: ``CUDA 12.4 (driver) → cu124``; "" where there is nothing to say."""
    problem: str = ""
    """Why no build fits although one is needed, "" when one does."""
    hint: str = ""


def choose(spec: EnvironmentSpec, machine: Machine, environ: Mapping[str, str]) -> Choice:
    """Return the build for this computer; ``CONDA_OVERRIDE_CUDA`` wins over what was probed."""
    raise NotImplementedError
