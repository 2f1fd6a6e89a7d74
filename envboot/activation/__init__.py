"""The ways into an environment: its variables, the one line for a person, a shell inside it.

A program cannot change the shell that started it. What it can do is: give its own children the
right variables (:func:`environ`), say the one line that activates (:func:`line`), start a shell
that is inside (:func:`subshell`), and make the environment's own scripts complete
(:func:`variables`). Sources: PEP 405, the scripts of venv, virtualenv and conda.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.activation import blocks
from envboot.activation.layout import folders, kind
from envboot.activation.oneliner import line, lines, own, tool_for
from envboot.plan import Plan, Write
from envboot.spec import Notice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.shell import Shell

    Variables = Sequence[tuple[str, str]]

__all__ = ["checked", "entry", "environ", "line", "lines", "subshell", "variables"]
_REFUSED = re.compile(
    r"PATH|HOME|SHELL|PWD|IFS|_|E?[UG]ID|PPID|SHELLOPTS|BASHOPTS|BASH_ENV|ENV|ZDOTDIR"
    r"|R?PS\d?|[RS]?PROMPT\d?|PROMPT_.*|POSTEDIT|(READ)?NULLCMD|COMSPEC|PATHEXT|SYSTEMROOT"
    r"|LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES|PYTHONHOME|PYTHONSTARTUP"
    r"|VIRTUAL_ENV|CONDA_PREFIX|CONDA_SHLVL|.*_?ENVBOOT_.*"
    # Numbers to bash or zsh, which evaluate what is assigned to them, commands included:
    r"|LINES|COLUMNS|RANDOM|SECONDS|LINENO|OPTIND|SHLVL|TMOUT|HIST(SIZE|CMD)|SAVEHIST|TTYIDLE"
    r"|ERRNO|FUNCNEST|BAUD|DIRSTACKSIZE|KEYTIMEOUT|LISTMAX|LOGCHECK|MAILCHECK|STATUS|ARGC|ARGV"
    r"|EPOCH\w*|SRANDOM|USERNAME",
    re.IGNORECASE,
)
_OURS_ALONE = frozenset({"_", "SHLVL", "PWD", "OLDPWD", "PYTHONUNBUFFERED", "PYTHONIOENCODING"})
_MARK = "envboot-variables-follow"
_HOOKS = (
    'for f in "$CONDA_PREFIX"/etc/conda/activate.d/*.sh; do . "$f"; done >/dev/null 2>&1; '
    f"printf %s {_MARK}; env -0"
)


def checked(variables: Variables) -> tuple[tuple[tuple[str, str], ...], tuple[Notice, ...]]:
    """Return the variables that may be set, and a notice for each that may not.

    A name is ``[A-Za-z_][A-Za-z0-9_]*``; those that would break the person's shell or run code
    in it (PATH, PROMPT_COMMAND, LD_PRELOAD …) are refused, and a value holds no NUL.
    """
    kept, notices = [], []
    for name, value in variables:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name, re.ASCII):
            notices.append(Notice(f"the variable {name!r} is not set: that is not a name"))
        elif _REFUSED.fullmatch(name):
            notices.append(Notice(f"the variable {name} is not set: it would change the shell"))
        elif "\0" in value:
            notices.append(Notice(f"the variable {name} is not set: its value holds a NUL"))
        else:
            kept.append((name, value))
    return tuple(kept), tuple(notices)


def environ(prefix: Path, variables: Variables, shell: Shell) -> dict[str, str]:
    """Return the whole environment of a program that runs inside ``prefix``.

    For conda that includes what the scripts in ``etc/conda/activate.d`` export (they are run
    once, in bash, where there are any) and the variables kept in ``conda-meta/state``.
    """
    out = {k: v for k, v in shell.environ.items() if k not in {"PYTHONHOME", "__PYVENV_LAUNCHER__"}}
    separator = ";" if shell.platform.system == "Windows" else ":"
    mine = [str(f) for f in folders(prefix, shell)]
    rest = [p for p in out.get("PATH", "").split(separator) if p and p not in mine]
    out["PATH"] = separator.join([*mine, *rest])
    if kind(prefix, shell) == "venv":
        out["VIRTUAL_ENV"] = str(prefix)
        out.pop("VIRTUAL_ENV_PROMPT", None)
    else:
        for name in ("VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT"):
            out.pop(name, None)
        out["CONDA_PREFIX"] = str(prefix)
        out["CONDA_DEFAULT_ENV"] = prefix.name if prefix.parent.name == "envs" else str(prefix)
        out["CONDA_SHLVL"] = "1"
        out.update(checked(tuple(_state(prefix, shell).items()))[0])
        out = _hooked(prefix, out, shell)
    out.update(checked(variables)[0])
    return out


def _state(prefix: Path, shell: Shell) -> dict[str, str]:
    """Return conda's own variables of an environment (``conda env config vars``)."""
    try:
        found = json.loads(shell.read(prefix / "conda-meta" / "state") or b"{}")
        return {str(k): str(v) for k, v in found["env_vars"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _hooked(prefix: Path, before: dict[str, str], shell: Shell) -> dict[str, str]:
    hooks = shell.folder(prefix / "etc" / "conda" / "activate.d")
    bash = shell.which("bash")
    if bash is None or not any(h.suffix == ".sh" for h in hooks):
        return before
    asked = shell.query((str(bash), "--noprofile", "--norc", "-c", _HOOKS), env=before)
    rows = (asked.out or "").rpartition(_MARK)[2].split("\0")
    found = dict(row.split("=", 1) for row in rows if "=" in row)
    changed = {k: v for k, v in found.items() if k not in _OURS_ALONE and before.get(k) != v}
    return {**before, **changed}


def variables(prefix: Path, values: Variables, shell: Shell) -> Plan:
    """Return the steps that make the environment's own activation set ``values``.

    venv and uv: a marked block in each activation script of ``prefix``, which must have been
    built; no path is written, so that the environment can still be renamed. conda:
    ``conda-meta/state``, conda's documented place.
    """
    kept = checked(values)[0]
    if kind(prefix, shell) == "conda":
        before = _state(prefix, shell)
        if not set(kept) - set(before.items()):
            return Plan("variables")
        text = json.dumps({"version": 1, "env_vars": {**before, **dict(kept)}})
        return Plan("variables", (Write(prefix / "conda-meta" / "state", text),))
    steps = []
    for folder in (prefix / "bin", prefix / "Scripts"):
        for path in shell.folder(folder):
            if path.name not in blocks.SCRIPTS:
                continue
            try:
                text = (shell.read(path) or b"").decode()
            except UnicodeDecodeError:
                continue
            woven = blocks.weave(path.name, text, kept)
            if woven != text:
                steps.append(Write(path, woven))
    return Plan("variables", tuple(steps))


def entry(prefix: Path, name: str, values: Variables, shell: Shell) -> Plan:
    """Return the steps that give an environment of conda packages a way in without conda.

    None where a conda can activate it, on Windows, and for virtual environments, which have one.
    """
    windows = shell.platform.system == "Windows"
    if windows or kind(prefix, shell) != "conda" or tool_for(prefix, shell):
        return Plan("the way in")
    from envboot.activation import without_conda

    kept = {**_state(prefix, shell), **dict(checked(values)[0])}
    return without_conda.plan(prefix, name, checked(tuple(kept.items()))[0], shell)


# ------------------------------------------------------------------ a shell inside


def subshell(
    prefix: Path, name: str, values: Variables, shell: Shell
) -> tuple[tuple[str, ...], dict[str, str], Plan]:
    """Return a shell inside the environment: its command, its variables, and what to do first.

    The person's own start-up file is read and then the environment is activated, since that
    file may set PATH and the prompt anew; for bash and zsh this takes files of ours, which the
    plan writes below ``prefix`` unless they are there. The prompt shows ``(name)``.
    """
    env = {
        **environ(prefix, values, shell),
        "ENVBOOT_PREFIX": str(prefix),
        "ENVBOOT_NAME": re.sub(r"[^\w.+@-]", "_", name),
    }
    from envboot.activation import startup

    program, kind_ = _program(shell)
    place = prefix / "etc" / "envboot"
    if kind_ in {"bash", "zsh", "fish"} and kind(prefix, shell) == "venv":
        # The script sets them itself, and remembers for `deactivate` what was there before.
        for key in ("VIRTUAL_ENV", *(k for k, _ in values)):
            env.pop(key, None)
            if key in shell.environ and key != "VIRTUAL_ENV":
                env[key] = shell.environ[key]
    if kind_ == "bash":
        path = place / "bashrc"
        return (
            (program, "--rcfile", str(path), "-i"),
            env,
            _files(shell, (path, startup.BASH)),
        )
    if kind_ == "zsh":
        env["ENVBOOT_ZDOTDIR"] = env.get("ZDOTDIR", "")
        env["ZDOTDIR"] = str(place)
        files = ((place / ".zshenv", startup.ZSHENV), (place / ".zshrc", startup.ZSHRC))
        return (program, "-i"), env, _files(shell, *files)
    nothing = Plan("a shell inside")
    if kind_ == "fish":
        return (program, "-i", "-C", startup.FISH), env, nothing
    if kind_ == "powershell":
        return (program, "-NoLogo", "-NoExit", "-Command", startup.POWERSHELL), env, nothing
    if kind_ == "cmd":
        return (program, "/K", f"prompt ({env['ENVBOOT_NAME']}) $P$G"), env, nothing
    env["PS1"] = f"({env['ENVBOOT_NAME']}) $ "
    return (program, "-i"), env, nothing


def _files(shell: Shell, *files: tuple[Path, str]) -> Plan:
    steps = [Write(p, text) for p, text in files if shell.read(p) != text.encode()]
    return Plan("the start-up files of a shell inside", tuple(steps))


def _program(shell: Shell) -> tuple[str, str]:
    """Return the person's own shell as a path, and which it is; else one that is there."""
    kind_ = own(shell)
    if kind_ == "cmd":
        return shell.environ.get("COMSPEC", "cmd.exe"), kind_
    said = shell.environ.get("SHELL", "")
    if said and shell.kind(Path(said)) == "file":
        return said, kind_
    for name in ("pwsh", "powershell") if kind_ == "powershell" else ("bash", "sh"):
        if found := shell.which(name):
            return str(found), name if name in {"bash", "sh"} else kind_
    return ("cmd.exe", "cmd") if shell.platform.system == "Windows" else ("/bin/sh", "sh")
