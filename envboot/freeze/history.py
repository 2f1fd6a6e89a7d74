"""``conda-meta/history``: what a person asked conda for, and from which channels.

The format is conda's own: a header ``==> date <==`` for each command, then its line ``# cmd:``, the
packages that came (``+``) and went (``-``), and ``# update specs: ['numpy=1.26']``. The verbs are
``update``, ``install``, ``create`` (asked for), ``remove``, ``uninstall`` (no longer) and
``neutered`` (asked for, the version is free now). Until conda 4.4 commas stood between the specs.
Source: conda's ``conda/history.py``; mamba and micromamba write the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot.conda import channels

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMIT = 1 << 22
"""Bytes of the file; years of use leave a hundredth."""
_VERBS = {
    **dict.fromkeys(("update", "install", "create"), "wanted"),
    **dict.fromkeys(("remove", "uninstall"), "removed"),
    "neutered": "freed",
}
_EXACT = re.compile(r"[^=\[]+={1,2}[^=]+=[^=*]+")
_FEW, _MANY = 3, 20  # packages
_NEARLY_ALL = 0.9
_SPECS = re.compile(r"#\s*(\w+)\s+specs:\s*(.*)")
_COMMAND = re.compile(r"#\s*cmd:\s*(.+)")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_CHANNEL = re.compile(r"(?:^|\s)(?:-c|--channel)(?:\s+|=|(?<=-c)(?=[^\s-]))([^\s]+)")
_GOES_ON = re.compile(r"\s*(?:[<>=!~|]|\d)")
_NAME = re.compile(r"[A-Za-z0-9_][\w.-]*")
_URL_TOKEN = re.compile(r"(://)[^/\s@]+@|/t/[^/\s]+(?=/)")


@dataclass(frozen=True)
class History:
    """What the commands asked for, all told."""

    asked: Mapping[str, str]
    """Name of the conda package → the match spec, as the last command that named it has it."""
    copied: frozenset[str]
    """Those of them that came with a copy of a whole environment (``--clone``, an exported file,
    ``@EXPLICIT``): its maker asked for all of them at once, and so for none."""
    channels: tuple[tuple[str, ...], ...]
    """Of each command with ``-c``, the latest first: its channels in the order of priority."""


def parse(text: str) -> History:
    """Return what a history says; what is no history says nothing."""
    asked: dict[str, str] = {}
    copied: set[str] = set()
    orders: list[tuple[str, ...]] = []
    for block in re.split(r"(?m)^\s*==>", text):
        said, given = _command(block)
        names = {name_of(spec) for spec in said["wanted"]}
        copied = copied | names if _is_copy(said["wanted"], block) else copied - names
        # What conda does in this order: first goes what was removed.
        for spec in said["removed"]:
            asked.pop(name_of(spec), None)
        for spec in (*said["wanted"], *said["freed"]):
            if name := name_of(spec):
                asked[name] = without_token(spec)
        orders += [given] if given else []
    return History(asked, frozenset(copied & asked.keys()), tuple(reversed(orders)))


def _is_copy(wanted: list[str], block: str) -> bool:
    """Return whether the specs of a command are the list of a whole environment.

    Builds are named for every package (nobody types these), or nearly all that came was asked for.
    """
    came = len(re.findall(r"(?m)^\s*\+", block))
    exact = sum(bool(_EXACT.fullmatch(spec)) for spec in wanted)
    placed = sum("::" in spec and "/" in spec.partition("::")[0] for spec in wanted)
    if len(wanted) < _FEW or exact < len(wanted) * _NEARLY_ALL:
        return len(wanted) >= _MANY and len(wanted) >= came * _NEARLY_ALL
    return placed == len(wanted) or len(wanted) >= came * _NEARLY_ALL


def _command(block: str) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """Return what one command asked for, and its channels."""
    said: dict[str, list[str]] = {"wanted": [], "removed": [], "freed": []}
    given: tuple[str, ...] = ()
    for line in block.splitlines():
        if match := _SPECS.match(line.strip()):
            verb = _VERBS.get(match[1].lower())
            said.get(verb or "", []).extend(specs(match[2]))
        elif match := _COMMAND.match(line.strip()):
            given = tuple(n for c in _CHANNEL.findall(match[1]) if (n := channels.name(c)))
    return said, given


def specs(text: str) -> list[str]:
    """Return the match specs of one line, in the new format or in the old one."""
    if text.startswith("["):
        quoted = (m[1] if m[1] is not None else m[2] for m in _QUOTED.finditer(text))
        found = [re.sub(r"\\(.)", r"\1", q) for q in quoted]
    else:
        found = []
        for part in text.split(","):
            if found and _GOES_ON.match(part):  # ``param >=1.5.1,<2.0`` is one spec
                found[-1] = f"{found[-1]},{part}"
            else:
                found.append(part)
    # conda leaves out ``name @``: packages that its base environment had for itself.
    return [f.strip() for f in found if f.strip() and f.isprintable() and not f.endswith("@")]


def name_of(spec: str) -> str:
    """Return the name in a match spec, in lower case; "" of one without a name.

    Also ``conda-forge/linux-64::numpy==1.26``, and the URL of a file.
    """
    if "://" in spec and "::" not in spec.partition("[")[0]:
        file = spec.partition("#")[0].rpartition("/")[2]
        return file.rsplit("-", 2)[0].lower() if file.count("-") > 1 else ""
    match = _NAME.match(spec.partition("[")[0].rpartition("::")[2].strip())
    return match[0].lower() if match else ""


def without_token(spec: str) -> str:
    """Return a spec without the token or the password of its channel's URL."""
    return _URL_TOKEN.sub(r"\1", spec) if "://" in spec or "/t/" in spec else spec
