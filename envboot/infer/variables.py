"""Which environment variables code reads, and which of them it cannot do without."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envboot.infer.nodes import argument, text
from envboot.infer.reading import Fact
from envboot.infer.walking import TRIED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.infer.nodes import Scope


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_MAPPINGS = {"os.environ", "os.environb"}
_EVERYWHERE = _words(
    """
    APPDATA COLUMNS COMPUTERNAME COMSPEC DISPLAY EDITOR HOME HOMEDRIVE HOMEPATH HOSTNAME LANG
    LC_ALL LINES LOCALAPPDATA LOGNAME OS PATH PATHEXT PROCESSOR_ARCHITECTURE PROGRAMDATA
    PROGRAMFILES PWD PYTHONPATH SHELL SYSTEMROOT TEMP TERM TMP TMPDIR USER USERNAME USERPROFILE
    WINDIR XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR
    """
)
"""What the operating system or the person's desktop sets: nobody has to be told of it."""
_LAUNCHED = re.compile(
    r"(SLURM|PMI|PMIX|OMPI|PBS|LSB|SGE|GITHUB|CONDA|JPY|COLAB|KAGGLE)_\w+|"
    r"(LOCAL_|NODE_|GROUP_)?RANK|"
    r"(LOCAL_)?WORLD_SIZE|MASTER_(ADDR|PORT)|VIRTUAL_ENV|CI|CUDA_VISIBLE_DEVICES"
)
"""What schedulers, launchers and hosts set for what they start."""


def words(scope: Scope) -> tuple[bytes, ...]:
    """Return what a line must hold to read a variable."""
    found = "os" in scope.roots or "decouple" in scope.roots
    return (b"environ", b"getenv", b"config(") if found else ()


@dataclass
class Variables:
    """The variables of one file; whether one is required shows only at its end."""

    found: list[Fact] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    """Those that the code sets itself, or asks for before it reads them."""

    def take(self, node: ast.AST, flags: int, scope: Scope, cell: int | None) -> None:
        """Take in one node of a tree: a subscript, a call, a comparison or a ``del``."""
        if isinstance(node, ast.Subscript):
            self._subscript(node, flags, scope, cell)
        elif isinstance(node, ast.Call):
            self._call(node, flags, scope, cell)
        elif isinstance(node, ast.Compare) and len(node.ops) == 1:
            name = text(node.left)
            inside = isinstance(node.ops[0], (ast.In, ast.NotIn))
            if name and inside and scope.resolve(node.comparators[0]) in _MAPPINGS:
                self._add(name, node.lineno, cell, required=False)
                self.known.add(name)

    def _subscript(self, node: ast.Subscript, flags: int, scope: Scope, cell: int | None) -> None:
        if scope.resolve(node.value) not in _MAPPINGS:
            return
        index: ast.AST = node.slice
        name = text(index) or ""
        if isinstance(node.ctx, ast.Load):
            self._add(name, node.lineno, cell, required=not flags & TRIED)
        elif isinstance(node.ctx, ast.Store):
            self.known.add(name)

    def _call(self, node: ast.Call, flags: int, scope: Scope, cell: int | None) -> None:
        name = scope.resolve(node.func)
        wanted = text(argument(node, "0|key|varname|option")) or ""
        if name in {"os.getenv", "os.getenvb", "os.environ.get"}:
            self._add(wanted, node.lineno, cell, required=False)
        elif name == "os.environ.pop":
            self._add(wanted, node.lineno, cell, required=len(node.args) == 1 and not flags & TRIED)
        elif name == "os.environ.setdefault":
            self.known.add(wanted)
            self._add(wanted, node.lineno, cell, required=False)
        elif name in {"decouple.config", "decouple.AutoConfig"}:
            default = argument(node, "1|default")
            self._add(wanted, node.lineno, cell, required=default is None and not flags & TRIED)

    def _add(self, name: str, line: int, cell: int | None, *, required: bool) -> None:
        ours = name.upper() not in _EVERYWHERE and not _LAUNCHED.fullmatch(name)
        if _NAME.fullmatch(name) and ours:
            more = "required" if required else ""
            self.found.append(Fact("variable", name, more, line, cell=cell))

    def facts(self) -> Iterator[Fact]:
        """Yield the variables that are read."""
        for fact in self.found:
            yield fact._replace(more="") if fact.text in self.known else fact
