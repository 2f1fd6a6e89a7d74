"""All that the trees of one file say: one for a script, one a cell for a notebook.

Imports come first, for they say what names mean; then the calls are looked at, and only in the
lines that hold a word which matters to one of the modules that were imported.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envboot.infer import back_ends, commands, devices, variables, walking
from envboot.infer.devices import Devices
from envboot.infer.nodes import Scope, argument, dotted, inside, text
from envboot.infer.reading import Fact, Reading, Seen
from envboot.infer.variables import Variables
from envboot.infer.walking import GUARDED, INSIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envboot.infer.reading import Broken
    from envboot.infer.rows import Rows

_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_DYNAMIC = (b"import_module", b"__import__", b"importorskip", b"run_module")
_PATHS = (b"sys.path", b"addsitedir")
_STARTS = {
    "subprocess": (b"run", b"call", b"check_", b"Popen", b"getoutput", b"getstatusoutput"),
    "os": (b"system", b"popen", b"exec", b"spawn"),
    "asyncio": (b"create_subprocess",),
    "IPython": (b"system", b"run_line_magic"),
    "sh": (),
}
_PROGRAMS = re.compile(
    r"subprocess\.(run|call|check_call|check_output|Popen|getoutput|getstatusoutput)|"
    r"os\.(system|popen|exec[lv]p?e?|spawn[lv]p?e?)|asyncio\.create_subprocess_(exec|shell)"
)
_OWN_EXTENSIONS = frozenset({"autoreload", "storemagic", "sql"})
"""Extensions of IPython itself; ``sql`` is the name that ipython-sql and jupysql share."""

_TELLING: frozenset[type[ast.AST]] = frozenset(
    {
        ast.AnnAssign,
        ast.Assign,
        ast.Attribute,
        ast.Call,
        ast.Compare,
        ast.Constant,
        ast.IfExp,
        ast.Subscript,
    }
)
_SCREENS = {"widget": "ipympl", "ipympl": "ipympl", "qt5": "pyqt5", "qt6": "pyqt6"}


@dataclass
class Gathering:
    """What one file says so far."""

    scope: Scope = field(default_factory=Scope)
    seen: list[Seen] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    variables: Variables = field(default_factory=Variables)
    devices: Devices = field(default_factory=Devices)

    def imports(self, tree: ast.Module, rows: Rows, cell: int | None = None) -> None:
        """Take in the import statements that touch ``rows``."""
        for node, flags in walking.statements(tree, rows, heads=False):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self.scope.bind(node)
                for seen in of_statement(node):
                    self._imported(seen._replace(guarded=bool(flags & GUARDED), cell=cell))

    def _imported(self, seen: Seen) -> None:
        self.seen.append(seen)
        if seen.level:
            return
        for module in (seen.module, *(f"{seen.module}.{n}" for n in seen.names)):
            self.devices.take_import(module, seen.line, seen.cell, guarded=seen.guarded)
            self.facts += back_ends.of_import(module, seen.line, seen.cell, guarded=seen.guarded)

    def words(self) -> tuple[bytes, ...]:
        """Return what a line must hold to say more; all imports have to be known."""
        starts = (w for root in self.scope.roots & _STARTS.keys() for w in _STARTS[root])
        return (
            *_DYNAMIC,
            *_PATHS,
            *starts,
            b"get_ipython",
            *variables.words(self.scope),
            *devices.words(self.scope),
            *back_ends.words(self.scope),
        )

    def calls(self, tree: ast.Module, rows: Rows, cell: int | None = None) -> None:
        """Take in what the statements that touch ``rows`` call, read and write out."""
        for top, around in walking.statements(tree, rows, heads=True):
            flags = around
            if isinstance(top, (ast.Import, ast.ImportFrom)):
                continue
            nodes = inside(top, _TELLING)
            for node in nodes:
                if isinstance(node, ast.IfExp):  # what is asked there counts for the whole line
                    flags |= walking.of_test(node.test)
            for node in nodes:
                if isinstance(node, ast.Call):
                    self._call(node, flags, cell)
                elif isinstance(node, ast.Constant):
                    self.facts += back_ends.of_text(node, flags, self.scope, cell)
                elif isinstance(node, (ast.Subscript, ast.Compare)):
                    self.variables.take(node, flags, self.scope, cell)
                else:
                    self.devices.take(node, flags, self.scope, cell)

    def _call(self, node: ast.Call, flags: int, cell: int | None) -> None:
        name = self.scope.resolve(node.func)
        last = name.rpartition(".")[2]
        if last in {"import_module", "__import__", "importorskip", "run_module"}:
            self._dynamic(node, name, flags, cell)
        elif dotted(node.func) in {"sys.path.append", "sys.path.insert", "site.addsitedir"}:
            found = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
            self.paths.append("/".join(t.strip("/") for t in found if isinstance(t, str)) or ".")
        elif _PROGRAMS.fullmatch(name):
            self.take_all(_started(node, flags), cell)
        elif last in {"system", "getoutput", "run_line_magic"} and _is_shell(node.func):
            self.take_all(_typed(node, last, flags), cell)
        else:
            self.variables.take(node, flags, self.scope, cell)
            self.devices.take(node, flags, self.scope, cell)
            self.facts += back_ends.of_call(node, flags, self.scope, cell)

    def _dynamic(self, node: ast.Call, name: str, flags: int, cell: int | None) -> None:
        """Take in an import by a call: demanded where the module itself cannot go on without."""
        value = text(argument(node, "0|name|modname"))
        if value and _MODULE.fullmatch(value):
            plain = name in {"__import__", "importlib.import_module", "builtins.__import__"}
            sure = plain and not flags & (GUARDED | INSIDE)
            self._imported(Seen(value, node.lineno, guarded=not sure, cell=cell))

    def take_all(self, found: Iterable[Fact | Seen], cell: int | None) -> None:
        """Take in what a command asks for."""
        for item in found:
            if isinstance(item, Seen):
                self.seen.append(item._replace(cell=cell))
            else:
                self.facts.append(item._replace(cell=cell))

    def reading(self, errors: tuple[Broken, ...] = (), made: tuple[str, ...] = ()) -> Reading:
        """Return all that was taken in, in the order of the file."""
        self.seen.sort(key=lambda s: (s.cell or 0, s.line))
        facts = [*self.facts, *self.variables.facts(), *self.devices.facts()]
        facts.sort(key=lambda f: (f.cell or 0, f.line))
        return Reading(
            tuple(self.seen), tuple(self.paths), made, errors, tuple(dict.fromkeys(facts))
        )


def of_statement(node: ast.AST) -> Iterator[Seen]:
    """Yield what one import statement imports."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Seen(alias.name, node.lineno)
    elif isinstance(node, ast.ImportFrom):
        names = tuple(alias.name for alias in node.names)
        yield Seen(node.module or "", node.lineno, names, node.level)


