"""Model files: how much memory their weights take at the least.

safetensors: 8 bytes with the length of a JSON header, little endian, then the header, which names
type and shape of each tensor (the format's README, "Format"). Of other files the size is taken. The
shards of one model count together; of several models the largest counts, as code loads one.
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envboot.shell import Shell

_SUFFIXES = frozenset(
    {".safetensors", ".pt", ".pth", ".ckpt", ".onnx", ".h5", ".hdf5", ".keras", ".gguf", ".tflite"}
)
_MODEL_BIN = re.compile(r"(pytorch_model|model|diffusion_pytorch_model)[\w.-]*\.bin")
_SHARD = re.compile(r"[-_.]?\d{5}-of-\d{5}")
_BYTES = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2}
_BYTES |= {"I16": 2, "U16": 2, "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1}
_HEADER = 16 << 20  # bytes of a header that is read


@dataclass(frozen=True)
class Model:
    """The weights of one model."""

    path: str
    """Its first file, POSIX, relative to the repository."""
    size: int
    """Bytes."""
    what: str
    """"weights", or "a model file" where only the file's size is known."""


def largest(root: Path, sizes: Mapping[str, int], shell: Shell) -> Model | None:
    """Return the largest model among the files of ``sizes`` (path → bytes); None without any."""
    models: dict[str, list[str]] = defaultdict(list)
    for path in sorted(sizes):
        name = PurePosixPath(path)
        if name.suffix.lower() in _SUFFIXES or _MODEL_BIN.fullmatch(name.name):
            models[_SHARD.sub("", path)].append(path)
    found = [_model(root, paths, sizes, shell) for paths in models.values()]
    return max(found, default=None, key=lambda model: model.size)


def _model(root: Path, paths: list[str], sizes: Mapping[str, int], shell: Shell) -> Model:
    told = [_tensors(root / p, shell) if p.endswith(".safetensors") else None for p in paths]
    size = sum(sizes[path] if inside is None else inside for path, inside in zip(paths, told))
    return Model(paths[0], size, "model file" if None in told else "weights")


def _tensors(path: Path, shell: Shell) -> int | None:
    """Return the bytes of all tensors of a safetensors file; None where its header is none."""
    length = int.from_bytes(shell.read(path, 8) or b"", "little")
    if not 2 <= length <= _HEADER:  # noqa: PLR2004 - "{}"
        return None
    try:
        header = json.loads((shell.read(path, 8 + length) or b"")[8:])
        return sum(
            _BYTES[one["dtype"]] * math.prod(_natural(n) for n in one["shape"])
            for name, one in header.items()
            if name != "__metadata__"
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _natural(number: object) -> int:
    if not isinstance(number, int) or not 0 <= number < 2**48:
        raise ValueError
    return number
