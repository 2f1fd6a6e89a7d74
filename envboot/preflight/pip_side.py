"""The pip part: whether each requirement, and all that it brings along, has a wheel there."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from envboot import index, plan
from envboot.errors import CommandFailed
from envboot.preflight import blaming, frameworks, lines, pages, resolving, values
from envboot.preflight.values import Cell, Finding, cell, count, worst
from envboot.spec import normalise
from envboot.tools import uv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.index import Index
    from envboot.preflight.asked import Asked, Case
    from envboot.preflight.lines import Line
    from envboot.preflight.pages import Page
    from envboot.preflight.resolving import Resolved
    from envboot.spec import Dependency

Sizes = tuple["int | None", ...]
_ROUNDS = 6
"""How often packages of which there are only sources are left out, and the rest asked again."""


def judge(asked: Asked, cases: Sequence[Case]) -> tuple[tuple[Cell, Sizes], ...]:
    """Return for each case its cell, and the bytes of the wheels; the Python must be known."""
    labels: tuple[Finding, ...] = ()
    ours = frameworks.free(asked.spec, _where(asked))
    if ours:
        spec, labels = frameworks.unlabelled(asked.spec)
        asked = replace(asked, spec=spec)
    wanted = [d for d in asked.spec.dependencies if d.ecosystem == "pypi"]
    if not wanted or not cases:
        return tuple((Cell("pip", "none"), ()) for _ in cases)
    read = {d: lines.line(d) for d in wanted}
    found = _pages(asked, [one.asked.name for one in read.values() if one])
    known: dict[tuple[str, ...], Resolved] = {}
    out = []
    for case in cases:
        judged, sizes = _judge(asked, case, read, found, known)
        if ours and judged.verdict != "none":
            judged = _with_builds(judged, labels, asked, case)
        out.append((judged, sizes))
    return tuple(out)


def _with_builds(judged: Cell, labels: tuple[Finding, ...], asked: Asked, case: Case) -> Cell:
    """Return the cell with the build of PyTorch that is taken there, and why none fits."""
    more, note = frameworks.judge(asked.spec, case, asked.shell.environ)
    failed = {f.at for f in judged.findings if f.verdict == "fail"}
    findings = (*judged.findings, *labels, *(f for f in more if f.at not in failed))
    added = cell("pip", findings, judged.text, when=judged.verdict)
    if added.verdict == "fail":
        return replace(added, text=count(findings))
    return replace(added, text=", ".join(part for part in (judged.text, note) if part))


def _judge(
    asked: Asked,
    case: Case,
    read: dict[Dependency, Line | None],
    found: dict[str, Page],
    known: dict[tuple[str, ...], Resolved],
) -> tuple[Cell, Sizes]:
    pre = any(o.name == "--pre" for o in asked.spec.options)
    findings: list[Finding] = []
    good: list[Dependency] = []
    left_out: list[str] = []
    for dependency, one in read.items():
        if one is None:
            findings += _elsewhere(dependency)
        elif lines.wanted(one, case.target, case.python):
            page = found.get(one.asked.name, pages.Page(why="it was not asked"))
            finding = lines.judge(one, page, case.target, case.python, pre=pre)
            if finding:
                findings.append(finding)
            if finding is None or finding.verdict == "warn":
                good.append(dependency)
            if finding and "must be built" in finding.text:
                left_out.append(dependency.name)
    if not good and not findings:
        return Cell("pip", "none", "nothing for it"), ()
    more, packages = _along(asked, case, good, left_out, found, known)
    findings += more
    text = values.packages(len(packages)) if packages else count(findings) or "ok"
    verdict = worst(tuple(f.verdict for f in findings))
    if verdict in {"fail", "unknown"}:
        text = count(findings)
    sizes: Sizes = tuple(size for _, _, size in packages) + (None,) * len(left_out)
    return cell("pip", tuple(findings), text), sizes if packages else ()


def _along(
    asked: Asked,
    case: Case,
    good: list[Dependency],
    left_out: list[str],
    found: dict[str, Page],
    known: dict[tuple[str, ...], Resolved],
) -> tuple[list[Finding], tuple[tuple[str, str, int | None], ...]]:
    """Return what is the matter with what they bring along, and the packages of all."""
    place = resolving.platform_of(case.target)
    kept = [d for d in good if d.name not in left_out]
    if not kept:
        return [], ()
    if asked.uv is None or not place:
        why = "uv is not there" if asked.uv is None else "uv has no name for this platform"
        text = f"what the packages bring along was not looked at: {why}"
        return [Finding("unknown", text, str(asked.spec.source or ""))], ()
    findings: list[Finding] = []
    for _ in range(_ROUNDS):
        result = _resolved(asked, (place, case.python), kept, left_out, known)
        if not result.why:
            return findings, result.packages
        name = normalise(result.sources)
        if not name or name in left_out:
            break
        found.update(_pages(asked, [name], found))
        if not _only_sources(found.get(name, pages.Page())):
            break
        left_out.append(name)
        text = f"must be built there: {name}, which is brought along, has no wheel, only sources"
        findings.append(Finding("warn", text, str(asked.spec.source or "")))
    finding = blaming.blamed(result, kept, found, case)
    return [*findings, _mended(finding, asked, (place, case.python), kept, left_out, known)], ()


def _resolved(
    asked: Asked,
    place: tuple[str, str],
    kept: list[Dependency],
    left_out: list[str],
    known: dict[tuple[str, ...], Resolved],
) -> Resolved:
    key = (*place, *left_out, "", *(d.text for d in kept))
    if key not in known:
        assert asked.uv is not None  # noqa: S101 - the caller looked
        spec, where = asked.spec, _where(asked)
        env = dict(uv.environ(where, asked.shell, offline=asked.offline))
        flags = ["--no-index"] if where.no_index else []
        if any(o.name == "--pre" for o in spec.options):
            flags.append("--prerelease=allow")
        asked.console.say(f"resolving for {place[0]} with Python {place[1]}")
        known[key] = resolving.resolve(
            asked.uv,
            env,
            asked.work,
            place,
            asked.shell,
            requirements=[d.text.partition(" --hash")[0] for d in kept],
            constraints=[c.text for c in spec.constraints if lines.line(c)],
            excluded=left_out,
            flags=flags,
        )
    return known[key]


def _mended(
    finding: Finding,
    asked: Asked,
    place: tuple[str, str],
    kept: list[Dependency],
    left_out: list[str],
    known: dict[tuple[str, ...], Resolved],
) -> Finding:
    """Return a finding without a nearest with the version that goes with all other lines."""
    blamed = next((d for d in kept if str(d.origin) == finding.at), None)
    one = lines.line(blamed) if blamed else None
    if finding.verdict != "fail" or finding.nearest or blamed is None or one is None:
        return finding
    free = [replace(d, text=one.bare) if d is blamed else d for d in kept]
    found = _resolved(asked, place, free, left_out, known)
    version = next((v for name, v, _ in found.packages if normalise(name) == blamed.name), "")
    if not version:
        return finding
    nearest = f"{one.bare}=={version}"
    hint = f"write `{nearest}`" + (f", or {finding.hint}" if finding.hint else "")
    return replace(finding, hint=hint, nearest=nearest)


def _only_sources(page: Page) -> bool:
    return bool(page.releases) and not any(r.tags for r in page.releases.values())


def _elsewhere(dependency: Dependency) -> list[Finding]:
    """Return what is to be said of a folder or an address: it is not looked at."""
    text = dependency.text
    if "://" not in text and "git+" not in text:
        return []  # the repository itself, or a folder in it: it is there as well
    said = "comes from an address of its own, which is not looked at"
    return [Finding("unknown", said, str(dependency.origin), text)]


def _where(asked: Asked) -> Index:
    """Return the indexes that may be asked: pip's, and those of the files."""
    where = index.amended(index.settings(asked.shell), [o.text for o in asked.spec.options])
    return index.offline(where, asked.shell) if asked.offline else where


def _pages(asked: Asked, names: list[str], have: dict[str, Page] | None = None) -> dict[str, Page]:
    """Return what the index has of the names that are not known yet."""
    missing = [name for name in dict.fromkeys(names) if name not in (have or {})]
    if not missing:
        return {}
    where = _where(asked)
    if where.no_index and not where.find_links:
        return {name: pages.Page(why="no package index may be asked") for name in missing}
    question = {
        "names": missing,
        "options": [o.text for o in asked.spec.options],
        "offline": asked.offline,
    }
    path, answer = asked.work / "question.json", asked.work / "pages.json"
    asked.shell.write(path, json.dumps(question), lasting=False, private=True)
    why = "asking the package index"
    step = plan.child("envboot.preflight", str(path), str(answer), why=why)
    try:
        asked.shell.do(step.argv, env=dict(step.env), said=asked.console.line, why=step.why)
        return pages.read((asked.shell.read(answer) or b"").decode())
    except (CommandFailed, ValueError, TypeError, KeyError) as error:
        why = str(error) or "no answer"
        return {name: pages.Page(why=why) for name in missing}
