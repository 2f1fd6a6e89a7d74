"""Whether a module can be a member of a family: what a plug-in's own tests ask."""

from __future__ import annotations

import contextlib
import inspect
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Optional, cast, get_args

from envboot.errors import EnvbootError, InvalidFile
from envboot.jobs import Job, Offer, Report, State
from envboot.machine import Machine
from envboot.plan import Open, Plan, Remove, Run, Write
from envboot.site import Site
from envboot.spec import Dependency, EnvironmentSpec, Origin
from envboot.testing.computer import ScriptedShell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


_ORIGIN = Origin("requirements.txt", 1)
_SPEC = EnvironmentSpec(
    name="example",
    python=">=3.9",
    dependencies=(Dependency("six", "six>=1.16", "pypi", _ORIGIN),),
    source=_ORIGIN,
)


def check_target(
    module: object, spec: EnvironmentSpec = _SPEC, site: Site | None = None
) -> Plan | None:
    """Assert that ``module`` can be an engine or a launcher; return its plan, if it has one.

    It needs the names of :class:`envboot.site.Target`; one with ``RELOCATABLE`` or ``prefix`` is
    an engine and needs both; one that keeps jobs has all the names of
    :class:`envboot.jobs.Launcher`. Asked about ``spec`` at ``site`` (default: a small example on an
    empty computer) it may only look: a deed fails the check. Raises AssertionError with a sentence.
    """
    here = Site(
        Path("/repo"),
        spec.name or "example",
        Path("/repo/.venv"),
        Machine("Linux", "x86_64", 4, "3.11.7"),
        ScriptedShell(environ={"HOME": "/home/ann", "PATH": "/usr/bin"}),
    )
    site = site or here
    who = getattr(module, "__name__", repr(module))
    title = getattr(module, "TITLE", None)
    _claim(isinstance(title, str) and bool(title), f"{who}.TITLE is not the text for a menu")
    for name in ("why_not", "plan"):
        _takes(module, name, spec, site)
    if hasattr(module, "RELOCATABLE") or hasattr(module, "prefix"):
        relocatable = getattr(module, "RELOCATABLE", None)
        _claim(isinstance(relocatable, bool), f"{who}.RELOCATABLE is neither True nor False")
        place = _takes(module, "prefix", spec, site)(spec, site)
        absolute = isinstance(place, Path) and place.is_absolute()
        _claim(absolute, f"{who}.prefix() returned no absolute path: {place!r}")
    why_not = module.why_not(spec, site)  # type: ignore[attr-defined]
    sentence = why_not is None or (isinstance(why_not, str) and bool(why_not.strip()))
    _claim(sentence, f"{who}.why_not() returned neither None nor a sentence: {why_not!r}")
    if any(hasattr(module, name) for name in ("PAYS", "PUSHED", "offers", *_KEPT)):
        site = _check_launcher(module, spec, site, asked=why_not is None)
    plan = module.plan(spec, site) if why_not is None else None  # type: ignore[attr-defined]
    if plan is not None:
        _check_plan(plan, f"{who}.plan()")
    done = getattr(site.shell, "done", [])
    _claim(not done, f"{who} did something while it was only asked: {done!r}")
    return plan


_KEPT = ("look", "logs", "open", "stop", "delete")


def _check_launcher(module: object, spec: EnvironmentSpec, site: Site, *, asked: bool) -> Site:
    """Assert what a launcher has beyond a target; return the site with an order for an offer.

    ``offers`` alone is fine: then nothing is kept. The rest belongs together, as what is launched
    has to be found, stopped and deleted again.
    """
    who = getattr(module, "__name__", repr(module))
    kept = [name for name in _KEPT if hasattr(module, name)]
    absent = [name for name in ("offers", *_KEPT) if kept and not hasattr(module, name)]
    _claim(not absent, f"{who} has {', '.join(kept)}, and lacks {', '.join(absent)}")
    pays, pushed = getattr(module, "PAYS", None), getattr(module, "PUSHED", None)
    _claim(isinstance(pays, str) and bool(pays), f"{who}.PAYS does not say who pays")
    _claim(isinstance(pushed, bool), f"{who}.PUSHED is neither True nor False")
    site = replace(site, order=replace(site.order, handle="example-7f3a"))
    if hasattr(module, "offers"):
        offers = _takes(module, "offers", spec, site)
        for offer in cast("tuple[Offer, ...]", offers(spec, site)) if asked else ():
            _claim(isinstance(offer, Offer), f"{who}.offers() holds what is no Offer: {offer!r}")
            site = replace(site, order=replace(site.order, size=offer.name))
    if not kept:
        return site
    shell = site.shell
    job = Job("example-7f3a", who, str(site.root), site.order.where, site.order.size)
    report = _takes(module, "look", job, shell, 0)(job, shell, 0)
    _claim(isinstance(report, Report), f"{who}.look() returned no Report: {report!r}")
    state = cast("Report", report).state
    _claim(state in get_args(State), f"{who}.look() returned an unknown state: {state!r}")
    for name in ("logs", "open", "stop", "delete"):
        words = {"follow": False} if name == "logs" else {}
        function = _takes(module, name, job, shell, **words)
        with contextlib.suppress(EnvbootError):  # there is no such job, and it may say so
            _check_plan(function(job, shell, **words), f"{who}.{name}()")
    return site


