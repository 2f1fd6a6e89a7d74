"""What runs on the login node: asking whether it fits, submitting, a shell, cancelling.

Each is a POSIX sh script for :mod:`envboot.remote`. Source: the manuals of ``sbatch`` (input
environment variables, ``--test-only``, ``--parsable``), ``salloc``, ``srun`` and ``scancel``.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from envboot import remote
from envboot.remote import work
from envboot.remote.scripts import FIND_PYTHON

if TYPE_CHECKING:
    from envboot.plan import Run
    from envboot.remote import Place
    from envboot.shell import Shell

ABSENT = "envboot: no Slurm"
"""What is printed where its programs are not found."""
# Programs of a cluster are often on the PATH of login shells only. Inside of a job its own facts
# (SLURM_MEM_PER_NODE and so on) would count as flags of ours; what she sets for `sbatch` may.
FIND = f"""\
if ! command -v sbatch >/dev/null 2>&1; then
  more=$("${{SHELL:-/bin/sh}}" -lc 'printf "%s" "$PATH"' </dev/null 2>/dev/null | tail -n 1)
  PATH=$PATH:$more; export PATH
fi
command -v sbatch >/dev/null 2>&1 || {{ echo '{ABSENT}' >&2; exit 127; }}
for name in $(env | sed -n 's/^\\(S[A-Z]*_[A-Z0-9_]*\\)=.*/\\1/p'); do
  case $name in
    SLURM_CONF|SLURM_CLUSTERS) ;;
    SLURM_*) [ -z "${{SLURM_JOB_ID:-}}" ] || [ $name = SLURM_JOB_ID ] || unset $name ;;
    SQUEUE_*|SINFO_*|SACCT_*|SBATCH_WAIT) unset $name ;;
  esac
done
unset SLURM_JOB_ID
SLURM_TIME_FORMAT=standard; export SLURM_TIME_FORMAT
"""
_LATER = re.compile(r"down, drained or reserved|nodes are busy", re.IGNORECASE)
"""What is said of a job that may run some day: ESLURM_NODE_NOT_AVAIL, ESLURM_NODES_BUSY."""
_TEST = f"""\
{FIND}
said=$(sbatch --test-only "$@" --wrap=: 2>&1); echo $?
printf '%s\\n' "$said"
"""
_MINE = '--noheader --user="$(id -un)"'
# Doing it twice submits once: the name is looked for first, and again where sbatch fails, for a
# controller that answers too late may have taken it. What Slurm says last is its reason.
_SUBMIT = f"""\
{FIND}
cd && (umask 077; mkdir -p "{work.STATE}/$1") && cd "{work.STATE}/$1" || exit 1
handle=$1 script=$2 out=$3; shift 3
known() {{ squeue {_MINE} --states=all --name="$handle" --format=%F | head -n 1; }}
number=$(known)
if [ -z "$number" ]; then
  printf '%s' "$script" >batch.sh.part && mv batch.sh.part batch.sh || exit 1
  set -- "$@" --job-name="$handle" --chdir="$HOME" --output="$PWD/$out"
  number=$(sbatch --parsable "$@" batch.sh) || number=$(known)
  [ -n "$number" ] || {{ rm -f batch.sh; exit 1; }}
fi
echo "Slurm's number of it is ${{number%%;*}}"
"""
_CANCEL = f"""\
{FIND}
scancel --user="$(id -un)" --name="$1" || exit 1
scancel --user="$(id -un)" --name="$1-shell" 2>/dev/null
turn=0
while [ -n "$(squeue {_MINE} --name="$1,$1-shell" --format=%A)" ] && [ $turn -lt 60 ]; do
  sleep 1; turn=$((turn + 1))
done
cd "$HOME/{work.STATE}/$1" 2>/dev/null && rm -f pid [0-9]*/pid
exit 0
"""
_FILES = "for file in log [0-9]*/log slurm*.out; do [ ! -s $file ] || printf '%s ' $file; done"
_LOGS = f"""\
cd "$HOME/{work.STATE}/$1" 2>/dev/null && files=$({_FILES})
[ -n "$files" ] || {{ echo 'nothing was printed yet'; exit 0; }}
exec tail -n +1 -- $files
"""
_FOLLOW = f"""\
{FIND}
cd "$HOME/{work.STATE}/$1" || exit 1
shown= tails=
trap '[ -z "$tails" ] || kill $tails 2>/dev/null' EXIT
trap 'exit 130' INT TERM HUP
while :; do
  left=$(squeue {_MINE} --name="$1" --format=%A)
  for file in $({_FILES}); do
    case " $shown " in *" $file "*) continue ;; esac
    [ $file = log ] || echo "==> $file <=="
    tail -n +1 -F -- $file 2>/dev/null & tails="$tails $!"
    shown="$shown $file"
  done
  [ -n "$left" ] && kill -0 $PPID 2>/dev/null || break
  sleep 2
