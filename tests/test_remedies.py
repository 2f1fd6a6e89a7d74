"""What is said where the computer is why a step failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from envboot.remedies import LITTLE, remedy
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedShell

PREFIX = Path("/repo/.venv")
UV = "failed to lookup address information: Temporary failure in name resolution"
PIP = "WARNING: Retrying after connection broken by 'NewConnectionError(': Failed to establish"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("error: failed to copy: No space left on device (os error 28)", "a disk is full"),
        ("OSError: [Errno 122] Disk quota exceeded: '/x'", "a disk is full"),
        (UV, "cannot be reached"),
        (PIP, "cannot be reached"),
        ("curl: (6) Could not resolve host: conda.example", "cannot be reached"),
        ("ERROR: No matching distribution found for six==99", ""),
    ],
)
def test_what_programs_say(said, words):
    found = remedy(("pip ended with status 1", said), PREFIX, ScriptedShell(), offline=False)
    assert words in found
    assert bool(words) == bool(found)


def test_a_full_disk_is_named_though_nobody_says_it():
    shell = ScriptedShell(disk_free=LITTLE - 1)
    found = remedy(("ensurepip ended with status 1",), PREFIX, shell, offline=True)
    assert found.startswith("the disk of /repo is full (64 MiB are free)")
    assert "--prefix" in found


def test_a_disk_for_temporary_files(tmp_path):
    """The first disk that is nearly full is named, and what stands for it."""

    class Small(LocalShell):
        def disk_free(self, path):
            return 0 if path == tmp_path else 2**40

    found = remedy(
        ("pip ended with status 2",), PREFIX, Small({"TMPDIR": str(tmp_path)}), offline=0
    )
    assert str(tmp_path) in found
    assert "TMPDIR" in found


def test_offline_is_its_own_reason():
    assert "--offline" in remedy((UV,), PREFIX, ScriptedShell(), offline=True)
