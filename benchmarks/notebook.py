"""Pack an environment into a notebook, by splicing and by nbformat, in pairs. ``--help`` says how.

Run it where envboot and nbformat are installed: ``python benchmarks/notebook.py``. What the hook of
a Jupyter server costs at a save is measured apart.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pairs import HEADER, Pairs, machine, take

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # where it is not installed

import nbformat

from envboot.formats.notebook import ENVIRONMENT, environment, put, read
from envboot.formats.notebook import take as taken
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

CARRIED = {"env_ver": "0.2", "requirements.txt": "numpy==2.1.0\npandas==2.2.3  # é\n" * 20}
LINE = 'epoch 12/100 \u001b[1mloss\u001b[0m 0.1234 "acc": {0.99} C:\\data\\[x]\n'
USUAL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "version": "3.11.7"},
}


def pictures(size: int) -> list[dict[str, Any]]:
    """Return outputs of about ``size`` bytes: PNG files of 400 kB."""
    chance = random.Random(1)  # noqa: S311 - no secret
    each = min(300_000, size * 3 // 4)
    data = base64.b64encode(chance.randbytes(each)).decode()
    one = {"data": {"image/png": data, "text/plain": ["<Figure>"]}, "metadata": {}}
    return [{**one, "output_type": "display_data"}] * max(1, size // len(data))


def texts(size: int) -> list[dict[str, Any]]:
    """Return outputs of about ``size`` bytes: logs of a thousand lines."""
    rows = [f"{number} {LINE}" for number in range(1_000)]
    each = len(json.dumps(rows, indent=4))
    one = {"name": "stdout", "output_type": "stream", "text": rows}
    return [one] * max(1, size // each)


def written(path: Path, outputs: list[dict[str, Any]]) -> Path:
    """Write a notebook with an output a cell, as Jupyter writes it."""
    cells = [
        {
            "cell_type": "code",
            "execution_count": number,
            "id": f"cell-{number}",
            "metadata": {},
            "outputs": [output],
            "source": ["import numpy as np\n", "np.zeros(3)"],
        }
        for number, output in enumerate(outputs, 1)
    ]
    document = {"cells": cells, "metadata": USUAL, "nbformat": 4, "nbformat_minor": 5}
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def spliced(path: Path, to: Path) -> None:
    """Pack as envboot does: read, check what is there, splice, write."""
    data = path.read_bytes()
    environment.found(read(data, Origin(path.name)), Origin(path.name))
    new = put(data, ENVIRONMENT, CARRIED)
    to.write_bytes(new)


def by_nbformat(path: Path, to: Path) -> None:
    """Pack as programs on top of nbformat do."""
    document = nbformat.read(path, nbformat.NO_CONVERT)
    document.metadata["environment"] = CARRIED
    nbformat.write(document, to)


def by_json(path: Path, to: Path) -> None:
    """Pack with the json module alone, which keeps no style but one."""
    document = json.loads(path.read_bytes())
    document["metadata"]["environment"] = CARRIED
    text = json.dumps(document, indent=1, ensure_ascii=False)
    to.write_text(text, encoding="utf-8", newline="")


def seconds(do: Callable[[Path, Path], None], path: Path, times: int) -> Callable[[], float]:
    """Return what takes the time of packing ``path`` so many times."""
    to = path.with_suffix(".out")

    def run() -> float:
        start = time.perf_counter()
        for _ in range(times):
            do(path, to)
        return time.perf_counter() - start

    return run


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=7, help="pairs (default: 7)")
    number = parser.parse_args().n
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, outputs, times in (
            ("small", [], 200),
            ("1 MB of text", texts(1_000_000), 10),
            ("50 MB of pictures", pictures(50_000_000), 1),
            ("50 MB of text", texts(50_000_000), 1),
        ):
            path = written(Path(folder) / f"{name}.ipynb".replace(" ", "-"), outputs)
            data = path.read_bytes()
            assert taken(put(data, ENVIRONMENT, CARRIED), ENVIRONMENT) == data
            for against, other in (("nbformat", by_nbformat), ("json", by_json)):
                note = f"{len(data):,} bytes" + (f", {times} times" if times > 1 else "")
                pairs = Pairs(f"pack, {name}", f"{against}: read and write", note=note)
                run = seconds(spliced, path, times), seconds(other, path, times)
                rows.append(take(pairs, *run, number).row())
    print(f"{machine()}; Python {sys.version.split()[0]}, nbformat {nbformat.__version__}\n")
    print("\n".join((HEADER, *rows)))


if __name__ == "__main__":
    main()
