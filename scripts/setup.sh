#!/bin/sh
# Makes .venv from requirements.lock and, unless it is told not to, installs the Debian packages named as arguments.
# Idempotent: a second run takes a second. Exits 3 and prints the one line to run when it lacks the rights.
set -eu
cd "$(dirname "$0")/.."
venv=${VENV:-.venv}

python=${PYTHON:-}
if [ -z "$python" ]; then
    for candidate in python3.11 python3.12 python3; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then
            python=$candidate
            break
        fi
    done
fi
if [ -z "$python" ]; then
    echo "ivr: Python 3.11 or 3.12 is needed; run: apt-get install -y python3 python3-venv" >&2
    exit 3
fi

packages="$*"
"$python" -c 'import ensurepip' 2>/dev/null || packages="$packages python3-venv"
missing=""
for package in $packages; do
    [ "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" = "install ok installed" ] || missing="$missing $package"
done
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif sudo -n true 2>/dev/null; then
        as_root="sudo"
    else
        echo "ivr: Debian packages are missing; run: apt-get update && apt-get install -y$missing" >&2
        exit 3
    fi
    echo "ivr: installing$missing"
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

wanted=$(cat requirements.lock pyproject.toml | sha256sum | cut -d' ' -f1)
if [ "$(cat "$venv/.made-from" 2>/dev/null || true)" != "$wanted" ]; then
    echo "ivr: making $venv (about a minute)"
    [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
    echo "$wanted" >"$venv/.made-from"
fi
