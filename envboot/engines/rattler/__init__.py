"""envboot's own conda engine: a conda environment without conda, through py-rattler.

This module is what the family sees: it looks and plans. The work is done by a child,
``python -m envboot.engines.rattler ORDER``, started with a Python that py-rattler runs on, so that
a native crash, its logs and Ctrl-C behave as with any program. What pip installs comes after it,
by the pip of the new environment.

Sources: conda's documentation ("Managing environments", "Creating an environment file manually"),
and what ``conda env create`` does, found by running it.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from envboot import index, locks, tools, transaction
from envboot.conda import environments
from envboot.engines.rattler import order
from envboot.plan import Plan, Remove, Write
from envboot.tools.pins import RATTLER
from envboot.virtualenv import into_conda

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.errors import EnvbootError
    from envboot.plan import Step
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

TITLE = "envboot's own conda engine"
RELOCATABLE = False
LOCKS = frozenset(locks.FORMATS)
_LARGEST = 1 << 20  # bytes of an answer that says why


def prefix(spec: EnvironmentSpec, site: Site) -> Path:  # noqa: ARG001 - the family's signature
    """Return the folder of that name where conda keeps its environments, installed or not.

    A conda that is installed later finds it there. Where the home cannot be written to it is a
    folder of the repository.
    """
    place = environments.place(site.shell)
    if place is None or not site.shell.writable(place):
        place = site.root / ".conda"
    return place / environments.folder_name(site.name)


def why_not(spec: EnvironmentSpec, site: Site) -> str | None:
    """Return why no environment can be made of ``spec`` here: no py-rattler, or no place for it."""
    shell = site.shell
    beside = transaction.state_folder(site.prefix)
    if reason := tools.why_not(RATTLER, shell, offline=_alone(site), beside=beside):
        return reason
    if reason := into_conda.why_not(spec, site):
        return reason
    lock = spec.lock
    if lock and lock.format not in LOCKS and not spec.dependencies and not spec.project:
        return f"{lock.path} is a lock file that it does not read"
    if shell.kind(site.prefix) == "file" or shell.folder(site.prefix):
        return f"{site.prefix} exists, and an environment is made where nothing is"
    return None if shell.writable(site.prefix) else f"{site.prefix.parent} cannot be written to"


def _alone(site: Site) -> bool:
    """Return whether no index of packages may be asked: py-rattler comes from one."""
    return site.offline or index.settings(site.shell).no_index


def note(site: Site) -> str:
    """Return what a person should know before the yes: what is fetched beside the packages."""
    wheel = tools.wheel_for(RATTLER, site.shell)
    if wheel is None or tools.folder(RATTLER, site.shell):
        return ""
    return f"{RATTLER.name} is fetched for it first, once, {wheel.size / 1e6:.0f} MB"


def plan(spec: EnvironmentSpec, site: Site) -> Plan:
    """Return: fetch py-rattler where it is not here, solve and install, let pip do its part."""
    python = tools.python_for(RATTLER, site.shell)
    if python is None:
        return Plan(TITLE)
    place = tools.place(RATTLER, site.shell, transaction.state_folder(site.prefix))
    there = tools.folder(RATTLER, site.shell) == place
    paper, answer = order.file_of(site.prefix), order.answer_of(site.prefix)
    asked = _order(spec, site)
    what = f"from {spec.lock.path}" if asked.lock and spec.lock else _count(len(asked.asked))
    steps: list[Step] = [] if there else [tools.step(RATTLER, place, offline=site.offline)]
    steps += [
        Write(paper, asked.text(), private=True),
        order.step(
            paper, place, str(python.path), f"creating {site.name} with {RATTLER.name}, {what}"
        ),
        *into_conda.steps(spec, site),
    ]
    if site.root in site.prefix.parents:
        steps.append(Write(site.prefix / ".gitignore", "*\n"))
    steps += [Remove(paper), Remove(answer), *(() if there else tools.after(place, site.shell))]
    return Plan(TITLE, tuple(steps), site.prefix)


def explain(site: Site) -> EnvbootError | None:
    """Return why the child failed, as it found out itself; None when it left no word."""
    from envboot.engines.rattler import answered

    said = answered.read(order.answer_of(site.prefix), site.shell, _LARGEST)
    return answered.error(said) if said else None


# ------------------------------------------------------------------------- the order


def _order(spec: EnvironmentSpec, site: Site) -> order.Order:
    """Return what the child is asked for."""
    lock = spec.lock if spec.lock and spec.lock.format in LOCKS else None
    source = spec.source.path if spec.source else "setup.py"
    return order.Order(
        "create",
        asked=_asked(spec, site),
        channels=tuple(_placed(c, site) for c in spec.channels),
        prefix=str(site.prefix),
        lock=str(site.root / PurePosixPath(lock.path)) if lock else "",
        lock_sha256=lock.sha256 if lock else "",
        as_of=site.as_of,
        offline=site.offline,
        link_scripts=site.link_scripts,
        command=f"envboot {source}",
        answer=str(order.answer_of(site.prefix)),
        pip=tuple(
            order.Asked(d.text, str(d.origin)) for d in spec.dependencies if d.ecosystem == "pypi"
        ),
    )


def _asked(spec: EnvironmentSpec, site: Site) -> tuple[order.Asked, ...]:
    """Return the conda packages that are asked for, with the Python and the pip they need."""
    from envboot.formats.environment_yml import as_conda

    conda = [d for d in spec.dependencies if d.ecosystem == "conda"]
    names = {d.name for d in conda}
    asked = [order.Asked(d.text, str(d.origin)) for d in conda]
    if "python" not in names:
        # pip comes with the newest Python; what runs here is what the other engines would take.
        minor = ".".join(site.machine.python.split(".")[:2])
        text = as_conda(spec.python) if spec.python else f"={minor}"
        at = str(spec.python_origin) if spec.python and spec.python_origin else ""
        asked.insert(0, order.Asked(f"python{text}", at))
    if "pip" not in names and into_conda.wanted(spec, site):
        asked.append(order.Asked("pip"))
    return tuple(asked)


def _placed(channel: str, site: Site) -> str:
    """Return a channel; a folder that is meant from where one stands becomes a whole path."""
    if not channel.startswith(("./", "../")) and channel not in {".", ".."}:
        return channel
    parts: list[str] = []
    for part in (site.root / channel).parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return site.root.__class__(*parts).as_uri()


def _count(number: int) -> str:
    return f"{number} package{'' if number == 1 else 's'} asked for"
