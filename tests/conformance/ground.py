"""One environment, made by conda for the recording and by our engine for the comparison.

The channel has small packages of every kind; the file asks for them in several spellings. The
snapshot leaves out what differs between computers (places, times, the version of Python) and
what differs on purpose:

* where a ``noarch`` module lies: conda notes ``site-packages/…`` in ``paths_data``, and the full
  path in ``files``; ours notes it in both, as other tools follow it to remove a package;
* the program of the Python, which is one of this computer: conda copies what its link means;
* the size of a file with the prefix in it: conda notes the one in the package;
* places of the package cache, and the line in the history that says which conda it was.
"""

from __future__ import annotations

import json
import re
import stat
from typing import TYPE_CHECKING, Any

from tests.channel import (
    File,
    activates,
    light_python,
    make_channel,
    native,
    noarch,
    stub,
    with_prefix,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envboot.interpreters import Interpreter

SPECS = (
    "python",
    "alpha =2.0",
    "deep>=1,<2",
    "data 3.1",
    "linked==1.0",
    "prefixed=1.0=h0_0",
    "vars[build=h0*]",
)
VARIABLES = {"GREETING": "hello world", "EMPTY": "", "QUOTED": 'it\'s "this"'}
PROGRAM = "bin/pythonX.Y"
_MATTERS = (
    *("name", "version", "build", "build_number", "channel", "subdir", "fn", "url", "depends"),
    *("constrains", "noarch", "package_type", "timestamp", "requested_spec", "requested_specs"),
)


def channel(folder: Path, python: Interpreter) -> str:
    """Make the channel at ``folder`` and return its address."""
    more = [
        light_python(python),
        stub("pip", "26.0"),
        noarch("alpha", "1.0"),
        noarch("alpha", "2.0", scripts={"alpha": "alpha:main", "alpha-too": "alpha:main"}),
        noarch(
            "deep",
            "1.5",
            {
                "deep/__init__.py": "",
                "deep/inner/__init__.py": "x = 1\n",
                "deep/inner/data.json": "{}",
                "deep/inner/typed.pyi": "x: int\n",
            },
            needs=["helper >=1", "data"],
        ),
        noarch("helper", "1.0"),
        stub("data", "3.1", constrains=["helper >=0.5"]),
        native(
            "linked",
            "1.0",
            {
                "lib/liblinked.so.1.0": File(b"\x7fELF one"),
                "lib/liblinked.so.1": File(link="liblinked.so.1.0"),
                "lib/liblinked.so": File(link="liblinked.so.1"),
                "bin/linked": File(b"#!/bin/sh\necho linked\n", executable=True),
                "share/doc/linked/README": File(b"words\n"),
            },
        ),
        with_prefix("prefixed"),
        activates("vars", GREETING="hello"),
    ]
    return make_channel(folder, None, more=more)


def file_text(address: str) -> str:
    """Return the environment.yml."""
    specs = "".join(f"  - {json.dumps(s)}\n" for s in SPECS)
    variables = "".join(f"  {k}: {json.dumps(v)}\n" for k, v in VARIABLES.items())
    return f"channels:\n  - {address}\ndependencies:\n{specs}variables:\n{variables}"


class Same:
    """Texts with what differs between computers replaced by its name."""

    def __init__(self, prefix: Path, address: str, python: Interpreter) -> None:
        """Know the places and the Python of this one."""
        major, minor = python.version[:2]
        self._names = (
            (str(prefix), "PREFIX"),
            (address, "CHANNEL"),
            (address.rpartition("/")[2] + "/", "CHANNEL/"),
            (python.text, "X.Y.Z"),
            (f"python{major}.{minor}", "pythonX.Y"),
            (f"cpython-{major}{minor}", "cpython-XY"),
            (str(python.path), "PYTHON"),
        )

    def text(self, text: str) -> str:
        """Return a text as on any computer."""
        for here, name in self._names:
            text = text.replace(here, name)
        return re.sub(r"linux-(?:64|aarch64)", "linux-N", text)

    def value(self, value: Any) -> Any:
        """Return a JSON value as on any computer."""
        return json.loads(self.text(json.dumps(value)))


def snapshot(prefix: Path, same: Same) -> dict[str, Any]:
    """Return what is in an environment, comparable between computers."""
    documents = [json.loads(p.read_text()) for p in sorted((prefix / "conda-meta").glob("*.json"))]
    return {
        "files": dict(sorted(_files(prefix, same).items())),
        "records": {d["name"]: same.value(_record(d)) for d in documents},
        "history": history((prefix / "conda-meta" / "history").read_text(), same),
    }


def history(text: str, same: Same) -> list[str]:
    """Return the lines of a history, the specs in order, without times and conda's version."""
    lines = [same.text(line) for line in text.splitlines()]
    out = []
    for line in lines:
        if line.startswith("# conda version"):
            continue
        if line.startswith("# update specs: "):
            specs = sorted(json.loads(_as_json(line.partition(": ")[2])))
            out.append(f"# update specs: {specs}")
        elif line.startswith("# cmd: "):
            out.append("# cmd:")
        else:
            out.append(re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", line))
    return out


def _as_json(text: str) -> str:
    import ast

    return json.dumps(ast.literal_eval(text))


def _files(prefix: Path, same: Same) -> dict[str, list[str]]:
    """Return kind, mode and target of each file, folder and link."""
    found = {}
    for path in prefix.rglob("*"):
        if same.text(path.relative_to(prefix).as_posix()) == PROGRAM:
            continue
        mode = path.lstat().st_mode
        kind = "link" if stat.S_ISLNK(mode) else "folder" if stat.S_ISDIR(mode) else "file"
        row = [kind, "" if kind == "link" else oct(stat.S_IMODE(mode))]
        row += [str(path.readlink())] if kind == "link" else []
        found[same.text(path.relative_to(prefix).as_posix())] = [same.text(r) for r in row]
    return found


def _record(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what matters of a record."""
    kept = {k: document[k] for k in _MATTERS if k in document}
    kept["depends"] = sorted(kept.get("depends", ()))
    paths = document["paths_data"]["paths"]
    noted: dict[str, list[str]] = {}
    for entry in paths:
        path = entry["_path"]
        if re.fullmatch(r"bin/python\d+\.\d+", path):
            continue
        if document.get("noarch") == "python":  # conda notes modules without where they lie
            path = re.sub(r"^lib/python\d+\.\d+/(?=site-packages/)", "", path)
        keys = sorted(set(entry) - {"_path", "size_in_bytes", "inode_paths", "no_link"})
        noted[path] = [entry["path_type"], *keys]
    kept["files"] = sorted(document["files"])
    kept["paths"] = dict(sorted(noted.items()))
    return kept
