"""``envboot notebook show``: what a notebook carries, for people and as JSON.

It only looks: nothing is written, nothing is fetched, and no link is followed.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from envboot.errors import NothingFound
from envboot.notebook import carried, showing, unpacking
from envboot.notebook.opening import handlers
from envboot.notebook.values import Shown
from envboot.shell import redact

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from envboot.console import Console
    from envboot.notebook.showing import Sight
    from envboot.request import Request
    from envboot.shell import Shell


def show(options: argparse.Namespace, request: Request, shell: Shell, console: Console) -> Shown:
    """Print all that a notebook carries, and what unpacking it here would write and run.

    The exit code is 3 where it carries nothing. Raises InvalidFile, with the reason, for what is no
    notebook and for what is never unpacked.
    """
    path = unpacking.notebook_of(options.notebook, request)
    sight = showing.look(path, None, shell)
    if sight is None or sight.embedded.whose == "foreign":
        console.fail(carried.nothing(path, sight.warnings if sight else ()))
        return Shown("nothing", NothingFound.exit_code, str(path))
    clouds = handlers.told(sight.embedded.clouds, path, shell)
    if not options.json:
        rows = (*showing.lines(sight, whole=console.verbose > 0), *_of_clouds(clouds, path.name))
        console.show(redact("\n".join(rows), shell.environ))
    return Shown(
        "shown",
        0,
        str(path),
        sight.digest,
        sight.raw if isinstance(sight.raw, dict) else None,
        tuple(_files(sight)),
        sight.warnings,
        sight.scripts,
        clouds,
    )


def _files(sight: Sight) -> Iterator[dict[str, Any]]:
    for file in sight.files:
        yield {
            "path": file.name,
            "bytes": len(file.text.encode("utf-8", "surrogatepass")),
            "state": file.state,
            "warnings": file.warnings,
        }


def _of_clouds(clouds: tuple[dict[str, Any], ...], name: str) -> Iterator[str]:
    if clouds:
        shown = shlex.quote(name) if name.isprintable() else "NOTEBOOK"
        yield f"to open it in a cloud: `envboot notebook cloud {shown}`"
