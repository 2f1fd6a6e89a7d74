"""Each command's way from a parsed command line to the function that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot.cli.flags import TENDING
from envboot.errors import UsageError
from envboot.result import to_json
from envboot.shell import redact

if TYPE_CHECKING:
    import argparse

    from envboot.console import Console
    from envboot.package import Packing
    from envboot.request import Request
    from envboot.result import Outcome
    from envboot.shell import Shell


def dispatch(options: argparse.Namespace, request: Request, shell: Shell, console: Console) -> int:
    """Run the command; print its result where JSON is asked for; return the exit code."""
    shell.confine(request.root)
    if options.command in {"run", "shell"}:
        from envboot import handover, survey

        existing = survey.standing(request, shell)
        if options.command == "shell":
            return handover.enter(existing, request.root, shell, console)
        argv = options.argv[1:] if options.argv[:1] == ["--"] else options.argv
        if not argv:
            raise UsageError("run what?", hint="`run -- COMMAND [ARG ...]`")
        return handover.run(existing, argv, request.root, shell, console)
    result = _act(options, request, shell, console)
    if options.json:
        console.show(redact(to_json(result), shell.environ))
    return result.exit_code


def _act(options: argparse.Namespace, request: Request, shell: Shell, console: Console) -> Outcome:
    act = _OWNERS.get(options.command) or _NEXT[options.command]
    return act(options, request, shell, console)


def _up(options: argparse.Namespace, request: Request, shell: Shell, console: Console) -> Outcome:
    if options.command == "up" and options.notebook is not None:
        from envboot.notebook import entering

        return entering.enter(options, request, shell, console)
    from envboot import bootstrap

    if options.command == "up":
        return bootstrap.up(request, shell, console)
    return bootstrap.check(request, shell, console, quiet=options.json)


def _doctor(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    from envboot import doctor

    return doctor.examine(request, shell, console, quiet=options.json)


def _remove(
    _options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    from envboot import removal, survey

    return removal.remove(request, survey.standing(request, shell), shell, console)


def _package(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    from envboot import package

    return package.package_env(_packing(options, request), shell, console)


def _infer(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    from envboot import asking

    return asking.infer(options, request, shell, console)


def _measure(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    from envboot import measure

    return measure.measure(options, request, shell, console)


def _create(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    from envboot import create

    return create.create(options, request, shell, console)


def _preflight(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    from envboot import preflight

    return preflight.preflight(options, request, shell, console)


def _convert(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    from envboot import convert

    return convert.convert(options, request, shell, console)


def _launch(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    from envboot import launching, survey

    own = ("notebook", "time", "partition", "account", "array", "idle", "region", "allow")
    given = [(name, str(getattr(options, name))) for name in own if getattr(options, name)]
    wish = launching.Wish(
        options.launcher,
        options.where,
        options.size,
        options.then,
        tuple(options.behind),
        tuple(given + ([("spot", "yes")] if options.spot else [])),
        push=options.push,
        as_pushed=options.as_pushed,
        new=options.new,
        wait=options.wait,
        browse=options.browse,
    )
    console.say("locating dependency files...")
    located = survey.locate(request, shell)
    console.say("checking requirements...")
    assessment = survey.assess(request, located, shell)
    if assessment.short:
        console.say(assessment.verdict.sentence)
    return launching.launch(wish, request, assessment, shell, console)


def _tend(options: argparse.Namespace, request: Request, shell: Shell, console: Console) -> Outcome:
    from envboot.launching import tending

    if options.command == "jobs":
        return tending.jobs(shell, console, quiet=options.json)
    if options.command == "status":
        return tending.status(options.handle, shell, console, wait=options.wait)
    if options.command == "logs":
        quiet, follow = options.json, options.follow
        return tending.logs(options.handle, shell, console, follow=follow, quiet=quiet)
    if options.command == "open":
        return tending.enter(options.handle, shell, console, dry_run=request.dry_run)
    deed = tending.stop if options.command == "stop" else tending.delete
    return deed(options.handle, shell, console, yes=request.yes, dry_run=request.dry_run)


def _export(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    from envboot import export

    return export.export(options, request, shell, console)


def _notebook(
    options: argparse.Namespace, request: Request, shell: Shell, console: Console
) -> Outcome:
    from envboot import notebook

    return notebook.notebook(options, request, shell, console)


_NEXT = {"up": _up, "check": _up, "doctor": _doctor, "remove": _remove}
_OWNERS = {
    "package-env": _package,
    "infer": _infer,
    "measure": _measure,
    "create": _create,
    "preflight": _preflight,
    "convert": _convert,
    "launch": _launch,
    "jobs": _tend,
    **dict.fromkeys(TENDING, _tend),
    "export": _export,
    "notebook": _notebook,
}


def _packing(options: argparse.Namespace, request: Request) -> Packing:
    from envboot.package import Packing

    fields = set(Packing.__dataclass_fields__)
    given = {key: value for key, value in vars(options).items() if key in fields}
    listed = {key: tuple(value) for key, value in given.items() if isinstance(value, list)}
    return Packing(**{**given, **listed, "root": request.root, "prefix": request.prefix})
