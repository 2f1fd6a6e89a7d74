"""The child: ``python -m envboot.launchers.azure [--sdk FOLDER] VERB …``.

What looks prints one line of JSON, an error too; what does prints lines for people, and its status
is an exit code of :mod:`envboot.errors`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot.errors import EnvbootError, InvalidFile, NothingFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from envboot.shell import Shell

LOOKS = ("sizes", "look")
DEEDS = ("create", "start", "stop", "delete")
TEMPLATE = "template"
"""Prints the template for the portal: `azuredeploy.json`."""


def main(argv: list[str]) -> int:
    """Do one thing; return the exit code."""
    given = _parser().parse_args(argv)
    if given.sdk:
        sys.path.insert(0, str(given.sdk))
    from envboot.shell.local import LocalShell

    shell = LocalShell()
    try:
        if given.verb == TEMPLATE:
            _say(json.dumps(_template(given.root.resolve(), shell), indent=1))
        elif given.verb in LOOKS:
            _print(_looks(given, shell))
        else:
            _deeds(given, shell, _say)
    except EnvbootError as error:
        if given.verb in LOOKS:
            told = {"message": str(error), "hint": error.hint, "code": error.exit_code}
            _print({"error": told})
            return 0
        _say(str(error) + (f"\nhint: {error.hint}" if error.hint else ""))
        return error.exit_code
    except ModuleNotFoundError as error:
        _say(f"Azure's SDK is not complete: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m envboot.launchers.azure", description=__doc__)
    parser.add_argument("--sdk", type=Path, metavar="FOLDER", help="where the SDK lies unpacked")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name in (*LOOKS, *DEEDS, TEMPLATE):
        verb = verbs.add_parser(name)
        if name == "sizes":
            verb.add_argument("--region", required=True)
            verb.add_argument("--url", default="", help="say whether everybody can clone it")
        elif name == TEMPLATE:
            verb.add_argument("-C", "--root", type=Path, default=Path(), metavar="DIR")
        elif name == "create":
            verb.add_argument("order", type=Path)
        else:
            verb.add_argument("--subscription", required=True)
            verb.add_argument("handle")
    return parser


def _looks(given: argparse.Namespace, shell: Shell) -> dict[str, Any]:
    from envboot.launchers.azure import catalogue, deeds, service

    if given.verb == "look":
        return dict(deeds.look(given.handle, service.service(given.subscription, shell)))
    payer = service.account(shell)
    found = catalogue.sizes(service.service(payer.id, shell), given.region)
    closed = catalogue.closed(given.url, shell) if given.url else ""
    return {"account": {"id": payer.id, "name": payer.name}, "closed": closed, **found}


def _template(root: Path, shell: Shell) -> dict[str, Any]:
    """Return the template for the repository at ``root``: the newest commit of its main branch."""
    from envboot import git
    from envboot.launchers.azure import deeds, order

    source = git.published(root, shell)
    if source is None or not source.url.startswith("https://"):
        raise NothingFound(f"{root} was pushed to no https address that a machine could clone")
    return deeds.portal(order.Asked("envboot", "", "", "", source.url, "", source.folder))


def _deeds(given: argparse.Namespace, shell: Shell, said: Callable[[str], None]) -> None:
    from envboot.launchers.azure import deeds, order, service

    if given.verb == "create":
        try:
            asked = order.parse(shell.read(given.order) or b"")
        except ValueError as error:
            raise InvalidFile(f"{given.order}: {error}") from error
        try:
            values = deeds.parameters(asked, shell)
        except EnvbootError:
            if given.order.parent.name == asked.handle:
                shell.remove(given.order.parent)  # nothing was asked for: its key is of no use
            raise
        deeds.create(asked, values, service.service(asked.subscription, shell), said)
        return
    azure = service.service(given.subscription, shell)
    {"start": deeds.start, "stop": deeds.stop, "delete": deeds.delete}[given.verb](
        given.handle, azure, said
    )


def _print(told: dict[str, Any]) -> None:
    _say(json.dumps(told))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
