"""The child that fetches a wheel by its digest and unpacks it, with the standard library alone.

``python -m envboot.tools.fetching --name py-rattler … -- FOLDER``: started as a child
(``plan.child``), so that a hanging server or Ctrl-C ends it like any program. The wheel comes
from the index that pip is configured with and counts only when its sha256 is the one that was
asked for: an index cannot hand over anything else. PEP 427 names the wheels.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.client
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from envboot import caches, index, tools
from envboot.errors import CommandFailed, EnvbootError, FallsShort
from envboot.shell import quiet, redact
from envboot.shell.local import LocalShell
from envboot.tools import network, pages, unpacking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envboot.index import Index
    from envboot.shell import Shell

_PAUSES = (0.2, 1.0)  # seconds; on Windows a virus scanner that looks into a folder holds it


@dataclass(frozen=True)
class Wanted:
    """One wheel that is trusted."""

    name: str
    """As the index calls its page: ``py-rattler``."""
    version: str
    filename: str
    sha256: str
    size: int = 0
    """Bytes; 0: not known."""
    hint: str = ""
    """What to do when nobody has it."""

    @property
    def text(self) -> str:
        """Return name and version for people."""
        return f"{self.name} {self.version}"


def fetch(wanted: Wanted, where: Index, shell: Shell, said: Callable[[str], None] = quiet) -> bytes:
    """Return the wheel.

    Raises FallsShort when no place has it, CommandFailed when what came is not that wheel.
    """
    tried: list[str] = []
    for place in where.find_links:
        if index.local(place) and index.path_of(place, shell).is_dir():
            found = index.path_of(place, shell) / wanted.filename
            if found.is_file():
                return _checked(found.read_bytes(), wanted, str(found))
            tried.append(f"{place} has no {wanted.filename}")
        else:
            with _noted(tried, place):
                return _from_page(place, wanted, where, shell, said)
    for url in where.urls:
        page = f"{url.rstrip('/')}/{wanted.name}/"
        with _noted(tried, page):
            return _from_page(page, wanted, where, shell, said)
    raise FallsShort(
        f"{wanted.text} cannot be fetched: "
        + (redact("; ".join(tried)) or "no index is configured, and there is no network"),
        hint=wanted.hint or "pip's settings say where packages come from: index, proxy, cert",
    )


@contextlib.contextmanager
def _noted(tried: list[str], place: str) -> Iterator[None]:
    """Keep why a place had nothing, and go on to the next; a wrong digest is never passed over."""
    try:
        yield
    except (OSError, ValueError, LookupError, http.client.HTTPException) as error:
        tried.append(f"{place}: {network.reason(error)}")


def _from_page(
    page: str, wanted: Wanted, where: Index, shell: Shell, said: Callable[[str], None]
) -> bytes:
    """Follow the wheel's link on a page of links. Raises LookupError when there is none."""
    link = pages.link(network.get(page, where, shell, said=said), wanted.filename)
    reply = network.get(link, where, shell, size=wanted.size, said=said)
    return _checked(reply.data, wanted, link)


def _checked(data: bytes, wanted: Wanted, source: str) -> bytes:
    if hashlib.sha256(data).hexdigest() != wanted.sha256:
        raise CommandFailed(
            f"{redact(source)} is not {wanted.text} as it was released: its sha256 differs",
            hint="something between here and PyPI changes files; tell whoever runs that index",
        )
    return data


# ------------------------------------------------------------------------- the folder


def bring(
    wanted: Wanted, into: Path, where: Index, shell: Shell, said: Callable[[str], None]
) -> None:
    """Fetch the wheel and unpack it at ``into``, whole or not at all.

    What lies there already is taken only in the person's own cache: beside an environment it may
    have come with a repository. Raises EnvbootError.
    """
    cache = caches.folder(shell)
    trusted = cache is not None and cache in into.parents
    if not trusted:
        shell.confine(into.parent.parent)  # a repository may have brought a link there
    if trusted and tools.whole(into, shell):
        return
    with shell.lock(into.with_name(f".{into.name}.lock"), lambda who: _wait(who, said)):
        if trusted and tools.whole(into, shell):
            return
        for rest in shell.folder(into.parent):
            if rest.name.startswith(f".{into.name}.") and rest.suffix == ".part":
                shell.remove(rest)  # of a run that was killed
        data = fetch(wanted, where, shell, said)
        part = into.with_name(f".{into.name}.{os.getpid()}.part")
        try:
            said(f"unpacking {wanted.text}")
            unpacking.unpack(data, part, shell)
            shell.sync()
            if not (trusted and tools.whole(into, shell)):
                _place(part, into, shell)
        except CommandFailed:
            # Without locks (some cluster file systems) another run may have been faster.
            if not (trusted and tools.whole(into, shell)):
                raise
        finally:
            shell.remove(part)


def _place(part: Path, into: Path, shell: Shell) -> None:
    """Give the folder its name, in place of one that is not whole, or not believed."""
    if shell.kind(into) or shell.target(into):
        away = part.with_name(f".{into.name}.{os.getpid()}-old.part")
        shell.rename(into, away)
        shell.remove(away)
    for pause in _PAUSES:
        with contextlib.suppress(CommandFailed):
            shell.rename(part, into)
            return
        time.sleep(pause)
    shell.rename(part, into)


def _wait(who: str, said: Callable[[str], None]) -> None:
    said(f"waiting for another envboot that fetches it ({who.strip()})")


def main(arguments: list[str]) -> int:
    """Fetch a tool; the last lines that are printed say what went wrong."""
    parser = argparse.ArgumentParser(prog="python -m envboot.tools.fetching", description=__doc__)
    parser.add_argument("--name", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--file", required=True, metavar="WHEEL")
    parser.add_argument("--sha256", required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--offline", action="store_true", help="use folders of this computer only")
    parser.add_argument("into", type=Path)
    given = parser.parse_args(arguments)
    wanted = Wanted(given.name, given.version, given.file, given.sha256, given.size)
    return ended(
        lambda where, shell: bring(wanted, given.into, where, shell, say),
        f"{wanted.text} is there",
        offline=given.offline,
    )


def ended(work: Callable[[Index, Shell], object], done: str, *, offline: bool) -> int:
    """Do the work of a child as pip is configured; say how it ended, and return the status."""
    shell = LocalShell()
    where = index.settings(shell)
    if offline:
        where = index.offline(where, shell)
    try:
        work(where, shell)
    except EnvbootError as error:
        say(str(error) + (f"\nhint: {error.hint}" if error.hint else ""))
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    say(done)
    return 0


def say(line: str) -> None:
    """Print a line for the parent, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
