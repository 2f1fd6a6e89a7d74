"""Google's notebooks: Colab, Colab Enterprise, Vertex AI Workbench, Deep Learning VMs, containers.

What is known of a computer of Google's comes from its own environment variables and from the files
that its images carry; the metadata server, which hands out tokens too, is not asked. Sources: the
hook that writes ``metadata.environment`` in Google's images (``/opt/deeplearning/metadata``), the
variables by which Google's own clients know where they run (``VERTEX_PRODUCT``,
``COLAB_RELEASE_TAG``), and the links behind the buttons of Google's sample notebooks.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from envboot.errors import EnvbootError
from envboot.git.published import published, there
from envboot.plan import Open, Plan
from envboot.shell import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envboot.git import Published
    from envboot.shell import Shell

TITLE = "Google Cloud"
ENV_NAME = "google"
VERSION = "0.1"
"""``cloud_ver``: of what stands in the section."""
_GITHUB = "github.com"
_IMAGE = Path("/opt/deeplearning/metadata")
"""``env_version`` and ``env_uri``, a line each, in the images of Deep Learning and Workbench."""
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}")
_CONSOLE = "https://console.cloud.google.com/vertex-ai"


@dataclass(frozen=True)
class _Product:
    """One of Google's hosts of notebooks."""

    title: str
    page: str
    """Where a person finds her notebooks: what ``handler_url`` is."""
    pages: str
    """Pattern of the pages there that are opened as a section names them."""
    opens: Callable[[str, str], str]
    """Makes the link of a notebook on GitHub, of ``owner/name`` and ``commit/path``, quoted."""


def _raw(repository: str, path: str) -> str:
    return quote(f"https://raw.githubusercontent.com/{repository}/{path}", safe="")


_COLAB = _Product(
    "Colab",
    "https://colab.research.google.com/",
    r"https://colab\.research\.google\.com/?(?:drive/[A-Za-z0-9_-]{1,99})?",
    lambda repository, path: f"https://colab.research.google.com/github/{repository}/blob/{path}",
)
_ENTERPRISE = _Product(
    "Colab Enterprise",
    f"{_CONSOLE}/colab/notebooks",
    re.escape(_CONSOLE) + r"/colab(?:/[A-Za-z0-9_-]{1,99}){0,6}/?",
    lambda repository, path: f"{_CONSOLE}/colab/import/{_raw(repository, path)}",
)
_WORKBENCH = _Product(
    "Vertex AI Workbench",
    f"{_CONSOLE}/workbench",
    re.escape(_CONSOLE) + r"/workbench(?:/[A-Za-z0-9_-]{1,99}){0,6}/?",
    lambda repository, path: (
        f"{_CONSOLE}/workbench/deploy-notebook?download_url={_raw(repository, path)}"
    ),
)
_ALL = (_COLAB, _ENTERPRISE, _WORKBENCH)


# ------------------------------------------------------------------ what a notebook is given


def section(metadata: Mapping[str, Any], shell: Shell) -> Mapping[str, Any] | None:
    """Return Google's section: of this computer where it is Google's, else of the notebook's keys.

    None where neither says anything. Names of projects, zones and accounts are left out.
    """
    here = _here(shell)
    product = here or _said(metadata)
    if product is None:
        return None
    own = metadata.get("environment")
    key = own if isinstance(own, dict) and own.get("type") == "gcloud" else {}
    if product is _COLAB:
        key = {}
    image = _image(shell) if here else ("", "")
    found = {
        "environment_version": image[0] or key.get("name"),
        "container": image[1] or key.get("uri"),
    }
    about: dict[str, Any] = {k: v for k, v in found.items() if _plain(v, shell)}
    machine = {**_asked_for(metadata, shell), **(_machine(shell) if here else {})}
    if machine:
        about["machine_configuration"] = machine
    return {
        "env_name": ENV_NAME,
        "handler_url": product.page,
        "cloud_ver": VERSION,
        "metadata": about,
    }


def _here(shell: Shell) -> _Product | None:
    """Return the product that this computer belongs to, None where it is not Google's."""
    said = shell.environ.get("VERTEX_PRODUCT", "")
    if said in {"COLAB_ENTERPRISE", "WORKBENCH_INSTANCE"}:
        return _ENTERPRISE if said == "COLAB_ENTERPRISE" else _WORKBENCH
    if shell.environ.get("COLAB_RELEASE_TAG"):
        return _COLAB
    image = bool(shell.environ.get("DL_ANACONDA_HOME"))
    return _WORKBENCH if image and any(_image(shell)) else None


