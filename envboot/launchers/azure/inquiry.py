"""Asking Azure through the child, and what a launch means to it: the region, the login."""

from __future__ import annotations

import configparser
import contextlib
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot.errors import EnvbootError, UsageError
from envboot.launchers.azure import sdk
from envboot.plan import Plan, Run

if TYPE_CHECKING:
    from envboot.shell import Shell
    from envboot.site import Order, Site

SECONDS = 180.0  # a region's sizes are some megabytes; az alone may take ten seconds for a token
_REGION = re.compile(r"[a-z0-9]{3,40}")
# What azure-identity takes a login from, before it asks az: its documentation, "Environment
# variables" of EnvironmentCredential, WorkloadIdentityCredential and ManagedIdentityCredential.
_LOGINS = ("AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE", "IDENTITY_ENDPOINT", "MSI_ENDPOINT")


def region(order: Order, shell: Shell) -> str:
    """Return where the machine will stand. Raises UsageError when nobody said."""
    said = order.option("region") or order.where
    said = said or shell.environ.get("AZURE_DEFAULTS_LOCATION", "") or _configured(shell)
    plain = re.sub(r"[ _-]", "", said.lower())
    if not plain:
        raise UsageError(
            "where is the machine to stand?",
            hint="`--region westeurope` names Azure's region; `az config set defaults.location=…` "
            "or AZURE_DEFAULTS_LOCATION keeps it",
        )
    if not _REGION.fullmatch(plain):
        raise UsageError(f"{said!a} is no region of Azure", hint="`--region westeurope`")
    return plain


def _configured(shell: Shell) -> str:
    """Return az's default location: ``[defaults] location`` of its configuration file."""
    own = shell.environ.get("AZURE_CONFIG_DIR")
    place = Path(own) if own else shell.home / ".azure" if shell.home else None
    data = shell.read(place / "config", 1 << 16) if place else None
    parser = configparser.RawConfigParser()
    try:
        parser.read_string((data or b"").decode("utf-8-sig", "replace"))
        return parser.get("defaults", "location", fallback="")
    except configparser.Error:
        return ""


def told(shell: Shell, *words: str) -> dict[str, Any]:
    """Return what the child answers. Raises EnvbootError with its sentence when it has none."""
    here = sdk.found(shell)
    if here is None:
        raise EnvbootError("Azure's SDK is not here", hint="`launch azure` fetches it, after a yes")
    said = shell.query(here.child(*words).argv, timeout=SECONDS)
    found: object = None
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(said.out or "")
    if not isinstance(found, dict):
        raise EnvbootError(f"Azure was not asked: {said.why or 'no answer'}")
    if isinstance(error := found.get("error"), dict):
        raise EnvbootError(str(error.get("message")), hint=str(error.get("hint") or ""))
    return found


@lru_cache(maxsize=1)
def sizes(shell: Shell, region: str, url: str) -> dict[str, Any]:
    """Return account, sizes and quota, and whether everybody can clone ``url``.

    Asked once a launch: the list of a region is some megabytes. Raises EnvbootError.
    """
    return told(shell, "sizes", "--region", region, "--url", url)


def prepare(site: Site) -> Plan | None:
    """Return what comes before the first question: the SDK, a login where az can give one."""
    shell, steps = site.shell, []
    titles = []
    if sdk.found(shell) is None:
        steps.append(sdk.step(shell))
        titles.append("fetch Azure's SDK, which is no part of envboot")
    if not _signed_in(shell):
        steps.append(Run(("az", "login"), terminal=True, why="signing in to Azure: `az login`"))
        titles.append("sign in to Azure")
    return Plan(" and ".join(titles), tuple(steps)) if steps else None


def _signed_in(shell: Shell) -> bool:
    """Return whether a login is there, as far as that shows; without az the SDK finds out."""
    if any(shell.environ.get(name) for name in _LOGINS) or not shell.which("az"):
        return True
    return shell.query(("az", "account", "show", "--output", "none"), timeout=30.0).out is not None
