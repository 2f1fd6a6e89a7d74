"""What a distribution of the Python package index is called at conda-forge, and the way back.

Most names agree. Where they do not, :data:`CONDA` decides, by hand; then ``conda.txt``, a table
of facts. What neither table nor the list of conda-forge's names has, is not there.
"""

from __future__ import annotations

from functools import lru_cache

from envboot.names.curated import pairs
from envboot.names.tables import column, table
from envboot.spec import normalise


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CONDA = pairs(
    """
    annoy python-annoy  antlr4-python3-runtime antlr-python-runtime  blosc python-blosc
    box2d-py box2d-py  brotli brotli-python  build python-build
    confluent-kafka python-confluent-kafka  cudf-cu12 cudf  cuml-cu12 cuml  docker docker-py
    duckdb python-duckdb  eccodes python-eccodes  faiss-cpu faiss-cpu  faiss-gpu faiss-gpu
    fastjsonschema python-fastjsonschema  fasttext fasttext  fasttext-wheel fasttext
    flatbuffers python-flatbuffers  glfw pyglfw  graphviz python-graphviz  h2o h2o-py  h3 h3-py
    hdfs python-hdfs  igraph python-igraph  kaleido python-kaleido  kubernetes python-kubernetes
    levenshtein levenshtein  libsvm libsvm-python  lmdb python-lmdb  msgpack msgpack-python
    mujoco mujoco-python  neo4j neo4j-python-driver  ninja ninja  nvidia-ml-py nvidia-ml-py
    onnxruntime onnxruntime  onnxruntime-gpu onnxruntime  openbabel openbabel
    openbabel-wheel openbabel  opencv-contrib-python py-opencv
    opencv-contrib-python-headless py-opencv  opencv-python py-opencv
    opencv-python-headless py-opencv  openvino openvino  ortools ortools-python
    playwright playwright-python  psycopg2 psycopg2  psycopg2-binary psycopg2
    pymol-open-source pymol-open-source  pyqt5 pyqt  pytensor pytensor  quantlib quantlib-python
    ray ray-default  redis redis-py  sounddevice python-sounddevice  soundfile pysoundfile
    sox pysox  stim quantumlib-stim  tables pytables  tensorflow tensorflow
    tensorflow-cpu tensorflow  tensorflow-gpu tensorflow  tensorflow-intel tensorflow
    tensorflow-macos tensorflow  tiledb tiledb-py  torch pytorch  torch-cluster pytorch_cluster
    torch-scatter pytorch_scatter  torch-sparse pytorch_sparse
    torch-spline-conv pytorch_spline_conv  triangle py-triangle
    typing-extensions typing_extensions  tzdata python-tzdata  usd-core openusd  uv uv  vtk vtk
    wget python-wget  xgboost xgboost  xgboost-cpu xgboost  xxhash python-xxhash  zstd python-zstd
    """
)
"""Distribution on the Python package index → its package at conda-forge."""

ELSEWHERE = _words(
    """
    apex attr avalanche bert bs4 clip cv2 daft dotenv google gutenberg haiku hydra paddle pyro
    skimage sklearn snap tree
    """
)
"""Distributions whose namesake at conda-forge, if there is one, is another project."""


def conda_name(distribution: str) -> str | None:
    """Return a distribution's package at conda-forge; None: it has none, pip must bring it."""
    name = normalise(distribution)
    if name in ELSEWHERE:
        return None
    return CONDA.get(name) or table("conda.txt").get(name) or _spelled(name).rstrip("!") or None


def pypi_name(conda: str) -> str | None:
    """Return the distribution that a conda-forge package holds; None: none that is known.

    Of several (``py-opencv``) it is the one that code is most likely to have meant.
    """
    name = conda.lower()
    if name in _back():
        return _back()[name]
    plain = normalise(name)
    found = _spelled(plain)
    return plain if found and not found.endswith("!") else None


def _spelled(name: str) -> str:
    """Return conda-forge's spelling of a normalised name; "" where it has no such package.

    ``!`` behind it marks what the Python package index has not.
    """
    packages = column("conda_forge.txt")
    for spelling in (name, f"{name}!"):
        if spelling in packages:
            return spelling
    return _odd().get(name, "")


@lru_cache(maxsize=1)
def _odd() -> dict[str, str]:
    """Return the packages that are not spelled as PEP 503 would, by their normalised names.

    Of ``ruamel.yaml`` and ``ruamel_yaml`` the one with dots: that is how it spells itself.
    """
    odd = [n for n in column("conda_forge.txt") if "_" in n or "." in n or not n.islower()]
    return {normalise(n.rstrip("!")): n for n in sorted(odd, reverse=True)}


@lru_cache(maxsize=1)
def _back() -> dict[str, str]:
    """Return the tables turned round; the hand-made one wins, and in it the plainest name."""
    out = {conda: name for name, conda in table("conda.txt").items() if name not in CONDA}
    by_plainness = sorted(CONDA.items(), key=lambda pair: _plainness(*pair))
    return out | {conda: name for name, conda in by_plainness}


def _plainness(name: str, conda: str) -> tuple[bool, int]:
    """Order so that the plainest comes last: opencv-python, tensorflow, xgboost, soundfile."""
    return name == conda, -len(name)
