"""The proof on real packages from the index, and a real Jupyter kernel."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from envboot import infer, kernel, verify
from envboot.errors import EnvbootError
from envboot.plan import carry_out
from envboot.shell.local import LocalShell
from envboot.spec import EnvironmentSpec, Origin
from envboot.verify import conflicts
from tests import once
from tests.real import venvs

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.name == "nt", reason="these tests look into POSIX environments"),
]
SPEC = EnvironmentSpec(source=Origin("requirements.txt"))


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def make(folder: Path) -> None:
        place = folder / "a $b it's"
        packages = ("pip", "ipykernel", "pyyaml", "python-dateutil")
        venvs.make(place, tmp_path_factory, *packages)
        broken = ("--no-deps", "requests==2.32.3", "urllib3==1.20")
        venvs.add(place, tmp_path_factory, *broken)

    return once.made(tmp_path_factory, "proof", make) / "a $b it's"


def shell_at(home: Path) -> LocalShell:
    return LocalShell({"HOME": str(home), "PATH": os.environ["PATH"]})


def test_a_repository_is_proved_and_its_gaps_are_named(prefix, tmp_path):
    (tmp_path / "run.py").write_text("import yaml\nfrom dateutil import tz\nimport cv2, IPython\n")
    scan = infer.imports(tmp_path, LocalShell())
    report = verify.prove(scan, prefix, LocalShell(), spec=SPEC, root=tmp_path)
    assert report.imported == ("dateutil", "IPython", "yaml")
    assert [(f.module, str(f.origin)) for f in report.failed] == [("cv2", "run.py:3")]
    assert "opencv-python is not declared in requirements.txt" in report.failed[0].why


def test_conflicts_are_those_that_pip_finds(prefix):
    pip = subprocess.run(
        [prefix / "bin" / "python", "-m", "pip", "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    report = verify.prove(infer.Scan((), (), ()), prefix, LocalShell(), spec=SPEC)
    theirs = sorted(row.split()[0].lower() for row in pip.stdout.splitlines())
    assert theirs
    assert sorted(row.split()[0].lower() for row in report.conflicts) == theirs
    assert "requests 2.32.3 needs urllib3 <3,>=1.21.1, but 1.20 is installed" in report.conflicts
    assert report.broken == report.conflicts, "pip installed them, and promised that they fit"
    assert not report.works
    assert len(conflicts.installed(prefix, LocalShell())) == verify.count(prefix, LocalShell())


def test_a_kernel_is_registered_started_and_pruned(prefix, tmp_path):
    shell = shell_at(tmp_path)
    assert kernel.installed(prefix, shell)
    carry_out(kernel.plan(prefix, "proof", (("A", "$B"),), shell), shell, lambda _line: None)
    assert kernel.prove(prefix, shell) == ""
    assert kernel.registered(prefix, shell) == (
        tmp_path / ".local/share/jupyter/kernels" / kernel.name(prefix),
    )
    written = {p.relative_to(tmp_path).parts[0] for p in tmp_path.rglob("*")}
    assert written == {".local"}
    assert kernel.stale(shell) == ()


def test_a_kernel_without_ipykernel_says_so(tmp_path, tmp_path_factory):
    place = tmp_path / "env"
    venvs.make(place, tmp_path_factory, "jupyter_client")
    shell = shell_at(tmp_path)
    assert not kernel.installed(place, shell)
    carry_out(kernel.plan(place, "e", (), shell), shell, lambda _line: None)
    assert kernel.prove(place, shell, timeout=20)
    (place / "bin" / "python").unlink()
    assert kernel.stale(shell) == kernel.registered(place, shell)


def test_a_kernel_without_a_home_is_no_crash(prefix):
    nobody = LocalShell({"PATH": "/usr/bin"})
    nobody.home = None
    with pytest.raises(EnvbootError):
        kernel.plan(prefix, "e", (), nobody)
