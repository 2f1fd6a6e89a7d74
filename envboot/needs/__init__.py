"""What is asked of the computer: read as people write it, and what packages imply.

:mod:`envboot.needs.units` says how values are written, :mod:`envboot.needs.implied` what packages
imply.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from envboot.errors import InvalidFile
from envboot.needs import implied, units
from envboot.spec import Need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envboot.spec import EnvironmentSpec, Level, Origin

KEYS = (
    "cpus",
    "memory",
    "disk",
    "gpu",
    "gpu_memory",
    "cuda",
    "compute_capability",
    "arch",
    "os",
    "cpu_flags",
    "glibc",
    "macos",
)
NO = "no"
"""The text of a ``gpu`` need that says that none is used (``gpu = false``; its value is 0)."""
_OF_GPU = frozenset({"gpu_memory", "cuda", "compute_capability"})
_MEANT = {
    "cpu": "cpus",
    "cores": "cpus",
    "ram": "memory",
    "space": "disk",
    "vram": "gpu_memory",
    "gpus": "gpu",
    "architecture": "arch",
    "platform": "os",
    "system": "os",
    "flags": "cpu_flags",
    "instructions": "cpu_flags",
    "libc": "glibc",
    "macosx": "macos",
}


def read(mapping: Mapping[str, object], locate: Callable[[str], Origin]) -> tuple[Need, ...]:
    """Return the needs in ``mapping``, minimum ones first.

    Keys are :data:`KEYS` (``storage`` is devcontainer's word for ``disk``), and ``recommended``
    with the same keys, nested or dotted. ``locate("recommended.memory")`` says where a key
    stands. Raises InvalidFile with that origin for an unknown key, unit or type.
    """
    needs: dict[tuple[str, Level], Need] = {}
    for path, key, level, value in _entries(mapping, locate):
        origin = locate(path)
        for need in _need(key, value, level, origin):
            if (need.key, level) in needs:
                raise InvalidFile(
                    f"{need.key} is declared twice", hint="keep one of them", origin=origin
                )
            needs[need.key, level] = need
    order = {key: number for number, key in enumerate(KEYS)}
    return tuple(
        sorted(needs.values(), key=lambda need: (need.level != "minimum", order[need.key]))
    )


def complete(
    spec: EnvironmentSpec, environment: Mapping[str, str] | None = None
) -> EnvironmentSpec:
    """Return ``spec`` with the needs that its packages imply; a declared one of a key wins.

    ``environment`` holds the values of PEP 508 markers (default: this interpreter's): a
    dependency that it excludes implies nothing. Doing it twice changes nothing.
    """
    told = {need.key for need in spec.needs}
    if any(need.key == "gpu" and need.text == NO for need in spec.needs):
        told |= _OF_GPU
    more = tuple(n for n in implied.needs(spec, environment) if n.key not in told)
    return replace(spec, needs=(*spec.needs, *more)) if more else spec


def asked(spec: EnvironmentSpec) -> frozenset[str]:
    """Return the slow facts that the needs of ``spec`` ask for: what to give to ``probe``."""
    keys = {need.key for need in spec.needs if need.text != NO}
    facts = {"gpu"} if keys & (_OF_GPU | {"gpu"}) else set()
    return frozenset(facts | (keys & {"cpu_flags"}))


def _entries(
    mapping: Mapping[str, object], locate: Callable[[str], Origin]
) -> Iterator[tuple[str, str, Level, object]]:
    """Yield (path for ``locate``, key, level, value)."""
    for name, value in mapping.items():
        prefix, _, rest = str(name).partition(".")
        if _plain(prefix) != "recommended":
            yield str(name), _key(str(name), locate(str(name))), "minimum", value
        elif rest:
            yield str(name), _key(rest, locate(str(name))), "recommended", value
        elif isinstance(value, Mapping):
            for inner, what in value.items():
                path = f"{name}.{inner}"
                yield path, _key(str(inner), locate(path)), "recommended", what
        else:
            raise InvalidFile(
                "recommended is not a table of needs",
                hint='write for example `recommended = {memory = "32 GB"}`',
                origin=locate(str(name)),
            )


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_")


def _key(name: str, origin: Origin) -> str:
    plain = _plain(name)
    if plain == "storage":
        return "disk"
    if plain in KEYS:
        return plain
    near = _MEANT.get(plain) or next(iter(difflib.get_close_matches(plain, KEYS, 1)), "")
    hint = f"did you mean `{near}`?" if near else f"the keys are {', '.join(KEYS)}"
    raise InvalidFile(f"unknown need {_shown(name)}", hint=hint, origin=origin)


def _need(key: str, value: object, level: Level, origin: Origin) -> Iterator[Need]:
    """Yield the need, or two: devcontainer's ``gpu`` may be ``{cores, memory}``."""
    if key == "gpu" and isinstance(value, Mapping):
        yield Need("gpu", 1, "1", origin, level)
        if "memory" in value:
            yield from _need("gpu_memory", value["memory"], level, origin)
        return
    read = _READ[key](value)
    if read is None:
        raise InvalidFile(
            f"{key}: {_shown(value)} is not understood", hint=_HINTS[key], origin=origin
        )
    text = NO if key == "gpu" and read == 0 and not units.optional(value) else units.text(value)
    yield Need(key, read, text, origin, level)


_READ: dict[str, Callable[[object], Any]] = {
    "cpus": units.cores,
    "memory": units.size,
    "disk": units.size,
    "gpu": units.gpus,
    "gpu_memory": units.size,
    "cuda": units.version,
    "compute_capability": units.capability,
    "arch": units.architectures,
    "os": units.systems,
    "cpu_flags": units.flags,
    "glibc": units.version,
    "macos": units.version,
}
_HINTS = {
    "cpus": "write a number of cores: `4`",
    "memory": "write a number and a unit: `16 GB`, `8 GiB`",
    "disk": "write a number and a unit: `20 GB`",
    "gpu": 'write true, false, "optional" or how many',
    "gpu_memory": "write a number and a unit: `24 GB`",
    "cuda": "write the oldest version that will do: `>= 12.1`",
    "compute_capability": "write the lowest that will do: `8.0`",
    "arch": f"the architectures are {', '.join(units.ARCHS)}",
    "os": f"the systems are {', '.join(units.SYSTEMS)}",
    "cpu_flags": "write the flags as Linux does: `avx2, fma`",
    "glibc": "write the oldest version that will do: `>= 2.28`",
    "macos": "write the oldest version that will do: `>= 13.0`",
}


def _shown(value: object) -> str:
    text = units.text(value) or type(value).__name__
    return f"`{text[:60]}`"
