"""What makes an environment one of conda's: its history, its records, its place in the list.

Without a history, ``conda remove PACKAGE`` takes everything with it. Until all is done a file says
that the environment is half made. Source: conda's own environments, compared file by file.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.conda import addresses
from envboot.engines.rattler.work import metadata, specs
from envboot.errors import EnvbootError
from envboot.shell import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from envboot.conda.settings import Settings
    from envboot.engines.rattler.order import Order
    from envboot.engines.rattler.work.metadata import Document
    from envboot.engines.rattler.work.noarch import Compiled
    from envboot.shell import Shell

_MARK = "envboot-half-made"
_BESIDE = re.compile(r"(.+)--[0-9a-f]{8}")


def begin(prefix: Path, shell: Shell) -> None:
    """Say that the environment is half made."""
    shell.write(prefix / "conda-meta" / _MARK, "envboot makes this environment\n", lasting=False)


def half_made(prefix: Path, shell: Shell) -> bool:
    """Return whether a run of ours was ended while it made the environment."""
    return shell.kind(prefix / "conda-meta" / _MARK) == "file"


def not_begun(prefix: Path, shell: Shell) -> bool:
    """Return whether nothing is there, or what :func:`begin` leaves where a disk is full."""
    return all(
        path.name == "conda-meta" and shell.kind(path) == "folder" and not shell.folder(path)
        for path in shell.folder(prefix)
    )


def finish(
    order: Order,
    documents: Mapping[Path, Document],
    compiled: Compiled,
    known: Settings,
    shell: Shell,
) -> None:
    """Leave the environment as conda would: records, history, list; then take the mark away."""
    prefix = Path(order.prefix)
    asked: dict[str, list[str]] = {}
    for one in order.asked:
        if found := specs.parts(one.text):
            said = specs.spelled(one.text, lambda c: channel_name(c, known))
            asked.setdefault(found.name, []).append(said)
    for path, document in documents.items():
        name = str(document["name"])
        whole = metadata.amended(document, asked.get(name, ()), compiled.get(name, ()))
        metadata.write(path, whole, shell)
        _programs(prefix, whole, shell)
    shell.remove(prefix / "CACHEDIR.TAG")  # else backups leave the environment out
    now = time.time()
    shell.write(prefix / "conda-meta" / "created_at", f"{now:.6f}", lasting=False)
    flat = [spec for names in asked.values() for spec in names]
    command = redact(order.command, shell.environ)
    shell.write(
        prefix / "conda-meta" / "history",
        history(documents.values(), flat, command, known, now),
        lasting=False,
    )
    register(prefix, shell)
    shell.remove(prefix / "conda-meta" / _MARK)


def history(
    documents: Iterable[Document],
    asked: Sequence[str],
    command: str,
    known: Settings,
    now: float,
) -> str:
    """Return the first entry of a history; ``now`` in seconds since 1970.

    No line says which conda made it: none did, and conda only reads the line to ask for a newer
    one of itself.
    """
    names: dict[str, str] = {}
    for document in documents:
        channel = metadata.channel_of(document)
        if channel not in names:
            names[channel] = channel_name(channel, known)
    packages = sorted(_line(d, names[metadata.channel_of(d)]) for d in documents)
    lines = [
        time.strftime("==> %Y-%m-%d %H:%M:%S <==", time.localtime(now)),
        f"# cmd: {' '.join(command.split())}",
        *packages,
        *([f"# update specs: {list(asked)}"] if asked else []),
    ]
    return "".join(f"{line}\n" for line in lines)


def _line(document: Document, channel: str) -> str:
    package = f"{document['name']}-{document['version']}-{document['build']}"
    return f"+{channel}/{document['subdir']}::{package}"


def channel_name(address: str, known: Settings) -> str:
    """Return what conda calls the channel at an address: ``defaults``, ``conda-forge``, or it.

    A name is returned as it is.
    """
    if "://" not in address:
        return address
    plain = addresses.shown(address).rstrip("/")
    many = (("defaults", known.default_channels), *known.custom_multichannels)
    for name, members in many:
        if members and plain in map(addresses.shown, addresses.urls((name, "nodefaults"), known)):
            return name
    for name, base in known.custom_channels:
        if plain == f"{addresses.shown(base).rstrip('/')}/{name}":
            return name
    alias = f"{addresses.shown(known.alias).rstrip('/')}/"
    return plain.removeprefix(alias)


def register(prefix: Path, shell: Shell) -> None:
    """Note the environment in the person's list, once; a home that is read-only is no failure."""
    if shell.home is None:
        return
    match = _BESIDE.fullmatch(prefix.name)
    place = prefix.with_name(match[1]) if match else prefix  # what its link is, or will be
    listed = shell.home / ".conda" / "environments.txt"
    said = (shell.read(listed) or b"").decode("utf-8", "replace")
    if str(place) in said.splitlines():
        return
    before = "\n" if said and not said.endswith("\n") else ""
    try:
        shell.append(listed, f"{before}{place}\n")
    except EnvbootError as error:
        shell.log(f"conda is not told of {place}: {error}")


def _programs(prefix: Path, document: Document, shell: Shell) -> None:
    """Give what starts an entry point the mode of the person's umask."""
    for entry in document["paths_data"]["paths"]:
        if entry.get("path_type") == "unix_python_entry_point":
            path = prefix / entry["_path"]
            if ".." in path.parts or prefix not in path.parents:
                continue  # a package's word: nothing outside is touched
            data = shell.read(path)
            if data is not None:
                shell.remove(path)
                shell.write(path, data, executable=True, lasting=False)
