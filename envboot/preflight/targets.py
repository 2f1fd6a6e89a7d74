"""Names of targets, and the computers that they stand for.

Sources: those of :mod:`envboot.machine.hosted`; NVIDIA's CUDA release notes (the Linux driver that
came with each CUDA).
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envboot import platforms
from envboot.errors import UsageError
from envboot.machine import Gpu, Machine, arch_of
from envboot.machine.hosted import SIZES, sized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.platforms import Platform

DEFAULT = ("here", *platforms.USUAL)
"""Without ``--for``."""
DRIVERS = {
    "11.8": "520.61.05",
    "12.1": "530.30.02",
    "12.4": "550.54.14",
    "12.6": "560.28.03",
    "12.8": "570.26",
    "13.0": "580.65.06",
}
"""The driver that came with each CUDA."""
_PLATFORM = {"github-windows": "win-64", "github-macos": "osx-arm64"}
_ALIASES = {
    "github-actions": "github-ubuntu",
    "codespaces": "codespaces-2core",
    "mac": "osx-arm64",
    "macos": "osx-arm64",
    "windows": "win-64",
    "linux": "linux-64",
}


@dataclass(frozen=True)
class Target:
    """One computer to judge the repository against."""

    name: str
    platform: Platform
    virtual: tuple[str, ...] | None
    """conda's virtual packages; None: those of this computer."""
    machine: Machine
    """What is known of it: 0 cores and None are what is not."""
    assumed: bool = True
    """True: the versions of the C library and of macOS are assumptions."""
    cuda: str = ""

    def environment(self, python: str) -> dict[str, str]:
        """Return the values of PEP 508's markers there, for the Python "3.11"."""
        return self.platform.environment(python)

    @property
    def family(self) -> str:
        """Return what one may choose a larger size of, ``codespaces``; "" elsewhere."""
        return "codespaces" if self.name.startswith("codespaces-") else ""


def names() -> tuple[str, ...]:
    """Return every name that ``--for`` takes."""
    cuda = (f"cuda{version.replace('.', '')}" for version in DRIVERS)
    return ("here", "cpu", *cuda, *platforms.ALL, *SIZES, "colab", *_ALIASES)


def read(given: Sequence[str], here: Machine, subdir: str) -> tuple[Target, ...]:
    """Return the targets that are named, each once; :data:`DEFAULT` where none is.

    ``here`` is this computer, ``subdir`` conda's name of its platform. Commas and blanks separate.
    Raises UsageError for a name that nobody knows.
    """
    asked = [word for text in given for word in re.split(r"[,\s]+", text.strip()) if word]
    if given and not asked:
        raise UsageError("`--for` names nothing", hint="`--for cpu,osx-arm64,win-64`")
    return tuple(_target(name, here, subdir) for name in dict.fromkeys(asked or DEFAULT))


def sibling(target: Target, other: str) -> Target:
    """Return the target of the same family with the sizes of ``other``."""
    return replace(target, name=other, machine=sized(target.machine, other))


def _target(given: str, here: Machine, subdir: str) -> Target:
    name = _ALIASES.get(given.lower(), given.lower())
    if name == "here":
        return Target(name, _own(subdir, here), None, here, assumed=False, cuda=here.cuda)
    cuda = re.fullmatch(r"(?:([a-z]+-[a-z0-9]+)\+)?cuda[-=]?(\d\d)\.?(\d)", name)
    version = f"{cuda[2]}.{cuda[3]}" if cuda else ""
    if cuda and version in DRIVERS and (cuda[1] or "linux-64") in platforms.ALL:
        return _with_cuda(given, platforms.ALL[cuda[1] or "linux-64"], version)
    if name in platforms.ALL:
        return _plain(given, platforms.ALL[name])
    if name in {"cpu", "colab", *SIZES}:
        found = _plain(given, platforms.ALL[_PLATFORM.get(name, "linux-64")])
        if name == "colab":  # with a GPU or without, as the person chose there
            return found
        machine = found.machine if found.machine.gpus else replace(found.machine, gpus=())
        found = replace(found, machine=machine)
        return sibling(found, name) if name in SIZES else found
    near = difflib.get_close_matches(name, names(), 3, 0.5)
    meant = " or ".join(f"`{n}`" for n in near)
    hint = f"did you mean {meant}?" if near else f"targets: {', '.join(names())}"
    raise UsageError(f"there is no target `{_printable(given)}`", hint=hint)


def _own(subdir: str, here: Machine) -> Platform:
    """Return this computer's platform, also one that nobody lists."""
    known = platforms.ALL.get(subdir)
    if known:
        return known
    system = {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}.get(here.system, "")
    return platforms.Platform(subdir, system, here.arch, "", ())


def _plain(name: str, platform: Platform) -> Target:
    """Return a machine of a platform of which nobody knows the size, or whether it has a GPU."""
    darwin = platform.sys_platform == "darwin"
    gpus: tuple[Gpu, ...] | None = None
    if darwin:
        gpus = (Gpu(0, "Apple Silicon", "apple"),) if platform.machine == "arm64" else ()
    machine = Machine(
        system=platform.system,
        arch=arch_of(platform.machine),
        cpus=0,
        python="",
        gpus=gpus,
        glibc=platforms.GLIBC if platform.sys_platform == "linux" else "",
        macos=platforms.MACOS if darwin else "",
    )
    return Target(name, platform, platform.virtual, machine)


def _with_cuda(name: str, platform: Platform, version: str) -> Target:
    found = _plain(name, platform)
    gpu = Gpu(0, f"an NVIDIA GPU with CUDA {version}", "nvidia", driver=DRIVERS[version])
    return replace(
        found,
        virtual=(*platform.virtual, f"__cuda={version}=0"),
        machine=replace(found.machine, gpus=(gpu,), cuda=version),
        cuda=version,
    )


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:40])
