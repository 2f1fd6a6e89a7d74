"""Inside the environment there: setup.py of the copied tree runs what is asked, or looks.

:mod:`envboot.launchers.ssh.serving` is what runs: its text goes there by standard input, so that
neither a shell nor ``ps`` there has anything to do with it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from envboot import remote
from envboot.errors import EnvbootError, FallsShort
from envboot.launchers.ssh import serving
from envboot.remote import scripts

if TYPE_CHECKING:
    from envboot.remote import Place
    from envboot.shell import Shell

SECONDS = 60.0
"""How long a look may take: Python starts three times for it."""
SETUP = (
    scripts.FIND_PYTHON
    + r"""
case $1 in /*) tree=$1 ;; *) tree=$HOME/$1 ;; esac
shift
cd "$tree" 2>/dev/null || { echo "there is no folder $tree any more" >&2; exit 3; }
find_python || { echo 'no Python 3.9 or newer was found on that computer' >&2; exit 6; }
exec "$python" setup.py "$@"
"""
)
"""Runs setup.py of the tree $1 there, with the words behind it."""
STARTER = (
    "run",
    "--",
    "python",
    "-c",
    (
        "import json, sys; o = json.loads(sys.stdin.buffer.raw.readline()); n = {}; "
        "exec(compile(o.pop('code'), 'envboot', 'exec'), n); sys.exit(n['main'](o))"
    ),
)
"""The words that make it run what :func:`order` says."""


def order(**words: object) -> bytes:
    """Return the line that the other end reads first: its own text, and what is asked of it."""
    spec = serving.__spec__
    loader: Any = spec.loader if spec else None
    text = loader.get_source(serving.__name__)
    return (json.dumps({"code": text, **words}) + "\n").encode()


def look(where: Place, tree: str, shell: Shell) -> int:
    """Return a port that is free there. Raises EnvbootError where there is no JupyterLab."""
    feed = order(do="look")
    said = remote.ask(where, SETUP, tree, *STARTER, shell=shell, feed=feed, timeout=SECONDS)
    if said.out is None:
        raise EnvbootError(f"{where} cannot be asked for JupyterLab: {said.why}")
    rows = [r for r in said.out.splitlines() if r.startswith(serving.MARK)]
    try:
        found: Any = json.loads(rows[-1][len(serving.MARK) :])
        lab, port = bool(found["lab"]), int(found["port"])
    except (IndexError, ValueError, KeyError, TypeError) as error:
        raise EnvbootError(f"{where} gave an answer that is none") from error
    if not lab:
        raise FallsShort(
            f"jupyterlab is not in the environment on {where}",
            hint="add `jupyterlab` to the dependency files, and launch again",
        )
    if not 0 < port < 1 << 16:
        raise EnvbootError(f"{where} gave an answer that is none")
    return port
