"""JSON over HTTPS with GitHub's API, by the standard library alone; in the child.

The token goes to the API's own host and nowhere else: a redirect to another one is not followed.
Proxies and certificates are those of :mod:`envboot.tools.access`; no host is trusted unchecked.
Sources: GitHub's documentation of the REST API, "Best practices" (redirects, Retry-After),
"Rate limits" and "Troubleshooting".
"""

from __future__ import annotations

import contextlib
import http.client
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlencode, urljoin, urlsplit

import envboot
from envboot.launchers.codespaces import sentences
from envboot.launchers.codespaces.sentences import Trouble
from envboot.launchers.codespaces.service import loopback
from envboot.shell import quiet
from envboot.tools import access
from envboot.tools.network import reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envboot.index import Index
    from envboot.launchers.codespaces.service import Service
    from envboot.launchers.codespaces.signing_in import Token

TIMEOUT = 20.0  # seconds without a byte
PATIENCE = 60.0  # seconds for a whole answer
LIMIT = 8 << 20  # bytes of an answer
PAUSES = (0.5, 2.0)  # seconds before the second try, and before the third
LONGEST = 20.0  # seconds that GitHub may ask us to wait; for more, the person is told
_HOPS = 3  # redirects
_MOVED = frozenset({301, 302, 303, 307, 308})
_VERSION = "2022-11-28"


@dataclass(frozen=True)
class Api:
    """GitHub's API, as one person asks it."""

    at: Service
    token: Token
    where: Index
    """Proxy and certificates, as pip is configured with them."""
    said: Callable[[str], None] = field(default=quiet, repr=False)
    """Told when something is asked again."""
    tries: int = len(PAUSES) + 1

    def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        """Return what GitHub says; asked again when it may go better. Raises Trouble."""
        return self._asked("GET", path, query, None, self.tries)

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, tries: int = 1) -> Any:  # noqa: ANN401
        """Return what GitHub made of it; ``tries`` above 1 where doing it twice is no harm."""
        return self._asked("POST", path, {}, body, tries)

    def delete(self, path: str) -> Any:  # noqa: ANN401
        """Remove something; asked again when it may go better. Raises Trouble."""
        return self._asked("DELETE", path, {}, None, self.tries)

    def pause(self, error: Trouble) -> None:
        """Wait before something is asked again; raises ``error`` where that would take too long."""
        wait = max(PAUSES[0], error.wait)
        if wait > LONGEST:
            raise error
        time.sleep(wait)

    def _asked(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Mapping[str, Any] | None,
        tries: int,
    ) -> Any:  # noqa: ANN401
        more = urlencode({k: v for k, v in query.items() if v})
        url = f"{self.at.api}{path}" + (f"?{more}" if more else "")
        for pause in PAUSES[: tries - 1]:
            try:
                return self._once(method, url, body)
            except Trouble as error:  # noqa: PERF203
                if not error.passing:
                    raise
                self.said(f"{error.message}; asked again")
                time.sleep(pause)
                self.pause(error)
        return self._once(method, url, body)

    def _once(self, method: str, url: str, body: Mapping[str, Any] | None) -> Any:  # noqa: ANN401
        for _ in range(_HOPS):
            try:
                return self._exchange(method, url, body)
            except urllib.error.HTTPError as error:  # noqa: PERF203
                with error:
                    url = self._refused(error, method, url)
            except (OSError, ValueError, http.client.HTTPException) as error:
                raise self._silent(error) from error
        raise Trouble(f"GitHub sends us in a circle at {urlsplit(url).hostname}")

    def _exchange(self, method: str, url: str, body: Mapping[str, Any] | None) -> Any:  # noqa: ANN401
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, method=method)  # noqa: S310 - checked
        request.add_header("Accept", "application/vnd.github+json")
        request.add_header("X-GitHub-Api-Version", _VERSION)
        request.add_header("User-Agent", f"envboot/{envboot.__version__}")
        if data is not None:
            request.add_header("Content-Type", "application/json")
        request.add_unredirected_header("Authorization", f"Bearer {self.token.value}")
        with _opener(url, self.where).open(request, timeout=_timeout(self.where)) as reply:
            return _json(_read(reply))

    def _refused(self, error: urllib.error.HTTPError, method: str, url: str) -> str:
        """Return where to ask instead; raises Trouble for every other status."""
        if error.code in _MOVED:
            try:
                target = urljoin(url, error.headers.get("Location", ""))
                host = urlsplit(target).hostname or ""
            except ValueError:
                target, host = "", "which is none"
            same = _origin(target) == _origin(url)
            if same and (method == "GET" or error.code in (307, 308)):
                return target
            if not same:
                raise Trouble(
                    f"GitHub's API answers with another address ({sentences.plain(host)}), "
                    "where no token is sent",
                    hint="is something between here and GitHub?",
                )
        said: Any = None
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException, Trouble):
            said = _json(_read(error))
        answer = sentences.Refusal(
            error.code, said, dict(error.headers.items()), self.token.source, self.token.value
        )
        raise sentences.of(answer, self.at)

    def _silent(self, error: Exception) -> Trouble:
        """Return that nothing came, or nothing that can be read."""
        host = urlsplit(self.at.api).hostname
        why = reason(error)
        if "certificate verify failed" in str(error):
            return Trouble(
                f"the certificate of {host} is not one that this computer trusts",
                hint="behind a company's proxy: `SSL_CERT_FILE` names a file with its certificates",
            )
        if isinstance(error, ValueError):
            return Trouble(f"GitHub cannot be asked: {why}")
        return Trouble(
            f"{host} gives no answer ({why})",
            hint="is there a network, and does it take a proxy (`HTTPS_PROXY`)?",
            passing=True,
            heard=False,
        )


