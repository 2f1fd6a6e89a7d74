"""From what each file says to what the repository says: each thing once, with its best evidence."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from envboot.infer.facts import ORDER, Asked, BackEnd, Device, Imported, Program, Scan, Variable
from envboot.spec import Notice, Origin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envboot.infer.facts import Label
    from envboot.infer.reading import Fact
    from envboot.spec import Ecosystem

_Labelled = TypeVar("_Labelled", Asked, Program, BackEnd)


@dataclass
class Merging:
    """The scan as far as it has come: its size grows with what is said, not with the files."""

    modules: dict[str, Imported] = field(default_factory=dict)
    places: dict[tuple[str, Label], int] = field(default_factory=lambda: defaultdict(int))
    unreadable: list[Notice] = field(default_factory=list)
    notebooks: list[str] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    asked: dict[tuple[str, ...], Asked] = field(default_factory=dict)
    programs: dict[tuple[str, ...], Program] = field(default_factory=dict)
    back_ends: dict[tuple[str, ...], BackEnd] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)

    def take_modules(self, found: Iterable[Imported]) -> None:
        """Take in what one file imports."""
        counted: set[tuple[str, Label]] = set()
        for item in found:
            counted.add((item.module, item.label))
            before = self.modules.get(item.module)
            if before is None or ORDER.index(item.label) < ORDER.index(before.label):
                self.modules[item.module] = item
        for key in counted:
            self.places[key] += 1

    def take_facts(self, facts: Iterable[Fact], path: str, label: Label) -> None:
        """Take in what else the file at ``path`` says; of tests and docs only what has a label."""
        for fact in facts:
            origin = Origin(path, fact.line, fact.cell)
            how: Label = "guarded" if fact.guarded and label == "production" else label
            if fact.kind == "asked":
                ecosystem: Ecosystem = "conda" if fact.more == "conda" else "pypi"
                _best(self.asked, (fact.text, fact.more), Asked(fact.text, ecosystem, origin, how))
            elif fact.kind == "program":
                _best(self.programs, (fact.text,), Program(fact.text, fact.more, origin, how))
            elif fact.kind == "back end":
                one = BackEnd(fact.text, fact.more, origin, how)
                _best(self.back_ends, (fact.text, fact.more), one)
            elif label == "production" and fact.kind == "variable":
                self._variable(Variable(fact.text, bool(fact.more), origin))
            elif label == "production" and fact.kind == "device":
                self._device(Device(bool(fact.more), fact.text, origin))

    def _variable(self, found: Variable) -> None:
        before = self.variables.get(found.name)
        if before is None or (found.required and not before.required):
            self.variables[found.name] = found

    def _device(self, found: Device) -> None:
        before = self.devices.get(found.text)
        if before is None or (found.required and not before.required):
            self.devices[found.text] = found

    def scan(self) -> Scan:
        """Return all that was taken in, sorted."""
        modules = sorted(self.modules.values(), key=lambda m: (m.module.lower(), m.module))
        return Scan(
            tuple(replace(m, places=self.places[m.module, m.label]) for m in modules),
            tuple(self.unreadable),
            tuple(self.notebooks),
            tuple(self.asked[k] for k in sorted(self.asked)),
            tuple(self.programs[k] for k in sorted(self.programs)),
            tuple(self.back_ends[k] for k in sorted(self.back_ends)),
            tuple(self.variables[k] for k in sorted(self.variables)),
            tuple(self.devices[k] for k in sorted(self.devices)),
            tuple(sorted(self.made)),
        )


def _best(known: dict[tuple[str, ...], _Labelled], key: tuple[str, ...], found: _Labelled) -> None:
    """Keep the stronger of two facts of the same name; of equals the first."""
    before = known.get(key)
    if before is None or ORDER.index(found.label) < ORDER.index(before.label):
        known[key] = found
