"""Which distribution brings a console program: only those that code is known to call.

Curated by hand from the entry points of the distributions. A program that is not here (``git``,
``ls``, ``ffmpeg``) is the computer's own, or nobody's business.
"""

from __future__ import annotations

import re


def _pairs(text: str) -> dict[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2]))


PROGRAMS = _pairs(
    """
    accelerate accelerate  airflow apache-airflow  alembic alembic  allennlp allennlp
    ansible ansible-core  ansible-playbook ansible-core  autopep8 autopep8  aws awscli  bentoml
    bentoml  black black  bokeh bokeh  celery celery  chainlit chainlit  cookiecutter
    cookiecutter  coverage coverage  cythonize cython  dagster dagster  dask dask  dask-scheduler
    distributed  dask-worker distributed  datasets-cli datasets  dbt dbt-core  deepspeed deepspeed
    django-admin django  dvc dvc  earthengine earthengine-api  easyocr easyocr  esptool esptool
    f2py numpy  fairseq-preprocess fairseq  fairseq-train fairseq  fastapi fastapi
    flake8 flake8  flask flask  gallery-dl gallery-dl  gdown gdown  gradio gradio
    gunicorn gunicorn  hf huggingface-hub  huggingface-cli huggingface-hub  hypercorn hypercorn
    ipcluster ipyparallel  ipython ipython  isort isort  jupytext jupytext  jupyter jupyter
    jupyter-book jupyter-book  jupyter-lab jupyterlab  jupyter-nbconvert nbconvert
    jupyter-notebook notebook  kaggle kaggle  kedro kedro  label-studio label-studio
    lightning lightning  litserve litserve  locust locust
    luigi luigi  marimo marimo  mkdocs mkdocs  mlflow mlflow  modal modal  mypy mypy
    nbconvert nbconvert  nbdev_export nbdev  nbstripout nbstripout  nosetests nose
    nuitka nuitka  onnxsim onnxsim  openai openai  optimum-cli optimum  optuna optuna
    panel panel  papermill papermill  pip-compile pip-tools  playwright playwright
    pre-commit pre-commit  prefect prefect  protoc-gen-mypy mypy-protobuf  py.test pytest
    pycodestyle pycodestyle  pyinstaller pyinstaller  pylint pylint
    pytest pytest  pyuic5 pyqt5  pyuic6 pyqt6  quarto quarto-cli  ray ray  rasa rasa  rio rasterio
    ruff ruff  sacrebleu sacrebleu  scenedetect scenedetect  scrapy scrapy  snakemake snakemake
    solara solara  spacy spacy  sphinx-apidoc sphinx  sphinx-build sphinx
    streamlit streamlit  subword-nmt subword-nmt  tensorboard tensorboard
    tf2onnx tf2onnx  toil toil  torchrun torch
    torch-model-archiver torch-model-archiver  torchserve torchserve  transformers-cli transformers
    tox tox  twine twine  ultralytics ultralytics  uvicorn uvicorn  vllm vllm
    voila voila  wandb wandb  whisper openai-whisper  yapf yapf  yolo ultralytics
    youtube-dl youtube-dl  yt-dlp yt-dlp  zenml zenml
    """
)
"""Program → distribution, normalised as PEP 503 says."""
_SUB = {
    "book": "jupyter-book",
    "lab": "jupyterlab",
    "labextension": "jupyterlab",
    "nbconvert": "nbconvert",
    "nbextension": "notebook",
    "notebook": "notebook",
    "trust": "nbformat",
    "kernelspec": "jupyter-client",
    "server": "jupyter-server",
    "contrib": "jupyter-contrib-nbextensions",
}


def of(argv: tuple[str, ...]) -> tuple[str, str] | None:
    """Return (program, distribution) of a command, or None for one that is not known.

    ``jupyter nbconvert`` is nbconvert's: the subcommands of Jupyter are distributions of their own.
    """
    name = re.sub(r"\.exe$", "", argv[0].replace("\\", "/").rpartition("/")[2])
    if name == "jupyter" and len(argv) > 1 and argv[1] in _SUB:
        return f"jupyter {argv[1]}", _SUB[argv[1]]
    found = PROGRAMS.get(name)
    return (name, found) if found else None
