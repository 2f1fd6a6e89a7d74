"""The addresses of the extension: who may ask, where a notebook is, and what is answered.

jupyter_server's own handlers bring the token, the XSRF check and the authorizer; a notebook's path
is checked by the contents manager, as a notebook that is opened is. Whatever looks at files or runs
programs does so in a thread.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado.ioloop import IOLoop
from tornado.web import HTTPError, authenticated

from envboot.errors import EnvbootError
from envboot.jupyter import around, looking, page, recreating
from envboot.notebook.showing import visible
from envboot.shell import redact

if TYPE_CHECKING:
    from collections.abc import Callable

    from envboot.jupyter.recreating import Job

SETTING = "envboot"
"""Where a server's settings hold what hook and handlers share."""
LARGEST = 1 << 16
"""Bytes of what a front end may send."""


class Refused(HTTPError):
    """A request that is not granted; ``said`` is the sentence for the person."""

    def __init__(self, status: int, said: str) -> None:
        """Take the status and the sentence."""
        super().__init__(status, "%s", said)
        self.said = said


class _Handler(APIHandler):
    """What all share. ``APIHandler`` answers 403 where others would send to the login page."""

    auth_resource = "contents"

    def write_error(self, status_code: int, **words: Any) -> None:  # noqa: ANN401
        """Say a refusal's sentence; what else goes wrong is told as by jupyter_server."""
        error = words.get("exc_info", (None, None, None))[1]
        if isinstance(error, Refused):
            self.set_status(status_code)
            self.finish(json.dumps({"message": error.said}))
        else:
            super().write_error(status_code, **words)

    @property
    def own(self) -> Any:  # noqa: ANN401 - attaching.Extension, which knows this module
        """Return what hook and handlers share."""
        return self.settings[SETTING]

    async def notebook(self, path: object) -> Path:
        """Return the file of a notebook, by its path in the contents API, checked by that."""
        if not isinstance(path, str) or not path.strip("/") or "\0" in path:
            raise Refused(400, "a notebook's path is missing")
        manager = self.contents_manager
        if not getattr(manager, "root_dir", "") or not hasattr(manager, "_get_os_path"):
            raise Refused(400, "this server's notebooks are no files")
        path = path.strip("/")
        if not path.endswith(".ipynb"):
            raise Refused(400, "it is no .ipynb file")
        found = await ensure_async(manager.get(path, content=False))
        if found["type"] != "notebook":
            raise Refused(400, "it is no notebook")
        return Path(manager._get_os_path(path))  # noqa: SLF001 - its own hooks are given no other

    async def aside(self, deed: Callable[[], Any]) -> Any:  # noqa: ANN401
        """Return what a function returns that a thread runs; our own errors become status 400."""
        try:
            return await IOLoop.current().run_in_executor(None, deed)
        except EnvbootError as error:
            raise Refused(400, redact(visible(str(error)), self.own.shell.environ)) from error

    async def known(self, path: str, *, brief: bool) -> dict[str, Any]:
        """Return what is known of a notebook."""
        notebook = await self.notebook(path)
        kernel = None if brief else await self.kernel(path)
        shell = self.own.shell
        self.own.keeper.warm(notebook, path)
        found: dict[str, Any] = await self.aside(
            lambda: looking.known(notebook, path, kernel, shell, brief=brief)
        )
        job = self.own.desk.of(notebook)
        return {**found, "job": job.id if job else None}

    async def kernel(self, path: str) -> around.Kernel | None:
        """Return the kernel that runs for a notebook."""
        try:
            for session in await ensure_async(self.session_manager.list_sessions()):
                if session["path"].rpartition(":")[2].strip("/") == path.strip("/"):
                    name = session["kernel"]["id"]
                    spec = self.kernel_manager.get_kernel(name).kernel_spec
                    own = session["kernel"]["name"]
                    return around.Kernel(name, own, spec.display_name, tuple(spec.argv))
        except Exception as error:  # noqa: BLE001 - a gateway's kernels are elsewhere
            self.log.debug("envboot: the kernel was not found: %s", error)
        return None

    def sent(self) -> dict[str, Any]:
        """Return the object that the front end sent."""
        if len(self.request.body) > LARGEST:
            raise Refused(400, "that is too much")
        try:
            found = json.loads(self.request.body or b"{}")
        except (ValueError, RecursionError) as error:
            raise Refused(400, "it is no JSON") from error
        if not isinstance(found, dict):
            raise Refused(400, "it is no object")
        return found

    def job(self, name: str) -> Job:
        """Return a job."""
        found: Job | None = self.own.desk.find(name)
        if found is None:
            raise Refused(404, "there is no such job")
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
        return page.policy(self.nonce)

    @property
    def nonce(self) -> str:
        """Return what the page's own script and style name themselves by."""
        if not hasattr(self, "_nonce"):
            self._nonce = page.nonce()
        return self._nonce

    @authenticated
    @authorized
    async def get(self) -> None:
        """Show the page."""
        known = await self.known(self.get_argument("path", ""), brief=False)
        self.xsrf_token  # noqa: B018 - asking for it sets the cookie that the page's script reads
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "same-origin")
        text = page.render(known, base=self.base_url, nonce=self.nonce)
        self.finish(text, set_content_type="text/html; charset=UTF-8")


