"""YAML as nodes with their lines, never as objects: a stranger's file builds nothing.

PyYAML's pure loader composes the nodes; the limits below hold for every file, because aliases
let a few lines stand for billions of values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from envboot.errors import InvalidFile
from envboot.formats.parts.requirement import short
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = 1 << 20
"""Characters; the largest exported environments have a tenth."""
DEPTH = 12
NODES = 20_000


class _TooMuch(Exception):
    def __init__(self, what: str, line: int) -> None:
        self.what, self.line = what, line


class _Loader(yaml.SafeLoader):
    """The composer of PyYAML, which gives up early."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = self.count = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose one node below ``parent``."""
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1 if event.start_mark else 1
        self.depth += 1
        self.count += 1
        if self.depth > DEPTH:
            raise _TooMuch(f"values are nested more than {DEPTH} deep", line)
        if self.count > NODES:
            raise _TooMuch(f"there are more than {NODES} values", line)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def compose(text: str, origin: Origin) -> yaml.Node | None:
    """Return the root node of the only document; None when the file is empty.

    Raises InvalidFile with the line for what is no YAML, and for what is too large or too deep.
    """
    if len(text) > LIMIT:
        raise InvalidFile(
            "the file is larger than 1 MiB",
            hint="is this the file that you mean?",
            origin=origin,
        )
    loader = None
    try:
        loader = _Loader(text)
        return loader.get_single_node()
    except _TooMuch as error:
        raise InvalidFile(
            error.what, hint="write the values out plainly", origin=Origin(origin.path, error.line)
        ) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = error.problem or error.context or "not understood"
        raise InvalidFile(
            f"not valid YAML: {why}",
            hint="check the indentation, the quotes and the brackets here and in the line above",
            origin=Origin(origin.path, mark.line + 1 if mark else None),
        ) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        raise InvalidFile(
            "a control character stands in the file",
            hint="remove it",
            origin=Origin(origin.path, line),
        ) from error
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidFile("not valid YAML", hint="correct the file", origin=origin) from error
    finally:
        if loader is not None:
            loader.dispose()


class Tree:
    """The nodes of one document, read with types and lines checked."""

    def __init__(self, origin: Origin) -> None:
        """Count from nothing: each visit of a node counts, also through an alias."""
        self._path = origin.path
        self._visits = 0

    def at(self, node: yaml.Node) -> Origin:
        """Return where a node begins."""
        return Origin(self._path, node.start_mark.line + 1)

    def wrong(self, node: yaml.Node, message: str, hint: str) -> InvalidFile:
        """Return the error that is about this node."""
        return InvalidFile(message, hint=hint, origin=self.at(node))

    def pairs(
        self, node: yaml.Node, what: str, hint: str
    ) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """Yield (key, its node, the value's node) of a mapping; a key twice is an error."""
        if not isinstance(node, yaml.MappingNode):
            raise self.wrong(node, f"{what} must be a mapping, not {kind(node)}", hint)
        seen: dict[str, int] = {}
        for key_node, value in node.value:
            self._visit(node)
            key = self.text(key_node, f"a key of {what}")
            if key in seen:
                raise self.wrong(
                    key_node,
                    f"`{short(key)}` stands here a second time (first in line {seen[key]})",
                    "keep one of the two",
                )
            seen[key] = key_node.start_mark.line + 1
            yield key, key_node, value

    def items(self, node: yaml.Node, what: str, hint: str) -> Iterator[yaml.Node]:
        """Yield the nodes of a list; nothing for an empty value."""
        if empty(node):
            return
        if not isinstance(node, yaml.SequenceNode):
            raise self.wrong(node, f"{what} must be a list, not {kind(node)}", hint)
        for item in node.value:
            self._visit(node)
            yield item

    def text(self, node: yaml.Node, what: str, hint: str = "put it in quotes") -> str:
        """Return a scalar as it is written, whatever type YAML gives it."""
        if not isinstance(node, yaml.ScalarNode):
            raise self.wrong(node, f"{what} must be text, not {kind(node)}", hint)
        if empty(node):
            raise self.wrong(node, f"{what} is empty", "remove it, or fill it in")
        return str(node.value)

    def _visit(self, node: yaml.Node) -> None:
        self._visits += 1
        if self._visits > NODES:
            raise self.wrong(
                node,
                f"the aliases of the file stand for more than {NODES} values",
                "write the values out plainly",
            )


def empty(node: yaml.Node) -> bool:
    """Return whether a value is left out or null."""
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def kind(node: yaml.Node) -> str:
    """Return what a node is, for people."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "nothing" if empty(node) else f"`{short(str(node.value))}`"
