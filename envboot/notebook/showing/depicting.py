"""The sight of a stranger's notebook as a person reads it, every text of his made visible."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from envboot.formats.notebook import environment
from envboot.notebook.visible import brief, rows, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.notebook.showing import File, Sight

FEW = 40
"""Lines of a file that are shown before the rest is only counted."""
WIDE = 300
"""Characters of a line."""


def lines(sight: Sight, *, whole: bool = False) -> tuple[str, ...]:
    """Return the sight as a person reads it, every text of the stranger's made visible.

    ``whole``: long files and long lines to their end; scripts are shown so in any case.
    """
    return tuple(_lines(sight, whole))


def _lines(sight: Sight, whole: bool) -> Iterator[str]:
    yield f"{brief(sight.notebook.name)} carries an environment ({_version(sight)})"
    yield f"  sha256 {sight.digest}"
    yield f"  folder: {brief(str(sight.folder), 500)}"
    for file in sight.files:
        yield from _file(sight, file, whole)
    if sight.copy:
        yield f"{brief(sight.notebook.name)}, a copy: {_state(sight.copy)}"
    yield from _container(sight)
    yield from _rest(sight)
    for warning in sight.warnings:
        yield f"! {visible(warning)}"


def _version(sight: Sight) -> str:
    version = sight.embedded.version
    return f"version {brief(version, 20)} of the format" if version else "of somebody else's making"


def _file(sight: Sight, file: File, whole: bool) -> Iterator[str]:
    script = file.name in sight.scripts
    shown = rows(file.text)
    plural = "" if len(shown) == 1 else "s"
    yield f"{visible(file.name)}: {len(shown)} line{plural}, {_state(file.state)}"
    if script:
        yield f"  {_when(file.name)}"
    everything = whole or script
    for row in shown if everything else shown[:FEW]:
        yield f"  | {visible(row) if everything else _cut(visible(row))}"
    if not everything and len(shown) > FEW:
        yield f"  … and {len(shown) - FEW} more lines; `-v` shows them"
    for warning in file.warnings:
        yield f"  ! {visible(warning)}"


def _state(state: str) -> str:
    known = {
        "absent": "would be written",
        "same": "there already, unchanged",
        "differs": "differs from the one that is there",
        "refused": "cannot be written",
    }
    return known.get(state) or f"cannot be written: {state}"


def _when(name: str) -> str:
    if name.rsplit("/", 1)[-1] == "start":
        return "a script that envboot never runs"
    return "a script: it runs only on a yes of its own"


def _cut(row: str) -> str:
    more = len(row) - WIDE
    return row if more <= 0 else f"{row[:WIDE]} … and {more} more characters; `-v` shows them"


def _container(sight: Sight) -> Iterator[str]:
    if image := sight.embedded.container:
        yield f"container: {brief(image)}; envboot does not run it. By hand:"
        place = shlex.quote(f"{sight.folder}:/work")
        port = "-p 127.0.0.1:8888:8888"
        line = f"docker run --rm -it {port} -v {place} -w /work -- {shlex.quote(brief(image))}"
        yield f"  {visible(line)}"


def _rest(sight: Sight) -> Iterator[str]:
    carried = sight.embedded
    if machine := environment.machine(carried):
        yield f"machine: {_json(machine)}"
    for cloud in carried.clouds:
        yield f"cloud: {_json(cloud)}"
    if git := carried.git:
        where = f", folder {brief(git.subdir)}" if git.subdir else ""
        at = f" at {brief(git.commit, 64)}" if git.commit else ""
        yield f"git: {brief(git.path)}{at}{where}; `--clone` fetches it, on a yes of its own"
    for key, value in carried.unknown.items():
        yield f"unknown: {brief(str(key), 60)}: {_json(value)}"


def _json(value: object) -> str:
    try:
        return brief(json.dumps(value, ensure_ascii=False), 400)
    except (TypeError, ValueError, RecursionError):
        return brief(repr(value), 400)