def _said(metadata: Mapping[str, Any]) -> _Product | None:
    """Return the product that the notebook's own keys speak of."""
    own = metadata.get("environment")
    if isinstance(own, dict) and own.get("type") == "gcloud":
        return _WORKBENCH
    return _COLAB if isinstance(metadata.get("colab"), dict) else None


def _image(shell: Shell) -> tuple[str, str]:
    """Return the version and the container of what this computer runs, "" for what it hides."""
    version, uri = (
        (shell.read(_IMAGE / name, 1000) or b"").decode("utf-8", "replace").strip()
        for name in ("env_version", "env_uri")
    )
    tag = shell.environ.get("COLAB_RELEASE_TAG", "")
    return version or tag, uri or shell.environ.get("CONTAINER_URL", "")


def _asked_for(metadata: Mapping[str, Any], shell: Shell) -> dict[str, Any]:
    """Return the hardware that a person chose in Colab, as its notebooks keep it."""
    own = metadata.get("colab")
    colab = own if isinstance(own, dict) else {}
    kind = metadata.get("accelerator")
    found: dict[str, Any] = {"gpu": True} if kind == "GPU" else {}
    name = colab.get("gpuType") or (kind if kind != "GPU" else None)
    if _plain(name, shell):
        found["accelerator"] = name
    if _plain(colab.get("machine_shape"), shell):
        found["machine_shape"] = colab["machine_shape"]
    return found


def _machine(shell: Shell) -> dict[str, Any]:
    """Return what this computer has, in devcontainer's words."""
    found: dict[str, Any] = {"cpus": shell.cores()}
    text = (shell.read(Path("/proc/meminfo"), 4096) or b"").decode("ascii", "replace")
    total = re.search(r"(?m)^MemTotal:\s+(\d+) kB", text)
    if total and int(total[1]) >> 20:
        found["memory"] = f"{int(total[1]) >> 20}gb"
    if shell.environ.get("COLAB_GPU", "0") not in {"", "0"} or shell.folder(
        Path("/proc/driver/nvidia/gpus")
    ):
        found["gpu"] = True
    return found


def _plain(value: object, shell: Shell) -> bool:
    """Return whether a text is a plain word that may be published: no secret, no control signs."""
    if not isinstance(value, str) or not _PLAIN.fullmatch(value):
        return False
    return redact(value, shell.environ) == value


# ------------------------------------------------------------------ where it is opened


def why_not(section: Mapping[str, Any], notebook: Path, shell: Shell) -> str | None:
    """Return None when the notebook can be opened there, else a sentence."""
    if _product(section) or not section.get("handler_url") or _pushed(notebook, shell):
        return None
    return "its handler_url is no page of Colab or Workbench, and it was not pushed to GitHub"


def plan(section: Mapping[str, Any], notebook: Path, shell: Shell) -> Plan:
    """Return the step that opens it there: by its place on GitHub, else the page of the service.

    Every link is made here, of parts that were checked; raises EnvbootError as :func:`why_not`
    says.
    """
    if reason := why_not(section, notebook, shell):
        raise EnvbootError(reason)
    known = _product(section)
    product = known or _COLAB
    told = []
    if not known and section.get("handler_url"):
        told.append("Its handler_url is no page of Colab or Workbench: it is not used.")
    pushed = _pushed(notebook, shell)
    if pushed:
        seen, path = pushed
        repository = quote(f"{seen.owner}/{seen.name}")
        link = product.opens(repository, f"{seen.commit}/{quote(path)}")
        title = f"open {path} with {product.title}, at {seen.commit[:8]}"
        told.append("A private repository cannot be read there: it has to be public.")
        if path in seen.changed or seen.ahead:
            told.append("It is opened as it was pushed: what is newer here is not there.")
    else:
        link = str(section.get("handler_url") or product.page)
        title = f"open {product.title}"
        told.append(f"It was not pushed to GitHub: upload {notebook.name} there by hand.")
    if product is not _COLAB:
        told.append("Google bills your own project for a computer there until you stop it.")
    return Plan(title, (Open(link),), told="\n".join(told))


def _product(section: Mapping[str, Any]) -> _Product | None:
    """Return the product whose page ``handler_url`` is; None for any other address."""
    url = section.get("handler_url")
    if not isinstance(url, str):
        return None
    return next((p for p in _ALL if re.fullmatch(p.pages, url)), None)


def _pushed(notebook: Path, shell: Shell) -> tuple[Published, str] | None:
    """Return where GitHub has the notebook, and its path from the top; None where it has not."""
    seen = published(notebook.parent, shell)
    if seen is None or seen.host != _GITHUB or not (seen.commit and seen.owner and seen.name):
        return None
    path = posixpath.join(seen.folder, notebook.name)
    return (seen, path) if path in there(notebook.parent, seen, shell) else None
