"""Where the extension meets a server: its hook, its addresses, its end."""

from __future__ import annotations

import atexit
from typing import Any

from envboot.jupyter.recreating import Desk
from envboot.jupyter.saving import Keeper, register
from envboot.shell.local import LocalShell


class Extension:
    """What one server's hook and handlers share."""

    def __init__(self, log: Any) -> None:  # noqa: ANN401 - a logger, or an adapter of one
        """Begin with nothing looked at."""
        self.shell = LocalShell()
        self.keeper = Keeper(self.shell, log)
        self.desk = Desk(self.shell)


def attach(app: Any) -> None:  # noqa: ANN401 - a server of any version
    """Add the hook and the handlers; the hook again when the server's loop runs.

    jupytext puts a contents manager of its own in place when it is loaded, which may be later.
    """
    from jupyter_server.utils import url_path_join as joined

    from envboot.jupyter import handlers

    found = Extension(app.log)
    app.web_app.settings[handlers.SETTING] = found
    atexit.register(found.desk.close)
    base = app.web_app.settings["base_url"]
    app.web_app.add_handlers(
        ".*$", [(joined(base, address), handler) for address, handler in handlers.ADDRESSES]
    )
    hook(app)
    loop = getattr(app, "io_loop", None)
    if loop is not None:
        loop.add_callback(hook, app)


def hook(app: Any) -> None:  # noqa: ANN401
    """Register the hook with the contents manager that the server has now, once."""
    found = app.web_app.settings.get("envboot")
    if found is not None:
        register(found.keeper, app.contents_manager)
