"""What has no place in a file for other computers, and what is for some platforms only.

Sources: the metadata of the distributions named, and conda-forge's names of native packages.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from envboot.spec import normalise


def _marked(system: str, text: str) -> dict[str, str]:
    return dict.fromkeys(text.split(), f"sys_platform {system}")


_MARKERS = {
    **_marked(
        '== "win32"',
        "comtypes pypiwin32 pywin32 pywin32-ctypes pywinauto pywinpty win-inet-pton winshell wmi",
    ),
    **_marked('== "darwin"', "appnope py2app rumps tensorflow-macos tensorflow-metal"),
    **_marked(
        '== "linux"',
        "inotify nvidia-dali-cuda110 nvidia-dali-cuda120 pyinotify python-apt rpi-gpio triton",
    ),
    **_marked('!= "win32"', "uvloop python-daemon sh ptyprocess"),
}
_NVIDIA = re.compile(r"nvidia-(cu|nc|nv|npp)[a-z0-9-]*|cuda-(?:bindings|toolkit|pathfinder)")
_CUDA = re.compile(
    r"cuda|cuda-[a-z0-9-]+|cudatoolkit(?:-dev)?|cudnn|cpuonly|cutensor|lib(?:cu|nv|npp)[a-z0-9-]+"
    r"|nccl|pytorch-cuda|pytorch-mutex"
)
_PLATFORM = re.compile(
    r".*[-_](?:linux|osx|win)-?(?:32|64|aarch64|arm64|ppc64le)"
    r"|(?:m2w64|msys2|m2)-.*|vs20\d\d_.*|vc|ucrt|__.*|_.*"
)
ITSELF = frozenset({"conda", "envboot", "libmamba", "mamba", "micromamba", "pip", "python"})
"""Never a line for its own sake: tools that make an environment, and its interpreter."""


BROUGHT = {"triton": "torch"}
"""Distributions whose one right version another one brings, and which would bind it."""


def marker(distribution: str) -> str:
    """Return the PEP 508 marker of a distribution that only some platforms have; else ""."""
    if distribution.startswith("pyobjc"):
        return 'sys_platform == "darwin"'
    return _MARKERS.get(distribution, "")


def is_native(distribution: str) -> bool:
    """Return whether a wheel holds only libraries that another distribution brings along."""
    return bool(_NVIDIA.fullmatch(distribution))


def why_not_conda(name: str) -> str:
    """Return why a conda package without Python is for one computer only; "" when it is not."""
    if _CUDA.fullmatch(name):
        return "which CUDA fits is decided on each computer"
    if _PLATFORM.fullmatch(name):
        return "it is for one platform"
    return ""


def location(url: str, distribution: str) -> str:
    """Return a PEP 610 URL as it can stand behind ``name @``; "" where it must not.

    Folders of this computer, wheels (each for one platform) and addresses with a password stay out.
    """
    parts = split(url)
    scheme = parts.scheme.lower()
    if not re.fullmatch(r"(?:(?:git|hg|svn|bzr)\+)?(?:https?|ssh)", scheme) or not parts.hostname:
        return ""
    if parts.password or (parts.username and parts.username != "git"):
        return ""
    if parts.path.endswith(".whl") or re.search(r"\s", url) or normalise(distribution) == "":
        return ""
    return url


def split(url: str) -> SplitResult:
    """Return the parts of a URL; of what is none, nothing."""
    try:
        return urlsplit(url)
    except ValueError:  # a bracket that is no IPv6 address
        return urlsplit("")


def channel(text: str) -> bool:
    """Return whether a channel can be had elsewhere: a name, or a URL without credentials."""
    if re.match(r"[a-z]+://", text):
        parts = split(text)
        tokens = parts.username or parts.password or re.match(r"/t/[^/]+", parts.path)
        return parts.scheme in {"http", "https"} and not tokens
    return bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_./-]*", text))
