"""The one line that activates an environment, for each shell that a person may type it in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.activation import blocks
from envboot.activation.layout import folders, kind, script

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.shell import Shell


def own(shell: Shell) -> str:
    """Return the person's shell: bash, zsh, fish, csh, powershell, cmd or sh."""
    program = re.split(r"[/\\]", shell.environ.get("SHELL", ""))[-1].lower()
    name = program.removesuffix(".exe")
    if name in {"bash", "zsh", "fish"}:
        return name
    if name in {"csh", "tcsh"}:
        return "csh"
    if name in {"pwsh", "powershell"}:
        return "powershell"
    if shell.platform.system == "Windows":
        return "cmd" if "PROMPT" in shell.environ else "powershell"
    return "sh" if name else "bash"


def line(prefix: Path, name: str, shell: Shell) -> str:
    """Return the line that activates the environment ``name`` in the person's own shell."""
    return lines(prefix, name, shell)[own(shell)]


def lines(prefix: Path, name: str, shell: Shell) -> dict[str, str]:
    """Return the line for each shell: bash, zsh, sh, fish, csh, powershell, cmd."""
    if kind(prefix, shell) == "conda":
        return _conda_lines(prefix, name, shell)
    windows = shell.platform.system == "Windows"
    folder = prefix / ("Scripts" if windows else "bin")
    there = {p.name for p in shell.folder(folder)}
    expanded = not windows and re.search(r'[$`"\\!]', str(prefix))  # venv's scripts quote weakly
    if (there and "activate" not in there) or expanded:
        return _bare_lines(prefix, "VIRTUAL_ENV", shell)
    ps1 = next((n for n in there if n.lower() == "activate.ps1"), "Activate.ps1")
    activate = str(folder / "activate")
    return {
        "bash": f"source {_word(activate)}",
        "zsh": f"source {_word(activate)}",
        "sh": f". {_word(activate)}",
        "fish": f"source {blocks.fish(activate + '.fish')}",
        "csh": f"source {blocks.csh(activate + '.csh')}",
        "powershell": f"& {blocks.powershell(str(folder / ps1))}",
        "cmd": f'"{activate}.bat"',
    }


def _conda_lines(prefix: Path, name: str, shell: Shell) -> dict[str, str]:
    tool = tool_for(prefix, shell)
    if tool is None:
        return _own_lines(prefix, shell)
    named = prefix.parent.name == "envs" and prefix.name == name
    target = name if named and re.fullmatch(r"\w[\w.-]*", name) else str(prefix)
    command = "micromamba" if tool.stem == "micromamba" else "conda"
    quoting = {
        "powershell": blocks.powershell,
        "fish": blocks.fish,
        "csh": blocks.csh,
        "cmd": '"{}"'.format,
    }
    plain = re.fullmatch(r"[\w./-]+", target, re.ASCII)
    out = {}
    for kind_ in ("bash", "zsh", "sh", "fish", "csh", "powershell", "cmd"):
        word = target if plain else quoting.get(kind_, _word)(target)
        out[kind_] = f"{command} activate {word}"
    if "CONDA_SHLVL" in shell.environ:  # the person's shell knows conda
        return out
    exe = str(tool)
    hook = "shell.{0} hook" if command == "conda" else "shell hook -s {0}"
    fish_hook = f"{blocks.fish(exe)} {hook.format('fish')} | source"
    shown = f"(& {blocks.powershell(exe)} {hook.format('powershell')}) | Out-String"
    for name_, word in (("bash", "bash"), ("zsh", "zsh"), ("sh", "posix")):
        out[name_] = f'eval "$({_word(exe)} {hook.format(word)})" && {out[name_]}'
    out["fish"] = f"{fish_hook}; and {out['fish']}"
    out["powershell"] = f"{shown} | Invoke-Expression; {out['powershell']}"
    if command == "conda":
        root = tool.parent.parent
        out["cmd"] = f'"{root / "Scripts" / "activate.bat"}" "{target}"'
        script = str(root / "etc" / "profile.d" / "conda.csh")
        out["csh"] = f"source {blocks.csh(script)} && {out['csh']}"
    return out


def tool_for(prefix: Path, shell: Shell) -> Path | None:
    """Return the conda or micromamba that can activate ``prefix``; conda's own one first."""
    root = prefix.parent.parent
    for near in (root / "bin" / "conda", root / "Scripts" / "conda.exe"):
        if prefix.parent.name == "envs" and shell.kind(near) == "file":
            return near
    return shell.which("conda") or shell.which("micromamba")


def _own_lines(prefix: Path, shell: Shell) -> dict[str, str]:
    """Return the lines for an environment of conda packages where there is no conda."""
    bare = _bare_lines(prefix, "CONDA_PREFIX", shell)
    posix, fish = script(prefix), script(prefix, fish=True)
    if shell.kind(posix) != "file":
        return bare
    return {
        **bare,
        **dict.fromkeys(("bash", "zsh"), f"source {_word(str(posix))}"),
        "sh": f". {_word(str(posix))}",
        "fish": f"source {blocks.fish(str(fish))}",
    }


def _bare_lines(prefix: Path, marker: str, shell: Shell) -> dict[str, str]:
    """Return lines that need no script and no conda: PATH and the variable that marks it."""
    separator = ";" if shell.platform.system == "Windows" else ":"
    path = separator.join(str(f) for f in folders(prefix, shell))
    posix = f'export {marker}={_word(str(prefix))} PATH={_word(path)}{separator}"$PATH"'
    quoted = blocks.powershell(str(prefix))
    return {
        **dict.fromkeys(("bash", "zsh", "sh"), posix),
        "fish": f"set -gx {marker} {blocks.fish(str(prefix))}; "
        f"set -gx PATH {blocks.fish(path)} $PATH",
        "csh": f'setenv {marker} {blocks.csh(str(prefix))}; setenv PATH {blocks.csh(path)}":$PATH"',
        "powershell": f"$env:{marker} = {quoted}; "
        f"$env:PATH = {blocks.powershell(path + separator)} + $env:PATH",
        "cmd": f'set "{marker}={prefix}" & set "PATH={path};%PATH%"',
    }


def _word(text: str) -> str:
    return text if re.fullmatch(r"[\w@%+=:,./-]+", text, re.ASCII) else blocks.posix(text)