done
sleep 1
"""
_INSIDE = f"""\
{FIND_PYTHON}
cd "$0" || exit 1
find_python || {{ echo 'no Python 3.9 or newer was found on this computer' >&2; exit 6; }}
exec "$python" setup.py shell
"""
_ENTER = f"""\
{FIND}
case $1 in /*) ;; *) set -- "$HOME/$@" ;; esac
tree=$1 inside=$2; shift 2
exec "$@" sh -c "$inside" "$tree"
"""
_FLAGS = f"""\
{FIND}
squeue {_MINE} --states=running --name="$1" --format=%A | head -n 1
cat "$HOME/{work.STATE}/$1/batch.sh" 2>/dev/null
"""


def test(flags: tuple[str, ...], where: Place, shell: Shell) -> tuple[bool, str]:
    """Return whether that can ever run, and when it would start or why it cannot.

    True and "" where Slurm gives an answer that is not understood: it is asked again for good.
    """
    said = remote.ask(where, _TEST, *flags, shell=shell)
    code, _, text = (said.out or "").partition("\n")
    start = re.search(r"to start at (\d{4}-\d\d-\d\dT[\d:]{5,8})", text)
    if start:
        return True, f"Slurm expects it to start at {start.group(1).replace('T', ' ')}"
    if not code.isdigit() or code == "0":
        return True, ""
    last = ([row.strip() for row in text.splitlines() if row.strip()] or ["it does not say why"])[
        -1
    ]
    plain = "".join(c if c.isprintable() else "?" for c in last)[:300]
    reason = re.sub(r"^(?:sbatch: error: |allocation failure: )+", "", plain)
    return (True, f"not now, Slurm says: {reason}") if _LATER.search(reason) else (False, reason)


def submit(handle: str, script: str, flags: tuple[str, ...], where: Place) -> Run:
    """Return the step that submits a batch script, unless it is there already.

    ``flags`` are said again on the command line: what a person set for ``sbatch`` in her variables
    (SBATCH_PARTITION) counts more than the lines of a script.
    """
    array = any(flag.startswith("--array=") for flag in flags)
    out = "slurm-%a.out" if array else "slurm.out"
    why = f"submitting `{handle}`"
    return remote.run(where, _SUBMIT, handle, script, out, *flags, why=why)


def cancel(handle: str, where: Place) -> Run:
    """Return the step that cancels it, and waits until it is over."""
    return remote.run(where, _CANCEL, handle, why=f"cancelling `{handle}`")


def logs(handle: str, where: Place, *, follow: bool) -> Run:
    """Return the step that prints its log, each task's of an array; ``follow``: while it runs."""
    return remote.run(where, _FOLLOW if follow else _LOGS, handle, why=f"the log of `{handle}`")


def asked(handle: str, where: Place, shell: Shell) -> tuple[str, str]:
    """Return the number of a job that runs ("" for none), and the script that was submitted."""
    said = remote.ask(where, _FLAGS, handle, shell=shell).out or ""
    first, _, script = said.partition("\n")
    return (first, script) if first.isdigit() else ("", said)


def enter(handle: str, tree: str, flags: tuple[str, ...], running: str, where: Place) -> Run:
    """Return the step that is a shell in the environment on a node.

    Inside of the job with the number ``running``, else in an allocation of its own with ``flags``.
    """
    cpus = tuple(flag for flag in flags if flag.startswith("--cpus-per-task="))
    step = ("srun", "--pty", *cpus)
    if running:
        words = (*step[:1], f"--jobid={running}", "--overlap", *step[1:])
        why = f"a shell inside of the job {running}"
    else:
        words = ("salloc", f"--job-name={handle}-shell", *flags, *step)
        why = f"a shell on a node: {shlex.join(words[: -len(step)])}"
    return remote.run(where, _ENTER, tree, _INSIDE, *words, why=why, terminal=True)