class Notebook(_Handler):
    """``GET envboot/api/notebook``."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Say what is known of a notebook."""
        brief = self.get_argument("brief", "") not in {"", "0"}
        self.reply(await self.known(self.get_argument("path", ""), brief=brief))


class Embed(_Handler):
    """``POST envboot/api/embed``."""

    @authenticated
    @authorized
    async def post(self) -> None:
        """Put what the folder declares into the notebook on disk."""
        sent = self.sent()
        notebook = await self.notebook(sent.get("path"))
        force = sent.get("force") is True
        await self.aside(lambda: looking.embed(notebook, self.own.shell, force=force))
        self.reply(await self.known(sent["path"], brief=True))


class Recreate(_Handler):
    """``POST envboot/api/recreate``."""

    @authenticated
    @authorized("execute", "kernels")
    async def post(self) -> None:
        """Start making the environment that a notebook carries."""
        sent = self.sent()
        notebook = await self.notebook(sent.get("path"))
        now = await self.aside(lambda: looking.digest(notebook, self.own.shell))
        if not now or sent.get("digest") != now:
            raise Refused(409, "the notebook carries something else by now: look at it again")
        flags = recreating.flags(
            now, scripts=sent.get("scripts") is True, overwrite=sent.get("overwrite") is True
        )
        try:
            job = self.own.desk.start(notebook, flags)
        except recreating.Busy as error:
            raise Refused(409, str(error)) from error
        self.reply({"id": job.id}, 202)


class Progress(_Handler):
    """``GET envboot/api/recreate/{id}``."""

    _track_activity = False

    @authenticated
    @authorized("execute", "kernels")
    async def get(self, name: str) -> None:
        """Say what has happened since."""
        seen = self.get_argument("seen", "0")
        self.reply(self.job(name).since(int(seen) if seen.isdecimal() else 0))


class Cancel(_Handler):
    """``POST envboot/api/recreate/{id}/cancel``."""

    @authenticated
    @authorized("execute", "kernels")
    async def post(self, name: str) -> None:
        """End it, as Ctrl-C does."""
        self.job(name).halt.set()
        self.reply({}, 202)


ADDRESSES: tuple[tuple[str, Any], ...] = (
    (r"envboot/page", Page),
    (r"envboot/api/notebook", Notebook),
    (r"envboot/api/embed", Embed),
    (r"envboot/api/recreate", Recreate),
    (r"envboot/api/recreate/([0-9a-f]+)", Progress),
    (r"envboot/api/recreate/([0-9a-f]+)/cancel", Cancel),
)
