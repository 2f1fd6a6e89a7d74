"""The POSIX sh of a job there: what it does, and how it is begun, looked at, ended and cleared.

The state folder holds ``script``, ``log``, ``pid`` (the computer's name and a process), and, each
written whole and renamed: ``tree``, ``result.json``, ``setup`` (the status of setup.py), ``status``
(that of all), ``stopped``. dash, bash, busybox and zsh run it.
"""

from __future__ import annotations

# A process counts as the job's only while its command names the handle: ids are given out again.
# On another computer (a cluster's log-in nodes share a home) it cannot be asked, and is believed.
_ALIVE = r"""
alive() {
    host= pid= batch=
    read -r host pid batch 2>/dev/null <"$state/pid" || return 1
    [ "$host" = "$(uname -n)" ] || return 0
    kill -0 "$pid" 2>/dev/null || return 1
    case $(cat "/proc/$pid/cmdline" 2>/dev/null | tr '\0' ' ' || :)$(
        [ -d /proc/self ] || ps -o args= -p "$pid" 2>/dev/null
    ) in *"$handle"*) return 0 ;; *) return 1 ;; esac
}
"""

FIND_PYTHON = r"""
find_python() {
    PATH=$PATH:$HOME/.local/bin
    [ "$(uname -s)" != Darwin ] || PATH=$PATH:/opt/homebrew/bin:/usr/local/bin
    for python in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python3.9 python
    do
        "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' >/dev/null 2>&1 && return 0
    done
    python=
    return 1
}
"""

# `spare` is given back before the status is written, so that a full disk does not hide it. The
# programs run in the background: sh hears of a signal only while it waits.
WORK = (
    r"""
case $tree in /*) ;; *) tree=$HOME/$tree ;; esac
state=$HOME/.local/state/envboot/work/$handle${SLURM_ARRAY_TASK_ID:+/$SLURM_ARRAY_TASK_ID}
mkdir -p "$state" && chmod 700 "$state" && cd "$state" || exit 1
"""
    + _ALIVE
    + FIND_PYTHON
    + r"""
note() { printf '%s\n' "$2" >"$state/$1.new" && mv -f "$state/$1.new" "$state/$1"; }
finish() {
    trap '' TERM INT
    rm -f "$state/spare"
    note status "$1"
    rm -f "$state/pid" "$state/result.new"
    exit "$1"
}
stopped() {
    trap '' TERM INT
    [ -z "$child" ] || { kill -TERM "$child"; wait "$child"; } 2>/dev/null
    finish 143
}
mine() { read -r host pid batch <pid && [ "$host $pid" = "$(uname -n) $$" ]; }
claim() {
    printf '%s %s %s\n' "$(uname -n)" "$$" "${SLURM_JOB_ID:-}" >"pid.$$" || return 1
    ln "pid.$$" pid 2>/dev/null || [ -e pid ] || mv -f "pid.$$" pid
    rm -f "pid.$$"
    mine
}
if ! claim
then
    [ -z "${SLURM_JOB_ID:-}" ] && alive && exit 0
    rm -f pid
    claim || exit 0
    sleep 1  # two that find a dead one may both have removed it: the later claim counts
    mine || exit 0
fi
child=
trap stopped TERM INT
trap '' HUP
rm -f status setup result.json stopped
[ ! -e log ] || mv -f log log.before
dd if=/dev/zero of=spare bs=1024 count=64 2>/dev/null
exec </dev/null >>log 2>&1
note tree "$tree"
if ! find_python
then
    said='no Python 3.9 or newer was found on this computer'
    echo "! error: $said"
    note result.json '{"outcome": "failed", "exit_code": 6, "error": {"message": "'"$said"'",
"hint": "install one there, or load its module in the start-up files of the account"}}'
    finish 6
fi
cd "$tree" || finish 1
export PYTHONUNBUFFERED=1
"$python" setup.py --yes --json --no-shell "$@" >"$state/result.new" &
child=$!
wait "$child"
code=$?
child=
[ ! -s "$state/result.new" ] || mv -f "$state/result.new" "$state/result.json"
[ "$code" -eq 0 ] || finish "$code"
note setup 0
"""
)

# $1 the handle, $2 the script. It is begun only where it does not run.
BEGIN = (
    r"""
handle=$1 state=$HOME/.local/state/envboot/work/$1
(umask 077 && mkdir -p "$state" && printf '%s' "$2" >"$state/script.$$") || exit 1
"""
    + _ALIVE
    + r"""
if alive; then rm -f "$state/script.$$"; exit 0; fi
mv -f "$state/script.$$" "$state/script" || exit 1
# of the last time: whoever looks before the script is at work sees none of it
[ ! -e "$state/log" ] || mv -f "$state/log" "$state/log.before"
for name in status setup result.json stopped; do rm -f "$state/$name" || exit 1; done
cd /
if command -v setsid >/dev/null 2>&1
then setsid sh "$state/script" </dev/null >/dev/null 2>&1 &
elif command -v perl >/dev/null 2>&1
then perl -e 'use POSIX; setsid; exec @ARGV' sh "$state/script" </dev/null >/dev/null 2>&1 &
else nohup sh "$state/script" </dev/null >/dev/null 2>&1 &
fi
tries=0
until alive || [ -e "$state/status" ]
do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || { echo 'it does not start' >&2; exit 1; }
    sleep 0.1 2>/dev/null || sleep 1
done
"""
)

