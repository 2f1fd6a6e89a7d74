"""How well, and how fast, envboot and its peers find out what code depends on.

    discovery.py REPOSITORIES CORPUS SCORE [--peers VENV] [--index NAMES] [-n ROUNDS]
                 [--installed] [--answers FOLDER] [--only TOOL]

REPOSITORIES holds a folder ``OWNER__NAME`` for each repository of CORPUS (a JSON file with
``repos``: ``repo``, ``declaration_files``, ``imports``), at the commit that CORPUS names; its
declaration files are hidden from every tool alike. SCORE is a program that takes a folder of
answers, ``OWNER__NAME.txt``, and prints precision, recall and F1 with ``--json``.

The peers live in a virtual environment of their own: VENV, or one that is made for the run. NAMES
lists the names that the stand-in for the package index knows, one a line, first column; without
it every name exists. Every round runs all tools on all repositories in turns; the time of a tool
is the median of its rounds, and a ratio is the median of each round's ratio. ``--installed`` adds
a second table: everything that the code imports is installed, as metadata without modules.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv
from collections import defaultdict
from pathlib import Path
from typing import Any

from loopback_index import serving
from pairs import machine
from scanners import PEERS, SCANNERS, Place, ask


def main() -> None:
    """Run all and print the tables."""
    given = _arguments().parse_args()
    corpus = json.loads(given.corpus.read_text(encoding="utf-8"))
    names = read_names(given.index) if given.index else None
    tools = given.only or list(SCANNERS)
    with tempfile.TemporaryDirectory() as folder, serving(names) as index:
        scratch = Path(folder)
        peers = given.peers or make_peers(scratch / "peers")
        copies = hide(given.repositories, corpus["repos"], scratch / "repositories")
        print(f"{len(copies)} repositories, {given.rounds} rounds; {machine()}\n")
        for installed in (False, True) if given.installed else (False,):
            answers = (given.answers or scratch / "answers") / (
                "installed" if installed else "bare"
            )
            places = {}
            for number, repo in enumerate(corpus["repos"]):
                work = scratch / f"work{number}"
                work.mkdir(exist_ok=True)
                environment = (
                    install(repo["imports"], work / "environment", peers) if installed else None
                )
                places[repo["repo"]] = Place(peers / "bin", work, index, environment)
            seconds = measure(tools, copies, places, answers, given.rounds)
            print("everything installed" if installed else "bare environment")
            print(
                table(
                    tools,
                    seconds,
                    {t: score(given.score, given.corpus, answers / t) for t in tools},
                )
            )


def _arguments() -> argparse.ArgumentParser:
    text = (__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(description=text)
    for name in ("repositories", "corpus", "score"):
        parser.add_argument(name, type=lambda text: Path(text).resolve())
    for flag in ("--peers", "--index", "--answers"):
        parser.add_argument(flag, type=lambda text: Path(text).resolve())
    parser.add_argument("-n", "--rounds", type=int, default=3)
    parser.add_argument("--installed", action="store_true")
    parser.add_argument("--only", action="append", choices=SCANNERS)
    return parser


def read_names(path: Path) -> frozenset[str]:
    """Return the names of a list, normalised."""
    with path.open(encoding="utf-8") as file:
        return frozenset(re.sub(r"[-_.]+", "-", row.split("\t")[0].strip()).lower() for row in file)


def make_peers(folder: Path) -> Path:
    """Make the environment of the peers, newest versions; return its folder."""
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, *PEERS], check=True)
    return folder


def hide(folder: Path, repos: list[dict[str, Any]], into: Path) -> dict[str, Path]:
    """Copy the repositories without their declaration files; return where each copy is."""
    copies = {}
    for repo in repos:
        name = repo["repo"].replace("/", "__")
        if not (folder / name).is_dir():
            sys.exit(f"{folder / name} is not there")
        copies[repo["repo"]] = into / name
        shutil.copytree(folder / name, into / name, symlinks=True)
        for declaration in repo["declaration_files"]:
            (into / name / declaration).unlink(missing_ok=True)
    return copies


def install(imports: dict[str, str], prefix: Path, peers: Path) -> Path:
    """Make an environment in which each distribution is there as metadata; return it.

    The folder ``for-peers`` in it has the same for tools that look at their own ``sys.path``, less
    what the peers need themselves: that is really installed beside them.
    """
    venv.create(prefix, symlinks=True)
    site = next(iter(prefix.glob("lib/python*/site-packages")))
    beside = prefix / "for-peers"
    beside.mkdir()
    theirs = {p.name.partition("-")[0] for p in peers.glob("lib/python*/site-packages/*.dist-info")}
    brings = defaultdict(set)
    for module, name in imports.items():
        brings[name].add(module)
    for name, modules in brings.items():
        stub(name, modules, site)
        if name.replace("-", "_") not in {t.lower().replace("-", "_") for t in theirs}:
            stub(name, modules, beside)
    return prefix


def stub(name: str, modules: set[str], site: Path) -> None:
    """Write the metadata of a distribution that brings ``modules``, without them."""
    info = site / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "INSTALLER").write_text("pip\n")
    tops = sorted({m.partition(".")[0] for m in modules})
    (info / "top_level.txt").write_text("".join(f"{t}\n" for t in tops))
    files = [f"{m.replace('.', '/')}/__init__.py" for m in sorted(modules)]
    own = ("METADATA", "INSTALLER", "top_level.txt", "RECORD")
    files += [f"{info.name}/{file}" for file in own]
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))


def measure(
    tools: list[str], copies: dict[str, Path], places: dict[str, Place], answers: Path, rounds: int
) -> dict[str, list[float]]:
    """Let every tool answer in turns; keep the answers; return the seconds of each round."""
    seconds: dict[str, list[float]] = {tool: [] for tool in tools}
    for number in range(rounds + 1):  # the first one only warms caches of the disk
        spent = dict.fromkeys(tools, 0.0)
        for repo, copy in copies.items():
            for tool in tools:
                found = ask(tool, copy, places[repo])
                spent[tool] += found.seconds
                file = answers / tool / f"{copy.name}.txt"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text("\n".join(found.lines) + "\n", encoding="utf-8")
        for tool in tools if number or not rounds else ():
            seconds[tool].append(spent[tool])
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return seconds


def score(program: Path, corpus: Path, answers: Path) -> dict[str, Any]:
    """Return what the scoring program says of a folder of answers."""
    argv = [sys.executable, str(program), str(answers), "--json", "--corpus", str(corpus)]
    said = subprocess.run(argv, check=True, capture_output=True).stdout
    found: dict[str, Any] = json.loads(said)[str(answers)]
    return found


def table(
    tools: list[str], seconds: dict[str, list[float]], scores: dict[str, dict[str, Any]]
) -> str:
    """Return the rows of the table; a ratio is how many times longer than envboot, per round."""
    rows = [
        "| tool | precision | recall | F1 | without a fault | seconds | times envboot |",
        "|---|---|---|---|---|---|---|",
    ]
    for tool in tools:
        found = scores[tool]
        ratios = [a / b for a, b in zip(seconds[tool], seconds.get("envboot", seconds[tool]))]
        cells = [f"{found[key]:.3f}" for key in ("precision", "recall", "f1")]
        cells += [
            f"{found['exact']} of {found['repos']}",
            f"{statistics.median(seconds[tool]):.1f}",
        ]
        rows.append(f"| {tool} | {' | '.join(cells)} | {statistics.median(ratios):.1f} |")
        for row in found["rows"] if tool == "envboot" else ():
            if row["wrong"] or row["missed"]:
                print(f"  {row['repo']}: wrong {row['wrong']}, missed {row['missed']}")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()
