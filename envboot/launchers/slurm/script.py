"""The batch script: needs as ``#SBATCH`` lines, then what is to be done.

:func:`text` is the one that ``envboot export sbatch`` writes for somebody who submits herself;
:func:`batch` the one that this launcher submits.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from envboot.launchers.slurm import resources

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envboot.launchers.slurm.resources import Resources
    from envboot.spec import Need

_EXPORTED = """\
# Slurm reads the lines above as flags; what the command line says counts more:
#   sbatch --test-only {file}     asks whether that can ever run here, and when
#   sbatch {file}                 from the folder of the repository, which nodes must see too
# The environment is made by the first job that comes; others wait for it, and find it made.

set -e
cd "${{SLURM_SUBMIT_DIR:-.}}"
python3 setup.py --yes
"""
_UNCOUNTED = """\
# A cluster that does not count the disks of its nodes refuses `--tmp`: take that line out there.
"""


def text(
    needs: tuple[Need, ...],
    name: str,
    *,
    command: tuple[str, ...] = (),
    options: tuple[tuple[str, str], ...] = (),
    file: str = "job.sbatch",
) -> str:
    """Return a batch script for a packed repository that lies where the nodes see it.

    ``name`` becomes the job's, ``options`` are as :attr:`envboot.site.Order.options`, and ``file``
    is how the script will be called. Raises UsageError for an option that Slurm would not take.
    """
    own = resources.checked(options)
    log = "%x-%A_%a.log" if dict(options).get("array") else "%x-%j.log"
    job = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-") or "envboot"
    flags = (f"--job-name={job}", f"--output={log}", *own, *resources.of(needs).flags)
    return (
        head(flags)
        + (_UNCOUNTED if any(flag.startswith("--tmp=") for flag in flags) else "")
        + _EXPORTED.format(file=re.sub(r"[^\w./ -]", "?", file))
        + (f"python3 setup.py run -- {shlex.join(command)}\n" if command else "")
    )


def batch(handle: str, asked: Resources, own: tuple[str, ...], body: str) -> str:
    """Return the script that is submitted: ``body`` is a POSIX sh script, ``own`` more flags."""
    lines = body.splitlines(keepends=True)
    rest = "".join(lines[1:] if body.startswith("#!") else lines)
    return head((f"--job-name={handle}", *own, *asked.flags)) + rest


def head(flags: Iterable[str]) -> str:
    """Return the lines before anything else, as Slurm wants them."""
    return "#!/bin/sh\n" + "".join(f"#SBATCH {flag}\n" for flag in flags)


def flags(script: str) -> tuple[str, ...]:
    """Return the flags of a script's ``#SBATCH`` lines that ask for a place: for a shell later."""
    asked = r"#SBATCH (--(?:partition|account|cpus-per-task|mem|gres|tmp)=[\w.,:+@-]+)"
    return tuple(re.findall(rf"(?m)^{asked}$", script))
