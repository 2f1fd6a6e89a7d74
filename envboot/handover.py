"""After the environment is made: what needs a yes of its own, the kernel, and the way in."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from envboot import activation, decide, infer, kernel, plan, survey, transaction
from envboot.console import YES_NO
from envboot.errors import CommandFailed, EnvbootError, NothingFound
from envboot.plan import Plan, Run
from envboot.site import python_of
from envboot.survey import durations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from envboot.console import Console
    from envboot.infer.facts import Scan
    from envboot.result import Result
    from envboot.shell import Shell
    from envboot.site import Site
    from envboot.spec import EnvironmentSpec
    from envboot.survey import Existing, Request
    from envboot.transaction import Stamp


def extras(
    request: Request,
    spec: EnvironmentSpec,
    site: Site,
    build: Path,
    shell: Shell,
    console: Console,
) -> None:
    """Show apt.txt and postBuild, and run each on a yes of its own, inside the new environment.

    Source: repo2docker's configuration files; there both run unasked, in a container.
    """
    if spec.system:
        names = [d.text for d in spec.system]
        argv = ("apt-get", "install", "-y", "--no-install-recommends", "--", *names)
        command = argv if shell.is_root() else ("sudo", "-n", *argv)
        title = f"{spec.system[0].origin.path} asks for system packages: {' '.join(names)}"
        if _own_yes(
            title, plan.describe(Run(command)), "--apt", given=request.apt, console=console
        ):
            environ = (("DEBIAN_FRONTEND", "noninteractive"),)
            steps = Plan("system packages", (Run(command, env=environ, why="apt-get install"),))
            plan.carry_out(steps, shell, console.line, console.say)
    for origin in spec.scripts:
        path = site.root / origin.path
        title = f"{origin.path} is a script of this repository"
        shown = (shell.read(path, 2000) or b"").decode("utf-8", "replace").splitlines()
        for row in shown[:20]:
            console.say(f"  | {row}")
        given = request.post_build
        if _own_yes(title, str(path), "--post-build", given=given, console=console):
            inside = activation.environ(build, spec.variables, shell)
            run = Run((str(path),), cwd=site.root, env=tuple(inside.items()), why=str(origin.path))
            first = (shell.read(path, 2) or b"") == b"#!"
            if not first or shell.platform.system == "Windows":
                run = replace(run, argv=("bash", str(path)))
            plan.carry_out(Plan("postBuild", (run,)), shell, console.line, console.say)


def bring_kernel(
    spec: EnvironmentSpec, site: Site, place: Path, shell: Shell, console: Console
) -> None:
    """Add ipykernel to what was built where a lock, or a list of digests, has none."""
    if kernel.installed(place, shell):
        return
    steps = kernel.bring(spec, site, place)
    if not steps.steps:
        console.warn("ipykernel is missing, and there is neither pip nor uv to add it")
        return
    plan.carry_out(steps, shell, console.line, console.say)


def _own_yes(title: str, what: str, flag: str, *, given: bool, console: Console) -> bool:
    console.say(title)
    if given:
        return True
    if console.interactive():
        answer = console.choose(f"run it? ({what})", YES_NO, flag=f"`{flag}`", default="no")
        return answer == "yes"
    console.say(f"it was not run; `{flag}` runs it: {what}")
    return False


def remember(site: Site, shell: Shell, console: Console) -> None:
    """Note in the repository where its environment is, and how long it took to make.

    A read-only repository is no failure.
    """
    root, prefix = site.root, site.prefix
    folder = survey.pointer(root).parent
    stamp = transaction.read_stamp(prefix, shell)
    times = durations.taken(root, shell)
    if stamp:
        times = durations.with_one(times, stamp.engine, stamp.seconds)
    try:
        if not shell.kind(folder / ".gitignore"):
            shell.write(folder / ".gitignore", transaction.IGNORE)
        noted = {"prefix": str(prefix), "name": site.name, "seconds": times}
        shell.write(survey.pointer(root), json.dumps(noted, indent=1) + "\n")
    except CommandFailed as error:
        console.warn(
            f"the repository cannot remember its environment: {error}",
            hint=f"give `--prefix {prefix}` the next time",
        )
        if place := durations.elsewhere(root, shell):
            with contextlib.suppress(CommandFailed):
                shell.write(place, json.dumps({"seconds": times}) + "\n")


def hand_over(
    request: Request,
    spec: EnvironmentSpec,
    site: Site,
    scan: Scan,
    result: Result,
    shell: Shell,
    console: Console,
) -> Result:
    """Register the kernel, say how to get in, and offer a shell inside at a terminal."""
    result = replace(result, kernel=_register(request, spec, site, scan, shell, console))
    gpu = decide.free_gpu(site.machine)
    if gpu is not None and "CUDA_VISIBLE_DEVICES" not in shell.environ:
        chosen = f"CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES={gpu}"
        console.say(f"some GPUs are busy; GPU {gpu} is free: `export {chosen}` takes that one")
    with contextlib.suppress(CommandFailed):  # without it the line sets PATH alone
        entry = activation.entry(site.prefix, site.name, spec.variables, shell)
        plan.carry_out(entry, shell, console.line)
    activate = activation.line(site.prefix, site.name, shell)
    console.say(f"to use it: {activate}")
    result = replace(result, activate=activate)
    if spec.next:
        console.say(f"next, as this repository suggests: {spec.next}")
    stamp = transaction.read_stamp(site.prefix, shell)
    wanted = request.subshell
    if wanted is None and console.interactive() and not request.yes:
        question = f"start a shell inside `{site.name}` now?"
        wanted = console.choose(question, YES_NO, flag="`--shell`", default="yes") == "yes"
    if wanted and stamp:
        try:
            subshell(site.prefix, stamp, shell, console)
        except CommandFailed as error:  # the environment is made all the same
            console.warn(f"no shell inside `{site.name}`: {error}")
    return result


def _register(
    request: Request,
    spec: EnvironmentSpec,
    site: Site,
    scan: Scan,
    shell: Shell,
    console: Console,
) -> str:
    """Register a Jupyter kernel where there are notebooks; return its name, "" without one."""
    if request.kernel is False:
        return ""
    has = kernel.installed(site.prefix, shell)
    if not has:
        if request.kernel:
            console.warn(
                "no kernel was registered: ipykernel is not in the environment",
                hint=f"add ipykernel to {spec.source.path if spec.source else 'the dependencies'}",
            )
        return ""
    if request.kernel is None and all(infer.label(path) == "test" for path in scan.notebooks):
        return ""
    if request.kernel is None and not request.yes and console.interactive():
        question = f"register the Jupyter kernel `{site.name} (envboot)`?"
        if console.choose(question, YES_NO, flag="`--kernel`", default="yes") == "no":
            return ""
    return enrol(site.prefix, site.name, spec.variables, shell, console)


def enrol(
    prefix: Path,
    name: str,
    variables: Sequence[tuple[str, str]],
    shell: Shell,
    console: Console,
) -> str:
    """Register the environment as a Jupyter kernel and start it once; return its name or ""."""
    try:
        for stale in kernel.stale(shell):
            console.say(f"removing a kernel whose environment is gone: {stale.name}")
            shell.remove(stale)
        plan.carry_out(kernel.plan(prefix, name, variables, shell), shell, console.line)
        said = kernel.prove(prefix, shell)
    except EnvbootError as error:
        console.warn(f"no kernel was registered: {error}")
        return ""
    if said:
        console.warn(f"the kernel was registered but does not start: {said}")
    else:
        console.say(f"Jupyter kernel `{name} (envboot)` registered, started once and stopped")
    return kernel.name(prefix)


def subshell(prefix: Path, stamp: Stamp, shell: Shell, console: Console) -> int:
    """Start the person's shell inside the environment; return its status."""
    argv, environ, steps = activation.subshell(prefix, stamp.name, stamp.variables, shell)
    plan.carry_out(steps, shell, console.line)
    console.say(f"a shell inside `{stamp.name}`; `exit` leaves it")
    return shell.hand_over(argv, environ, None)


