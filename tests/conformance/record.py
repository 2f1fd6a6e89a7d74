"""Record what the real conda makes: ``CONDA_EXE=… python tests/conformance/record.py``.

Run it from the repository, with the path of a conda in ``CONDA_EXE``, after a change of
``ground.py`` or to follow a new conda. It makes one environment below a temporary folder, with a
home and a package cache of its own, and writes ``conda.json`` beside this file. Nothing is
downloaded. ``tests/real/test_conformance.py`` holds our engine to the recording, and where
``CONDA_EXE`` is set to that conda, too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.conformance import ground

TARGET = Path(__file__).with_name("conda.json")
TRIES = 8
CRASHES = ("BrokenProcessPool", "Fatal Python error")
"""What a conda with rattler's solver ends with now and then, as py-rattler does in any program."""


class Conda:
    """A conda on this computer, with settings, a home and caches of its own."""

    def __init__(self, program: str, folder: Path, address: str) -> None:
        """Write its settings."""
        self.program, self.folder = program, folder
        (folder / "conda-home").mkdir(exist_ok=True)
        settings = {
            "channels": [address],
            "default_channels": [],
            "channel_alias": address.rpartition("/")[0],
            "pkgs_dirs": [str(folder / "conda-packages")],
            "envs_dirs": [str(folder / "conda-envs")],
            "notify_outdated_conda": False,
        }
        (folder / "conda-home" / ".condarc").write_text(json.dumps(settings))
        names = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "CONDA_SOLVER")
        self.environ = {k: v for k, v in os.environ.items() if k in names}
        self.environ |= {"HOME": str(folder / "conda-home"), "CONDA_NUMBER_CHANNEL_NOTICES": "0"}

    def __call__(self, *words: str) -> str:
        """Return what conda prints; a crash of its solver is tried again. Raises RuntimeError."""
        for _ in range(TRIES):
            done = subprocess.run([self.program, *words], capture_output=True, text=True,
                                  check=False, env=self.environ, timeout=600)  # fmt: skip
            if done.returncode == 0:
                return done.stdout
            if done.returncode > 0 and not any(c in done.stderr + done.stdout for c in CRASHES):
                break
        raise RuntimeError(f"conda {words}: {done.returncode}\n{done.stdout}\n{done.stderr}")


def exports(conda: Conda, prefix: Path, same: ground.Same) -> dict[str, Any]:
    """Return what conda says of an environment."""
    export = conda("env", "export", "-p", str(prefix)).splitlines()
    asked = conda("env", "export", "--from-history", "-p", str(prefix)).splitlines()
    listed = json.loads(conda("list", "--json", "-p", str(prefix)))
    revisions = conda("list", "--revisions", "-p", str(prefix)).splitlines()
    return {
        "export": [same.text(line) for line in export],
        "from_history": sorted(same.text(line) for line in asked),
        "list": same.value(listed),
        "revisions": [same.text(line) for line in revisions[1:]],
    }


def main() -> None:
    """Write the recording."""
    from tests import condas

    program = os.environ.get("CONDA_EXE", "")
    if not program:
        sys.exit("CONDA_EXE has to name a conda")
    python = condas.movable_python()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        address = ground.channel(folder / "channel", python)
        conda = Conda(program, folder, address)
        file, prefix = folder / "environment.yml", folder / "env"
        file.write_text(ground.file_text(address))
        conda("env", "create", "-q", "-f", str(file), "-p", str(prefix))
        same = ground.Same(prefix, address, python)
        found = {
            "conda": conda("--version").strip(),
            **ground.snapshot(prefix, same),
            "state": json.loads((prefix / "conda-meta" / "state").read_text()),
            "listed": same.text((folder / "conda-home/.conda/environments.txt").read_text()),
            **exports(conda, prefix, same),
        }
    TARGET.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    print(f"{TARGET}: {TARGET.stat().st_size} bytes, {found['conda']}")  # noqa: T201


if __name__ == "__main__":
    main()
