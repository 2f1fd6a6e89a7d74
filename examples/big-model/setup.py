"""Sets up the environment of this repository: run `python setup.py`.

Written by `envboot package-env`. What pip and setuptools need stands below the block.
"""

# >>> envboot >>>
# Written and renewed by `envboot package-env`: change nothing between these marks.
# `python setup.py` sets up the environment; `python setup.py help` lists the rest.
# All that pip, build and setuptools want from this file goes on below the block.
#
# /// script
# requires-python = ">=3.9"
# dependencies = []
# ///
import sys

# fmt: off
_ENVBOOT = {
    "version": "0.1.0",
    "sha256": "fbcbdb8fbc7d628c4986d840927ac942a12a07d317f10aa8af67cd2d46556c00",
    "python": (3, 9),
    "files": {},
    "needs": {
        "cpus": "64",
        "memory": "512 GB",
        "disk": "200 GB",
        "gpu": "2",
        "gpu_memory": "80 GB",
        "cuda": ">= 12.1",
        "recommended": {
            "memory": "1 TB",
        },
    },
}
# fmt: on
_OWN = (
    "up package-env package_env infer measure doctor run shell remove help"
    " preflight convert launch jobs status logs open stop delete export notebook --yes"
    " --link-scripts --no-lock --as-of -y --json --offline --engine --file --group"
    " --prefix --launch --anyway --manual --rebuild --apt --post-build --kernel"
    " --no-kernel --shell --no-shell --approve"
).split()
# Setuptools knows these too: they are meant for envboot with nothing else beside them.
_SHARED = "check --verbose -v --quiet -q --dry-run -n".split()
_words = sys.argv[1:]

# A person typed this, and no other program runs the file for its own ends.
if sys.modules["__main__"].__dict__ is globals() and (
    (_words and _words[0].partition("=")[0] in _OWN)
    or any(_word.endswith(".ipynb") for _word in _words)
    or (set(_words) <= set(_OWN + _SHARED) and "setuptools" not in sys.modules)
):
    if sys.version_info < _ENVBOOT["python"]:
        sys.stderr.write(
            "! error: Python %d.%d or newer is needed, and this is Python %d.%d\n"
            "  hint: run setup.py with a newer one, such as `python3.12 setup.py`\n"
            % (_ENVBOOT["python"] + tuple(sys.version_info[:2]))
        )
        sys.exit(6)
    sys.dont_write_bytecode = True  # nothing is written before a yes
    import os

    _file = globals().get("__file__") or sys.argv[0]
    _folder = os.path.dirname(os.path.realpath(_file))
    # Nothing of the repository may be imported from here on: it may hold a platform.py.
    sys.path[:] = [p for p in sys.path if p and os.path.realpath(p) != _folder]
    _archive = os.path.join(_folder, ".envboot", "envboot.pyz")
    import hashlib

    try:
        with open(_archive, "rb") as _opened:
            _digest = hashlib.sha256(_opened.read()).hexdigest()
        _why = "is not the one that setup.py was written for: changed, or damaged"
    except EnvironmentError as _error:
        _digest = None
        _why = "cannot be read (%s)" % _error.strerror
    if _digest != _ENVBOOT["sha256"]:
        sys.stderr.write(
            "! error: .envboot/envboot.pyz %s\n"
            "  hint: `git checkout -- setup.py .envboot` restores both; the owner of\n"
            "  the repository renews them with `envboot package-env`\n" % _why
        )
        sys.exit(4)
    sys.path.insert(0, _archive)
    from pathlib import Path

    from envboot.cli import main

    sys.exit(
        main(
            sys.argv[1:],
            root=Path(_folder),
            embedded=_ENVBOOT["files"],
            needs=_ENVBOOT["needs"],
        )
    )
# <<< envboot <<<

try:
    from setuptools import setup
except ImportError:
    sys.exit("setuptools is not installed; `python setup.py help` works without it")

setup()
