"""Where code uses a GPU, and whether it asked before that there is one."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envboot.infer.nodes import argument, dotted, text
from envboot.infer.reading import Fact
from envboot.infer.walking import ASKED, GUARDED, TRIED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.infer.nodes import Scope


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LONGEST = 60  # characters of a call that are shown
_CUDA = re.compile(r"cuda(:\d+)?")
_DEVICE = re.compile(r"dev|gpu|rank|cuda|^id|^i$|^d$")  # names of a variable that holds a device
_MODULES = _words(
    """
    cucim cudf cugraph cuml cupy cupyx cuspatial cuxfilter flash_attn nvidia.dali pycuda rmm
    tensorrt tinycudann
    """
)
"""Modules that do not work without a GPU of NVIDIA's."""
_ASKS = _words(
    """
    torch.cuda.is_available torch.cuda.device_count torch.accelerator.is_available
    tensorflow.test.is_gpu_available tensorflow.test.gpu_device_name
    tensorflow.config.list_physical_devices tensorflow.config.experimental.list_physical_devices
    tensorflow.config.list_logical_devices tensorflow.config.experimental.list_logical_devices
    tensorflow.test.is_built_with_cuda cupy.is_available cupy.cuda.is_available
    numba.cuda.is_available jax.local_device_count jax.device_count jax.default_backend
    """
)
"""Calls that ask whether there is a GPU, and say no without one."""
_FAILS = _words(
    """
    torch.cuda.set_device torch.cuda.synchronize torch.cuda.current_device
    torch.cuda.get_device_name torch.cuda.get_device_properties torch.cuda.get_device_capability
    torch.cuda.mem_get_info torch.cuda.Event torch.cuda.Stream torch.cuda.FloatTensor
    torch.cuda.LongTensor torch.cuda.HalfTensor torch.cuda.CUDAGraph torch.cuda.init
    numba.cuda.jit numba.cuda.to_device numba.cuda.device_array numba.cuda.select_device
    """
)
"""Calls that end in an error where there is none."""
_SETTINGS = {
    "device": _CUDA,
    "map_location": _CUDA,
    "device_map": _CUDA,
    "accelerator": re.compile("gpu|cuda"),
    "tree_method": re.compile("gpu_hist"),
    "task_type": re.compile("GPU"),
    "device_type": re.compile("gpu|cuda"),
}
"""Keywords of any call, and the values that mean a GPU."""


def words(scope: Scope) -> tuple[bytes, ...]:
    """Return what a line must hold to use a GPU."""
    named = scope.roots & {"tensorflow", "jax", "xgboost", "lightgbm", "catboost", "lightning"}
    more = (b"gpu", b"GPU", b"physical_devices", b"logical_devices") if named else ()
    trainer = (b"gpu",) if "pytorch_lightning" in scope.roots else ()
    asks = (b"cuda", b"accelerator.is_available", b"device_count", b"default_backend")
    return (*asks, *more, *trainer)


@dataclass
class Devices:
    """The uses of one file; whether they are required shows only at its end."""

    found: list[Fact] = field(default_factory=list)
    asks: bool = False

    def take_import(self, module: str, line: int, cell: int | None, *, guarded: bool) -> None:
        """Take in an import of something that only runs on a GPU."""
        parts = module.split(".")
        known = next((m for m in (parts[0], ".".join(parts[:2])) if m in _MODULES), None)
        if known:
            self._add(f"import {known}", line, cell, required=not guarded)

    def take(self, node: ast.AST, flags: int, scope: Scope, cell: int | None) -> None:
        """Take in one node of a tree: a call, an assignment, a default or a ternary."""
        if isinstance(node, ast.Call):
            self._call(node, flags, scope, cell)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            self._assigned(node, flags, cell)
        elif isinstance(node, ast.Attribute):
            if scope.resolve(node) == "numba.cuda.jit":  # a decorator without a call
                self._add("numba.cuda.jit", node.lineno, cell, required=not flags & ASKED)
        elif isinstance(node, ast.IfExp):
            self.asks = self.asks or _spells_cuda(node.body) != _spells_cuda(node.orelse)

    def _call(self, node: ast.Call, flags: int, scope: Scope, cell: int | None) -> None:
        name = scope.resolve(node.func)
        sure = not flags & (ASKED | TRIED | GUARDED)
        first = text(argument(node, "0")) or ""
        if name in _ASKS or name.endswith("cuda.is_available"):
            self.asks = True
            self._add(_shown(node), node.lineno, cell, required=False)
        elif _needs(name, first) and not (name.endswith(".cuda") and _takes_more(node)):
            self._add(_shown(node), node.lineno, cell, required=sure)
        elif name == "tensorflow.device" and "gpu" in first.lower():
            self._add(_shown(node), node.lineno, cell, required=False)  # it may be placed elsewhere
        for keyword in node.keywords:
            wanted = _SETTINGS.get(keyword.arg or "")
            if wanted and wanted.fullmatch(text(keyword.value) or ""):
                shown = f'{keyword.arg}="{text(keyword.value)}"'
                self._add(shown, node.lineno, cell, required=sure)

    def _assigned(self, node: ast.Assign | ast.AnnAssign, flags: int, cell: int | None) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        name = dotted(targets[0])
        if "device" in name.lower() and _spells_cuda(node.value):
            sure = not flags & (ASKED | TRIED | GUARDED)
            self._add(f'{name} = "{text(node.value)}"', node.lineno, cell, required=sure)

    def _add(self, shown: str, line: int, cell: int | None, *, required: bool) -> None:
        more = "required" if required else ""
        self.found.append(Fact("device", shown[:_LONGEST], more, line, cell=cell))

    def facts(self) -> Iterator[Fact]:
        """Yield the uses; where the file asks anywhere, it can do without."""
        for fact in self.found:
            yield fact._replace(more="") if self.asks else fact


def _needs(name: str, first: str) -> bool:
    """Return whether a call, with its first argument, ends in an error without a GPU."""
    if name in _FAILS or name.endswith(".cuda"):
        return True
    if name == "torch.device" or name.endswith(".to"):
        return bool(_CUDA.fullmatch(first))
    return name == "jax.devices" and first in {"gpu", "cuda"}


def _takes_more(node: ast.Call) -> bool:
    """Return whether a call takes what no tensor's ``cuda`` does: some other thing of that name.

    A tensor's takes a device, which is a number, a text, or something that is called after one.
    """
    if not node.args:
        return False
    first = node.args[0]
    if isinstance(first, ast.Constant):
        return False
    inner = first.func if isinstance(first, ast.Call) else first
    inner = inner.value if isinstance(inner, ast.Subscript) else inner
    return not _DEVICE.search(dotted(inner).rpartition(".")[2].lower())


def _spells_cuda(node: ast.AST | None) -> bool:
    return bool(_CUDA.fullmatch(text(node) or ""))


def _shown(node: ast.Call) -> str:
    """Return a call as written, short: ``model.cuda()``, ``x.to("cuda")``."""
    name = dotted(node.func)
    name = f"…{name}" if name.startswith(".") else name
    given = [f'"{text(a)}"' if text(a) is not None else "…" for a in node.args[:1]]
    return f"{name}({', '.join(given)})"
