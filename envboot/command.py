"""setuptools' commands ``bootstrap`` and ``package_env``: the command line's flags as options.

They attach through the entry points ``distutils.commands`` alone, so they do nothing in a project
that is built. Source: setuptools' user guide, "Extending or Customizing Setuptools".
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from setuptools import Command, Distribution

from envboot import cli
from envboot.package import setupfile

if TYPE_CHECKING:
    Options = list[tuple[str, "str | None", str]]

# The folder is that of setup.py; setuptools itself knows the others.
_LEFT_OUT = {"root", "help", "version"}
_GLOBAL = {option[0].rstrip("=") for option in Distribution.global_options}


def _options(command: str) -> Options:
    """Return a command's flags as distutils takes them: ``("engine=", None, help)``."""
    found: Options = []
    for flag, takes_value, text in cli.flags(command):
        if flag not in _LEFT_OUT | _GLOBAL:
            found.append((f"{flag}=" if takes_value else flag, None, text))
    return found


class _Spoken(Command):
    """Hands its options to the command line."""

    spoken: ClassVar[str]
    user_options: ClassVar[Options] = []

    def initialize_options(self) -> None:
        """Give no option a value."""
        for option, _, _ in self.user_options:
            setattr(self, _attribute(option), None)

    def finalize_options(self) -> None:
        """Leave the checks to the core, which knows what goes together."""

    def run(self) -> None:
        """Run envboot in the folder of setup.py. Raises SystemExit with its code."""
        root = Path.cwd()
        path = root / setupfile.FILENAME
        block = setupfile.read(path.read_bytes()) if path.is_file() else None
        files = {n: (setupfile.sha256(t), t) for n, t in block.files.items()} if block else None
        needs = block.needs if block else None
        status = cli.main([self.spoken, *self.words()], root=root, embedded=files, needs=needs)
        if status:
            raise SystemExit(status)

    def words(self) -> list[str]:
        """Return what was given, as the command line takes it."""
        words = [
            *(["--quiet"] if self.distribution.verbose < 1 else []),
            *(["--verbose"] if self.distribution.verbose > 1 else []),
            *(["--dry-run"] if getattr(self.distribution, "dry_run", False) else []),
        ]
        for option, _, _ in self.user_options:
            flag, value = f"--{option.rstrip('=')}", getattr(self, _attribute(option))
            if value is not None:
                words.append(f"{flag}={value}" if option.endswith("=") else flag)
        return words


class bootstrap(_Spoken):  # noqa: N801 - setuptools takes the name of the class
    """``setup.py bootstrap``: what ``envboot up`` does."""

    description = cli.SUMMARIES["up"]
    spoken = "up"
    user_options: ClassVar[Options] = _options("up")


class package_env(_Spoken):  # noqa: N801
    """``setup.py package_env``: what ``envboot package-env`` does."""

    description = cli.SUMMARIES["package-env"]
    spoken = "package-env"
    user_options: ClassVar[Options] = _options("package-env")


def _attribute(option: str) -> str:
    """Return where setuptools keeps an option: its own rule."""
    return option.rstrip("=").replace("-", "_")
