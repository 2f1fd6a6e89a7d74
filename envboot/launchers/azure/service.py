"""Azure's Resource Manager through Microsoft's own SDK: in the child only, imported late.

Whose login it is, the SDK finds out (``DefaultAzureCredential``): the variables ``AZURE_*``, a
managed identity, ``az login`` and others. envboot never asks for one, sees no password, and keeps
no token.

Sources: azure-identity's documentation; "Track asynchronous Azure operations"; for
``ARM_ENDPOINT`` Microsoft's Python samples for Azure Stack Hub.
"""

from __future__ import annotations

import contextlib
import json
import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from envboot.errors import CommandFailed, EnvbootError, FallsShort, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure.core.exceptions import AzureError, HttpResponseError
    from azure.identity import DefaultAzureCredential
    from azure.mgmt.compute import ComputeManagementClient
    from azure.mgmt.resource.deployments.operations import DeploymentsOperations
    from azure.mgmt.resource.resources.operations import ResourceGroupsOperations
    from azure.mgmt.resource.subscriptions.models import Subscription
    from azure.mgmt.resource.subscriptions.operations import SubscriptionsOperations

    from envboot.shell import Shell

_PATIENCE = {
    "retry_total": 3,
    "retry_backoff_factor": 0.5,
    "connection_timeout": 15,
    "read_timeout": 60,
}  # of each request; seconds
_NO_LOGIN = (
    "`az login` signs you in where the az program is; without it, the portal makes a machine in a "
    "browser: https://portal.azure.com/#create/Microsoft.VirtualMachine-ARM"
)
_UNAUTHORIZED, _FORBIDDEN, _ABSENT, _CONFLICT, _TOO_MANY = 401, 403, 404, 409, 429


@dataclass(frozen=True)
class Service:
    """One subscription, through the SDK's clients; each is made when it is first used."""

    subscription: str
    """Its id; "" for what needs none."""
    endpoint: str = ""
    """Of the Resource Manager, instead of the cloud's own."""

    @property
    def _with(self) -> dict[str, Any]:
        if not self.endpoint:
            return dict(_PATIENCE)
        scope = f"{self.endpoint}/.default"
        return {**_PATIENCE, "base_url": self.endpoint, "credential_scopes": [scope]}

    @cached_property
    def login(self) -> DefaultAzureCredential:
        """Return what tokens come from."""
        from azure.identity import DefaultAzureCredential

        return DefaultAzureCredential()

    @cached_property
    def compute(self) -> ComputeManagementClient:
        """Return the client for sizes, quota and machines."""
        from azure.mgmt.compute import ComputeManagementClient

        return ComputeManagementClient(self.login, self.subscription, **self._with)

    @cached_property
    def groups(self) -> ResourceGroupsOperations:
        """Return the client for resource groups."""
        from azure.mgmt.resource.resources import ResourceManagementClient

        client = ResourceManagementClient(self.login, self.subscription, **self._with)
        return client.resource_groups

    @cached_property
    def deployments(self) -> DeploymentsOperations:
        """Return the client for deployments of templates."""
        from azure.mgmt.resource.deployments import DeploymentsMgmtClient

        return DeploymentsMgmtClient(self.login, self.subscription, **self._with).deployments

    @cached_property
    def subscriptions(self) -> SubscriptionsOperations:
        """Return the client that lists subscriptions."""
        from azure.mgmt.resource.subscriptions import SubscriptionClient

        return SubscriptionClient(self.login, **self._with).subscriptions


def service(subscription: str, shell: Shell) -> Service:
    """Return the service that the environment names. Raises UsageError for an unsafe address."""
    logging.getLogger("azure").setLevel(logging.CRITICAL)  # it would tell of every login it tried
    endpoint = shell.environ.get("ARM_ENDPOINT", "").rstrip("/")
    if endpoint and (urlsplit(endpoint).scheme != "https" or not urlsplit(endpoint).hostname):
        raise UsageError(
            f"ARM_ENDPOINT is no https address: {endpoint}",
            hint="unset it for Azure itself; a login is not sent without encryption",
        )
    return Service(subscription, endpoint)


@dataclass(frozen=True)
class Account:
    """Who pays."""

    id: str
    name: str


