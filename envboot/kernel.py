"""The Jupyter kernelspec of an environment: written, started once to prove it, pruned.

A kernelspec with a bare command gives ``!python`` in a notebook the wrong Python, so ours sets
PATH and what activation sets (jupyter_client puts ``${PATH}`` in). The notebook's own kernel
name is what Jupyter shows; ours is chosen from its list. Source: jupyter_client, "Making
kernels for Jupyter" and jupyter_core's folders.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot import activation, index, virtualenv
from envboot.activation.layout import folders, site_packages
from envboot.errors import EnvbootError
from envboot.plan import Plan, Run, Write
from envboot.site import python_of
from envboot.spec import Dependency, Origin
from envboot.tools import uv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.shell import Shell
    from envboot.site import Site
    from envboot.spec import Ecosystem, EnvironmentSpec

# Runs in the environment: starts the kernel as a front end would, in folders of its own, and
# prints what the kernel answers. jupyter_client is there because ipykernel needs it.
_TRIAL = """
import json, os, sys, tempfile
kernels, name, seconds, prefix = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]
said = []
def heard(message):
    content = message["content"]
    said.append(content.get("text") or content.get("evalue") or "")
with tempfile.TemporaryDirectory() as place:
    os.environ.update(IPYTHONDIR=place, JUPYTER_RUNTIME_DIR=place, JUPYTER_CONFIG_DIR=place)
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import KernelManager
    specs = KernelSpecManager(ensure_native_kernel=False)
    specs.kernel_dirs = [kernels]
    manager = KernelManager(kernel_name=name, kernel_spec_manager=specs)
    manager.start_kernel(cwd=place)
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=seconds)
        code = "import json, sys; print(json.dumps([1 + 1, sys.prefix]))"
        client.execute_interactive(code, timeout=seconds, output_hook=heard, store_history=False)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
text = "".join(said)
try:
    two, where = json.loads(text)
    text = "" if two == 2 and os.path.samefile(where, prefix) else text
except (ValueError, TypeError, OSError):
    text = text or "nothing"
sys.stdout.write("\\nenvboot-kernel:" + json.dumps(text))
sys.stdout.flush()
os._exit(0)
"""
_MARK = "envboot-kernel:"
_SKIPPED = frozenset({"PATH", "SHLVL", "PWD", "OLDPWD", "_"})


def data_dir(shell: Shell) -> Path | None:
    """Return the person's Jupyter data folder; None without a home. Source: jupyter_core."""
    environ = shell.environ
    if said := environ.get("JUPYTER_DATA_DIR"):
        return Path(said)
    if shell.platform.system == "Windows":
        appdata = environ.get("APPDATA")
        return Path(appdata) / "jupyter" if appdata else None
    if shell.platform.system == "Darwin":
        return shell.home / "Library" / "Jupyter" if shell.home else None
    if said := environ.get("XDG_DATA_HOME"):
        return Path(said) / "jupyter"
    return shell.home / ".local" / "share" / "jupyter" if shell.home else None


def name(prefix: Path) -> str:
    """Return the kernel's name: ``envboot-<12 hex digits>``, one for each place."""
    return (
        f"envboot-{hashlib.sha256(str(prefix).encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"
    )


def installed(prefix: Path, shell: Shell) -> bool:
    """Return whether ipykernel is in the environment."""
    return any(
        shell.kind(place / "ipykernel_launcher.py") == "file"
        for place in site_packages(prefix, shell)
    )


def with_ipykernel(spec: EnvironmentSpec, notebook: str) -> EnvironmentSpec:
    """Return ``spec`` with ipykernel where nobody asks for it: a notebook cannot run without.

    What is listed with digests, or locked, is left whole; :func:`bring` adds it then.
    """
    named = any(d.name == "ipykernel" for d in spec.dependencies)
    if named or spec.lock or any("--hash" in d.text for d in spec.dependencies):
        return spec
    origin = Origin(notebook)
    kind: Ecosystem = "conda" if spec.is_conda else "pypi"
    more = Dependency("ipykernel", "ipykernel", kind, origin, "what runs a notebook")
    return replace(spec, dependencies=(*spec.dependencies, more), as_written=False)


