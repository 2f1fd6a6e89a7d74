"""Why a module does not import, in words, and what to do about it."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot import names
from envboot.spec import normalise
from envboot.verify import libraries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec

_LIBRARY = re.compile(
    r"([\w.+-]+\.so[\w.]*): cannot open shared object|Library not loaded: \S*?([\w.+-]+\.dylib)"
)
_TEXTS = tuple(
    (re.compile(pattern), why, hint)
    for pattern, why, hint in (
        (
            r"version [`'](GLIBC|GLIBCXX|CXXABI)_([\d.]+)' not found",
            "it was built for a newer system: this one lacks {0}_{1}",
            "an older version of it, or conda-forge's build, fits this system",
        ),
        (
            r"invalid ELF header|wrong ELF class|incompatible architecture|not a valid Win32",
            "it was built for another kind of machine: {text}",
            "install it anew on this machine",
        ),
        (
            "DLL load failed",
            "{text}",
            "install the Microsoft Visual C++ Redistributable, or its CPU build",
        ),
        (
            r"compiled using NumPy 1|dtype size changed|multiarray failed to imp|_ARRAY_API not f",
            "it was built against another version of NumPy: {text}",
            "versions do not fit together: `numpy<2` is the usual cure, else renew both",
        ),
        (
            "undefined symbol",
            "it was built against another version of a library: {text}",
            "install versions that were released together",
        ),
        (
            r"cannot import name '?(\w+)'? from (?:partially initialized module )?'?([\w.]+)",
            "versions do not fit together: {1} has no {0}",
            "pin the version of {1} that the code was written for",
        ),
        (
            r"module '(\w+)[\w.]*' has no attribute '(\w+)'",
            "versions do not fit together: {0} has no {1}",
            "pin the version of {0} that the code was written for",
        ),
        (
            r"(?i)\bdisplay\b",
            "it needs a graphical display: {text}",
            "set DISPLAY, or start it with `xvfb-run`",
        ),
    )
)
"""What an error says → why, and what to do; {0} and {1} are the groups of the pattern."""

_LEFT = {
    **{
        name: (
            f"`{name}` left Python in {version}",
            f"ask for python <{version}, or newer packages",
        )
        for name, version in (("distutils", "3.12"), ("imp", "3.12"), ("cgi", "3.13"))
    },
    "pkg_resources": ("setuptools no longer brings `pkg_resources`", "add setuptools<81"),
}
WINDOWS_CRASH = {0xC0000005: "access violation", 0xC000001D: "illegal instruction"}


@dataclass(frozen=True)
class Reason:
    """Why, and what to do about it."""

    why: str
    hint: str = ""


def of_error(
    module: str,
    error: Mapping[str, str],
    spec: EnvironmentSpec,
    there: frozenset[str],
    shell: Shell,
) -> Reason:
    """Return why an import ended with ``error``, as ``verify.inside.describe`` tells it.

    ``there`` are the normalised names of the installed distributions.
    """
    kind, text = error.get("type", ""), " ".join(error.get("text", "").split())
    if kind == "ModuleNotFoundError" and error.get("name"):
        return _missing(module, error["name"], spec, there)
    if kind == "SystemExit":
        return Reason(f"it ends the program when imported (status {error.get('code') or 0})")
    if found := _LIBRARY.search(text):
        return _library(found[1] or found[2], error.get("path", ""), shell)
    for pattern, why, hint in _TEXTS:
        if found := pattern.search(text):
            words = [*found.groups(), "", ""]
            return Reason(why.format(*words, text=text[:300]), hint.format(*words))
    return Reason(f"{kind}: {text}" if text else kind)


def of_status(status: int) -> Reason:
    """Return why the interpreter ended while it imported a module."""
    if status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        if name == "SIGILL":
            return Reason(
                "it was built for another processor (SIGILL, illegal instruction)",
                "an older version, or conda-forge's build, does with fewer instructions",
            )
        if name == "SIGKILL":
            return Reason("it was killed (SIGKILL): probably out of memory")
        return Reason(
            f"it crashes the interpreter ({name})", "reinstall it, or try another version"
        )
    if status & 0xFFFFFFFF in WINDOWS_CRASH:
        return Reason(f"it crashes the interpreter ({WINDOWS_CRASH[status & 0xFFFFFFFF]})")
    return Reason(f"it ends the interpreter when imported (status {status})")


def _missing(module: str, missing: str, spec: EnvironmentSpec, there: frozenset[str]) -> Reason:
    top = missing.partition(".")[0]
    source = spec.source.path if spec.source else "the dependency files"
    own = module == missing or module.startswith(f"{missing}.")
    subject = "" if own else f"it needs {missing}: "
    if top in _LEFT:
        return Reason(f"{subject}{_LEFT[top][0]}", _LEFT[top][1])
    declared = {normalise(d.name) for d in spec.dependencies}
    brings = names.distribution(missing) or (normalise(top) in declared and normalise(top)) or None
    if brings is None:
        return Reason(
            f"{subject}nothing in the environment provides {missing}",
            f"find out which distribution brings `{missing}` and add it to {source}; "
            "one of the same name may be another project",
        )
    if normalise(brings) in there:
        return Reason(
            f"{subject}the {brings} that is installed has no {missing}",
            f"pin the version of {brings} that the code was written for",
        )
    if normalise(brings) in declared:
        return Reason(f"{subject}{brings} is declared in {source}, but not installed")
    return Reason(
        f"{subject}nothing in the environment provides it: {brings} is not declared in {source}",
        f"add {brings} to {source}",
    )


def _library(library: str, path: str, shell: Shell) -> Reason:
    """Ask ldd (otool on a Mac) which library of the extension at ``path`` is not found."""
    row = ""
    if path and shell.which("ldd"):
        told = (shell.query(("ldd", path), timeout=10.0).out or "").splitlines()
        rows = [" ".join(r.split()) for r in told if "not found" in r]
        row = next((r for r in rows if r.startswith(library)), rows[0] if rows else "")
    shown = f" (ldd: {row})" if row else ""
    return Reason(f"the shared library {library} is missing{shown}", libraries.hint(library, shell))
