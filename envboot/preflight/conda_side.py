"""The conda part: solved for each target by the engine's child, or what stands in its way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.engines.rattler import answered
from envboot.engines.rattler.order import Aim, Answer, Order, step
from envboot.engines.rattler.order import Asked as Wanted
from envboot.engines.rattler.order import Finding as Told
from envboot.errors import CommandFailed
from envboot.preflight.pythons import brings_python
from envboot.preflight.values import Cell, Finding, cell, packages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from envboot.engines.rattler.order import Solved
    from envboot.preflight.asked import Asked, Case

_LARGEST = 1 << 28  # bytes of an answer for all targets
_SEVERAL = frozenset(
    {"pytorch", "tensorflow", "jaxlib", "onnxruntime", "xgboost", "lightgbm", "cupy", "faiss"}
)
_MADE_FOR = re.compile(r"cuda_?\d{0,3}|cpu")
Outcome = tuple[Cell, "tuple[int | None, ...]", str]
"""The cell, the bytes of the packages, and the Python that was chosen ("3.11"; "" for none)."""


def judge(asked: Asked, cases: Sequence[Case]) -> tuple[Outcome, ...]:
    """Return the outcome of each case; those with one Python are solved by one child."""
    if not brings_python(asked.spec):
        return tuple((Cell("conda", "none"), (), "") for _ in cases)
    if asked.rattler is None:
        text = "was not solved: py-rattler is not there"
        at = str(asked.spec.source or "")
        missing = cell("conda", (Finding("unknown", text, at),), "not asked")
        return tuple((missing, (), "") for _ in cases)
    found: dict[int, Outcome] = {}
    for python in dict.fromkeys(c.python if c.given else "" for c in cases):
        own = [n for n, c in enumerate(cases) if (c.python if c.given else "") == python]
        answer = _ask(asked, [cases[n] for n in own], python)
        found.update({n: _outcome(answer, str(number)) for number, n in enumerate(own)})
    return tuple(found[n] for n in range(len(cases)))


def order(asked: Asked, cases: Sequence[Case], python: str) -> Order:
    """Return what the child is asked: one aim a case, called by the number of the case."""
    wanted = [
        Wanted(d.text, str(d.origin))
        for d in asked.spec.dependencies
        if d.ecosystem == "conda" and not (python and d.name == "python")
    ]
    if python:
        wanted.append(Wanted(f"python={python}", "--python"))
    there = {(d.ecosystem, d.name == "pip") for d in asked.spec.dependencies}
    if any(ecosystem == "pypi" for ecosystem, _ in there) and ("conda", True) not in there:
        wanted.append(Wanted("pip"))  # conda adds it too
    aims = tuple(
        Aim(c.target.platform.subdir, c.target.virtual, str(number))
        for number, c in enumerate(cases)
    )
    return Order(
        "solve",
        tuple(wanted),
        asked.spec.channels,
        aims,
        offline=asked.offline,
        answer=str(asked.work / "answer.json"),
    )


def _ask(asked: Asked, cases: Sequence[Case], python: str) -> Answer:
    assert asked.rattler is not None  # noqa: S101 - the caller looked
    path, whole = asked.work / "order.json", order(asked, cases, python)
    asked.shell.write(path, whole.text(), lasting=False, private=True)
    asked.shell.remove(asked.work / "answer.json")
    why = "solving the conda part"
    run = step(path, asked.rattler, asked.python, why)
    asked.console.say(why + (f" with Python {python}" if python else ""))
    failed = ""
    try:
        asked.shell.do(run.argv, env=dict(run.env), said=asked.console.line, why=why)
    except CommandFailed as error:
        failed = error.tail[-1] if error.tail else error.message
    none = Answer(findings=(Told(failed or "the engine gave no answer"),), exit_code=7)
    return answered.read(asked.work / "answer.json", asked.shell, _LARGEST) or none


def _outcome(answer: Answer, name: str) -> Outcome:
    solved = next((s for s in answer.solved if s.aim == name), None)
    told = (*answer.findings, *(solved.findings if solved else ()))
    unknown = answer.exit_code not in {0, 4}  # the network, a crash: nothing was learnt
    findings = tuple(
        Finding("unknown" if unknown else "fail", f.text, f.at, f.spec, f.hint, f.nearest)
        for f in told
    )
    if findings or solved is None:
        text = f"{len(findings)} {'not known' if unknown else 'fail'}"
        return cell("conda", findings, text, when="unknown" if not findings else "none"), (), ""
    sizes = tuple(_size(p) for p in solved.packages)
    python = next((_minor(p) for p in solved.packages if p.get("name") == "python"), "")
    text = ", ".join((packages(len(solved.packages)), *_builds(solved)))
    return cell("conda", (), text), sizes, python


def _builds(solved: Solved) -> Iterator[str]:
    """Yield which build was chosen of what is made for a CPU and for several CUDAs."""
    for package in solved.packages:
        made = _MADE_FOR.search(str(package.get("build", "")))
        if made and package.get("name") in _SEVERAL:
            yield f"{package['name']} {made[0]}"


def _size(package: Mapping[str, Any]) -> int | None:
    size = package.get("size")
    return size if isinstance(size, int) else None


def _minor(package: Mapping[str, Any]) -> str:
    return ".".join(str(package.get("version", "")).split(".")[:2])
