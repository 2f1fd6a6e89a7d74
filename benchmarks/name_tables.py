"""Write the wide tables of envboot/names from raw facts; run when those are gathered anew.

    python benchmarks/name_tables.py RAW PYPI [--into envboot/names]

RAW holds import_names.tsv (import, distribution: where they differ), conda_names.tsv
(distribution, conda-forge package: where they differ) and conda_forge_python.txt (packages of
conda-forge that hold a Python distribution). PYPI has a row for each distribution of the Python
package index: name, version, month, rank among the most downloaded ("" beyond them), summary.

What is dropped, and why, stands at each rule. The tables curated by hand win over these, so what
stands there is not written again.
"""

from __future__ import annotations

import argparse
import lzma
import re
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from envboot.infer.stdlib import is_stdlib
from envboot.names import apart, conda, curated, same
from envboot.spec import normalise

MANY = 12  # modules; a distribution that brings more is a family of generated code
SHORT = 3  # letters; what is shorter says nothing
PARTS = re.compile(
    r"^(test_|_)|(_cli|_tests?|_vendored|_scripts|__mypyc|_src|_demo|_examples|_benchmarks)$"
)
FAMILIES = (
    "types-",
    "pyobjc-framework-",
    "robotframework-",
    "mypy-boto3-",
    "odoo-addon-",
    "trytond-",
    "opentelemetry-",
    "aliyun-python-sdk-",
    "tencentcloud-sdk-python-",
    "volcengine-",
    "apache-airflow-providers-",
    "pulumi-",
    "aws-cdk-",
    "django-",
    "djangorestframework-",
    "pytest-",
    "flake8-",
    "mkdocs-",
    "sphinx-",
    "nvidia-",
    "airbyte-source-",
    "adafruit-",
    "quantconnect-",
    "spacy-model-",
    "xblock-",
    "edx-",
    "wagtail-",
    "backports-",
    "oslo-",
)
"""Their modules are stubs, plug-ins of programs, or found by their namespace's rule."""
AFFIX = re.compile(r"^py(thon3?)?-?|-?py(thon3?)?$")


def main() -> None:
    """Write the four files and say how large they are, together, once compressed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("raw", type=Path)
    arguments.add_argument("pypi", type=Path)
    arguments.add_argument("--into", type=Path, default=Path("envboot/names"))
    given = arguments.parse_args()
    ranks = read_ranks(given.pypi)
    for module, name in all_by_hand():
        if name not in ranks:
            sys.exit(f"{module}: the index has no {name}, so somebody else may take the name")
    forge = given.raw.joinpath("conda_forge_python.txt").read_text(encoding="utf-8").split()
    renamed = read_pairs(given.raw / "conda_names.tsv")
    files = {
        "imports.txt": imports(read_pairs(given.raw / "import_names.tsv"), ranks),
        "conda.txt": conda_rows(renamed, set(forge)),
        "conda_forge.txt": conda_forge(forge, set(renamed.values()), ranks),
        "popular.txt": popular(ranks, forge),
    }
    whole = b""
    for name, rows in files.items():
        data = ("\n".join(rows) + "\n").encode()
        given.into.joinpath(name).write_bytes(data)
        whole += data
        print(name, len(rows), "rows,", len(pack(data)), "bytes packed")
    print("together", len(pack(whole)), "bytes packed")


def all_by_hand() -> list[tuple[str, str]]:
    """Return each module and distribution that the hand-made tables say belong together."""
    return [*curated.DISTRIBUTIONS.items(), *((n, normalise(n)) for n in sorted(same.SAME))]


def pack(data: bytes) -> bytes:
    """Return what ``xz -9e`` makes of it."""
    return lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)


def read_pairs(path: Path) -> dict[str, str]:
    """Return a table of two columns."""
    rows = path.read_text(encoding="utf-8").splitlines()
    return dict(row.split("\t") for row in rows)


def read_ranks(path: Path) -> dict[str, int]:
    """Return the rank of each distribution of the index, 0 beyond the most downloaded."""
    with path.open(encoding="utf-8") as file:
        rows = (line.rstrip("\n").split("\t") for line in file)
        return {normalise(r[0]): int(r[3] or 0) if r[3].isdigit() else 0 for r in rows}


def imports(raw: dict[str, str], ranks: dict[str, int]) -> list[str]:
    """Return ``module distribution`` for what the two names show to belong together."""
    sizes = Counter(raw.values())
    out = []
    for module, found in raw.items():
        name = normalise(found)
        if sizes[found] > MANY or name.startswith(FAMILIES) or name not in ranks:
            continue
        if len(module) < SHORT or PARTS.search(module) or not_to_be_said(module):
            continue
        if not alike(module, name) or better_known(module, name, ranks):
            continue
        out.append(f"{module} {name}")
    return sorted(out)


def not_to_be_said(module: str) -> bool:
    """Return whether a module is Python's own, a word for local ones, or curated by hand."""
    apart_from = apart.LOCAL | apart.NAMESAKES | apart.NAMESPACES | apart.HOSTED
    curated_too = module in curated.DISTRIBUTIONS or module in same.SAME
    return is_stdlib(module) or module in apart_from or curated_too


def alike(module: str, distribution: str) -> bool:
    """Return whether one name holds the other: what is not so (``demo`` of palettable) is junk."""
    ours, theirs = (re.sub(r"[^a-z0-9]", "", x.lower()) for x in (module, distribution))
    return len(ours) >= SHORT and (ours in theirs or theirs in ours)


def better_known(module: str, distribution: str, ranks: dict[str, int]) -> bool:
    """Return whether the distribution named like the module may be what code means.

    Where the index has none of that name, nobody else can be meant. Where it has, only the plain
    ``python-``, ``py-`` of the other one tells that it was there first and the name was taken:
    ``barcode`` is python-barcode, but ``noise`` is not noiseprotocol, nor ``mlflow`` mlflow-skinny.
    """
    name = normalise(module)
    if name not in ranks or conda.pypi_name(name) == distribution:
        return False
    if AFFIX.sub("", distribution) == AFFIX.sub("", name):
        rank, other = ranks[name], ranks[distribution]
        return bool(rank) and rank < (other or rank + 1)
    return True


def conda_rows(raw: dict[str, str], forge: set[str]) -> list[str]:
    """Return ``distribution package`` where only a prefix or suffix differs: the rest is wrong.

    (A wheel of opencv-python is in libopencv, one of ray in ray-core: packages that hold more than
    one distribution, or only a part.) What differs in ``_`` and ``.`` alone follows from the list.
    """
    out = []
    for name, package in raw.items():
        if name in conda.CONDA or name in conda.ELSEWHERE or package not in forge:
            continue
        if normalise(package) != normalise(name) and alike(name, package):
            out.append(f"{normalise(name)} {package}")
    return sorted(out)


def conda_forge(names: list[str], renamed: set[str], ranks: dict[str, int]) -> list[str]:
    """Return conda-forge's names; ``!`` behind those that the Python package index has not."""
    kept = [n for n in names if not n.startswith(("spacy-model-", "_"))]
    return sorted(f"{n}!" if normalise(n) not in ranks and n not in renamed else n for n in kept)


def popular(ranks: dict[str, int], forge: list[str]) -> list[str]:
    """Return the most downloaded distributions that conda-forge has not."""
    there = {normalise(n) for n in forge}
    names = (n for n, rank in ranks.items() if rank and n not in there)
    return sorted(n for n in names if not n.startswith(FAMILIES) and len(n) >= SHORT)


if __name__ == "__main__":
    main()
