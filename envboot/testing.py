"""Stand-ins for the two doors, public: tests of plug-ins use them too.

:class:`ScriptedShell` plays a recorded computer, :class:`ScriptedConsole` a person;
:func:`check_target`, :func:`check_reader` and :func:`check_cloud` say whether a module can be a
member of a family.
Nothing in the product imports this module.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Optional, cast, get_args

from envboot.errors import AnswerNeeded, CommandFailed, EnvbootError, InvalidFile
from envboot.jobs import Job, Offer, Report, State
from envboot.machine import Machine
from envboot.plan import Open, Plan, Remove, Run, Write
from envboot.shell import Answer, Platform, Usage
from envboot.shell.local import LocalShell
from envboot.site import Site
from envboot.spec import Dependency, EnvironmentSpec, Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from envboot.console import Choice


_NOTHING = Usage(0, 0.0)


class ScriptedShell(LocalShell):
    """A computer that has only what the test says.

    ``files`` maps absolute POSIX paths to bytes, ``answers`` a command line joined by blanks
    (or its program name alone) to what it prints, or to an Answer when it fails; ``programs`` maps
    names to paths. Deeds are kept in ``done``. With ``disk=True`` files of the real disk are
    readable and writable too (a tmp_path), while programs stay scripted.
    """

    def __init__(  # noqa: PLR0913 - each is a part of the recorded computer
        self,
        *,
        files: Mapping[str, bytes | str] | None = None,
        answers: Mapping[str, str | Answer] | None = None,
        programs: Mapping[str, str] | None = None,
        platform: Platform | None = None,
        environ: Mapping[str, str] | None = None,
        memory: tuple[int, int] | None = None,
        cores: int = 8,
        disk_free: int | None = 2**40,
        disk: bool = False,
        read_only: Sequence[str] = (),
        usage: Usage = _NOTHING,
    ) -> None:
        """Take the parts of the recorded computer."""
        super().__init__(environ or {})
        self.platform = platform or Platform("Linux", "x86_64", "6.1")
        self.files = {
            path: text.encode() if isinstance(text, str) else text
            for path, text in (files or {}).items()
        }
        self.answers = dict(answers or {})
        self.programs = dict(programs or {})
        self.read_only = tuple(read_only)
        self.usage = usage
        self.done: list[tuple[str, ...]] = []
        self.asked: list[str] = []
        self._memory, self._cores, self._disk_free, self._disk = memory, cores, disk_free, disk
        self.home = Path(self.environ["HOME"]) if "HOME" in self.environ else None

    def which(self, name: str) -> Path | None:
        """Return the scripted path of a program."""
        return Path(self.programs[name]) if name in self.programs else None

    def which_in(self, name: str, path: str) -> Path | None:  # noqa: ARG002
        """Return the scripted path of a program."""
        return self.which(name)

    def is_root(self) -> bool:
        """Return False: a script owns nothing."""
        return False

    def read(self, path: Path, limit: int = 1 << 26) -> bytes | None:
        """Return a scripted file, or a real one with ``disk=True``."""
        found = self.files.get(path.as_posix())
        if found is None:
            return super().read(path, limit) if self._disk else None
        return found[:limit]

    def folder(self, path: Path) -> tuple[Path, ...]:
        """Return the scripted entries of a folder."""
        prefix = path.as_posix().rstrip("/") + "/"
        names = {p[len(prefix) :].split("/")[0] for p in self.files if p.startswith(prefix)}
        real = super().folder(path) if self._disk else ()
        return tuple(sorted({path / name for name in names} | set(real)))

    def kind(self, path: Path) -> str:
        """Return what a scripted path is."""
        if path.as_posix() in self.files:
            return "file"
        if any(p.startswith(path.as_posix().rstrip("/") + "/") for p in self.files):
            return "folder"
        return super().kind(path) if self._disk else ""

    def mark(self, path: Path) -> tuple[int, ...]:
        """Return the length and the checksum of a scripted file, or a real one's with ``disk``."""
        found = self.files.get(path.as_posix())
        if found is None:
            return super().mark(path) if self._disk else ()
        return len(found), zlib.crc32(found)

    def target(self, path: Path) -> Path | None:
        """Return where a real link points to with ``disk=True``; scripted files are no links."""
        return super().target(path) if self._disk else None

    def sizes(self, root: Path, limit: int = 500_000) -> dict[str, int]:
        """Return the lengths of the scripted files below a folder, and of real ones."""
        prefix = root.as_posix().rstrip("/") + "/"
        own = {p[len(prefix) :]: len(t) for p, t in self.files.items() if p.startswith(prefix)}
        real = super().sizes(root, limit) if self._disk else {}
        return {**real, **own}

    def writable(self, path: Path) -> bool:
        """Return whether no ``read_only`` folder holds the path; real ones count with ``disk``."""
        places = {p.as_posix() for p in (path, *path.parents)}
        if places & set(self.read_only):
            return False
        return super().writable(path) if self._disk else True

    def query(
        self,
        argv: Sequence[str],
        *,
        timeout: float = 10.0,  # noqa: ARG002
        env: Mapping[str, str] | None = None,  # noqa: ARG002
        feed: bytes = b"",  # noqa: ARG002
    ) -> Answer:
        """Return the scripted answer: by the whole line, else by the program's name."""
        line = " ".join(argv)
        self.asked.append(line)
        for key in (line, argv[0], Path(argv[0]).name):
            if key in self.answers:
                answer = self.answers[key]
                return Answer(answer) if isinstance(answer, str) else answer
        return Answer(None, f"{argv[0]} cannot be started: no such file or directory")

    def memory(self) -> tuple[int, int] | None:
        """Return the scripted memory."""
        return self._memory

    def cores(self) -> int:
        """Return the scripted number of cores."""
        return self._cores

    def disk_free(self, path: Path) -> int | None:  # noqa: ARG002
        """Return the scripted free space."""
        return self._disk_free

    def do(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | None = None,  # noqa: ARG002
        env: Mapping[str, str] | None = None,  # noqa: ARG002
        said: Callable[[str], None] = lambda _line: None,
        why: str = "",
        hold: bytes | None = None,  # noqa: ARG002
        halt: Callable[[], bool] | None = None,  # noqa: ARG002
    ) -> None:
        """Keep the command; it fails when its scripted answer says so."""
        self.done.append(tuple(argv))
        answer = self.query(argv)
        if answer.out is None and "cannot be started" not in answer.why:
            raise CommandFailed(f"{why}: {answer.why}")
        for row in (answer.out or "").splitlines():
            said(row)

    def hand_over(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],  # noqa: ARG002
        cwd: Path | None,  # noqa: ARG002
    ) -> int:
        """Keep the command; it ends with 0."""
        self.done.append(tuple(argv))
        return 0

    def watch(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],  # noqa: ARG002
        cwd: Path | None,  # noqa: ARG002
        *,
        gpu: Callable[[frozenset[int]], int | None] | None = None,
        aside: bool = False,  # noqa: ARG002
    ) -> Usage:
        """Keep the command; it took what the script says, as process 1."""
        self.done.append(tuple(argv))
        held = gpu(frozenset({1})) if gpu else None
        return replace(self.usage, gpu_memory=held) if held is not None else self.usage

    def write(
        self,
        path: Path,
        text: str | bytes,
        *,
        executable: bool = False,
        lasting: bool = True,
        private: bool = False,
    ) -> None:
        """Keep the file in ``files``, or write it with ``disk=True``."""
        self.done.append(("write", str(path)))
        if self._disk:
            super().write(path, text, executable=executable, lasting=lasting, private=private)
        else:
            data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
            self.files[path.as_posix()] = data

    def share(self, folder: Path, sources: Mapping[str, Path]) -> None:
        """Keep the files, or write them with ``disk=True``."""
        for name, source in sources.items():
            self.write(folder / name, self.read(source) or b"", lasting=False)

    def place(self, root: Path, texts: Mapping[str, bytes], over: Mapping[str, bytes]) -> None:
        """Keep the files in ``files``, or put them there with ``disk=True``."""
        self.done += [("place", str(root / name)) for name in texts]
        if self._disk:
            super().place(root, texts, over)
        else:
            self.files.update({(root / name).as_posix(): data for name, data in texts.items()})

    def append(self, path: Path, text: str) -> None:
        """Add to the file in ``files``, or to the real one with ``disk=True``."""
        self.done.append(("append", str(path)))
        if self._disk:
            super().append(path, text)
        else:
            self.files[path.as_posix()] = self.files.get(path.as_posix(), b"") + text.encode()

    def remove(self, path: Path) -> None:
        """Drop a scripted file or tree."""
        self.done.append(("remove", str(path)))
        whole = path.as_posix()
        self.files = {
            p: t for p, t in self.files.items() if p != whole and not p.startswith(whole + "/")
        }
        if self._disk:
            super().remove(path)

    def rename(self, source: Path, target: Path) -> None:
        """Rename a scripted file or tree, or a real one with ``disk=True``."""
        self.done.append(("rename", str(source), str(target)))
        old, new = source.as_posix(), target.as_posix()
        self.files = {
            new + p[len(old) :] if p == old or p.startswith(old + "/") else p: t
            for p, t in self.files.items()
        }
        if self._disk:
            super().rename(source, target)

    def link(self, link: Path, target: Path) -> None:
        """Keep the deed; with ``disk=True`` the link is made."""
        self.done.append(("link", str(link), str(target)))
        if self._disk:
            super().link(link, target)

    def log_to(self, folder: Path) -> Path | None:
        """Write a log with ``disk=True`` only."""
        return super().log_to(folder) if self._disk else None

    def sync(self) -> None:
        """Keep nothing: a script has no disk."""

    @contextlib.contextmanager
    def lock(self, path: Path, waiting: Callable[[str], None]) -> Iterator[None]:  # noqa: ARG002
        """Hold nothing: a script has no second process."""
        yield

    def open(self, url: str) -> None:
        """Keep the link."""
        self.done.append(("open", url))


