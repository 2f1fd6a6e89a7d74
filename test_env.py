# flake8: noqa
"""Imports what this repository imports, and compares the versions with those that it asks for.

Written by `envboot package-env`. Run `python test_env.py`, or let pytest find it.
"""

import sys

if __name__ == "__main__":  # a file of the repository may have the name of one of Python's modules
    import os

    _folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [p for p in sys.path if p and os.path.realpath(p) != _folder]

import re
from importlib import import_module, metadata

# Module: the distribution that brings it, and the versions that will do.
# fmt: off
MODULES = {
    "azure.core": 'azure-core; python_version >= "3.10"',
    "azure.identity": 'azure-identity; python_version >= "3.10"',
    "azure.mgmt.compute": 'azure-mgmt-compute>=34; python_version >= "3.10"',
    "azure.mgmt.resource": 'azure-mgmt-resource>=26; python_version >= "3.10"',
    "jupyter_core": "jupyter-core",
    "jupyter_server": "jupyter-server>=2.10",
    "nbformat": "nbformat",
    "packaging": "packaging>=24",
    "prompt_toolkit": "questionary>=2",
    "questionary": "questionary>=2",
    "setuptools": "setuptools",
    "tornado": "tornado",
    "yaml": "pyyaml>=6",
}
# fmt: on


def look():
    """Return module, requirement, installed version, and why it does not do, for each."""
    rows = []
    for module, wanted in MODULES.items():
        name, pins, marker = _parts(wanted)
        version, why = "", ""
        try:
            import_module(module)
        except BaseException as error:  # a broken package may raise anything, SystemExit too
            if isinstance(error, KeyboardInterrupt):
                raise
            why = "%s: %s" % (type(error).__name__, (str(error).splitlines() or [""])[0])
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            pass  # conda has packages without Python's metadata
        if not why and version and not all(_fits(version, pin) for pin in pins):
            why = "another version is asked for"
        if marker and not version:
            why = ""  # asked for on other computers only
        rows.append((module, wanted, version, why))
    return rows


def test_every_module_imports_in_a_version_that_is_asked_for():
    wrong = ["%s (%s, installed: %s): %s" % row for row in look() if row[3]]
    assert not wrong, "\n".join(wrong)


def main():
    """Print a table; return 1 where something does not do."""
    rows = look()
    table = [("module", "asked for", "installed", "")]
    table += [(m, wanted, version or "?", why or "ok") for m, wanted, version, why in rows]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    for row in table:
        print("  ".join(text.ljust(width) for text, width in zip(row, [*widths, 0])).rstrip())
    return 1 if any(row[3] for row in rows) else 0


def _parts(requirement):
    """Return name, list of version clauses, and marker of a requirement (PEP 508)."""
    text, _, marker = requirement.partition(";")
    found = re.match(r"\s*([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?(.*)", text)
    clauses = found.group(2).strip(" ()").split(",") if found and "@" not in found.group(2) else []
    return found.group(1) if found else text, [c.strip() for c in clauses if c.strip()], marker


def _fits(version, clause):
    """Return whether a version satisfies a clause (PEP 440); of versions the release counts."""
    found = re.match(r"(==|!=|~=|<=|>=|<|>)\s*v?([0-9]+(?:\.[0-9]+)*)(\.\*)?$", clause)
    have = re.match(r"[0-9]+(?:\.[0-9]+)*", version)
    if not found or not have:
        return True  # epochs, letters: not for a few lines to judge
    operator, wanted = found.group(1), [int(n) for n in found.group(2).split(".")]
    release = [int(n) for n in have.group().split(".")]
    length = max(len(release), len(wanted))
    near = (release + [0] * length)[: len(wanted)]
    release, padded = release + [0] * (length - len(release)), wanted + [0] * (length - len(wanted))
    if found.group(3):
        return (near == wanted) == (operator == "==")
    if operator == "~=":
        return release >= padded and near[:-1] == wanted[:-1]
    return {
        "==": release == padded,
        "!=": release != padded,
        "<=": release <= padded,
        ">=": release >= padded,
        "<": release < padded,
        ">": release > padded,
    }[operator]


if __name__ == "__main__":
    sys.exit(main())
