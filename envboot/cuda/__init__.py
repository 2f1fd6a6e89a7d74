"""CUDA: what the files intend, decided for this computer at the moment of installing, and shown.

Files never say ``+cu124``: they say that a framework is wanted, and whether a GPU is (``gpu = 0``:
optional). Here the driver decides which build fits. Sources: NVIDIA's "CUDA Compatibility" (the
highest CUDA of a driver), PyTorch's "Previous versions" (which builds exist), conda's "Managing
virtual packages" (``__cuda``, ``CONDA_OVERRIDE_CUDA``), uv's reference (``--torch-backend``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot import index
from envboot.cuda.builds import BUILDS, FAMILY, best, family, labels, number, series, unlabelled
from envboot.needs import NO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.machine import Machine
    from envboot.site import Site
    from envboot.spec import Dependency, EnvironmentSpec

__all__ = ["BUILDS", "FAMILY", "INDEX", "Choice", "choose", "decided", "family", "fitted"]

INDEX = "https://download.pytorch.org/whl/"
"""Where PyTorch keeps its builds, a folder each."""
_OF_CONDA = frozenset({"pytorch", "pytorch-gpu", "tensorflow", "jaxlib", "cupy", "pytorch-cuda"})
_OWN = ("UV_TORCH_BACKEND", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_INDEX")
_LAST_INTEL_MAC = (2, 2)


@dataclass(frozen=True)
class Choice:
    """Which build of the frameworks to install here."""

    backend: str
    """``cpu``, ``cu118`` … as PyTorch calls its indexes; "" where nothing has to be chosen."""
    why: str
    """One line for people: ``CUDA 12.4 (driver 550) → torch from cu124``; "" for nothing to say."""
    problem: str = ""
    """Why no build fits although one is wanted, "" when one does."""
    hint: str = ""
    needed: str = ""
    """With a problem: the oldest CUDA that would do, "12.6"; "" where that is not the reason."""


NOTHING = Choice("", "")


def choose(spec: EnvironmentSpec, machine: Machine, environ: Mapping[str, str]) -> Choice:
    """Return the build for a computer; ``CONDA_OVERRIDE_CUDA`` wins over what was probed."""
    wanted = family(spec)
    if not wanted:
        return _of_conda(spec, machine, environ)
    if machine.system == "Darwin":
        return _mac(machine, wanted)
    if machine.arch != "x86_64":
        return NOTHING
    named = labels(wanted)
    cuda, source = _cuda(machine, environ)
    if not source:  # nobody knows better than the file
        return Choice(named[0], f"`{wanted[0].text}` → torch from {named[0]}") if named else NOTHING
    if named == ("cpu",) or any(n.key == "gpu" and n.text == NO for n in spec.needs):
        cuda, source = "", "no GPU is asked for"
    if not cuda:
        # On Windows the Python package index has the CPU's build; on Linux CUDA's, of gigabytes.
        backend = "cpu" if machine.system == "Linux" else ""
        return Choice(backend, f"{source} → torch for the CPU")
    fixed = re.fullmatch(r"={2,3}(3\.\d+)(\..*)?", spec.python)
    allowed = series(wanted, fixed[1] if fixed else machine.python)
    return _for_gpu(wanted, allowed, cuda, f"CUDA {cuda} ({source})", machine)


def _for_gpu(
    wanted: tuple[Dependency, ...], allowed: tuple[str, ...], cuda: str, head: str, machine: Machine
) -> Choice:
    """Return the newest version that is allowed and has a build that runs here."""
    named = labels(wanted)
    for name in allowed:
        if build := best(BUILDS[name], number(cuda), named, machine):
            usual = build == BUILDS[name][0] and name == allowed[0] and machine.system == "Linux"
            where = f"torch as it is on PyPI ({build})" if usual else f"torch from {build}"
            return Choice("" if usual else build, f"{head} → {where}")
    return _too_old(wanted, allowed, cuda, head, machine) if allowed else NOTHING


def decided(spec: EnvironmentSpec, site: Site) -> Choice:
    """Return the choice for an environment here, to be told and followed.

    Where packages come from elsewhere (a mirror, an index of its own, a lock, hashes), that place
    decides, and nothing is said.
    """
    if family(spec) and not _is_free(spec, site):
        return NOTHING
    return choose(spec, site.machine, site.shell.environ)


def fitted(spec: EnvironmentSpec, site: Site) -> tuple[EnvironmentSpec, str]:
    """Return the spec as the chosen index has it, without labels, and that index: ``cpu``, ""."""
    if not family(spec) or not _is_free(spec, site):
        return spec, ""
    return unlabelled(spec), decided(spec, site).backend


def _is_free(spec: EnvironmentSpec, site: Site) -> bool:
    """Return whether nobody has said where packages come from."""
    where = index.amended(index.settings(site.shell), [o.text for o in spec.options])
    own = where.extra or where.find_links or where.url  # PyPI by its name means: as it is there
    by_hand = any(site.shell.environ.get(name) for name in _OWN)
    hashed = any("--hash" in d.text for d in spec.dependencies)
    fixed = where.no_index or site.offline or site.as_of or spec.lock
    return not (own or by_hand or hashed or fixed)


def _cuda(machine: Machine, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the highest CUDA that may be used, "" for none, and who says so; ("", "") unknown."""
    if "CONDA_OVERRIDE_CUDA" in environ:
        said = environ["CONDA_OVERRIDE_CUDA"].strip()
        fits = re.fullmatch(r"\d{1,3}(\.\d{1,3})?", said, re.ASCII)
        return (said if fits else ""), f"CONDA_OVERRIDE_CUDA={said if fits else ''}"
    gpus = machine.gpus or ()
    driver = next((g.driver for g in gpus if g.vendor == "nvidia"), "")
    if machine.cuda:
        return machine.cuda, f"driver {driver}" if driver else "driver"
    if machine.gpus is None or any(g.vendor == "amd" and g.driver for g in gpus):
        return "", ""  # ROCm has builds of its own, which people choose themselves
    return "", "no NVIDIA GPU"


