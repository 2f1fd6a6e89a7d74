"""Writes envboot/notebook/running/nbclient.txt anew: the newest nbclient that there is today.

    PYTHONPATH=. python tests/renew_nbclient.py

uv says which versions go together, for every Python and system; the package index which files there
are. The digests of wheels for CPython on common systems are kept: nothing is compiled, and the file
travels in every archive.
"""

import re
import subprocess
import sys
from pathlib import Path

import envboot.notebook.running
from envboot import index
from envboot.shell.local import LocalShell
from envboot.tools import network, pages

TARGET = Path(envboot.notebook.running.__file__).with_name("nbclient.txt")
HEAD = """\
# What `envboot notebook run` executes notebooks with, in an environment of its own.
# Written by tests/renew_nbclient.py: wheels for CPython 3.9 and newer.
"""
FITTING = re.compile(
    r"-(?:py\d|py2\.py3|cp39|cp31[0-4])-(?:none|abi3|cp39|cp31[0-4])-"
    r"(?:any|win_amd64|win_arm64|macosx_[\w.]+|(?:manylinux|musllinux)[\w.]+_(?:x86_64|aarch64))\.whl$"
)


def compiled() -> str:
    """Return the resolution for all Pythons and systems at once, with every file's digest."""
    words = ("pip", "compile", "-q", "--universal", "--python-version", "3.9", "--no-header")
    return subprocess.run(
        [
            str(Path(sys.executable).with_name("uv")),
            *(*words, "--no-annotate", "--generate-hashes", "-"),
        ],
        input=b"nbclient\n",
        check=True,
        stdout=subprocess.PIPE,
    ).stdout.decode()


def fitting(name: str, version: str, where: index.Index, shell: LocalShell) -> set[str]:
    """Return the digests of the wheels of one release that are wanted."""
    page = network.get(f"{where.urls[0].rstrip('/')}/{name}/", where, shell)
    html = re.findall(r'([^/"]+\.whl)#sha256=([0-9a-f]{64})', page.data.decode())
    json = [(pages.named(a), f["hashes"]["sha256"]) for a, f in pages.rows(page) if "hashes" in f]
    return {d for f, d in html + json if f.split("-")[1] == version and FITTING.search(f)}


def main() -> None:
    shell = LocalShell()
    where = index.settings(shell)
    rows = [HEAD]
    for block in re.split(r"(?m)^(?=\w)", compiled()):
        first = re.match(r"([\w.-]+)==([^\s;]+)(.*?)\\?$", block.partition("\n")[0])
        if first is None or "'pypy'" in first[3]:
            continue
        stated = re.findall(r"sha256:([0-9a-f]{64})", block)
        wanted = fitting(first[1], first[2], where, shell)
        kept = [digest for digest in stated if digest in wanted]
        assert kept, first[0]
        line = f"{first[1]}=={first[2]}{first[3].rstrip()}"
        rows.append(" \\\n".join([line, *(f"    --hash=sha256:{d}" for d in kept)]) + "\n")
    TARGET.write_text("".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
