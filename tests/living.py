"""A real conda environment that somebody lives in, made on the spot and read by the tests.

It has what a portable file must tell apart: packages that were asked for and those that only came
along, a library without Python, a package whose name at conda is another one than Python's, a
part that pip installed, a channel, and variables.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from envboot import interpreters
from envboot.shell.local import LocalShell
from tests.channel import File, light_python, make_channel, native, of_wheel, pip_of
from tests.wheels import make_wheel

STAND_IN = Path(__file__).with_name("real") / "conda_stand_in.py"
FILE = """\
name: living
channels:
- CHANNEL
dependencies:
- python
- pip
- alpha=1.0
- beta
- py-delta
- pip:
  - gamma==1.0
variables:
  ADA: countess
"""
"""What its owner typed once, and has lost since. ``beta`` brings ``libtiny`` and ``helper``."""


@dataclass(frozen=True)
class Living:
    """The environment, and the computer that it is on."""

    prefix: Path
    channel: str
    """URL of the channel, a ``file://`` one."""
    python: str
    """Version of its interpreter."""
    base: Path
    """conda's installation; the environment is one of those in its ``envs``."""
    wheels: Path
    """What pip installs from."""
    shell: LocalShell
    """The owner's computer: her conda is on PATH, nothing is activated."""


def make_conda_environment(folder: Path) -> Living:
    """Make the environment below ``folder``, with the program that stands in for conda.

    Skips without py-rattler, or without a Python that can be moved. Nothing is downloaded.
    """
    pytest.importorskip("rattler")
    found = interpreters.find(LocalShell())
    python = next((i for i in found if i.path.resolve().parts[:2] != ("/", "usr")), None)
    if python is None:
        pytest.skip("there is no Python here that can be moved")
    channel = _channel(folder, python)
    base = folder / "home" / "miniforge3"
    (base / "bin").mkdir(parents=True)
    (base / "conda-meta").mkdir()
    (base / "conda-meta" / "history").write_text("")
    program = base / "bin" / "conda"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "$@"\n')
    program.chmod(0o755)
    wheels = folder / "wheels"
    make_wheel(wheels, "gamma", "1.0", requires=["epsilon"])
    make_wheel(wheels, "gamma", "2.0")
    make_wheel(wheels, "epsilon", "0.5")
    path = f"{base / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    environ = {"HOME": str(folder / "home"), "PATH": path, "LC_ALL": "C.UTF-8"}
    environ |= {k: v for k, v in os.environ.items() if k.startswith("LD_")}
    environ |= {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
    shell = LocalShell({**environ, "CONDA_STAND_IN_ROOT": str(base)})
    file = folder / "environment.yml"
    file.write_text(FILE.replace("CHANNEL", channel))
    prefix = base / "envs" / "living"
    shell.do([str(program), "env", "create", "-f", str(file), "-p", str(prefix)])
    return Living(prefix, channel, python.text, base, wheels, shell)


def _channel(folder: Path, python: interpreters.Interpreter) -> str:
    made = folder / "made"
    beta = make_wheel(
        made, "beta", "1.0", requires=["helper"], scripts={"beta": "beta:__version__"}
    )
    delta = {"delta/__init__.py": "", "_delta_core.py": "", "google/cloud/delta/__init__.py": ""}
    more = [
        light_python(python),
        *pip_of(python),
        native(
            "libtiny",
            "3.1",
            {"lib/libtiny.so.3": File(b"\x7fELF"), "bin/tiny": File(b"#!/bin/sh\n")},
        ),
        of_wheel(beta, needs=["libtiny"]),
        of_wheel(make_wheel(made, "delta-python", "4.0+cu124", delta), name="py-delta"),
    ]
    plain = [make_wheel(made, name, "1.0") for name in ("alpha", "helper")]
    plain.append(make_wheel(made, "alpha", "2.0"))
    return make_channel(folder / "channel", None, plain, more)
