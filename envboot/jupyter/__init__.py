"""envboot inside a Jupyter server: the hook at every save, the page, the REST handler.

Enabled by installing envboot: ``etc/jupyter/jupyter_server_config.d/envboot.json``. Needs the extra
``envboot[jupyter]``; it is no part of the archive that travels in repositories.

What a front end may rely on (``{base}`` is the server's ``base_url``; every address wants the
server's token or its cookie, 403 without, and every POST its XSRF token; ``path`` is a notebook's
path as the contents API has it; an error is ``{"message": …}`` with a status of 400, 403, 404, 409
or 500):

``GET {base}/envboot/page?path=…``
    The page: HTML, for a tab or a frame of the same origin.
``GET {base}/envboot/api/notebook?path=…[&brief=1]``
    What is known of the notebook on disk (save it first)::

        {"path": "sub/a.ipynb",
         "state": "ok" | "differs" | "nothing" | "foreign" | "opted-out" | "error",
         "digest": "64 hex digits",     what POST recreate wants; "" where it carries nothing
         "carries": null | {"version": "0.2", "whose": "ours" | "google" | "conda" | "foreign",
                            "files": [{"name", "text", "bytes", "state", "warnings": ["…"]}],
                            "container": "", "git": null | {"path", "commit", "subdir", "dirty"},
                            "machine": {}, "clouds": [{"env_name", "handler_url", …}],
                            "scripts": ["setup.sh"], "beyond": ["what else runs, a sentence each"]},
         "differs": [{"path": "requirements.txt", "state": "same" | "differs" | "only-there"
                      | "only-here", "diff": "unified diff"}],
         "kernel": null | {"id", "name", "display_name", "interpreter",
                           "state": "same" | "differs" | "unknown",
                           "packages": [{"name", "wanted", "found", "state"}]},
         "needs": [{"need", "wanted", "have", "verdict", "evidence"}],
         "places": [{"name", "title", "url", "why_not", "command"}],
         "job": null | "id of a recreation that runs",
         "messages": ["sentences for the person"]}

    "only-there": the notebook carries it, and there is no such file here. ``brief``: quick, for a
    status item; ``kernel`` is null, ``needs`` and ``places`` are empty. All texts are plain text,
    often a stranger's: never HTML.
``POST {base}/envboot/api/embed {"path", "force": false}``
    Puts what the folder declares into the notebook on disk, and takes ownership of it; ``force``:
    also of what somebody else put there. The front end saves before and reverts (reloads) after.
    Answers like GET notebook with ``brief``.
``POST {base}/envboot/api/recreate {"path", "digest", "scripts": false, "overwrite": false}``
    Writes the files beside the notebook and makes the environment. ``digest`` is what the person
    was shown: 409 where the notebook carries another one by now, or is being recreated already.
    ``scripts``: she has seen setup.sh and postBuild, and what is ``beyond``, and lets them run.
    202 ``{"id": "…"}``.
``GET {base}/envboot/api/recreate/{id}?seen=N``
    ``{"lines": ["what was said since line N"], "seen": M, "done": false, "result": null}``. In the
    end ``done`` is true and ``result`` is ``{"outcome": "created" | "updated" | "up-to-date" |
    "not-working" | "falls-short" | "failed" | "cancelled" | …, "exit_code": 0, "kernelspec":
    "envboot-0123456789ab" or "", "prefix": "", "message": "", "hint": ""}``. The notebook on disk
    names that kernelspec then: reload it, switch its kernel.
``POST {base}/envboot/api/recreate/{id}/cancel {}``
    Ends it as Ctrl-C does: 202, and ``done`` follows.
"""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Return what a server loads: this module."""
    return [{"module": "envboot.jupyter"}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Return what ``jupyter labextension develop`` links."""
    return [{"src": "labextension", "dest": "envboot"}]


def _load_jupyter_server_extension(app: Any) -> None:  # noqa: ANN401 - a server of any version
    """Add the hook and the handlers to a server."""
    from envboot.jupyter import attaching

    attaching.attach(app)


async def _start_jupyter_server_extension(app: Any) -> None:  # noqa: ANN401
    """Add the hook once more, where an extension has put another contents manager in place.

    jupyter_server calls it from 2.16 on, when every extension has been loaded.
    """
    from envboot.jupyter import attaching

    attaching.hook(app)