def bring(spec: EnvironmentSpec, site: Site, place: Path) -> Plan:
    """Return the steps that add ipykernel to the environment at ``place``, from an index.

    By its own pip, or by uv; none where neither is there.
    """
    shell = site.shell
    where = virtualenv.where_from(spec, site)
    python, title = python_of(place, shell), "adding ipykernel"
    if any(shell.kind(p / "pip") for p in site_packages(place, shell)):
        env = index.pip_environ(where)
        if site.offline:
            env.update(index.pip_offline_environ(where))
        argv = (*virtualenv.pip(python, where, place), "ipykernel")
        return Plan(title, (Run(argv, env=tuple(env.items()), why=title),))
    program = uv.program_of(shell)
    if program is None:
        return Plan(title)
    then = ("--exclude-newer", site.as_of) if site.as_of else ()
    argv = (str(program), "pip", "install", "--python", str(python), *then, "ipykernel")
    env_of_uv = uv.environ(where, shell, offline=site.offline)
    return Plan(title, (Run(argv, env=env_of_uv, why=title),))


def plan(prefix: Path, title: str, variables: Sequence[tuple[str, str]], shell: Shell) -> Plan:
    """Return the step that registers the environment at ``prefix`` (its final place).

    ``title`` is the environment's name; Jupyter shows ``title (envboot)``. Raises EnvbootError
    without a home, where nothing could find the kernel.
    """
    place = data_dir(shell)
    if place is None:
        raise EnvbootError(
            "there is no home folder to register a Jupyter kernel in", hint="set JUPYTER_DATA_DIR"
        )
    text = json.dumps(_spec(prefix, title, variables, shell), indent=1, ensure_ascii=False)
    path = place / "kernels" / name(prefix) / "kernel.json"
    return Plan(f"the Jupyter kernel `{title} (envboot)`", (Write(path, text + "\n"),))


def _spec(
    prefix: Path, title: str, variables: Sequence[tuple[str, str]], shell: Shell
) -> dict[str, Any]:
    inside = activation.environ(prefix, variables, shell)
    before = shell.environ
    env = {
        k: _literal(v)
        for k, v in inside.items()
        if k not in _SKIPPED and (before.get(k) != v or k in {"VIRTUAL_ENV", "CONDA_PREFIX"})
    }
    env.update({k: _literal(v) for k, v in activation.checked(variables)[0]})
    separator = ";" if shell.platform.system == "Windows" else ":"
    old = set(before.get("PATH", "").split(separator))
    new = [p for p in inside["PATH"].split(separator) if p not in old]
    first = new or [str(f) for f in folders(prefix, shell)]
    return {
        "argv": [
            str(python_of(prefix, shell)),
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
        ],
        "display_name": f"{title} (envboot)",
        "language": "python",
        "env": {**env, "PATH": separator.join([*map(_literal, first), "${PATH}"])},
        "metadata": {"debugger": True, "envboot": {"prefix": str(prefix)}},
    }


def _literal(text: str) -> str:
    """Return text that jupyter_client's template (``string.Template``) leaves as it is."""
    return re.sub(r"\$(?=[_a-zA-Z{$])", "$$", text)


def prove(prefix: Path, shell: Shell, *, timeout: float = 60.0) -> str:
    """Start the registered kernel once, have it compute, and stop it; return "" or why not.

    ``timeout``: seconds until it must have answered. Never raises.
    """
    place = data_dir(shell)
    kernels = str(place / "kernels") if place else ""
    python = str(python_of(prefix, shell))
    argv = (python, "-I", "-c", _TRIAL, kernels, name(prefix), str(timeout), str(prefix))
    answer = shell.query(argv, timeout=2 * timeout + 10)
    if answer.out is None:
        return answer.why
    try:
        said = json.loads(answer.out.rpartition(_MARK)[2])
    except ValueError:
        return "it gave no answer"
    return f"it answered {str(said)[:200]}" if said else ""


def registered(prefix: Path, shell: Shell) -> tuple[Path, ...]:
    """Return the folders of our kernelspecs that start the environment at ``prefix``."""
    return tuple(place for place, found in _ours(shell) if found == prefix)


def stale(shell: Shell) -> tuple[Path, ...]:
    """Return the folders of our kernelspecs whose environment is gone."""
    return tuple(place for place, found in _ours(shell) if not shell.kind(python_of(found, shell)))


def _ours(shell: Shell) -> list[tuple[Path, Path]]:
    """Return (folder, prefix) of each kernelspec that says it is envboot's."""
    place, out = data_dir(shell), []
    for folder in shell.folder(place / "kernels") if place else ():
        if not re.fullmatch(r"envboot-[0-9a-f]{12}", folder.name):
            continue
        try:
            found = json.loads(shell.read(folder / "kernel.json", 1 << 20) or b"{}")
            prefix = found["metadata"]["envboot"]["prefix"]
        except (ValueError, KeyError, TypeError):
            continue
        if isinstance(prefix, str) and Path(prefix).is_absolute():
            out.append((folder, Path(prefix)))
    return out