class ScriptedConsole:
    """A person with prepared answers; without one left there is nobody to ask."""

    def __init__(self, *answers: str, verbose: int = 0) -> None:
        """Take the names of the choices to pick, in the order of the questions."""
        self.verbose = verbose
        self.answers = list(answers)
        self.said: list[str] = []
        self.warned: list[str] = []
        self.shown: list[str] = []
        self.lines: list[str] = []
        self.questions: list[str] = []
        self.offered: list[tuple[Choice, ...]] = []

    def say(self, text: str) -> None:
        """Keep the sentence."""
        self.said.append(text)

    def warn(self, text: str, *, hint: str = "") -> None:
        """Keep the warning with its hint."""
        self.warned.append(f"{text} (hint: {hint})" if hint else text)

    def fail(self, error: EnvbootError) -> None:
        """Keep the error's sentence."""
        self.warned.append(f"error: {error}")

    def line(self, text: str) -> None:
        """Keep a line that a program printed."""
        self.lines.append(text)

    def show(self, text: str) -> None:
        """Keep a result."""
        self.shown.append(text)

    def interactive(self) -> bool:
        """Return whether an answer is left."""
        return bool(self.answers)

    def choose(
        self,
        question: str,
        choices: Sequence[Choice],
        *,
        flag: str,
        default: str = "",  # noqa: ARG002
    ) -> str:
        """Return the next prepared answer; it must be an open choice."""
        if not self.answers:
            raise AnswerNeeded(f"an answer is needed: {question}", hint=f"give it as {flag}")
        self.questions.append(question)
        self.offered.append(tuple(choices))
        answer = self.answers.pop(0)
        names = [c.name for c in choices if not c.closed]
        assert answer in names, f"{answer!r} is not open at {question!r}: {names}"  # noqa: S101
        return answer

    def ask(self, question: str, *, flag: str, default: str = "") -> str:
        """Return the next prepared answer, ``default`` for an empty one."""
        if not self.answers:
            raise AnswerNeeded(f"an answer is needed: {question}", hint=f"give it as {flag}")
        self.questions.append(question)
        return self.answers.pop(0) or default


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
