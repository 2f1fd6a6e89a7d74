"""Writes the table of envboot/launchers/azure/pins.py anew: the newest SDK that there is today.

    PYTHONPATH=. python tests/renew_azure_sdk.py

uv says which versions go together, the package index which files there are and their sha256. Of
each distribution the pure wheel is taken, else one for each platform (and each Python, where it
asks for one), the one that runs on the oldest systems.
"""

import hashlib
import re
import subprocess
import sys
import time
from pathlib import Path

from envboot import index
from envboot.launchers.azure import pins
from envboot.shell.local import LocalShell
from envboot.tools import network, pages

WANTED = (
    "azure-identity",
    "azure-mgmt-compute",
    "azure-mgmt-resource",
    "azure-mgmt-resource-deployments",
    "azure-mgmt-resource-subscriptions",
)
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
STATED: set[str] = set()
TARGET = Path(pins.__file__)


def versions() -> list[tuple[str, str]]:
    """Return name and version of the whole closure, for the oldest Python that is served."""
    words = ("pip", "compile", "-q", "--no-header", "--no-annotate", "--python-version", "3.10")
    said = subprocess.run(
        [str(Path(sys.executable).with_name("uv")), *words, "--generate-hashes", "-"],
        input="\n".join(WANTED).encode(),
        check=True,
        stdout=subprocess.PIPE,
    ).stdout.decode()
    STATED.update(re.findall(r"sha256:([0-9a-f]{64})", said))
    return re.findall(r"(?m)^([\w.-]+)==(\S+)", said)


def files(name: str, version: str, where: index.Index, shell: LocalShell) -> list[str]:
    """Return the lines for one distribution."""
    page = network.get(f"{where.urls[0].rstrip('/')}/{name}/", where, shell)
    found = {}
    for address, _ in pages.rows(page):
        file = pages.named(address)
        if file.endswith(".whl") and file.split("-")[1] == version:
            found[file] = address
    pure = [f for f in found if f.endswith("-none-any.whl")]
    kept = pure[:1]
    if not pure:
        for platform in pins.PLATFORMS:
            for python in PYTHONS:
                fitting = [f for f in found if pins.fits(f, platform, python)]
                kept += sorted(fitting, key=oldest)[:1]
    return [row(file, found[file], where, shell) for file in dict.fromkeys(kept)]


def row(file: str, address: str, where: index.Index, shell: LocalShell) -> str:
    """Return the line of one wheel, which has to be one of those that uv was told of."""
    data = network.get(address, where, shell, size=1 << 28).data
    sha256 = hashlib.sha256(data).hexdigest()
    assert sha256 in STATED, file
    return f"{file} {sha256} {len(data)}"


def oldest(file: str) -> tuple[list[int], list[int]]:
    """Return what sorts wheels by the Python and the system that they need."""
    tag, _, places = file.removesuffix(".whl").split("-")[-3:]
    return [int(n) for n in re.findall(r"\d+", tag)], [int(n) for n in re.findall(r"\d+", places)]


def main() -> None:
    shell = LocalShell()
    where = index.settings(shell)
    rows = [row for name, version in versions() for row in files(name, version, where, shell)]
    text = TARGET.read_text()
    head, _, rest = text.partition('_TABLE = """\\\n')
    tail = rest.partition('"""')[2].partition("\n")[2]
    head = re.sub(r'VERSION = "[^"]*"', f'VERSION = "{time.strftime("%Y.%m.%d")}"', head)
    TARGET.write_text(head + '_TABLE = """\\\n' + "\n".join(rows) + '\n"""  # noqa: E501\n' + tail)


if __name__ == "__main__":
    main()