# ----------------------------------------------------------------------- one exchange


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nothing: urllib would send a POST on as a GET, and forget what it is for."""

    handler_order = 400  # before urllib's own

    def http_error_302(self, req, fp, code, msg, headers) -> NoReturn:  # type: ignore[no-untyped-def]  # noqa: ANN001
        raise urllib.error.HTTPError(req.full_url, code, msg, headers, fp)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _opener(url: str, where: Index) -> urllib.request.OpenerDirector:
    found = access.opener(url, replace(where, trusted_hosts=()))
    if urlsplit(url).scheme == "http" and not _proxied_here():
        # Plain http is for this very computer: no proxy elsewhere may read the token.
        found = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    found.add_handler(_Stay())
    return found


def _proxied_here() -> bool:
    proxy = urllib.request.getproxies().get("http", "")
    return loopback(urlsplit(proxy if "://" in proxy else f"http://{proxy}").hostname or "")


def _timeout(where: Index) -> float:
    try:
        return float(where.timeout or TIMEOUT)
    except ValueError:
        return TIMEOUT


def _read(reply: Any) -> bytes:  # noqa: ANN401 - a reply, or an HTTPError, which is one
    data, end = bytearray(), time.monotonic() + PATIENCE
    expected = reply.headers.get("Content-Length") or ""
    while chunk := reply.read1(1 << 16):
        data += chunk
        if len(data) > LIMIT:
            raise Trouble("GitHub's answer is far too long")
        if time.monotonic() > end:
            raise TimeoutError("timed out: the answer comes too slowly")
    if expected.isdigit() and int(expected) != len(data):
        raise ConnectionError(f"ended after {len(data)} of {expected} bytes")
    return bytes(data)


def _json(data: bytes) -> Any:  # noqa: ANN401
    if not data.strip():
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        page = data.lstrip()[:1] == b"<"
        what = "a web page" if page else "no JSON"
        raise Trouble(
            f"what answers is not GitHub's API: it sends {what}",
            hint="a sign-in page of your network, or a proxy? open https://github.com once"
            if page
            else "",
        ) from error


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", None, None
    return parts.scheme, parts.hostname, port or {"https": 443, "http": 80}.get(parts.scheme)
