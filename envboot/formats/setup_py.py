"""setup.py, read as text and never executed: what stands in ``setup(...)`` literally."""

from __future__ import annotations

import ast
import warnings
from dataclasses import replace
from typing import Any

from envboot.errors import InvalidFile
from envboot.formats.parts import requirement
from envboot.formats.pyproject_toml import check_python
from envboot.spec import Dependency, EnvironmentSpec, Group, Notice, Origin

PATTERNS = ("setup.py",)
_LISTS = ("install_requires", "extras_require")
_UNKNOWN = object()


def parse(text: str, origin: Origin) -> EnvironmentSpec:
    """Return what the call of ``setup`` declares with literals, or names assigned to literals.

    What is computed is a Notice. A call that packs nothing (``packages=[], py_modules=[]``, as
    envboot writes for a pile of notebooks) and asks for nothing declares no project.
    """
    tree = _tree(text, origin)
    spec = EnvironmentSpec(source=origin)
    call = next((n for n in ast.walk(tree) if _is_setup(n)), None)
    if not isinstance(call, ast.Call):
        return spec
    literals = _Literals(_assigned(tree))
    given = {k.arg: k.value for k in call.keywords if k.arg}
    hidden = any(k.arg is None for k in call.keywords)
    values = {key: literals.value(node) for key, node in given.items()}
    name, python = values.get("name", ""), values.get("python_requires", "")
    if isinstance(python, str) and python:
        place = Origin(origin.path, given["python_requires"].lineno)
        spec = replace(spec, python=check_python(python, place), python_origin=place)
    spec = replace(spec, name=name if isinstance(name, str) else "")
    main, said = _requirements("install_requires", values, given, origin)
    groups: list[Group] = []
    extras = values.get("extras_require", {})
    if isinstance(extras, dict):
        for extra, wanted in extras.items():
            node = given["extras_require"]
            found, more = _requirements(
                str(extra), {str(extra): wanted}, {str(extra): node}, origin
            )
            groups.append(Group(str(extra), found))
            said += more
    elif extras is _UNKNOWN:
        said += (_computed("extras_require", given["extras_require"], origin),)
    if hidden:
        said += (_computed("**", call, origin),)
    empty = values.get("packages") == [] and values.get("py_modules") == []
    return replace(
        spec,
        dependencies=main,
        groups=tuple(groups),
        notices=said,
        project=not empty,
    )


def _tree(text: str, origin: Origin) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a stranger's invalid escapes are not our affair
            return ast.parse(text.lstrip("\ufeff"))
    except SyntaxError as error:
        raise InvalidFile(
            f"Python {_running()} cannot read the file: {error.msg}",
            hint="correct the file, or choose another one with `--file`",
            origin=Origin(origin.path, error.lineno),
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise InvalidFile(
            "the file is no Python source", hint="choose another file with `--file`", origin=origin
        ) from error


def _running() -> str:
    import sys

    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def _is_setup(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    return (isinstance(called, ast.Name) and called.id == "setup") or (
        isinstance(called, ast.Attribute)
        and called.attr == "setup"
        and isinstance(called.value, ast.Name)
    )


def _assigned(tree: ast.Module) -> dict[str, ast.expr]:
    """Return the names that the module assigns once; a name assigned twice is not known."""
    found: dict[str, ast.expr] = {}
    twice: set[str] = set()
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and node in tree.body and isinstance(node, ast.Assign):
                if target.id in found:
                    twice.add(target.id)
                found[target.id] = node.value
            elif isinstance(target, ast.Name):
                twice.add(target.id)
    return {name: value for name, value in found.items() if name not in twice}


class _Literals:
    """What expressions say, as far as it stands there; names may stand for billions of values."""

    def __init__(self, names: dict[str, ast.expr]) -> None:
        self._names = names
        self._left = 20_000

    def value(self, node: ast.expr | None) -> Any:  # noqa: ANN401 - any literal
        """Return the value of literals, lists, dictionaries, ``+`` and names; else _UNKNOWN."""
        self._left -= 1
        found: Any = _UNKNOWN
        if self._left < 0 or node is None:
            return found
        if isinstance(node, ast.Constant):
            found = node.value
        elif isinstance(node, ast.Name):
            known, self._names = self._names, {k: v for k, v in self._names.items() if k != node.id}
            found = self.value(known.get(node.id))
            self._names = known
        elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            items = [self.value(n) for n in node.elts]
            found = _UNKNOWN if any(i is _UNKNOWN for i in items) else items
        elif isinstance(node, ast.Dict):
            keys, values = [self.value(k) for k in node.keys], [self.value(v) for v in node.values]
            found = dict(zip(keys, values)) if all(isinstance(k, str) for k in keys) else _UNKNOWN
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left: Any = self.value(node.left)
            right: Any = self.value(node.right)
            if type(left) is type(right) and isinstance(left, (str, list)):
                self._left -= len(left) + len(right)
                found = left + right if self._left > 0 else _UNKNOWN
        return found


def _requirements(
    key: str, values: dict[str, Any], given: dict[str, ast.expr], origin: Origin
) -> tuple[tuple[Dependency, ...], tuple[Notice, ...]]:
    wanted = values.get(key)
    if wanted is None:
        return (), ()
    if isinstance(wanted, str):
        wanted = [w for w in wanted.splitlines() if w.strip()]
    if (
        wanted is _UNKNOWN
        or not isinstance(wanted, list)
        or not all(isinstance(w, str) for w in wanted)
    ):
        return (), (_computed(key, given[key], origin),)
    lines = _strings(given[key])
    found = []
    for item in wanted:
        place = Origin(origin.path, lines.get(item, given[key].lineno))
        found.append(requirement.requirement(item, place))
    return tuple(found), ()


def _strings(node: ast.expr) -> dict[str, int]:
    return {
        n.value: n.lineno
        for n in ast.walk(node)
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }


def _computed(key: str, node: ast.AST, origin: Origin) -> Notice:
    what = f"`{key}`" if key in _LISTS else f"the extra `{requirement.short(key)}`"
    what = "a part of `setup(...)`" if key == "**" else what
    return Notice(
        f"{what} is computed: known only once the project is built",
        Origin(origin.path, getattr(node, "lineno", None)),
    )
