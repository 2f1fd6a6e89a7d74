"""What a notebook without dependency files needs: its own imports, as ``package-env`` writes them.

The witnesses are the notebook's code, the environment of its kernel (else the active one), and what
the notebook carries from an earlier time: see :mod:`envboot.derive`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from envboot import freeze, infer
from envboot.derive import Before, Policy, derive
from envboot.errors import EnvbootError, InvalidFile
from envboot.formats import requirements_txt
from envboot.formats.parts import comments
from envboot.infer.facts import Imported
from envboot.notebook import kernels, pep723
from envboot.notebook.gathering import guarding
from envboot.package import Packing, settings
from envboot.site import repository
from envboot.spec import EnvironmentSpec, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from envboot.derive import Derived
    from envboot.formats.notebook.environment import Embedded
    from envboot.freeze import Live
    from envboot.infer.facts import Scan
    from envboot.shell import Shell

HEAD = f"{comments.MARK} `envboot notebook pack` wrote this from the notebook's own imports"
"""The first line of what was inferred; files that somebody wrote have none."""
FILE = "requirements.txt"
_KERNEL = "ipykernel"


@dataclass(frozen=True)
class Wish:
    """How it is to be inferred."""

    root: Path
    """The repository: what lies in it is no distribution."""
    python: str | None = None
    """The live environment is this interpreter's; None: its kernel's, else the active one."""
    live: bool = True


def is_inferred(files: Mapping[str, str]) -> bool:
    """Return whether what a notebook carries was inferred, and no file says it."""
    return set(files) == {FILE} and HEAD in files[FILE].split("\n", 5)[:5]


def infer_text(
    notebook: Path,
    data: bytes,
    metadata: Mapping[str, Any],
    before: Embedded | None,
    wish: Wish,
    shell: Shell,
) -> tuple[str, tuple[str, ...]]:
    """Return the text of requirements.txt, "" for a notebook of another language; and sentences.

    Raises InvalidFile for a password in a line that the notebook itself asks for.
    """
    # A folder of downloads, or a home, is not searched for modules.
    wide = repository(wish.root, shell) == wish.root
    scan = infer.imports(wish.root, shell, only=notebook, wide=wide)
    if not (scan.modules or scan.asked or _is_python(metadata)):
        return "", ("no dependency file lies beside it, and its cells are not Python",)
    live, of_live = _live(metadata, wish, shell)
    said = [*(str(n) for n in scan.unreadable), *of_live]
    scan = _with_kernel(scan, notebook, wish.root)
    old = _before(before) or pep723.declared(data)
    request = settings.settle(Packing(wish.root), shell)
    provided = settings.answers(request.provides)
    policy = Policy(request.pin or "compatible", pip_only=True, provides=provided)
    derived = derive(scan, live, Before(pip=old), policy, name="notebook")
    said += _said(derived)
    text = f"{HEAD}\n{requirements_txt.render(derived.pip, _text(before))}"
    guarding.refuse(f"{notebook} ({FILE})", text, shell.environ)
    kept = _text(before)
    return (kept if _bare(kept) == _bare(text) else text), tuple(said)


def _said(derived: Derived) -> Iterator[str]:
    for one in derived.unknown:
        yield (
            f"{one.origin}: nobody knows which distribution brings `{one.module}`; it is left out "
            f"(`%pip install NAME` in a cell says it)"
        )
    for notice in (*derived.notices, *derived.suggestions):
        yield str(notice)


def _live(
    metadata: Mapping[str, Any], wish: Wish, shell: Shell
) -> tuple[Live | None, tuple[str, ...]]:
    """Return the environment whose versions count, and which it is."""
    if not wish.live:
        return None, ()
    if wish.python:
        live = freeze.look(shell, wish.root, python=wish.python)
    else:
        live = _of_kernel(metadata, wish.root, shell) or freeze.look(shell, wish.root)
    if live is None:
        return None, ("no live environment: no versions are known (`--python` names one)",)
    return live, (f"versions are those of {live.prefix}: {live.why}",)


def _of_kernel(metadata: Mapping[str, Any], root: Path, shell: Shell) -> Live | None:
    python = kernels.interpreter(metadata, shell)[0]
    try:
        live = freeze.look(shell, root, python=python) if python else None
    except EnvbootError:
        return None
    return replace(live, why=f"of its kernel `{metadata['kernelspec']['name']}`") if live else None


def _with_kernel(scan: Scan, notebook: Path, root: Path) -> Scan:
    """Return the scan with what the kernel itself is made of."""
    if any(m.module == _KERNEL for m in scan.modules):
        return scan
    place = notebook.relative_to(root).as_posix() if root in notebook.parents else notebook.name
    return replace(scan, modules=(*scan.modules, Imported(_KERNEL, Origin(place), "production")))


def _before(before: Embedded | None) -> EnvironmentSpec | None:
    text = _text(before)
    try:
        return requirements_txt.parse(text, Origin(FILE)) if text.strip() else None
    except InvalidFile:
        return None


def _text(before: Embedded | None) -> str:
    return before.files.get(FILE, "") if before and is_inferred(before.files) else ""


def _bare(text: str) -> list[str]:
    """Return what it asks for: evidence alone, which moves with every cell, is no change."""
    return [row.partition(comments.MARK)[0].rstrip() for row in text.split("\n")]


def _is_python(metadata: Mapping[str, Any]) -> bool:
    spec, info = metadata.get("kernelspec"), metadata.get("language_info")
    words = [
        spec.get("language") if isinstance(spec, dict) else None,
        info.get("name") if isinstance(info, dict) else None,
    ]
    said = next((w for w in words if isinstance(w, str) and w), "python")
    return said.lower().startswith(("python", "ipython"))
