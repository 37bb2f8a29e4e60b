#!/bin/sh
# Makes .venv from requirements.lock and, unless it is told not to, installs the Debian packages named as arguments.
# Idempotent: a second run takes a second. Exits 3 and prints the one line to run when it lacks the rights.
set -eu
cd "$(dirname "$0")/.."
venv=${VENV:-.venv}

supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))'
python=${PYTHON:-}
if [ -z "$python" ]; then
    # What it was made with the last time goes on serving: PYTHON need be named once only.
    for candidate in "$venv/bin/python" python3.11 python3.12 python3; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c "$supported" 2>/dev/null; then
            python=$candidate
            break
        fi
    done
fi
# Named by PYTHON, or the only ones there: too old, or newer than pjsua2's last wheel, which is for 3.12.
if [ -z "$python" ] || ! "$python" -c "$supported" 2>/dev/null; then
    found=$("${python:-python3}" -V 2>/dev/null || echo "no Python")
    echo "ivr: Python 3.11 or 3.12 is needed and $found was found (the SIP library pjsua2 has no wheel for 3.13 or later);" \
        "install python3.11 or python3.12 with its venv module, e.g. by pyenv or uv, then run: make PYTHON=/path/to/python3.12 …" >&2
    exit 3
fi

packages="$*"
installing=""
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
    # Debian starts it with a configuration of its own, on the port of the lines: ours is started by scripts/edge.sh.
    case $missing in *kamailio*) [ ! -d /run/systemd/system ] || $as_root systemctl mask -q kamailio.service ;; esac
    # Beside what pip does; it has ended when this script has, however that ends.
    trap wait EXIT
    {
        $as_root apt-get update -qq
        DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
    } &
    installing=$!
    case $missing in *python3-venv*)
        wait "$installing"
        installing=""
        ;;
    esac
fi

wanted=$(cat requirements.lock pyproject.toml ivr_demo/pyproject.toml | sha256sum | cut -d' ' -f1)
if [ "$(cat "$venv/.made-from" 2>/dev/null || true)" != "$wanted" ]; then
    echo "ivr: making $venv (about a minute)"
    [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
    # The lock is complete. Without --no-deps pip asks again for each extra, and refuses all of it (no hash for
    # "coverage[toml]") as soon as the index holds a newer version than the locked one.
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-compile --require-hashes -r requirements.lock
    # On all cores, where pip would use one. As with pip, what is written for another Python stays uncompiled.
    "$venv/bin/python" -m compileall -qq -j 0 "$venv/lib" || true
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . -e ./ivr_demo
    "$venv/bin/python" -m pip check --disable-pip-version-check >/dev/null || {
        "$venv/bin/python" -m pip check --disable-pip-version-check >&2
        echo "ivr: requirements.lock is not complete; run: make lock" >&2
        exit 3
    }
    echo "$wanted" >"$venv/.made-from"
fi
[ -z "$installing" ] || wait "$installing"
