"""PyTorch on a target: the build that setting up would take there, and why none fits.

The rule is :mod:`envboot.cuda`'s. It holds where nobody has said where packages come from: with an
index of its own, that index decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot import cuda, index, needs
from envboot.cuda import builds
from envboot.preflight import lines
from envboot.preflight.values import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.index import Index
    from envboot.preflight.asked import Case
    from envboot.preflight.values import Mark
    from envboot.spec import Dependency, EnvironmentSpec


def free(spec: EnvironmentSpec, where: Index) -> bool:
    """Return whether envboot chooses the build: nobody has said where packages come from."""
    own = where.extra or where.find_links or where.no_index
    elsewhere = own or where.url.rstrip("/") not in {"", index.PYPI}
    return not (elsewhere or any("--hash" in d.text for d in spec.dependencies))


def unlabelled(spec: EnvironmentSpec) -> tuple[EnvironmentSpec, tuple[Finding, ...]]:
    """Return the spec without ``+cu117`` behind versions, and a line for each that had it."""
    plain = builds.unlabelled(spec)
    return plain, tuple(
        Finding(
            "warn",
            "is a build that the package index does not have: the one that fits there is taken",
            str(old.origin),
            old.text,
            f"write `{new.text}`",
            new.text,
        )
        for old, new in zip(spec.dependencies, plain.dependencies)
        if old.text != new.text
    )


def judge(
    spec: EnvironmentSpec, case: Case, environ: Mapping[str, str]
) -> tuple[tuple[Finding, ...], str]:
    """Return why no build fits, and the build that is taken: ``torch cu118``; "" for the usual.

    ``environ`` counts for this computer: ``CONDA_OVERRIDE_CUDA`` says what is here.
    """
    wanted = tuple(d for d in cuda.family(spec) if _counts(d, case))
    if not wanted:
        return (), ""
    here = case.target.virtual is None
    choice = cuda.choose(spec, case.target.machine, environ if here else {})
    note = f"torch {choice.backend}" if choice.backend else ""
    if not choice.problem:
        return (), note
    torch = next((d for d in wanted if d.name == "torch"), wanted[0])
    text = choice.problem.partition(f"({torch.origin})")[2].lstrip(": ") or choice.problem
    whole = needs.complete(spec, case.target.environment(case.python))
    must = any(n.key == "gpu" and n.level == "minimum" and n.value for n in whole.needs)
    verdict: Mark = "fail" if must or not choice.backend else "warn"
    text = text.replace("what is here runs", "the driver there runs")
    ways = (way for way in choice.hint.split("; or ") if "--launch" not in way)
    return (Finding(verdict, text, str(torch.origin), torch.text, "; or ".join(ways)),), note


def _counts(dependency: Dependency, case: Case) -> bool:
    """Return whether the marker of a line lets it count on the target."""
    one = lines.line(dependency)
    return one is not None and lines.wanted(one, case.target, case.python)
