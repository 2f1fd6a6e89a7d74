"""The child that executes a notebook, with nbclient: ``-m envboot.notebook.executing``.

The order is the first line of its input, one JSON object. When the input ends before the notebook
does (Ctrl-C, or whoever started it was killed), the kernel is interrupted, and what was done until
then is kept; where that takes too long, both are killed, so that nothing goes on unseen. What it
has to say are lines that begin with the order's word: a notebook, which prints to the same place,
cannot know it. It imports nothing but Python's own and what lies here: it runs where nbclient is.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import sys
import tempfile
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from envboot.errors import CommandFailed
from envboot.shell.local import LocalShell

LINES = 12  # of a traceback
WIDE = 300  # characters of a line of it
LONG = 1000  # characters of an error's message; a line that is said is cut where it has 64 KiB
_HEADING = "Traceback (most recent call last)"
GRACE = 5.0  # seconds for a kernel to hear that it is interrupted, before it is killed
DEAF = 12.0  # seconds for all of it to end after that word, before this process does


class Execution:
    """One notebook, from its file to its file."""

    def __init__(self, order: dict[str, Any]) -> None:
        """Read the notebook; ValueError for what nbformat cannot read."""
        self.order = order
        self.shell = LocalShell()
        self.path = Path(order["notebook"])
        data = self.path.read_bytes()
        self.digest = hashlib.sha256(data).hexdigest()
        nbformat = import_module("nbformat")
        self.book = nbformat.reads(data.decode("utf-8-sig"), as_version=4)
        self.number, self.stopped = 0, False
        self.done = threading.Event()
        self.errors: list[dict[str, Any]] = []
        cells = [c for c in self.book.cells if c.cell_type == "code" and c.source.strip()]
        self.of = len(cells)

    def say(self, **what: object) -> None:
        """Tell whoever gave the order."""
        with contextlib.suppress(OSError):  # whoever listened was killed: the outputs are kept
            sys.stdout.write(f"\n{self.order['word']} {json.dumps(what)}\n")
            sys.stdout.flush()

    async def execute(self) -> dict[str, Any]:
        """Execute all cells; return what came of it, in words for ``say``."""
        client, manager = self._client()
        task = asyncio.ensure_future(client.async_execute(reset_kc=True))
        loop = asyncio.get_running_loop()
        ears = threading.Thread(target=self._hear, args=(loop, manager, task), daemon=True)
        ears.start()
        names = import_module("nbclient.exceptions")
        try:
            await task
        except names.CellExecutionError as error:
            return self._ended("failed", f"{error.ename}: {error.evalue}")
        except names.CellTimeoutError:
            return self._ended("failed", f"it took longer than {self.order['timeout']} s")
        except (names.DeadKernelError, asyncio.CancelledError):
            return self._ended("failed", "the kernel died")
        except (RuntimeError, OSError) as error:
            return self._ended("failed", f"the kernel does not start: {error}", started=False)
        finally:
            if manager.has_kernel:
                await manager.shutdown_kernel(now=True)
        return self._ended("ran", "")

    def _ended(self, outcome: str, why: str, *, started: bool = True) -> dict[str, Any]:
        outcome = "interrupted" if self.stopped else outcome
        return {
            "outcome": outcome,
            "why": _short(why, LONG),
            "cell": self.number if started else 0,
            "traceback": self.errors[-1]["traceback"] if self.errors else [],
            "errors": len(self.errors),
        }

    def _client(self) -> tuple[Any, Any]:
        """Return nbclient's client and the kernel's manager, which knows our kernels alone."""
        specs = import_module("jupyter_client.kernelspec").KernelSpecManager(
            ensure_native_kernel=False
        )
        specs.kernel_dirs = [self.order["kernels"]]
        manager = import_module("jupyter_client.manager").AsyncKernelManager(
            kernel_name=self.order["kernel"], kernel_spec_manager=specs
        )
        client = import_module("nbclient").NotebookClient(
            self.book,
            km=manager,
            kernel_name=self.order["kernel"],
            timeout=self.order["timeout"] or None,
            allow_errors=self.order["allow_errors"],
            record_timing=False,
            store_widget_state=False,
            resources={"metadata": {"path": str(self.path.parent)}},
            on_cell_execute=self._begins,
            on_cell_error=self._fails,
        )
        return client, manager

    def _begins(self, **_cell: object) -> None:
        self.number += 1
        self.say(cell=self.number, of=self.of)

    def _fails(self, **cell: Any) -> None:  # noqa: ANN401 - a message of a kernel
        content = cell["execute_reply"]["content"]
        rows = "\n".join(str(row) for row in content.get("traceback") or ()).splitlines()
        told = [_short(row, WIDE) for row in rows if row.strip() and _HEADING not in row]
        self.errors.append({"traceback": told[-LINES:]})

    def _hear(self, loop: Any, manager: Any, task: Any) -> None:  # noqa: ANN401 - asyncio's, jupyter's
        """Wait for the end of the input; then interrupt the kernel, and kill one that is deaf.

        The loop itself may be busy for hours (nbclient's own code was, with one long line), so it
        is not relied upon: in the end all of it is killed.
        """
        while os.read(0, 1 << 10):  # a buffer would be in the way when Python ends
            pass
        self.stopped = True
        until = time.monotonic() + GRACE
        while not task.done() and not manager.has_kernel and time.monotonic() < until:
            time.sleep(0.05)
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            asyncio.run_coroutine_threadsafe(_interrupt(manager, task), loop)
        if not self.done.wait(DEAF):
            _kill(manager)

    # ------------------------------------------------------------------ keeping it

    def save(self) -> Path:
        """Write the notebook with its outputs, whole or not at all; return where.

        In place, unless somebody changed the file meanwhile: then beside it. Raises CommandFailed.
        """
        parts = import_module("nbformat.v4.rwbase")
        for cell in self.book.cells:
            if cell.cell_type == "code":
                cell.outputs = _joined(cell.outputs)
        book = parts.split_lines(parts.strip_transient(self.book))
        text = json.dumps(book, indent=1, ensure_ascii=False)  # as nbformat, but no key is moved
        try:
            data = f"{text}\n".encode()
        except UnicodeEncodeError:  # half a surrogate, which JSON allows
            data = f"{json.dumps(book, indent=1)}\n".encode()
        target = Path(self.order["output"]) if self.order["output"] else self.path
        if target == self.path and self._changed():
            target = self._beside()
        self.shell.write(target, data)
        return target

    def _changed(self) -> bool:
        data = self.shell.read(self.path, 1 << 32)
        return data is None or hashlib.sha256(data).hexdigest() != self.digest

    def _beside(self) -> Path:
        names = (f"{self.path.stem}-executed{n or ''}.ipynb" for n in range(1000))
        places = (self.path.with_name(name) for name in names)
        return next(place for place in places if not self.shell.kind(place))


def _joined(outputs: list[Any]) -> list[Any]:
    """Return the outputs with what a cell printed piece by piece as one, in linear time.

    (nbclient's own ``coalesce_streams`` takes hours for a long line.)
    """
    kept: list[Any] = []
    pieces: list[str] = []
    for output in outputs:
        same = output.output_type == "stream" and pieces and kept[-1].name == output.name
        if same:
            pieces.append(output.text)
            continue
        if pieces:
            kept[-1].text, pieces = "".join(pieces), []
        kept.append(output)
        if output.output_type == "stream":
            pieces = [output.text]
    if pieces:
        kept[-1].text = "".join(pieces)
    return kept


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


async def _interrupt(manager: Any, task: Any) -> None:  # noqa: ANN401 - jupyter's, asyncio's
    if task.done():
        return
    with contextlib.suppress(RuntimeError, OSError):  # there is no kernel yet
        await manager.interrupt_kernel()
        await asyncio.wait([task], timeout=GRACE)
    if not task.done():
        with contextlib.suppress(RuntimeError, OSError):
            await manager.shutdown_kernel(now=True)
        task.cancel()


def _kill(manager: Any) -> None:  # noqa: ANN401 - jupyter's
    """Kill the kernel, with all that it started, and this process; the notebook is as it was."""
    number = getattr(manager.provisioner, "pid", None)
    with contextlib.suppress(OSError):
        if number and hasattr(os, "killpg"):
            os.killpg(number, signal.SIGKILL)  # it was started as the head of a group
        elif number:
            os.kill(number, signal.SIGTERM)  # how Windows ends a process
    LocalShell().remove(Path(os.environ["JUPYTER_RUNTIME_DIR"]))
    os._exit(1)


def main() -> int:
    """Do the order; the last thing said is what came of it."""
    # Beside envboot other packages may be installed: those made for this come first.
    sys.path.append(sys.path.pop(0))
    order = json.loads(sys.stdin.buffer.readline())
    with tempfile.TemporaryDirectory() as runtime:
        os.environ["JUPYTER_RUNTIME_DIR"] = runtime
        try:
            execution = Execution(order)
        except (ValueError, OSError, RecursionError) as error:
            sys.stdout.write(f"{order['notebook']} cannot be read: {error}\n")
            return 1
        try:
            ended = asyncio.run(execution.execute())
        finally:
            execution.done.set()
        try:
            ended["output"] = str(execution.save()) if ended["cell"] or not ended["why"] else ""
        except CommandFailed as error:
            ended.update(outcome="unsaved", why=_short(error.message, LONG), hint=error.hint)
        execution.say(ended=ended)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
