"""Pictures of repositories, for the tests of the files that are made on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot import infer, needs
from envboot.derive import Derived
from envboot.package.companions import Picture
from envboot.shell.local import LocalShell
from envboot.spec import Dependency, EnvironmentSpec, Origin, normalise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FILE = Origin("pyproject.toml", 4)


def dependencies(*texts: str, ecosystem: str = "pypi") -> tuple[Dependency, ...]:
    return tuple(
        Dependency(
            normalise(t.split("=")[0].split(">")[0].split("~")[0].strip()), t, ecosystem, FILE
        )  # type: ignore[arg-type]
        for t in texts
    )


def picture(
    root: Path,
    *pip: str,
    conda: Sequence[str] = (),
    wants: Mapping[str, object] | None = None,
    variables: Sequence[tuple[str, str]] = (),
    name: str = "tides",
    python: str = "3.11",
) -> Picture:
    """Return the picture of the repository at ``root``; its code is really scanned."""
    wheels = dependencies(*pip)
    derived = Derived(
        EnvironmentSpec(
            name=name,
            dependencies=(*dependencies(*conda, ecosystem="conda"), *(wheels if not conda else ())),
            variables=tuple(variables),
        ),
        EnvironmentSpec(name=name, dependencies=wheels),
        EnvironmentSpec(),
        EnvironmentSpec(),
        (),
        (),
        (),
        (),
    )
    read = needs.read(wants, lambda _key: FILE) if wants else ()
    return Picture(root, name, python, derived, infer.imports(root, LocalShell({})), read)