def account(shell: Shell) -> Account:
    """Return the subscription: the variable's, else az's default, else the only one there is.

    Raises EnvbootError: none, several, or one that this login does not reach.
    """
    wanted = shell.environ.get("AZURE_SUBSCRIPTION_ID", "") or _az(shell)
    with sentences():
        found = [s for s in service("", shell).subscriptions.list() if _enabled(s)]
    named = {
        str(s.subscription_id): Account(str(s.subscription_id), str(s.display_name)) for s in found
    }
    if wanted:
        if one := named.get(wanted) or named.get(wanted.lower()):
            return one
        raise CommandFailed(
            f"your Azure login has no subscription {wanted}",
            hint=_several(named) or "AZURE_SUBSCRIPTION_ID names one; `az account list` lists them",
        )
    if len(named) == 1:
        return next(iter(named.values()))
    if named:
        raise CommandFailed("your Azure login has several subscriptions", hint=_several(named))
    raise FallsShort(
        "your Azure login has no subscription: an Azure machine needs one to be billed to",
        hint="https://azure.microsoft.com/free makes one; GitHub's account alone cannot pay for it",
    )


def _several(named: dict[str, Account]) -> str:
    rows = ", ".join(f"{a.id} ({a.name})" for a in named.values())
    return f"set AZURE_SUBSCRIPTION_ID to one of {rows}" if rows else ""


def _enabled(subscription: Subscription) -> bool:
    return str(getattr(subscription.state, "value", subscription.state)) in {"Enabled", "None"}


def _az(shell: Shell) -> str:
    """Return the default subscription of the az program; "" without one."""
    if not shell.which("az"):
        return ""
    said = shell.query(("az", "account", "show", "--output", "json"), timeout=30.0)
    with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError):
        return str(json.loads(said.out or "{}").get("id", ""))
    return ""


# ------------------------------------------------------------------------------ errors


@contextlib.contextmanager
def sentences() -> Iterator[None]:
    """Turn what the SDK raises into a sentence and what to do. Raises EnvbootError."""
    from azure.core import exceptions as of

    try:
        yield
    except of.ClientAuthenticationError as error:
        if getattr(error, "status_code", None) is None:
            raise CommandFailed("you are not signed in to Azure here", hint=_NO_LOGIN) from error
        raise CommandFailed(f"Azure refuses your login: {_said(error)}", hint=_NO_LOGIN) from error
    except of.HttpResponseError as error:
        raise _refused(error) from error
    except (of.ServiceRequestError, of.ServiceResponseError) as error:
        raise CommandFailed(
            f"Azure cannot be reached: {_plain(error)}",
            hint="HTTPS_PROXY and REQUESTS_CA_BUNDLE count here; then do it again: nothing is "
            "made twice",
        ) from error


def _refused(error: HttpResponseError) -> EnvbootError:
    status = error.status_code
    if status == _UNAUTHORIZED:
        return CommandFailed(f"Azure refuses your login: {_said(error)}", hint=_NO_LOGIN)
    if status == _FORBIDDEN:
        return CommandFailed(
            f"your Azure account may not do that: {_said(error)}",
            hint="its owner can make you a Contributor of the subscription; another one: "
            "AZURE_SUBSCRIPTION_ID",
        )
    if status == _TOO_MANY:
        return CommandFailed("Azure asks for a pause: too many requests", hint="wait a minute")
    hint = "do it again in a minute: nothing is made twice" if status and status >= 500 else ""  # noqa: PLR2004
    return CommandFailed(f"Azure says {status or 'no'}: {_said(error)}", hint=hint)


def absent(error: Exception) -> bool:
    """Return whether the SDK says that something is not there."""
    return getattr(error, "status_code", None) == _ABSENT


def _said(error: HttpResponseError) -> str:
    """Return code and message of the innermost cause, which names what is wrong."""
    found = getattr(error, "error", None)
    if found is None or not getattr(found, "message", None):
        return _plain(error)
    return innermost(found.code, found.message, found.details)


def innermost(code: object, message: object, details: object) -> str:
    """Return ``code: message`` of the deepest detail; Azure hides some as JSON in a message."""
    for _ in range(8):
        inner: Any = details[0] if isinstance(details, list) and details else None
        if inner is None:
            with contextlib.suppress(ValueError):
                told = json.loads(str(message))
                inner = told.get("error", told) if isinstance(told, dict) else None
        if inner is None:
            break
        names = ("code", "message", "details")
        plain = isinstance(inner, dict)
        found = [inner.get(n) if plain else getattr(inner, n, None) for n in names]
        if not found[1]:
            break
        code, message, details = found
    return one_line(f"{code}: {message}" if code else str(message))


def _plain(error: AzureError) -> str:
    return one_line(str(getattr(error, "message", "") or error))


def one_line(text: str) -> str:
    """Return the text of a service on one line, without control characters, not too long."""
    clean = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return clean if len(clean) < 400 else clean[:400] + " …"  # noqa: PLR2004