# $1 the handle, which may have a task behind it, $2 the bytes seen, $3 how many at most. Of a log
# that has ended, the last ones: they say why.
LOOK = (
    r"""
handle=${1%/*} state=$HOME/.local/state/envboot/work/$1
if ! cd "$state" 2>/dev/null
then
    echo 'phase absent'
    [ ! -d "$HOME/envboot/$handle" ] || echo 'left yes'
    exit 0
fi
"""
    + _ALIVE
    + r"""
phase=absent
[ ! -e script ] || echo 'left yes'
[ ! -e pid ] || phase=killed
if alive; then phase=setting-up; [ ! -e setup ] || phase=running; fi
[ ! -e status ] || phase=ended
echo "phase $phase"
for name in status setup stopped pid tree
do [ ! -r "$name" ] || printf '%s %s\n' "$name" "$(head -c 4096 "$name")"
done
size=$(($(wc -c <log 2>/dev/null || echo 0)))
from=$2
[ "$from" -le "$size" ] || from=0
if [ "$phase" = ended ] && [ "$((size - from))" -gt "$3" ]; then from=$((size - $3)); fi
printf 'size %s\nfrom %s\n' "$size" "$from"
if [ -r result.json ]; then echo result; head -c 2000000 result.json; echo; fi
echo '--- log ---'
[ "$size" -eq 0 ] || tail -c "+$((from + 1))" log | head -c "$3" | od -An -v -tx1
"""
)

# What Slurm runs is ended by Slurm.
_END = (
    _ALIVE
    + r"""
nap() { sleep 0.1 2>/dev/null || sleep 1; }
end() {
    alive || return 0
    [ -z "$batch" ] || return 0
    if [ "$host" != "$(uname -n)" ]; then echo "it runs on $host" >&2; return 1; fi
    echo yes >"$state/stopped"
    first=$pid tries=0
    kill -TERM "$first" 2>/dev/null
    while alive && [ "$tries" -lt 250 ]; do tries=$((tries + 1)); nap; done
    if alive; then kill -KILL "$first" 2>/dev/null; fi
    kill -s KILL -- "-$first" 2>/dev/null  # what it started, and left
    [ -e "$state/status" ] || echo 137 >"$state/status"
    rm -f "$state/pid"
}
"""
)

# $1 the handle.
END = (
    'handle=$1 state=$HOME/.local/state/envboot/work/$1\n[ -d "$state" ] || exit 0\n'
    + _END
    + "end\n"
)

# $1 the handle. A tree is removed only where its last folder is called by the handle.
CLEAR = (
    "handle=$1 state=$HOME/.local/state/envboot/work/$1 tree=$HOME/envboot/$1\n"
    + _END
    + FIND_PYTHON
    + r"""
end || exit 1
[ ! -r "$state/tree" ] || read -r tree <"$state/tree"
case $tree in
/*/"$handle") ;;
*) echo "$tree is not a folder of this job" >&2; exit 1 ;;
esac
if [ -f "$tree/setup.py" ] && find_python
then (cd "$tree" && "$python" setup.py remove --yes </dev/null >/dev/null 2>&1)
fi
for folder in "$tree" "$state"
do rm -rf "$folder" 2>/dev/null || { chmod -R u+rwX "$folder"; rm -rf "$folder"; } || exit 1
done
rmdir "${tree%/*}" "${state%/*}" "${state%/*/*}" 2>/dev/null
exit 0
"""
)

# $1 the handle, $2 "follow" to go on until it has ended, or nobody is there to read it.
TAIL = (
    r"""
handle=${1%/*} state=$HOME/.local/state/envboot/work/$1
[ -r "$state/log" ] || { echo 'nothing was printed yet' >&2; [ "$2" ] || exit 0; }
"""
    + _ALIVE
    + r"""
from=0 last=
while :
do
    alive || last=yes
    size=$(($(wc -c 2>/dev/null <"$state/log" || echo 0)))
    [ "$size" -eq "$from" ] || tail -c "+$((from + 1))" "$state/log" | head -c "$((size - from))"
    from=$size
    [ "$2" ] && [ -z "$last" ] && kill -0 "$PPID" 2>/dev/null || exit 0
    sleep 1
done
"""
)
