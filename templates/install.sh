#!/bin/sh
# Sets up the environment by hand: a Python, a folder for it, the packages, a test. Nothing else.
# `python3 setup.py` does more: it looks at the machine first, and never leaves anything half made.
#
#   sh install.sh               makes .venv beside this file
#   VENV=/where sh install.sh   makes it there
#   PYTHON=/the/python sh install.sh
set -eu

# What envboot fills in.
wanted='3.9'
note=''
variables() {
    cat <<'VARIABLES'
VARIABLES
}

fail() {
    printf 'install.sh: %s\n' "$1" >&2
    exit 1
}

# From here on nothing depends on the folder that this was started in.
case $0 in
    */*) here=${0%/*} ;;
    *) here=. ;;
esac
cd -- "$here" || fail "cannot enter $here"
here=$(pwd -P)
venv=${VENV:-$here/.venv}
case $venv in
    /*) ;;
    *) fail "VENV must be an absolute path: $venv" ;;
esac
venv=${venv%/}
[ -n "$venv" ] || fail 'VENV must not be the root of the disk'
[ -f requirements.txt ] || fail "$here has no requirements.txt"

# Isolated (-I), so that no module of the repository is taken for one of Python's own.
fits() {
    "$1" -I -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != sys.argv[1])' "$wanted" \
        >/dev/null 2>&1
}

python=${PYTHON:-}
if [ -z "$python" ]; then
    for candidate in "python$wanted" python3 python; do
        if fits "$candidate"; then
            python=$candidate
            break
        fi
    done
fi
[ -n "$python" ] || fail "no Python $wanted is installed; PYTHON=/path/to/another takes that one"

[ -z "$note" ] || printf 'install.sh: %s\n' "$note" >&2
made=''
finish() {
    status=$?
    trap - EXIT HUP INT TERM
    if [ "$status" -ne 0 ] && [ -n "$made" ]; then
        printf 'install.sh: what was half made is removed: %s\n' "$venv" >&2
        rm -rf -- "$venv"
    fi
    exit "$status"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -e "$venv" ]; then
    [ -x "$venv/bin/python" ] || fail "$venv is there, and no environment: remove it, or set VENV"
    if [ -z "${PYTHON:-}" ] && ! fits "$venv/bin/python"; then
        fail "$venv has another Python than $wanted: remove it, or set VENV"
    fi
    printf 'using %s\n' "$venv"
else
    printf 'making %s\n' "$venv"
    made=yes
    "$python" -I -m venv "$venv" || fail "$python cannot make it; Debian has venv in python3-venv"
fi

printf 'installing what requirements.txt names\n'
"$venv/bin/python" -I -m pip install --requirement requirements.txt
made=''

if [ -f test_env.py ]; then
    printf 'testing it\n'
    "$venv/bin/python" test_env.py || fail 'it is installed, and does not work: see above'
fi

printf '\nto use it:\n'
variables
quoted=$(printf '%s' "$venv/bin/activate" | sed "s/'/'\\\\''/g")
printf ". '%s'\n" "$quoted"