def _check_plan(plan: object, who: str) -> None:
    _claim(isinstance(plan, Plan), f"{who} returned no Plan: {plan!r}")
    steps = cast("Plan", plan).steps
    strange = [s for s in steps if not isinstance(s, (Run, Write, Remove, Open))]
    _claim(not strange, f"{who} holds what is no step: {strange!r}")


def check_reader(module: object) -> None:
    """Assert that ``module`` can be a reader: its names, and that bad input is an InvalidFile."""
    who = getattr(module, "__name__", repr(module))
    patterns = getattr(module, "PATTERNS", None)
    fine = isinstance(patterns, tuple) and patterns and all(isinstance(p, str) for p in patterns)
    _claim(bool(fine), f"{who}.PATTERNS is not a tuple of file names")
    assert isinstance(patterns, tuple)  # noqa: S101 - claimed above
    origin = Origin(patterns[0].replace("*", "x"))
    parse = _takes(module, "parse", "", origin)
    for text in ("", "\0\1\2", "{", "[" * 50, "a: &a [*a]", "= = =\n\t- ]", "\ufffd" * 9):
        try:
            spec = parse(text, origin)
        except InvalidFile as error:
            _claim(origin.path in str(error), f"{who}.parse() does not name the file: {error}")
            continue
        _claim(isinstance(spec, EnvironmentSpec), f"{who}.parse() returned no spec: {spec!r}")


def check_cloud(
    module: object,
    metadata: Mapping[str, object] | None = None,
    shell: ScriptedShell | None = None,
    notebook: Path = Path("/repo/tour.ipynb"),
) -> Plan | None:
    """Assert that ``module`` can be a handler of a cloud; return its plan, if it has one.

    ``metadata`` is a notebook's, ``shell`` the computer that it is packed and opened on; by default
    there is nothing to know, and the section that is opened is one with ``env_name`` alone. It may
    only look; what it writes is JSON, keeps to the format, and holds no secret of the computer's
    variables. Raises AssertionError with a sentence.
    """
    who = getattr(module, "__name__", repr(module))
    for name in ("TITLE", "ENV_NAME"):
        text = getattr(module, name, None)
        _claim(isinstance(text, str) and bool(text), f"{who}.{name} is not a text")
    variables = {**(shell.environ if shell else {}), "HOME": "/home/ann", "LAB_TOKEN": _TOKEN}
    computer = shell or ScriptedShell()
    computer.environ = variables
    known = metadata or {}
    found = _takes(module, "section", known, computer)(known, computer)
    if found is not None:
        _check_section(found, who, str(getattr(module, "ENV_NAME", "")))
    section = found if found is not None else {"env_name": getattr(module, "ENV_NAME", "")}
    why_not = _takes(module, "why_not", section, notebook, computer)(section, notebook, computer)
    sentence = why_not is None or (isinstance(why_not, str) and bool(why_not.strip()))
    _claim(sentence, f"{who}.why_not() returned neither None nor a sentence: {why_not!r}")
    opens = _takes(module, "plan", section, notebook, computer)
    plan = opens(section, notebook, computer) if why_not is None else None
    if plan is not None:
        _check_plan(plan, f"{who}.plan()")
        links = [step.url for step in cast("Plan", plan).steps if isinstance(step, Open)]
        strange = [link for link in links if not link.startswith("https://")]
        _claim(not strange, f"{who}.plan() opens what is no https address: {strange!r}")
    _claim(not computer.done, f"{who} did something while it was only asked: {computer.done!r}")
    return cast("Optional[Plan]", plan)


_TOKEN = "hf_" + 24 * "x"


def _check_section(found: object, who: str, name: str) -> None:
    """Assert that a section keeps to the format, and holds no secret."""
    try:
        text = json.dumps(found)
    except (TypeError, ValueError) as error:
        raise AssertionError(f"{who}.section() returned what is no JSON: {error}") from error
    said = json.loads(text)
    _claim(isinstance(said, dict), f"{who}.section() returned no object: {found!r}")
    _claim(said.get("env_name") == name, f"{who}.section() has another env_name than {name!r}")
    url = said.get("handler_url", "https://")
    web = isinstance(url, str) and url.startswith(("https://", "http://"))
    _claim(web, f"{who}.section() has a handler_url that is no web address: {url!r}")
    version = said.get("cloud_ver", "")
    _claim(isinstance(version, (str, int, float)), f"{who}.section() has no plain cloud_ver")
    own = isinstance(said.get("metadata", {}), dict)
    _claim(own, f"{who}.section() has a metadata that is no object")
    _claim(_TOKEN not in text, f"{who}.section() gives a token away")


def _takes(module: object, name: str, *arguments: object, **words: object) -> Callable[..., object]:
    found = getattr(module, name, None)
    who = f"{getattr(module, '__name__', repr(module))}.{name}"
    _claim(callable(found), f"{who} is no function")
    function = cast("Callable[..., object]", found)
    try:
        inspect.signature(function).bind(*arguments, **words)
    except TypeError as error:
        raise AssertionError(f"{who} cannot be called as its family does: {error}") from error
    return function


def _claim(true: bool, otherwise: str) -> None:
    if not true:
        raise AssertionError(otherwise)
