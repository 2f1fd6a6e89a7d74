"""From an order to its answer: what went wrong becomes sentences and an exit code."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.conda import addresses
from envboot.conda.settings import settings
from envboot.engines.rattler.order import Aim, Answer, Finding, Order, Solved
from envboot.engines.rattler.work import installing, repodata, solving, specs
from envboot.errors import EnvbootError, InvalidFile, UsageError
from envboot.shell import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from envboot.engines.rattler.work.repodata import Channels, Store
    from envboot.shell import Shell


def from_file(path: str, shell: Shell, say: Callable[[str], None]) -> int:
    """Do the order in the file ``path``, write the answer; return the exit code."""
    try:
        order = Order.read((shell.read(Path(path)) or b"").decode())
    except (ValueError, TypeError, KeyError) as error:
        say(f"the order {path} cannot be read: {error}")
        return 2
    with contextlib.suppress(EnvbootError):  # of a run before, if this one should crash
        if order.answer:
            shell.remove(Path(order.answer))
    answer = done(order, shell, say)
    for finding in answer.findings:
        say(line(finding))
    if order.answer:
        try:
            shell.write(Path(order.answer), answer.text(), lasting=False)
        except EnvbootError as error:
            say(str(error))
            return answer.exit_code or error.exit_code
    return answer.exit_code


def done(order: Order, shell: Shell, say: Callable[[str], None]) -> Answer:
    """Return what came of ``order``. Nothing that goes wrong is raised."""
    try:
        return asyncio.run(_done(order, shell, say))
    except EnvbootError as error:
        at = str(error.origin) if error.origin else ""
        said = Finding(redact(error.message, shell.environ), error.hint, at)
        return Answer(findings=(said,), exit_code=error.exit_code)
    except Exception as error:  # noqa: BLE001 - rattler's errors have no common base
        from envboot.engines.rattler.work import explaining

        return explaining.of_exception(error, order, shell.environ)


def line(finding: Finding) -> str:
    """Return a finding as a line for the terminal: ``environment.yml:5: … (hint)``."""
    head = f"{finding.at}: " if finding.at else ""
    return f"{head}{finding.text}" + (f" ({finding.hint})" if finding.hint else "")


async def _done(order: Order, shell: Shell, say: Callable[[str], None]) -> Answer:
    if not order.aims:
        order = replace(order, aims=(here(shell.environ),))
    known = settings(shell)
    channels = repodata.channels(order, known)
    store = repodata.store(order, known, shell, channels.urls)
    try:
        return await _worked(order, store, channels, shell, say)
    finally:
        if store.secret:
            shell.remove(store.secret)


async def _worked(
    order: Order, store: Store, channels: Channels, shell: Shell, say: Callable[[str], None]
) -> Answer:
    wrong = () if order.lock else specs.mistakes(order.asked)
    if order.task == "create":
        if wrong:
            found = await _all_wrong(order, store, channels, shell, wrong)
            return Answer(findings=found, exit_code=InvalidFile.exit_code)
        return await _created(order, store, channels, shell, say)
    if order.task not in ("solve", "explain"):
        raise InvalidFile(f"nobody knows the task `{order.task}`")
    work = _solved if order.task == "solve" and not wrong else _explained
    all_of_them = [await work(order, aim, store, channels, shell, say) for aim in order.aims]
    return Answer(solved=tuple(all_of_them))


def here(environ: Mapping[str, str]) -> Aim:
    """Return the computer that this runs on, or what it shall be taken for, as conda does.

    Raises UsageError where ``CONDA_SUBDIR`` names no platform.
    """
    from rattler.exceptions import ParseSubdirError
    from rattler.platform import Subdir

    said = environ.get("CONDA_SUBDIR", "")
    try:
        return Aim(str(Subdir(said) if said else Subdir.current()))
    except ParseSubdirError as error:
        raise UsageError(f"CONDA_SUBDIR names no platform: `{said}`") from error


async def _created(
    order: Order, store: Store, channels: Channels, shell: Shell, say: Callable[[str], None]
) -> Answer:
    aim = order.aims[0]
    installing.refuse(Path(order.prefix), shell)  # before anything is waited for
    if order.lock:
        from envboot.engines.rattler.work import locked

        records = locked.records(order, aim.subdir, shell)
    else:
        try:
            records = await solving.solved(order, aim, store, channels, shell, say)
        except Exception as error:
            from envboot.engines.rattler.work import explaining

            if not explaining.explicable(error):
                raise
            found = await _why(order, aim, store, channels, shell, error)
            return Answer(findings=dated(found, order.as_of), exit_code=InvalidFile.exit_code)
    await installing.install(order, records, store, shell, say)
    if store.passing:
        shell.remove(store.passing)
    return Answer()


def dated(found: tuple[Finding, ...], as_of: str) -> tuple[Finding, ...]:
    """Return the findings, the last with a hint that only what was there then was looked at."""
    if not (as_of and found):
        return found
    last = found[-1]
    hint = f"only packages made until {as_of[:10]} were looked at: a later date has more"
    return (*found[:-1], replace(last, hint="; ".join(filter(None, (last.hint, hint)))))


async def _all_wrong(
    order: Order,
    store: Store,
    channels: Channels,
    shell: Shell,
    wrong: tuple[Finding, ...],
) -> tuple[Finding, ...]:
    """Return all that is wrong with the file, slips and more; the slips alone without a channel."""
    try:
        return await _why(order, order.aims[0], store, channels, shell, None)
    except Exception:  # noqa: BLE001 - rattler's errors have no common base
        return wrong


async def _solved(
    order: Order,
    aim: Aim,
    store: Store,
    channels: Channels,
    shell: Shell,
    say: Callable[[str], None],
) -> Solved:
    name = aim.name or aim.subdir
    try:
        records = await solving.solved(order, aim, store, channels, shell, say)
    except Exception as error:
        from envboot.engines.rattler.work import explaining

        if not explaining.explicable(error):
            raise
        return Solved(name, findings=await _why(order, aim, store, channels, shell, error))
    return Solved(name, solving.as_dictionaries(records))


async def _explained(
    order: Order,
    aim: Aim,
    store: Store,
    channels: Channels,
    shell: Shell,
    _say: Callable[[str], None],
) -> Solved:
    found = await _why(order, aim, store, channels, shell, None)
    return Solved(aim.name or aim.subdir, findings=found)


async def _why(
    order: Order,
    aim: Aim,
    store: Store,
    channels: Channels,
    shell: Shell,
    error: BaseException | None,
) -> tuple[Finding, ...]:
    from envboot import index as indexes
    from envboot.engines.rattler.work import explaining

    index: Any = indexes.settings(shell) if order.pip and not order.offline else None
    return await explaining.findings(
        order,
        aim,
        store.gateway,
        channels.urls,
        priority=store.known.priority,
        index=index,
        error=error,
        forge=addresses.urls(("conda-forge", "nodefaults"), store.known)[0],
    )
