"""What a container of the repository does when it starts: serve an app, a model, notebooks.

The code is read, never run: a file that makes a Flask or FastAPI app at its top level, a script
of Streamlit's, a folder that TensorFlow saved. Sources: the deployment pages of the frameworks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from envboot import infer
from envboot.infer import sources, tracked
from envboot.package.companions import apps, signature
from envboot.spec import normalise

if TYPE_CHECKING:
    from envboot.package.companions import Picture
    from envboot.package.companions.apps import App
    from envboot.shell import Shell

_MAIN = ("main", "app", "run", "__main__")
_ANY = "0.0.0.0"  # noqa: S104 - a container's own address; the host opens the port, or does not
_PLAIN = re.compile(r"[\w./+@ -]+", re.ASCII)
"""Paths that mean the same in COPY: there are variables and wild cards in it."""


@dataclass(frozen=True)
class Served:
    """What to start, and what it needs beyond the dependencies."""

    command: tuple[str, ...]
    why: str
    """For people, with its evidence: ``app = Flask(…) in web/app.py:7``."""
    ports: tuple[int, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    adds: str = ""
    """A requirement line that the command needs and no file names; "": nothing."""
    model: str = ""
    """The folder with a SavedModel, POSIX, relative to the root; "": the command is Python's."""


def look(picture: Picture, shell: Shell) -> Served:
    """Return what a container should start. Nothing of the repository runs."""
    files = _files(picture, shell)
    found = apps.look(picture.root, picture.scan, files, shell)
    if found:
        others = [f"also here: {app.shown}" for app in found[1:3]]
        return _app(found[0], "; ".join([found[0].shown, *others]), picture, shell)
    model = _model(picture, shell)
    if model:
        return _tensorflow(model)
    main = next((f"{stem}.py" for stem in _MAIN if f"{stem}.py" in files), "")
    if main:
        return Served(("python", main), f"{main} is here")
    if picture.scan.notebooks:
        return _notebooks(picture)
    return Served(("python",), "nothing here looks like a program to start")


def _files(picture: Picture, shell: Shell) -> tuple[str, ...]:
    """Return the production modules, POSIX."""
    return tuple(
        s.relative
        for s in sources.walk(picture.root, shell)
        if s.relative.endswith(".py")
        and not s.apart
        and infer.label(s.relative) == "production"
        and s.relative.isprintable()
    )


# ------------------------------------------------------------------------------ apps


def _app(app: App, why: str, picture: Picture, shell: Shell) -> Served:
    here = {normalise(d.name) for d in picture.derived.pip.dependencies}
    if app.kind == "flask" and "gunicorn" in here:
        folder, module = _module(app.path, picture, shell)
        call = "()" if app.name in apps.FACTORIES else ""
        moved = (f"--chdir={folder}",) if folder else ()
        command = ("python", "-m", "gunicorn", f"--bind={_ANY}:5000", *moved)
        return Served((*command, f"{module}:{app.name}{call}"), why, (5000,))
    if app.kind == "flask":
        command = ("python", "-m", "flask", "run", f"--host={_ANY}", "--port=5000")
        return Served(command, why, (5000,), (("FLASK_APP", f"{app.path}:{app.name}"),))
    if app.kind == "fastapi":
        folder, module = _module(app.path, picture, shell)
        factory = ("--factory",) if app.name in apps.FACTORIES else ()
        command = ("python", "-m", "uvicorn", f"{module}:{app.name}", *factory)
        command = (*command, *((f"--app-dir={folder}",) if folder else ()))
        adds = "" if "uvicorn" in here else "uvicorn>=0.20,<1"
        return Served((*command, f"--host={_ANY}", "--port=8000"), why, (8000,), adds=adds)
    if app.kind == "dash":
        return Served(("python", app.path), why, (8050,), (("HOST", _ANY), ("PORT", "8050")))
    if app.kind == "gradio":
        variables = (("GRADIO_SERVER_NAME", _ANY), ("GRADIO_SERVER_PORT", "7860"))
        return Served(("python", app.path), why, (7860,), variables)
    flags = (f"--server.address={_ANY}", "--server.port=8501", "--server.headless=true")
    return Served(("python", "-m", "streamlit", "run", app.path, *flags), why, (8501,))


def _module(path: str, picture: Picture, shell: Shell) -> tuple[str, str]:
    """Return the folder to import from ("" is the root), and the module's dotted name."""
    place = PurePosixPath(path)
    parts = [] if place.stem == "__init__" else [place.stem]
    folder = place.parent
    while folder.name and shell.kind(picture.root / folder / "__init__.py") == "file":
        parts.insert(0, folder.name)
        folder = folder.parent
    return ("" if str(folder) == "." else str(folder)), ".".join(parts)


# --------------------------------------------------------------------- models, notebooks


def _model(picture: Picture, shell: Shell) -> str:
    """Return the shallowest folder that git tracks and TensorFlow saved a model in; "": none."""
    saved = [
        PurePosixPath(name).parent
        for name in tracked.files(picture.root, shell)
        if PurePosixPath(name).name == "saved_model.pb" and _PLAIN.fullmatch(name)
    ]
    named = [p for p in saved if p.name]
    return str(min(named, key=lambda p: (len(p.parts), str(p)))) if named else ""


def _tensorflow(model: str) -> Served:
    place = PurePosixPath(model)
    while place.name.isdigit() and place.parent.name:  # a version of the model
        place = place.parent
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", place.name)
    command = (
        "tensorflow_model_server",
        "--port=8500",
        "--rest_api_port=8501",
        f"--model_name={name}",
        f"--model_base_path=/models/{name}",
    )
    return Served(command, f"SavedModel: {model}/saved_model.pb", (8500, 8501), model=model)


def _notebooks(picture: Picture) -> Served:
    here = {normalise(d.name) for d in picture.derived.pip.dependencies}
    count = len(picture.scan.notebooks)
    why = f"{count} notebook{'s' if count > 1 else ''}, {picture.scan.notebooks[0]}"
    return Served(
        ("python", "-m", "jupyter", "lab", f"--ip={_ANY}", "--port=8888", "--no-browser"),
        signature.comment(f"{why}{' …' if count > 1 else ''}"),
        (8888,),
        adds="" if "jupyterlab" in here else "jupyterlab>=4,<5",
    )
