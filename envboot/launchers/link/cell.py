"""The first cell for services that open one notebook, not the repository it lies in.

The kernel there is the service's own, with its own Python. So the repository is cloned at the
commit that was pushed, ``python setup.py --yes`` makes and proves the environment beside the
kernel, and where both have the same Python, the kernel imports from the environment from then on.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envboot.git import Published

_CELL = """\
# {name} as it was pushed ({short}), and its environment. Running it again does no harm.
import os, site, subprocess, sys

os.chdir(os.path.expanduser("~"))
if not os.path.isdir({folder!r}):
    !git clone --quiet -- {url} {word}
os.chdir({folder!r})
!git fetch --quiet; git checkout --quiet --detach {commit}
here = subprocess.run(["git", "rev-parse", "HEAD"], stdout=subprocess.PIPE).stdout.decode().strip()
if here != "{commit}":
    raise RuntimeError(os.getcwd() + " is not at the commit that was pushed: see above")
os.chdir({inside!r})
!{{sys.executable}} setup.py --yes{engine}

asked = "import site, sys; print(*sys.version_info[:2], sys.prefix != sys.base_prefix);"
asked += " print(*site.getsitepackages(), sep=chr(10))"
argv = [sys.executable, "setup.py", "run", "--", "python", "-c", asked]
said = subprocess.run(argv, stdout=subprocess.PIPE, universal_newlines=True).stdout.splitlines()
if said[:1] == ["%d %d True" % sys.version_info[:2]]:
    known = list(sys.path)
    for folder in said[1:]:
        site.addsitedir(folder)
    sys.path.sort(key=known.__contains__)  # what is new comes first
    print("this kernel imports from", said[1])
elif said:
    print("the environment is not for this kernel (%s): use it with" % sys.version.split()[0])
    print("  !python3 setup.py run -- python FILE")
"""


def first(seen: Published, *, engine: str) -> str:
    """Return the cell's text; ``engine``: as ``--engine`` takes it, "" for what suits there."""
    folder = re.sub(r"[^A-Za-z0-9._-]+", "-", seen.name).strip("-.") or "repository"
    return _CELL.format(
        name=folder,
        short=seen.commit[:8],
        folder=folder,
        word=shlex.quote(folder),
        url=shlex.quote(seen.url),
        commit=seen.commit,
        inside=seen.folder or ".",
        engine=f" --engine {engine}" if engine else "",
    )