def run(
    existing: Existing | None, argv: Sequence[str], root: Path, shell: Shell, console: Console
) -> int:
    """Run a command inside the environment, in the current folder; return its status.

    Raises NothingFound without a usable environment.
    """
    existing = _usable(existing, root, shell)
    if existing.changes:
        console.warn(
            "the dependency files changed since this environment was made",
            hint="`python setup.py` updates it",
        )
    environ = activation.environ(existing.prefix, existing.stamp.variables, shell)
    program = shell.which_in(argv[0], environ.get("PATH", ""))
    if program is None:
        raise NothingFound(
            f"there is no program `{argv[0]}` in {existing.prefix} or on PATH",
            hint="add the package that brings it to the dependency files",
        )
    return shell.hand_over((str(program), *argv[1:]), environ, None)


def enter(existing: Existing | None, root: Path, shell: Shell, console: Console) -> int:
    """Start a shell inside the environment of ``root``; Raises NothingFound without one."""
    existing = _usable(existing, root, shell)
    return subshell(existing.prefix, existing.stamp, shell, console)


def _usable(existing: Existing | None, root: Path, shell: Shell) -> Existing:
    if existing is None:
        hint = "`python setup.py` creates it"
        for place in survey.of_notebooks(root, shell)[:1]:
            hint = f"a notebook's own is named: `--prefix {place}`"
        raise NothingFound(f"{root} has no environment yet", hint=hint)
    if shell.kind(python_of(existing.prefix, shell)) != "file" or (
        existing.broken and str(existing.prefix) != existing.stamp.prefix
    ):
        raise NothingFound(
            f"the environment at {existing.prefix} cannot be used: {existing.broken}",
            hint="`python setup.py` makes it anew",
        )
    return existing
