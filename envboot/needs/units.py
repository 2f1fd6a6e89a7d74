"""Sizes, versions and lists as people write them; None for what is not understood.

GB and its like count as makers of memory and disks do (10**9 bytes), GiB and the single letters
of Docker, Slurm and Java as programs do (2**30). A number alone is bytes, as in devcontainer's
``hostRequirements``.
"""

from __future__ import annotations

import math
import re

from envboot.machine import arch_of, flag_of

ARCHS = ("x86_64", "arm64", "x86", "ppc64le", "s390x", "riscv64", "loongarch64", "armv7l")
SYSTEMS = ("linux", "macos", "windows")
_OS = {
    "darwin": "macos",
    "osx": "macos",
    "mac": "macos",
    "macosx": "macos",
    "win": "windows",
    "win32": "windows",
    "wsl": "linux",
    "linux2": "linux",
}
_FLAGS = {"avx512": "avx512f", "avx_512": "avx512f", "fma3": "fma", "sse4": "sse4_1"}
_AT_LEAST = r"(?:>=|==?|~=|at least|from)?\s*"
_OR_MORE = r"(?:\s*\+|\s+or\s+(?:more|newer|later|higher|above))?"
_SIZE = re.compile(
    _AT_LEAST + r"(\d{1,15}(?:\.\d{1,9})?)\s*([a-z]*)"
    r"(?:\s+(?:of\s+|free\s+)?(?:v?ram|memory|disk|storage|space|free))?" + _OR_MORE,
    re.IGNORECASE | re.ASCII,
)
_CORES = re.compile(
    _AT_LEAST + r"(\d{1,6}(?:\.\d{1,3})?)"
    r"\s*(?:(?:physical |logical |cpu )?cores?|v?cpus?|threads?)?" + _OR_MORE,
    re.IGNORECASE | re.ASCII,
)
_VERSION = re.compile(
    r"(?:cuda(?:[- ]?toolkit)?)?\s*"
    + _AT_LEAST
    + r"v?(\d{1,3})(?:\.(\d{1,3}))?(?:\.\d{1,3})*"
    + _OR_MORE,
    re.IGNORECASE | re.ASCII,
)
_SM = re.compile(r"(?:sm|compute)_?(\d{1,2})(\d)[a-z]?", re.IGNORECASE | re.ASCII)
_BYTES = {"": 1, "b": 1, "byte": 1, "bytes": 1}
for _power, (_letter, _decimal, _binary) in enumerate(
    (("k", "kilo", "kibi"), ("m", "mega", "mebi"), ("g", "giga", "gibi"), ("t", "tera", "tebi")), 1
):
    for _name in (f"{_letter}b", f"{_decimal}byte", f"{_decimal}bytes"):
        _BYTES[_name] = 1000**_power
    for _name in (_letter, f"{_letter}i", f"{_letter}ib", f"{_binary}byte", f"{_binary}bytes"):
        _BYTES[_name] = 1024**_power
_TOO_MUCH = 10**18
_LEAST = 2**20  # bytes; `memory = 16` means no 16 bytes


def gpus(value: object) -> int | None:
    """Return how many: True is 1; False, "no" and "optional" are 0 (see :func:`optional`)."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if 0 <= value <= 1024 else None  # noqa: PLR2004 - no computer has more
    if text(value).lower() in {"true", "yes", "on", "required"}:
        return 1
    if optional(value) or text(value).lower() in {"false", "no", "none", "off"}:
        return 0
    match = re.fullmatch(r"([0-9]{1,3})(?:\s*gpus?)?", text(value), re.IGNORECASE)
    return int(match.group(1)) if match else None


def optional(value: object) -> bool:
    """Return whether ``value`` says that a GPU is used where there is one."""
    return text(value).lower() in {"optional", "if available"}


def cores(value: object) -> int | None:
    """Return how many: ``4``, ``"4 cores"``, ``"2.5"`` (a part of a core counts as one)."""
    match = _CORES.fullmatch(text(value))
    return math.ceil(float(match.group(1))) or None if match else None


def size(value: object) -> int | None:
    """Return bytes: ``16GB``, ``8 GiB``, ``512m``, ``16 GB RAM``; a number alone is bytes."""
    match = _SIZE.fullmatch(text(value))
    unit = _BYTES.get(match.group(2).lower()) if match else None
    if match is None or unit is None:
        return None
    found = int(float(match.group(1)) * unit)
    return found if found >= (_LEAST if unit == 1 else 1) else None


def shown(size: int) -> str:
    """Return bytes as people read them: ``15.5 GiB``."""
    amount, unit = size / 2**20, "MiB"
    for bigger in ("GiB", "TiB"):
        if amount < 1024:  # noqa: PLR2004
            break
        amount, unit = amount / 1024, bigger
    return f"{amount:.1f}".removesuffix(".0") + f" {unit}"


def version(value: object) -> str | None:
    """Return "12.1" of ``cuda >= 12.1``, ``>=12.1``, ``12.1`` or ``12`` (12.0): at least this."""
    match = _VERSION.fullmatch(text(value))
    return f"{int(match.group(1))}.{int(match.group(2) or 0)}" if match else None


def capability(value: object) -> str | None:
    """Return "8.0" of ``8.0``, ``>= 8.0`` or ``sm_80``."""
    match = _SM.fullmatch(text(value))
    return f"{int(match.group(1))}.{match.group(2)}" if match else version(value)


def architectures(value: object) -> tuple[str, ...] | None:
    """Return names of :data:`ARCHS`, of which any will do: ``"amd64, aarch64"``."""
    names = tuple(dict.fromkeys(arch_of(word) for word in _words(value)))
    return names if names and set(names) <= set(ARCHS) else None


def systems(value: object) -> tuple[str, ...] | None:
    """Return names of :data:`SYSTEMS`, of which any will do: ``["linux", "osx"]``."""
    names = tuple(dict.fromkeys(_OS.get(word, word) for word in _words(value)))
    return names if names and set(names) <= set(SYSTEMS) else None


def flags(value: object) -> tuple[str, ...] | None:
    """Return instruction flags as Linux names them, all of which are needed: ``avx2, SSE4.2``."""
    told = (flag_of(word) for word in _words(value))
    names = tuple(dict.fromkeys(_FLAGS.get(flag, flag) for flag in told))
    return names if names and all(re.fullmatch(r"\w{2,32}", n, re.ASCII) for n in names) else None


def _words(value: object) -> list[str]:
    """Return the lower-case words of a list, or of a text that lists them."""
    items = value if isinstance(value, (list, tuple)) else [value]
    if not all(isinstance(item, str) for item in items):
        return []
    whole = re.sub(r"\bmac os\b", "macos", ",".join(map(str, items)).lower())
    return [word for word in re.split(r"[\s,;|/]+", whole) if word not in {"", "or", "and"}]


def text(value: object) -> str:
    """Return a number, a text or a list as its author wrote it; "" for what no need can be."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) >= _TOO_MUCH:
        return ""
    if isinstance(value, (int, str)):
        return " ".join(str(value)[:200].split())
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(text(item) for item in value[:50])
    return ""
