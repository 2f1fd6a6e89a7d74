"""What packages ask of the computer, although nobody declared it: a small table.

A GPU is required only where a package can do nothing without one; most run on the CPU too, so
theirs is optional. Disk is a coarse estimate of the packages that weigh gigabytes, with what
they bring along, rounded up; it only ever warns.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from envboot.spec import Need

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envboot.spec import Dependency, EnvironmentSpec, Level, NeedValue

GB = 10**9


@dataclass(frozen=True)
class Rule:
    """What the packages of some names imply."""

    names: tuple[str, ...]
    """Normalised (PEP 503), with ``*`` as in fnmatch."""
    gpu: int | None = None
    """1: required; 0: optional; None: says nothing."""
    os: tuple[str, ...] = ()
    arch: tuple[str, ...] = ()
    disk: int = 0
    """GB of an environment with it."""


RULES = (
    # made of CUDA: RAPIDS, kernels without a CPU path, bindings of the driver
    Rule(("cudf*", "cuml*", "cugraph*", "cuspatial*", "cuvs*", "rapids*"), gpu=1, disk=6),
    Rule(("dask-cudf*", "cucim*", "pylibraft*", "rmm", "rmm-cu*", "nvidia-dali*"), gpu=1),
    Rule(("cupy", "cupy-cuda*", "pycuda", "flash-attn", "mamba-ssm", "causal-conv1d"), gpu=1),
    Rule(("spconv-cu*",), gpu=1),
    Rule(("tensorrt", "tensorrt-cu*"), gpu=1, disk=4),
    # faster with a GPU, working without
    Rule(("torch", "pytorch", "pytorch-gpu"), gpu=0, disk=6),
    Rule(("vllm",), gpu=0, disk=10),
    Rule(("tensorflow-gpu",), gpu=0, disk=3),
    Rule(("paddlepaddle-gpu",), gpu=0, disk=4),
    Rule(("pytorch-cuda", "cudatoolkit", "cuda-version", "cuda-toolkit", "cudnn"), gpu=0),
    Rule(
        ("bitsandbytes", "xformers", "deepspeed", "triton", "auto-gptq", "onnxruntime-gpu"), gpu=0
    ),
    Rule(("faiss-gpu*", "mxnet-cu*", "dgl-cu*", "jax-cuda*"), gpu=0),
    Rule(("nvidia-cu*", "nvidia-nccl-cu*", "nvidia-nvtx-cu*", "nvidia-nvjitlink-cu*"), gpu=0),
    # heavy on any computer
    Rule(("tensorflow", "tensorflow-cpu"), disk=2),
    # made for one system or one processor
    Rule(("tensorflow-macos",), os=("macos",), disk=2),
    Rule(("tensorflow-metal", "mlx", "mlx-lm"), os=("macos",), arch=("arm64",)),
    Rule(("pyobjc", "pyobjc-core", "pyobjc-framework-*"), os=("macos",)),
    Rule(("pywin32", "pypiwin32", "pywinpty", "windows-curses", "wmi"), os=("windows",)),
    Rule(("tensorflow-intel",), os=("windows",), disk=2),
    Rule(("intel-extension-for-pytorch", "mkl", "mkl-service"), arch=("x86_64",)),
)
_CPU_TORCH = 1  # GB of torch without CUDA
_EXTRAS = re.compile(r"[\w.-]+\s*\[([^\]]{0,200})\]")
# `cupy-cuda12x`, `cudf-cu12`, `torch==2.1.0+cu118`, `…/whl/cu118`, `pytorch=2.1=*cuda11.8*`
_CU_NAME = re.compile(r"-cu(?:da)?(\d{2,3})x?(?:-|$)")
_CU_LOCAL = re.compile(r"\+cu(?:da)?(\d{2,3})(?!\d)")
_CU_INDEX = re.compile(r"/whl/(?:\w{1,20}/)?cu(\d{2,3})(?!\d)")
_CU_BUILD = re.compile(r"=[^=]*cuda_?(\d{2})\.?(\d)?(?!\d)")
_CU_EXTRA = re.compile(r"cuda(\d{2})(?:[_-]|$)")
_CU_PIN = re.compile(r"(?<![<!])(?:>=|~=|==|=|\s)\s*(\d{1,2})(?:\.(\d{1,2}))?")
_PINNED = frozenset({"pytorch-cuda", "cudatoolkit", "cuda-version", "cuda-toolkit"})
_CPU_ONLY = re.compile(r"\+cpu\b|=[^=]*cpu")


def needs(spec: EnvironmentSpec, environment: Mapping[str, str] | None = None) -> tuple[Need, ...]:
    """Return what the packages and index options of ``spec`` imply, one need a key and level.

    ``text`` names the package that implies it. os and arch may come several times: each must hold.
    """
    system = (environment or {}).get("sys_platform", sys.platform)
    cpu_only = any("/whl/cpu" in option.text for option in spec.options) or any(
        dependency.name == "cpuonly" for dependency in spec.dependencies
    )
    found: list[Need] = []
    disk: dict[str, tuple[int, Dependency]] = {}
    for dependency in spec.dependencies:
        facts = tuple(_facts(dependency, cpu_only=cpu_only))
        rule = _rule(dependency.name)
        weight = rule.disk if rule else 0
        if not (facts or weight) or not _wanted(dependency, environment):
            continue
        found += [_inferred(dependency, *fact) for fact in facts]
        if weight:
            torch = dependency.name in {"torch", "pytorch"}
            with_cuda = any(key == "gpu" for key, _, _ in facts) and (
                system == "linux" or any(key == "cuda" for key, _, _ in facts)
            )
            weight = _CPU_TORCH if torch and not with_cuda else weight
            disk[dependency.name] = (weight * GB, dependency)
    for option in spec.options:
        match = _CU_INDEX.search(option.text)
        if match:
            found.append(_inferred(option, "gpu", 0, "minimum"))
            found.append(_inferred(option, "cuda", _dotted(match.group(1)), "recommended"))
    if disk:
        heaviest = max(disk.values(), key=lambda pair: pair[0])[1]
        total = sum(size for size, _ in disk.values())
        names = ", ".join(sorted(disk))
        found.append(
            Need("disk", total, names, heaviest.origin, "recommended", evidence="inferred")
        )
    return _strongest(found)


def _facts(dependency: Dependency, *, cpu_only: bool) -> Iterator[tuple[str, NeedValue, Level]]:
    """Yield (key, value, level) of what one package implies."""
    name, text = dependency.name, dependency.text
    rule = _rule(name)
    extras = _EXTRAS.match(text)
    extra = extras.group(1).lower().replace(" ", "") if extras else ""
    if name == "mlx" and extra:
        rule = None  # mlx[cpu] and mlx[cuda] run on Linux
    for system in (rule.os,) if rule and rule.os else ():
        yield "os", system, "minimum"
    for arch in (rule.arch,) if rule and rule.arch else ():
        yield "arch", arch, "minimum"
    if _CPU_ONLY.search(text.partition(";")[0]) or (cpu_only and name in {"torch", "pytorch"}):
        return
    cuda = _cuda(dependency, extra)
    gpu = rule.gpu if rule else None
    if gpu is None and (cuda or "and-cuda" in extra.split(",") or extra == "cuda"):
        gpu = 0
    if gpu is not None:
        yield "gpu", gpu, "minimum"
    if cuda:
        yield "cuda", cuda, "minimum" if gpu else "recommended"


def _cuda(dependency: Dependency, extra: str) -> str:
    """Return the CUDA version that a package was built for, "" where it does not say."""
    name, text = dependency.name, dependency.text.partition(";")[0]
    if name in _PINNED:
        pin = _CU_PIN.search(text[len(name) :])
        return f"{int(pin.group(1))}.{int(pin.group(2) or 0)}" if pin else ""
    named = _CU_NAME.search(name) or _CU_LOCAL.search(text) or _CU_EXTRA.search(extra)
    if named:
        return _dotted(named.group(1))
    build = _CU_BUILD.search(text) if dependency.ecosystem == "conda" else None
    return f"{int(build.group(1))}.{int(build.group(2) or 0)}" if build else ""


def _dotted(digits: str) -> str:
    """Return ``118`` as 11.8, ``12`` as 12.0 and ``92`` as 9.2, as wheels are named."""
    if len(digits) == 2 and digits[0] == "1":  # noqa: PLR2004
        return f"{digits}.0"
    return f"{int(digits[:-1])}.{digits[-1]}"


def _rule(name: str) -> Rule | None:
    return next((r for r in RULES if any(fnmatchcase(name, n) for n in r.names)), None)


def _wanted(dependency: Dependency, environment: Mapping[str, str] | None) -> bool:
    """Return whether the PEP 508 marker of a dependency, if it has one, holds."""
    if dependency.ecosystem != "pypi" or ";" not in dependency.text:
        return True
    from packaging.requirements import Requirement

    try:
        marker = Requirement(dependency.text).marker
        values = dict(environment) if environment is not None else None
        return marker is None or marker.evaluate(values)  # type: ignore[arg-type,unused-ignore]
    except (ValueError, TypeError):  # a line of pip's that is no requirement: the engine's affair
        return True


def _inferred(dependency: Dependency, key: str, value: NeedValue, level: Level) -> Need:
    return Need(key, value, dependency.name, dependency.origin, level, evidence="inferred")


def _strongest(found: list[Need]) -> tuple[Need, ...]:
    """Keep the highest of each key, a lower level only above it, and each different os and arch."""
    best: dict[tuple[object, ...], Need] = {}
    for need in found:
        value = need.value
        slot = (need.key, need.level, value if isinstance(value, tuple) else None)
        if slot not in best or _rank(need) > _rank(best[slot]):
            best[slot] = need
    return tuple(
        need
        for (key, level, extra), need in best.items()
        if level == "minimum" or _rank(need) > _rank(best.get((key, "minimum", extra)))
    )


def _rank(need: Need | None) -> tuple[int, ...]:
    if need is None:
        return ()
    if isinstance(need.value, str):
        return tuple(int(part) for part in need.value.split("."))
    return (int(need.value),) if isinstance(need.value, (int, float)) else ()
