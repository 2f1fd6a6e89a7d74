"""AMD GPUs: ``rocm-smi`` in a child with a time-out, else what the kernel says in sysfs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.machine.graphics import PATIENCE, Gpu, Graphics, natural, short, word

if TYPE_CHECKING:
    from envboot.shell import Shell


def look(shell: Shell, patience: float = PATIENCE) -> Graphics:
    """Return the AMD GPUs of a Linux computer; rocm-smi may take ``patience`` seconds."""
    found = shell.which("rocm-smi")
    usual = Path("/opt/rocm/bin/rocm-smi")
    program = str(found) if found else str(usual) if shell.kind(usual) == "file" else ""
    if not program:
        return _in_sysfs(shell)
    argv = [program, "--showproductname", "--showmeminfo", "vram", "--json"]
    answer = shell.query(argv, timeout=patience)
    cards = _cards(answer.out or "")
    if answer.out is None or not cards:
        why = short(answer.why) or "rocm-smi said nothing usable"
        rest = _in_sysfs(shell)
        return Graphics(rest.gpus, "", (why, *rest.notes))
    return Graphics(tuple(_card(index, told) for index, told in sorted(cards.items())))


def _cards(out: str) -> dict[int, dict[str, str]]:
    """Return {number: {key in lower case: value}}; rocm-smi may print warnings around its JSON."""
    start, end = out.find("{"), out.rfind("}")
    try:
        told = json.loads(out[start : end + 1]) if start >= 0 else {}
    except (ValueError, RecursionError):
        told = {}
    cards: dict[int, dict[str, str]] = {}
    for key, value in told.items() if isinstance(told, dict) else ():
        number = re.fullmatch(r"card(\d{1,4})", key)
        if number and isinstance(value, dict):
            cards[int(number.group(1))] = {str(k).lower(): str(v) for k, v in value.items()}
    return cards


def _card(index: int, told: dict[str, str]) -> Gpu:
    names = (told.get(k, "") for k in ("card series", "card model", "device name", "card sku"))
    name = next((n for n in names if n and n != "N/A"), "AMD GPU")
    total = natural(told.get("vram total memory (b)", ""))
    used = natural(told.get("vram total used memory (b)", ""))
    free = max(0, total - used) if total is not None and used is not None else None
    return Gpu(index, short(name), "amd", memory=total, memory_free=free, driver="rocm")


def _in_sysfs(shell: Shell) -> Graphics:
    gpus: list[Gpu] = []
    for card in shell.folder(Path("/sys/class/drm")):
        if not re.fullmatch(r"card\d{1,4}", card.name):
            continue
        device = card / "device"
        if word(shell, device / "vendor") != "0x1002":  # PCI-SIG: Advanced Micro Devices
            continue
        name = f"AMD GPU {word(shell, device / 'device')}".strip()
        total = natural(word(shell, device / "mem_info_vram_total"))
        used = natural(word(shell, device / "mem_info_vram_used"))
        free = max(0, total - used) if total is not None and used is not None else None
        gpus.append(Gpu(len(gpus), name, "amd", memory=total, memory_free=free))
    notes = ("an AMD GPU is there, but no ROCm (rocm-smi not found)",) if gpus else ()
    return Graphics(tuple(gpus), "", notes)