def of_magic(name: str, rest: str, line: int, *, guarded: bool) -> Iterator[Fact | Seen]:
    """Yield what a line magic asks for: ``%pip``, ``%conda``, ``%load_ext``, ``%matplotlib``."""
    first = (rest.split(maxsplit=1) or [""])[0]
    if name in {"pip", "conda", "mamba", "micromamba", "uv"}:
        for argv in commands.line(f"{name} {rest}"):
            yield from commands.facts(argv, line, guarded=guarded)
    elif name in {"sx", "system", "sc"}:
        for argv in commands.line(rest):
            yield from commands.facts(argv, line, guarded=guarded)
    elif name in {"load_ext", "reload_ext"}:
        if _MODULE.fullmatch(first) and first not in _OWN_EXTENSIONS:
            yield Seen(first, line, guarded=True)
    elif name == "matplotlib" and first in _SCREENS:
        yield Fact("back end", _SCREENS[first], f"%matplotlib {first}", line, guarded)


def _started(node: ast.Call, flags: int) -> Iterator[Fact | Seen]:
    """Yield what a call that starts a program asks for, as far as the command is written out."""
    first = argument(node, "0|args|cmd|command|program")
    guarded = bool(flags & GUARDED)
    if isinstance(first, (ast.List, ast.Tuple)):
        argv = _words(first.elts)
        if argv:
            yield from commands.facts(argv, node.lineno, guarded=guarded)
        return
    written = text(first)
    several = len(node.args) > 1 and dotted(node.func).rpartition(".")[2] not in {"run", "Popen"}
    if several:
        argv = _words(node.args)
        yield from commands.facts(argv, node.lineno, guarded=guarded) if argv else ()
    elif written:
        for argv in commands.line(written):
            yield from commands.facts(argv, node.lineno, guarded=guarded)


def _words(nodes: list[ast.expr]) -> tuple[str, ...]:
    """Return the words of a command; what only a run would know becomes ``{}``."""
    return tuple("{}" if (found := text(n)) is None else found for n in nodes)


def _is_shell(function: ast.expr) -> bool:
    """Return whether a method is IPython's own: ``get_ipython().system``."""
    of = function.value if isinstance(function, ast.Attribute) else None
    return isinstance(of, ast.Call) and dotted(of.func).endswith("get_ipython")


def _typed(node: ast.Call, last: str, flags: int) -> Iterator[Fact | Seen]:
    """Yield what ``get_ipython().system("pip install x")`` asks for, and magics by their names."""
    guarded = bool(flags & GUARDED)
    first, second = text(argument(node, "0")) or "", text(argument(node, "1")) or ""
    if last == "run_line_magic":
        yield from of_magic(first, second, node.lineno, guarded=guarded)
        return
    for argv in commands.line(first):
        yield from commands.facts(argv, node.lineno, guarded=guarded)
