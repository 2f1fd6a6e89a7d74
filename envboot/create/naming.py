"""What a new repository may be called, and what its package is called then."""

from __future__ import annotations

import keyword
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from envboot import names
from envboot.errors import UsageError
from envboot.infer import stdlib
from envboot.package.project import distribution_name

if TYPE_CHECKING:
    from envboot.shell import Shell

# What a folder, a repository on GitHub, a conda environment and a distribution (PEP 508) may all
# be called.
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
# Source: Microsoft, "Naming Files, Paths, and Namespaces".
_DEVICES = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)")
_LOGIN = re.compile(r"(?i)[a-z0-9](?:-?[a-z0-9]){0,38}")


def place(directory: str, base: Path, shell: Shell) -> Path:
    """Return the absolute path of the new repository. Raises UsageError when it cannot be one."""
    try:
        target = Path(os.path.abspath(base / Path(directory).expanduser()))  # noqa: PTH100 - a link stays
    except (RuntimeError, ValueError) as error:
        raise UsageError(f"no such place: {directory!a}") from error
    if not directory.strip() or target == target.parent:
        raise UsageError("the new repository needs a name", hint="`create NAME --ml`")
    why = why_not(target.name)
    if why:
        better = distribution_name(target.name)
        near = f"; `{better}` would do" if not why_not(better) else ""
        raise UsageError(f"{target.name!a} cannot be its name: {why}", hint=_RULE + near)
    if shell.kind(target) or shell.target(target) is not None:
        raise UsageError(f"{target} is there already", hint="give a name that is not taken")
    if shell.kind(target.parent) != "folder":
        raise UsageError(f"there is no folder {target.parent}", hint="make it first")
    if not shell.writable(target.parent):
        raise UsageError(f"you may not write in {target.parent}", hint="choose another folder")
    return target


_RULE = "letters, digits, `.`, `_` and `-`, with a letter or a digit at both ends, up to 100"


def why_not(name: str) -> str:
    """Return why nothing can be called so; "" when it can."""
    if not _NAME.fullmatch(name):
        return "a folder, GitHub, conda and pip do not all take it"
    if _DEVICES.match(name):
        return "on Windows a device is called so"
    if name.lower().endswith((".git", ".atom", ".wiki")):
        return "GitHub keeps that ending for itself"
    return ""


def module(name: str) -> str:
    """Return the name of the package in ``src``: an identifier that hides no other module."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not plain[:1].isalpha():
        plain = f"project_{plain}"
    taken = keyword.iskeyword(plain) or stdlib.is_stdlib(plain) or names.is_known(plain)
    return f"{plain}_project" if taken or plain in {"src", "test", "tests"} else plain


def organisation(text: str) -> str:
    """Return the login of an organisation on GitHub. Raises UsageError for what cannot be one."""
    if not _LOGIN.fullmatch(text):
        raise UsageError(
            f"{text!a} is no name of an organisation on GitHub",
            hint="letters, digits and single `-` inside, up to 39",
        )
    return text
