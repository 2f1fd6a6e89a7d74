"""The services: what each gives, what it cannot do, and the link that opens something there.

Sources of the links: Binder's documentation (``gh``, ``gl`` and ``git`` providers), the badges that
Colab, Kaggle, SageMaker Studio Lab and Vertex AI Workbench tell people to put into a README.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from envboot.machine import hosted

if TYPE_CHECKING:
    from collections.abc import Callable

    from envboot.git import Published
    from envboot.machine import Machine

GITHUB = "github.com"


@dataclass(frozen=True)
class Service:
    """Where a browser opens a notebook, on a computer of somebody else's."""

    name: str
    title: str
    """For a table: what one gets, and what it cannot do."""
    address: Callable[[Published, str], str]
    """Makes the link of a notebook, by its path from the top ("": none)."""
    told: str
    """What a person has to know before she goes there, in sentences."""
    whole: bool = False
    """It opens the repository; the others open one notebook of it, from GitHub alone."""
    machine: Machine | None = None
    price: str = ""


def _binder(seen: Published, notebook: str) -> str:
    if seen.host == GITHUB:
        place = f"gh/{quote(seen.owner, safe='')}/{quote(seen.name, safe='')}"
    elif seen.host == "gitlab.com":
        place = f"gl/{quote(f'{seen.owner}/{seen.name}', safe='')}"
    else:
        place = f"git/{quote(seen.url, safe='')}"
    query = f"?labpath={quote(notebook, safe='')}" if notebook else ""
    return f"https://mybinder.org/v2/{place}/{seen.commit}{query}"


def _at(seen: Published, notebook: str, between: str = "/blob") -> str:
    """Return ``ann/sunspots/blob/COMMIT/a%20b.ipynb``: by the commit, a branch moves on."""
    return f"{quote(f'{seen.owner}/{seen.name}')}{between}/{seen.commit}/{quote(notebook)}"


def _colab(seen: Published, notebook: str) -> str:
    return f"https://colab.research.google.com/github/{_at(seen, notebook)}"


def _kaggle(seen: Published, notebook: str) -> str:
    source = f"https://{GITHUB}/{_at(seen, notebook)}"
    return f"https://kaggle.com/kernels/welcome?src={quote(source, safe='')}"


def _studio_lab(seen: Published, notebook: str) -> str:
    return f"https://studiolab.sagemaker.aws/import/github/{_at(seen, notebook)}"


def _vertex(seen: Published, notebook: str) -> str:
    source = f"https://raw.githubusercontent.com/{_at(seen, notebook, between='')}"
    console = "https://console.cloud.google.com/vertex-ai/workbench/deploy-notebook"
    return f"{console}?download_url={quote(source, safe='')}"


ALL = (
    Service(
        "binder",
        "Binder: the repository in JupyterLab; 1 to 2 GB of memory, no GPU, ends when idle",
        _binder,
        "Binder builds the repository from its environment.yml or requirements.txt, which takes "
        "minutes the first time. Nothing is kept: after 10 idle minutes all of it is gone.",
        whole=True,
        machine=hosted.BINDER,
    ),
    Service(
        "colab",
        "Google Colab: one notebook; its own Python, a GPU where one is free",
        _colab,
        "Colab asks for a Google account. Choose a GPU under Runtime, Change runtime type.",
    ),
    Service(
        "kaggle",
        "Kaggle: one notebook; its own Python, a GPU for some hours a week",
        _kaggle,
        "Kaggle asks for an account with a verified phone number: without one, a notebook has "
        "neither the internet nor a GPU. Switch both on in its settings.",
        machine=hosted.linux("kaggle"),
    ),
    Service(
        "studio-lab",
        "SageMaker Studio Lab: one notebook; a T4 GPU where one is free, some hours a day",
        _studio_lab,
        "Studio Lab asks for an account of its own, which may take days to be granted.",
        machine=hosted.STUDIO_LAB,
    ),
    Service(
        "vertex",
        "Vertex AI Workbench: one notebook; Google bills your project for the computer",
        _vertex,
        "Google bills your own project from the moment the instance is made until you stop it "
        "there; its disk until you delete it. envboot does not see it, and cannot stop it.",
        price="see https://cloud.google.com/vertex-ai/pricing",
    ),
)
NAMES = tuple(service.name for service in ALL)
