"""NVIDIA GPUs: one ``nvidia-smi`` query in a child with a time-out.

A tool that fails, hangs or says what nobody expected becomes a note, never an exception.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from envboot.machine.graphics import PATIENCE, Gpu, Graphics, decimal, mebibytes, short, version

if TYPE_CHECKING:
    from envboot.shell import Shell

FIELDS = (
    "index",
    "name",
    "memory.total",
    "memory.free",
    "utilization.gpu",
    "driver_version",
    "compute_cap",
    "mig.mode.current",
)
_BUSY = 0.2  # from this share of its time or of its memory on, somebody is using a GPU
# The highest CUDA that each driver branch runs: CUDA release notes, "CUDA Driver" table.
# fmt: off
_CUDA = {
    590: "13.1", 580: "13.0", 575: "12.9", 570: "12.8", 565: "12.7", 560: "12.6",
    555: "12.5", 550: "12.4", 545: "12.3", 535: "12.2", 530: "12.1", 525: "12.0",
    520: "11.8", 515: "11.7", 510: "11.6", 495: "11.5", 470: "11.4", 465: "11.3",
    460: "11.2", 455: "11.1", 450: "11.0", 440: "10.2", 418: "10.1", 410: "10.0",
    396: "9.2", 390: "9.1", 384: "9.0",
}
# fmt: on
# nvidia-smi(1), "RETURN VALUE", in the words of somebody who has to do something about it.
_STATUS = {
    "6": "nvidia-smi found no device",
    "9": "the NVIDIA driver is not loaded",
    "12": "the NVIDIA driver's library (NVML) was not found",
    "14": "a GPU has fallen off the bus",
    "15": "the GPU is lost: the computer has to be restarted",
    "18": "the NVIDIA driver and its library have different versions: restart the computer",
}


class _Row(NamedTuple):
    gpu: Gpu
    load: float | None
    """The share of its time in which it worked, 0 to 1."""
    sliced: bool
    """Cut into MIG slices."""


def cuda_of(driver: str) -> str:
    """Return the highest CUDA version that an NVIDIA driver runs, "12.4"; "" for none known.

    A driver newer than this table runs at least the newest CUDA that the table knows.
    """
    major = re.match(r"\d{1,6}(?=\.|$)", driver)
    if not major:
        return ""
    return next((cuda for floor, cuda in _CUDA.items() if int(major.group()) >= floor), "")


def look(shell: Shell, patience: float = PATIENCE) -> Graphics | None:
    """Return the NVIDIA GPUs; None without nvidia-smi. It may take ``patience`` seconds."""
    program = _nvidia_smi(shell)
    if program is None:
        return None
    fields: tuple[str, ...] = FIELDS
    while True:
        query = f"--query-gpu={','.join(fields)}"
        answer = shell.query([program, query, "--format=csv,noheader,nounits"], timeout=patience)
        unknown = re.search(r'Field "([\w.]{1,40})" is not a valid field', answer.why)
        if answer.out is None and unknown and unknown.group(1) in fields[2:]:
            # an older driver: ask again without what it does not know
            fields = tuple(f for f in fields if f != unknown.group(1))
            continue
        break
    if answer.out is None:
        return _failed(answer.why)
    rows, notes = _rows(answer.out, fields)
    if not rows:
        said = answer.out.strip().splitlines()
        if said and "no devices" not in said[-1].lower():
            return Graphics(None, "", (f"nvidia-smi said nothing usable: {short(said[-1])}",))
        return Graphics((), "", (_STATUS["6"],))
    if any(row.sliced for row in rows):
        rows, more = _slices(shell, program, rows, patience)
        notes += more
    gpus = tuple(row.gpu for row in rows)
    if len(gpus) > 1:
        gpus = _who_is_free(shell, rows, patience)
    return Graphics(gpus, cuda_of(gpus[0].driver), notes)


def _nvidia_smi(shell: Shell) -> str | None:
    found = shell.which("nvidia-smi")
    if found:
        return str(found)
    if shell.platform.system == "Windows":
        root = shell.environ.get("SYSTEMROOT", "C:\\Windows")
        drive = shell.environ.get("PROGRAMFILES", "C:\\Program Files")
        usual: tuple[str, ...] = (
            f"{root}\\System32\\nvidia-smi.exe",
            f"{drive}\\NVIDIA Corporation\\NVSMI\\nvidia-smi.exe",
        )
    elif shell.platform.system == "Linux":
        usual = ("/usr/bin/nvidia-smi", "/usr/lib/wsl/lib/nvidia-smi")
    else:
        usual = ()
    return next((u for u in usual if shell.kind(Path(u)) == "file"), None)


def _failed(why: str) -> Graphics:
    status = re.search(r"ended with status (\d+)", why)
    known = _STATUS.get(status.group(1), "") if status else ""
    if known:  # the driver is not usable, so no program will find a GPU
        return Graphics((), "", (f"{known} ({short(why)})",))
    return Graphics(None, "", (short(why),))


def _rows(out: str, fields: tuple[str, ...]) -> tuple[list[_Row], tuple[str, ...]]:
    """Return a row for each readable line, and notes on the others."""
    rows: list[_Row] = []
    notes: list[str] = []
    for line in out.splitlines():
        values = [v.strip() for v in line.split(",")]
        if len(values) != len(fields) or not re.fullmatch(r"[0-9]{1,4}", values[0]):
            if line.strip() and "no devices" not in line.lower():
                notes.append(f"nvidia-smi: a line was not understood: {short(line)}")
            continue
        told = dict(zip(fields, values))
        total = mebibytes(told.get("memory.total", "")) or None  # 0 is what broken drivers say
        free = mebibytes(told.get("memory.free", ""))
        load = decimal(told.get("utilization.gpu", ""))
        sliced = told.get("mig.mode.current", "").lower() == "enabled"
        if total is None and not sliced:
            notes.append(f"GPU {values[0]} does not report its memory: shared with the computer's")
        gpu = Gpu(
            int(values[0]),
            short(told["name"]),
            "nvidia",
            memory=total,
            memory_free=free if free is None or total is None else min(free, total),
            driver=version(told.get("driver_version", "")),
            compute_capability=version(told.get("compute_cap", "")),
        )
        rows.append(_Row(gpu, None if load is None else load / 100, sliced))
    return rows, tuple(notes)


def _slices(
    shell: Shell, program: str, rows: list[_Row], patience: float
) -> tuple[list[_Row], tuple[str, ...]]:
    """Give each GPU in MIG mode the memory of its largest slice (``MIG 3g.40gb``: 40 GB)."""
    answer = shell.query([program, "-L"], timeout=patience)
    largest: dict[int, tuple[int, str]] = {}
    index = -1
    for line in (answer.out or "").splitlines():
        head = re.match(r"GPU (\d{1,4}):", line)
        index = int(head.group(1)) if head else index
        slice_ = re.match(r"\s+MIG (\S{0,20}?(\d{1,5})gb\S{0,20})", line)
        if slice_:
            size = int(slice_.group(2)) * 10**9
            largest[index] = max(largest.get(index, (0, "")), (size, slice_.group(1)))
    out: list[_Row] = []
    notes: list[str] = []
    for row in rows:
        if not row.sliced:
            out.append(row)
            continue
        gpu = row.gpu
        size, profile = largest.get(gpu.index, (0, ""))
        if not size:
            notes.append(f"GPU {gpu.index} is in MIG mode; its slices are not known")
        name = f"{gpu.name} (MIG {profile})" if profile else f"{gpu.name} (MIG)"
        whole = replace(gpu, name=name, memory=size or None, memory_free=None)
        out.append(row._replace(gpu=whole))
    return out, tuple(notes)


_ASK_GPUTIL = (
    "import GPUtil, json; "
    f"print(json.dumps(GPUtil.getAvailable(limit=999, maxLoad={_BUSY}, maxMemory={_BUSY})))"
)


def _who_is_free(shell: Shell, rows: list[_Row], patience: float) -> tuple[Gpu, ...]:
    """Say of each GPU whether nobody uses it now: GPUtil's word, else from our own query.

    GPUtil runs in a child: it waits for ever on a hanging nvidia-smi, raises on most of its
    errors, and on Python 3.12 and newer its import needs setuptools.
    """
    says: list[int] | None = None
    if _has("GPUtil"):
        answer = shell.query([sys.executable, "-c", _ASK_GPUTIL], timeout=patience)
        says = _integers(answer.out or "")
    return tuple(_judged(row.gpu, row.load, says) for row in rows)


def _judged(gpu: Gpu, load: float | None, says: list[int] | None) -> Gpu:
    used = None
    if gpu.memory and gpu.memory_free is not None:
        used = 1 - gpu.memory_free / gpu.memory
    if says is not None and used is not None and load is not None:
        return replace(gpu, free=gpu.index in says)
    known = [share for share in (used, load) if share is not None]  # GPUtil takes [N/A] for busy
    return replace(gpu, free=all(share < _BUSY for share in known) if known else None)


def _has(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _integers(text: str) -> list[int] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return [int(i) for i in found if isinstance(i, int)] if isinstance(found, list) else None
