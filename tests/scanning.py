"""What the tests of :mod:`envboot.infer` share: small repositories, and how a scan reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from envboot import infer
from envboot.shell.local import LocalShell

if TYPE_CHECKING:
    from pathlib import Path


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def scan(root: Path, files: dict[str, str | bytes]) -> infer.Scan:
    return infer.imports(write(root, files), LocalShell())


def labels(found: infer.Scan) -> dict[str, str]:
    return {m.module: m.label for m in found.modules}


def cells(*sources: object, **metadata: object) -> str:
    rows = [s if isinstance(s, dict) else {"cell_type": "code", "source": s} for s in sources]
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": rows})
