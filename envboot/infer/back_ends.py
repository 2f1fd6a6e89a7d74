"""Which distributions a call needs without any import: the rules, and how they are matched.

A rule counts only in a file that imports its module, and not where the file imports the back end
itself. What it yields is a suggestion with its evidence, never a demand: whether ``read_parquet``
is ever reached, only a run would say.
"""

from __future__ import annotations

import ast
import functools
import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from envboot.infer.back_end_rules import CALLS
from envboot.infer.back_end_signs import ADDRESSES, IMPORTS
from envboot.infer.nodes import argument, text
from envboot.infer.reading import Fact
from envboot.infer.walking import GUARDED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.infer.nodes import Scope


class Rule(NamedTuple):
    """One row of the table."""

    module: str
    call: str
    """``read_excel``: a function of the module; ``.to_excel``: a method of anything, in a file
    that imports the module; "": any call with that argument."""
    argument: str
    """Its place or name, ``0|io``; "" when the call alone suffices."""
    pattern: re.Pattern[str]
    """What its text has to hold; for what is no text (``True``, a name) its source."""
    distributions: tuple[str, ...]


_NAMED = frozenset(name for row in CALLS for name in row[0].split())


@functools.cache
def rules(module: str) -> dict[str, list[Rule]]:
    """Return the rules of a module by the last name of their call, or by their argument."""
    out: dict[str, list[Rule]] = defaultdict(list)
    for modules, calls, place, pattern, brings in CALLS:
        if module in modules.split():
            for call in calls.split() or [""]:
                rule = Rule(module, call, place, re.compile(pattern), tuple(brings.split()))
                out[call.rpartition(".")[2] or place].append(rule)
    return dict(out)


@functools.cache
def _words_of(module: str) -> frozenset[bytes]:
    return frozenset(
        ("." * rule.call.startswith(".") + word).encode()
        for word, found in rules(module).items()
        for rule in found
    )


_ADDRESSES = tuple((frozenset(m.split()), re.compile(p), d) for m, p, d in ADDRESSES)
_ADDRESSED = frozenset(m for modules, _, _ in _ADDRESSES for m in modules)
_ADDRESS_WORDS = (b"://", b"django.db.backends")


def words(scope: Scope) -> tuple[bytes, ...]:
    """Return what a line must hold for a rule of the modules in ``scope`` to match."""
    found = {w for root in scope.roots & _NAMED for w in _words_of(root)}
    return (*found, *(_ADDRESS_WORDS if scope.roots & _ADDRESSED else ()))


def of_import(module: str, line: int, cell: int | None, *, guarded: bool) -> Iterator[Fact]:
    """Yield what a module itself needs beyond the distribution that brings it."""
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        known = ".".join(parts[:end])
        for distribution in IMPORTS.get(known, "").split():
            yield Fact("back end", distribution, f"import {known}", line, guarded, cell)


def of_text(node: ast.Constant, flags: int, scope: Scope, cell: int | None) -> Iterator[Fact]:
    """Yield what an address needs that is written out: ``postgresql://…`` a driver."""
    if isinstance(node.value, str) and scope.roots & _ADDRESSED:
        for distribution, shown in _of_address(node.value, scope):
            guarded = bool(flags & GUARDED)
            yield Fact("back end", distribution, shown, node.lineno, guarded, cell)


def of_call(node: ast.Call, flags: int, scope: Scope, cell: int | None) -> Iterator[Fact]:
    """Yield what a call needs."""
    guarded = bool(flags & GUARDED)
    for rule in _matching(node, scope):
        for distribution in rule.distributions:
            if distribution not in scope.distributions:
                shown = _shown(rule, node, scope)
                yield Fact("back end", distribution, shown, node.lineno, guarded, cell)


def _matching(node: ast.Call, scope: Scope) -> Iterator[Rule]:
    """Yield the first rule that fits, for each module and word of the call."""
    name = scope.resolve(node.func)
    heads = [name.rpartition(".")[2], *(k.arg for k in node.keywords if k.arg)]
    root = name.partition(".")[0]
    for module in sorted(scope.roots & _NAMED):
        for head in heads:
            for rule in rules(module).get(head, ()):
                if _fits(rule, node, name, root):
                    yield rule
                    break


def _fits(rule: Rule, node: ast.Call, name: str, root: str) -> bool:
    if rule.call.startswith("."):
        if root and root != rule.module:  # a function of another module
            return False
        if not name.endswith(rule.call):
            return False
    elif rule.call and not (root == rule.module and f".{name}".endswith(f".{rule.call}")):
        return False
    if not rule.argument:
        return True
    value = argument(node, rule.argument)
    if value is None:
        return False
    said = text(value)
    if said is None:
        said = str(value.value) if isinstance(value, ast.Constant) else ""
    return bool(rule.pattern.search(said))


def _shown(rule: Rule, node: ast.Call, scope: Scope) -> str:
    name = scope.resolve(node.func)
    shown = name if not name.startswith(".") else f"{rule.module}{rule.call or name}"
    if rule.argument and not rule.argument[0].isdigit():
        said = text(argument(node, rule.argument))
        shown += f"({rule.argument.partition('|')[0]}={said!r})" if said else f"({rule.argument}=…)"
    return shown[:80]


def _of_address(value: str, scope: Scope) -> Iterator[tuple[str, str]]:
    for modules, pattern, distribution in _ADDRESSES:
        found = pattern.match(value)
        if found and modules & scope.roots and distribution not in scope.distributions:
            yield distribution, found[0]  # never the rest: it may hold a password
