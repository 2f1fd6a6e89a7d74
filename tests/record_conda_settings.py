"""Record anew what the real conda says of each case in ``recorded/conda_settings.json``.

``CONDA_EXE=/path/to/conda python tests/record_conda_settings.py`` writes the file again; a case is
its files, variables and channels, and a new one needs only these. conda itself is asked, by the
Python in the first line of its program: the values of its ``context``, the addresses of
``Channel``, and what ``conda env create`` makes of a file's channels.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

RECORDED = Path(__file__).parent / "recorded" / "conda_settings.json"
_ASK = """
import json, os, sys
import conda
from conda.base.context import context
from conda.models.channel import Channel
context.__init__()
def plain(value):
    if hasattr(value, "items"):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value if isinstance(value, (int, float, bool, str)) or value is None else str(value)
keys, asked = json.loads(sys.argv[1])
out = {key: plain(getattr(context, key)) for key in keys}
named = [c for c in asked if c != "nodefaults"]
named += [] if "nodefaults" in asked else list(context.channels)
urls = [u for c in named for u in Channel(c).urls(with_credentials=True, subdirs=("@",))]
out["urls"] = list(dict.fromkeys(u[:-1].rstrip("/") for u in urls)) if named else None
print(json.dumps([conda.__version__, out]))
"""


def main() -> None:
    """Ask conda about every case and write the file."""
    conda = Path(os.environ["CONDA_EXE"])
    python = conda.read_text(encoding="utf-8").splitlines()[0].removeprefix("#!").strip()
    cases = json.loads(RECORDED.read_text(encoding="utf-8"))["cases"]
    version = ""
    for case in cases.values():
        keys = [k for k in next(iter(cases.values()))["conda"] if k != "urls"]
        with tempfile.TemporaryDirectory() as home:
            for path, text in case["files"].items():
                place = Path(path.replace("~", home, 1))
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8")
            environ = {n: v.replace("~", home, 1) for n, v in case["environ"].items()}
            said = subprocess.run(
                [python, "-c", _ASK, json.dumps([keys, case["channels"]])],
                env={"HOME": home, "PATH": "/usr/bin:/bin", **environ},
                cwd=home,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            version, case["conda"] = json.loads(said.splitlines()[-1].replace(home, "{home}"))
    text = json.dumps({"conda": version, "cases": cases}, indent=1)
    RECORDED.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
