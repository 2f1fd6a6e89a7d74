"""The files that a new repository begins with."""

from __future__ import annotations

import sys

from envboot.create import naming
from envboot.package import onboarding, templates

_ML = {
    ".gitignore": "ml_gitignore",
    "README.md": "ml_README.md",
    "data/README.md": "ml_data.md",
    "environment.yml": "ml_environment.yml",
    "notebooks/README.md": "ml_notebooks.md",
    "pyproject.toml": "ml_pyproject.toml",
    "requirements.txt": "ml_requirements.txt",
}


def files(name: str, *, ml: bool) -> dict[str, str]:
    """Return the texts by path (POSIX, relative): a plain repository's, or one for ML.

    ``src`` holds a package that is installed in place (``-e .``), so that notebooks, scripts and
    tests import it from wherever they are run. The Python is the one that runs now.
    """
    if not ml:
        return {"README.md": f"# {name}\n", ".gitignore": templates.text("plain_gitignore")}
    module = naming.module(name)
    values = {
        "@SECTION@": onboarding.render(),
        "@NAME@": name,
        "@MODULE@": module,
        "@PYTHON@": f"{sys.version_info.major}.{sys.version_info.minor}",
    }
    texts = {path: _filled(template, values) for path, template in _ML.items()}
    texts[f"src/{module}/__init__.py"] = f'"""The code of {name} that is worth sharing."""\n'
    return texts


def _filled(template: str, values: dict[str, str]) -> str:
    text = templates.text(template)
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text
