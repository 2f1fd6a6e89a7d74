"""The three witnesses, written shortly: code, live environment and files for tests of derive."""

from __future__ import annotations

from pathlib import Path

from envboot.derive import Before, Policy, derive
from envboot.formats import environment_yml, pyproject_toml, requirements_txt
from envboot.freeze import Installed, Live
from envboot.infer.facts import Asked, BackEnd, Imported, Program, Scan
from envboot.spec import Origin

READERS = {".yml": environment_yml, ".txt": requirements_txt, ".toml": pyproject_toml}
FILES = {
    "conda": "environment.yml",
    "pip": "requirements.txt",
    "conda_dev": "environment-dev.yml",
    "pip_dev": "requirements-dev.txt",
}


def at(text):
    """Return the origin that ``src/a.py:3`` names."""
    path, _, line = text.partition(":")
    return Origin(path, int(line)) if line.isdecimal() else Origin(text)


def code(*imports, asked=(), programs=(), back_ends=(), notebooks=(), made=()):
    """Return a scan: each import as ``cv2 src/see.py:3 [label] [places]``."""
    modules = []
    for text in imports:
        module, where, *more = text.split(" ")
        label = next((w for w in more if not w.isdigit()), "production")
        places = next((int(w) for w in more if w.isdigit()), 1)
        modules.append(Imported(module, at(where), label, places))
    return Scan(
        tuple(sorted(modules, key=lambda m: m.module)),
        (),
        tuple(notebooks),
        tuple(Asked(text, "pypi", at(where), "production") for text, where in asked),
        tuple(Program(n, d, at(w), "production") for n, d, w in programs),
        tuple(BackEnd(d, c, at(w), "production") for d, c, w in back_ends),
        made=tuple(made),
    )


def pip(name, version, *imports, **more):
    """Return a distribution that pip installed."""
    return Installed(name, version, "pypi", imports or (name,), **more)


def conda(name, version, *imports, conda_name="", **more):
    """Return a distribution that conda installed."""
    return Installed(
        name, version, "conda", imports or (name,), conda_name=conda_name or name, **more
    )


def native(name, version, **more):
    """Return a conda package without Python."""
    return Installed(name, version, "conda", conda_name=name, python=False, **more)


def live(*installed, python="3.11.7", channels=("conda-forge",), kind="conda"):
    """Return a live environment."""
    found = tuple(sorted(installed, key=lambda i: i.name))
    return Live(Path("/envs/demo"), python, kind, found, channels)


def before(others=(), remembered=None, **texts):
    """Return the files that are there: ``pip="numpy\\n"``; others as (path, text)."""
    specs = {
        key: READERS[Path(FILES[key]).suffix].parse(text, Origin(FILES[key]))
        for key, text in texts.items()
        if text is not None
    }
    read = tuple(READERS[Path(p).suffix].parse(text, Origin(p)) for p, text in others)
    return Before(**specs, others=read, remembered=remembered)


def texts(derived, so_far=None):
    """Return the texts of the files that a derivation writes, as package-env renders them."""
    out = {}
    for key, path in FILES.items():
        spec = getattr(derived, key)
        if spec.dependencies:
            old = (so_far or {}).get(key) or ""
            out[key] = READERS[Path(path).suffix].render(spec, old)
    return out


def written(scan, environment=None, so_far=None, policy=None, **more):
    """Return (derived, texts) of one run over files with the texts ``so_far``."""
    so_far = so_far or {}
    found = derive(scan, environment, before(**so_far, **more), policy or Policy(), name="demo")
    return found, texts(found, so_far)
