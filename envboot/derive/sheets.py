"""The four files as values: environment.yml and requirements.txt, each with one for development."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envboot.derive import heading, lines
from envboot.spec import EnvironmentSpec, Include, Notice, Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.derive.lines import File, Shape
    from envboot.derive.placing import Made
    from envboot.derive.values import Policy
    from envboot.freeze import Live


def make(
    files: Sequence[File],
    results: Sequence[Made],
    live: Live | None,
    others: Sequence[EnvironmentSpec],
    policy: Policy,
    name: str,
) -> tuple[tuple[EnvironmentSpec, ...], tuple[Notice, ...]]:
    """Return the four files: conda, pip, conda_dev, pip_dev."""
    python, line = heading.python(files[0], live, others)
    names = [d.name for r in (results[0], results[2]) for d in r.dependencies]
    channels, notices = heading.channels(files[0], live, names)
    twins = not policy.conda_only and _are_twins(files[0], files[1], results[1])
    called = files[0].spec.name if files[0].spec else ""
    out: list[EnvironmentSpec] = []
    for file, result, conda in zip(files, results, (True, False, True, False)):
        dev, spec = len(out) > 1, file.spec or EnvironmentSpec()
        empty = not result.dependencies and (dev or not conda or not line)
        if empty or (policy.pip_only if conda else policy.conda_only):
            out.append(EnvironmentSpec())
            continue
        spec = replace(spec, dependencies=result.dependencies, python=python, as_written=False)
        if conda:
            spec = replace(
                spec,
                name=spec.name or called or name,
                channels=channels,
                dependencies=heading.around(file, None if dev else line, result.dependencies),
                twin=files[1].path.rpartition("/")[2] if twins and not dev else "",
            )
        if conda and not dev:
            spec = replace(spec, variables=heading.variables(file, policy.variables))
        if dev:
            main = () if conda or not results[1].dependencies else _main(files[1], file)
            spec = replace(spec, python="", includes=spec.includes or main)
        out.append(spec)
    for key, why in sorted(results[1].left_out.items()):
        if not policy.pip_only and not policy.conda_only:
            notices = (*notices, Notice(f"{key[1]} is not in requirements.txt: {why}"))
    return tuple(out), notices


def _are_twins(conda: File, pip: File, made: Made) -> bool:
    """Return whether requirements.txt asks for the same as environment.yml.

    Not where it lacks something, and not where people's own lines in the two contradict.
    """
    hands: dict[tuple[bool, str], set[Shape]] = {}
    for line in pip.lines:
        if line.hand:
            hands.setdefault(line.key, set()).add(lines.shape(line))
    agree = (
        lines.shape(line) in hands.get(line.key, {lines.shape(line)})
        for line in conda.lines
        if line.hand
    )
    return bool(made.dependencies) and not made.left_out and all(agree)


def _main(pip: File, dev: File) -> tuple[Include, ...]:
    """Return the line by which the file for development takes in the one beside it."""
    folder, _, name = pip.path.rpartition("/")
    if folder != dev.path.rpartition("/")[0]:
        return ()
    return (Include(name, "requirements", Origin(dev.path)),)
