"""The addresses of the extension: who may ask, where a notebook is, and what is answered.

jupyter_server's own handlers bring the token, the XSRF check and the authorizer; a notebook's path
is checked by the contents manager, as a notebook that is opened is. Whatever looks at files or runs
programs does so in a thread.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web
from tornado.ioloop import IOLoop

from envboot.errors import EnvbootError
from envboot.jupyter import looking, page
from envboot.jupyter.recreating import Busy, Job

SETTING = "envboot"
"""Where a server's settings hold what hook and handlers share."""
LARGEST = 1 << 16
"""Bytes of what a front end may send."""


class _Handler(APIHandler):
    """What all share. ``APIHandler`` answers 403 where others would send to the login page."""

    auth_resource = "contents"

    @property
    def own(self) -> Any:  # noqa: ANN401 - attaching.Extension, which knows this module
        """Return what hook and handlers share."""
        return self.settings[SETTING]

    async def notebook(self, path: object) -> Path:
        """Return the file of a notebook, by its path in the contents API."""
        if not isinstance(path, str) or not path or "\0" in path:
            raise web.HTTPError(400, reason="a notebook's path is missing")
        manager = self.contents_manager
        if not hasattr(manager, "_get_os_path"):
            raise web.HTTPError(400, reason="this server's notebooks are no files")
        path = path.strip("/")
        found = await ensure_async(manager.get(path, content=False, type="notebook"))
        if found["type"] != "notebook" or not path.endswith(".ipynb"):
            raise web.HTTPError(400, reason="it is no .ipynb file")
        return Path(manager._get_os_path(path))  # noqa: SLF001 - its own hooks use it too

    async def aside(self, deed: Any, *words: Any) -> Any:  # noqa: ANN401
        """Return what a function returns that a thread runs; our own errors become status 400."""
        try:
            return await IOLoop.current().run_in_executor(None, deed, *words)
        except EnvbootError as error:
            raise web.HTTPError(400, reason=_line(error)) from error

    def sent(self) -> dict[str, Any]:
        """Return the object that the front end sent."""
        if len(self.request.body) > LARGEST:
            raise web.HTTPError(400, reason="that is too much")
        try:
            found = json.loads(self.request.body or b"{}")
        except (ValueError, RecursionError) as error:
            raise web.HTTPError(400, reason="it is no JSON") from error
        if not isinstance(found, dict):
            raise web.HTTPError(400, reason="it is no object")
        return found

    def job(self, name: str) -> Job:
        """Return a job."""
        found: Job | None = self.own.desk.find(name)
        if found is None:
            raise web.HTTPError(404, reason="there is no such job")
        return found

    def reply(self, value: object, status: int = 200) -> None:
        """Answer with JSON that nothing keeps."""
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(value))


class Page(_Handler):
    """``GET envboot/page``."""

    @property
    def content_security_policy(self) -> str:
        """Return what the page may load: its own script and style, and nothing of a stranger's."""
        return page.policy(self._nonce)

    @property
    def _nonce(self) -> str:
        if not hasattr(self, "_own_nonce"):
            self._own_nonce = page.nonce()
        return self._own_nonce

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Show the page."""
        path = self.get_argument("path", "")
        notebook = await self.notebook(path)
        known = await self.aside(looking.known, notebook, path, self.own)
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "same-origin")
        text = page.render(known, base=self.base_url, nonce=self._nonce)
        self.finish(text, set_content_type="text/html; charset=UTF-8")


class Notebook(_Handler):
    """``GET envboot/api/notebook``."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Say what is known of a notebook."""
        path = self.get_argument("path", "")
        notebook = await self.notebook(path)
        brief = self.get_argument("brief", "") not in {"", "0"}
        self.reply(await self.aside(looking.known, notebook, path, self.own, brief))


class Embed(_Handler):
    """``POST envboot/api/embed``."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Put what the folder declares into the notebook on disk."""
        sent = self.sent()
        notebook = await self.notebook(sent.get("path"))
        force = sent.get("force") is True
        self.reply(await self.aside(looking.embed, notebook, sent["path"], self.own, force))


class Recreate(_Handler):
    """``POST envboot/api/recreate``."""

    @web.authenticated
    @authorized("execute", "kernels")
    async def post(self) -> None:
        """Start making the environment that a notebook carries."""
        sent = self.sent()
        notebook = await self.notebook(sent.get("path"))
        digest = sent.get("digest")
        now = await self.aside(looking.digest, notebook, self.own)
        if not now or digest != now:
            raise web.HTTPError(409, reason="the notebook carries something else by now")
        words = looking.words(now, scripts=sent.get("scripts") is True)
        if sent.get("overwrite") is True:
            words = (*words, "--overwrite")
        try:
            job = self.own.desk.start(notebook, words)
        except Busy as error:
            raise web.HTTPError(409, reason=_line(error)) from error
        self.reply({"id": job.id}, 202)


class Progress(_Handler):
    """``GET envboot/api/recreate/{id}``."""

    _track_activity = False

    @web.authenticated
    @authorized("execute", "kernels")
    async def get(self, name: str) -> None:
        """Say what has happened since."""
        seen = self.get_argument("seen", "0")
        self.reply(self.job(name).since(int(seen) if seen.isdecimal() else 0))


class Cancel(_Handler):
    """``POST envboot/api/recreate/{id}/cancel``."""

    @web.authenticated
    @authorized("execute", "kernels")
    async def post(self, name: str) -> None:
        """End it, as Ctrl-C does."""
        self.job(name).halt.set()
        self.reply({}, 202)


def _line(error: Exception) -> str:
    """Return what an error says, as a status line can hold it."""
    return " ".join(str(error).split())[:300]


ADDRESSES: tuple[tuple[str, Any], ...] = (
    (r"envboot/page", Page),
    (r"envboot/api/notebook", Notebook),
    (r"envboot/api/embed", Embed),
    (r"envboot/api/recreate", Recreate),
    (r"envboot/api/recreate/([0-9a-f]+)", Progress),
    (r"envboot/api/recreate/([0-9a-f]+)/cancel", Cancel),
)