def _mac(machine: Machine, wanted: tuple[Dependency, ...]) -> Choice:
    allowed = series(wanted)
    if machine.arch == "arm64" or not allowed or number(allowed[-1]) <= _LAST_INTEL_MAC:
        return NOTHING
    return Choice(
        "",
        "",
        f"`{wanted[0].text}` ({wanted[0].origin}): torch 2.2.2 is the last for Macs with Intel",
        "allow `torch<=2.2.2`, take `pytorch` of conda-forge, or go elsewhere: `--launch NAME`",
    )


def _of_conda(spec: EnvironmentSpec, machine: Machine, environ: Mapping[str, str]) -> Choice:
    """Return what conda will decide by itself, to be told: it has a virtual package for it."""
    if not any(d.ecosystem == "conda" and d.name in _OF_CONDA for d in spec.dependencies):
        return NOTHING
    cuda, source = _cuda(machine, environ)
    if machine.system == "Darwin" or not source:
        return NOTHING
    if cuda:
        return Choice("", f"CUDA {cuda} ({source}) → conda takes the newest builds for it")
    return Choice("", f"{source} → conda takes builds for the CPU")


def _too_old(
    wanted: tuple[Dependency, ...], allowed: tuple[str, ...], cuda: str, head: str, machine: Machine
) -> Choice:
    """Return the choice where no build of the allowed versions runs with this driver and GPU."""
    needed = min(number(build) for name in allowed for build in BUILDS[name])
    older = next((n for n in BUILDS if best(BUILDS[n], number(cuda), (), machine)), "")
    torch = next((d for d in wanted if d.name == "torch"), wanted[0])
    major, minor = number(older) if older else (0, 0)
    ways = (
        "a newer driver",
        f"an older torch: `torch<{major}.{minor + 1}` has a build for CUDA {cuda}" if older else "",
        "the CPU's build, which is taken now",
        "a machine elsewhere: `--launch NAME`",
    )
    return Choice(
        "cpu",
        f"{head} → torch for the CPU",
        f"`{torch.text}` ({torch.origin}) needs CUDA {needed[0]}.{needed[1]} or newer, "
        f"and what is here runs {cuda} at most",
        "; or ".join(way for way in ways if way),
        f"{needed[0]}.{needed[1]}",
    )
