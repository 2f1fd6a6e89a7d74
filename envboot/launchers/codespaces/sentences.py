"""What GitHub refuses, as a sentence and what to do about it.

Sources: GitHub's documentation of the REST API ("Troubleshooting", "Rate limits", "Scopes for
OAuth apps", "Codespaces") and of the headers X-OAuth-Scopes, X-Accepted-OAuth-Scopes,
X-Accepted-GitHub-Permissions and X-GitHub-SSO.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from envboot.launchers.codespaces.signing_in import GH, SCOPE, login, refresh
from envboot.shell import redact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.launchers.codespaces.service import Service

_LONGEST = 300  # characters of what GitHub says
_LIMITED = re.compile(r"rate limit|abuse detection", re.IGNORECASE)
_STATUS = "https://www.githubstatus.com"
_AGAIN = frozenset({408, 500, 502, 503, 504})


class Trouble(Exception):
    """GitHub refuses, or gives no answer that can be read: inside of the child alone."""

    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        status: int = 0,
        remedy: str = "",
        passing: bool = False,
        wait: float = 0.0,
        heard: bool = True,
    ) -> None:
        """Keep the sentence and what can be done about it."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status
        self.remedy = remedy
        """``login``, ``refresh`` (both are gh's), or ""."""
        self.passing = passing
        """It may go better the next time."""
        self.wait = wait
        """Seconds that GitHub asks us to wait."""
        self.heard = heard
        """False: it is not known whether GitHub did what it was asked for."""


@dataclass(frozen=True)
class Refusal:
    """An answer that is none."""

    status: int
    said: Any
    """Its JSON; None where it is none."""
    headers: Mapping[str, str]
    source: str
    """Where the token came from."""
    secret: str = field(default="", repr=False)
    """The token itself, which is in no sentence, whatever answers."""

    def header(self, name: str) -> str:
        """Return a header, "" when it is not there."""
        return next((v for k, v in self.headers.items() if k.lower() == name.lower()), "")

    def scopes(self, name: str) -> frozenset[str]:
        """Return the scopes that a header lists."""
        return frozenset(filter(None, (s.strip() for s in self.header(name).split(","))))

    @property
    def words(self) -> str:
        """Return GitHub's own words, on one line, without control characters; "" without any."""
        if not isinstance(self.said, dict):
            return ""
        errors = self.said.get("errors")
        more = errors if isinstance(errors, list) else []
        rows = [
            self.said.get("message"),
            *(e.get("message") or e.get("field") if isinstance(e, dict) else e for e in more),
        ]
        text = "; ".join(str(row) for row in rows if row)
        return plain(text.replace(self.secret, "***") if self.secret else text)


def plain(text: str) -> str:
    """Return what a service says on one line that a terminal can print, secrets masked."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return redact(line)[:_LONGEST].rstrip(".")


def of(refusal: Refusal, at: Service) -> Trouble:
    """Return what a refusal means for a person."""
    status, words = refusal.status, refusal.words
    wait = _wait(refusal)
    limited = status == 429 or (  # noqa: PLR2004
        status == 403 and (_LIMITED.search(words) or refusal.header("Retry-After"))  # noqa: PLR2004
    )
    if limited:
        return _limited(refusal, wait)
    if status == 401:  # noqa: PLR2004
        return _unknown(refusal, at)
    if status in (403, 404) and (found := _scope(refusal, at)):
        return found
    message, hint = _SENTENCES.get(status, ("GitHub does not do it", ""))
    if status >= 500:  # noqa: PLR2004
        message, hint = "GitHub has a problem of its own", f"later, perhaps: {_STATUS}"
    again = status in _AGAIN
    return Trouble(
        f"{message} ({status}: {words})" if words else f"{message} ({status})",
        hint=hint,
        status=status,
        passing=again,
        wait=wait if again else 0.0,
        # a server that breaks down may have done it all the same
        heard=not again,
    )


_SENTENCES = {
    400: ("GitHub does not understand what it is asked for", ""),
    402: (
        "GitHub asks for a payment: the spending limit is reached, or no way to pay is given",
        "https://github.com/settings/billing",
    ),
    403: (
        "GitHub does not allow it",
        "an organisation may forbid codespaces, or the token is not for this repository",
    ),
    404: (
        "GitHub has nothing there, or nothing that this token may see",
        "is it on GitHub, and may the token read it? a private one takes the scope `repo` too",
    ),
    409: ("something else is being done with it at GitHub just now", "try it again in a moment"),
    422: ("GitHub does not take what it is asked for", ""),
}


def _unknown(refusal: Refusal, at: Service) -> Trouble:
    """Return that GitHub does not know the token."""
    if refusal.source == GH:
        hint, remedy = f"`{' '.join(login(at))}` signs you in again", "login"
    else:
        hint, remedy = f"make another ({at.web}/settings/tokens), or unset {refusal.source}", ""
    return Trouble(
        f"GitHub does not accept the token of {refusal.source} (expired, or taken back)",
        hint=hint,
        status=refusal.status,
        remedy=remedy,
    )


def _scope(refusal: Refusal, at: Service) -> Trouble | None:
    """Return that the token may not do this: it lacks a scope, a permission, or a login."""
    sso = re.search(r"url=(https://[^\s;,]+)", refusal.header("X-GitHub-SSO"))
    if sso and sso[1].startswith(f"{at.web}/"):
        return Trouble(
            "the organisation wants its own sign-in for this token",
            hint=f"open {plain(sso[1])}",
            status=refusal.status,
        )
    accepted, has = refusal.scopes("X-Accepted-OAuth-Scopes"), refusal.scopes("X-OAuth-Scopes")
    told = bool(refusal.header("X-OAuth-Scopes")) or (
        refusal.status == 403  # noqa: PLR2004
        and "X-Accepted-GitHub-Permissions".lower() not in map(str.lower, refusal.headers)
    )
    if SCOPE in accepted and not accepted & has and told:
        gh = refusal.source == GH
        return Trouble(
            f"the token of {refusal.source} may not deal with codespaces: "
            f"it lacks the scope `{SCOPE}`",
            hint=f"`{' '.join(refresh(at))}`"
            if gh
            else f"make one with it: {at.web}/settings/tokens/new?scopes={SCOPE},repo",
            status=refusal.status,
            remedy="refresh" if gh else "",
        )
    permissions = plain(refusal.header("X-Accepted-GitHub-Permissions"))
    if refusal.status == 403 and permissions:  # noqa: PLR2004
        return Trouble(
            f"the token of {refusal.source} may not do this ({refusal.words or refusal.status})",
            hint=f"it needs the permissions {permissions} for this repository",
            status=refusal.status,
        )
    return None


def _limited(refusal: Refusal, wait: float) -> Trouble:
    when = f"in {wait:.0f} s" if wait else "later"
    return Trouble(
        f"GitHub was asked too often ({refusal.words or refusal.status})",
        hint=f"try it again {when}",
        status=refusal.status,
        passing=True,
        wait=wait or 1.0,
    )


def _wait(refusal: Refusal) -> float:
    """Return the seconds that GitHub asks us to wait, 0 when it does not say."""
    after = refusal.header("Retry-After").strip()
    if re.fullmatch(r"[0-9]{1,6}", after):
        return float(after)
    reset = refusal.header("X-RateLimit-Reset").strip()
    if refusal.header("X-RateLimit-Remaining").strip() == "0" and re.fullmatch(r"\d{1,12}", reset):
        return max(1.0, float(reset) - time.time())
    return 0.0
