#!/bin/sh
# The edge in front of the lines (docs/edge.md): Kamailio with config/kamailio/kamailio.cfg, in the foreground.
#   scripts/edge.sh run           until it is told to end
#   scripts/edge.sh agent LOGIN   an agent's password for its softphone, shown once; a second time: another one
# Set by the environment: EDGE_DIR (what it keeps), EDGE_LISTEN (udp:ADDRESS:PORT), EDGE_LINES and EDGE_OPERATORS (SIP
# URIs of addresses, with blanks between them), EDGE_REALM.
set -eu
folder=${EDGE_DIR:-var/edge}
realm=${EDGE_REALM:-ivr}
here=$(cd "$(dirname "$0")/.." && pwd)
umask 077
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
agents=$folder/agents
[ -e "$agents" ] || echo 'username(str) ha1(str)' >"$agents"

case ${1:-} in
agent)
    case ${2:-} in
    '' | *[!a-z0-9._-]*)
        echo "edge: an agent's login has small letters, digits, and . _ - ; usage: scripts/edge.sh agent LOGIN" >&2
        exit 2
        ;;
    esac
    password=$(head -c 18 /dev/urandom | base64 | tr '+/' '-_')
    ha1=$(printf '%s:%s:%s' "$2" "$realm" "$password" | md5sum | cut -d ' ' -f 1)
    grep -v "^$2:" "$agents" >"$agents.new" || true
    echo "$2:$ha1" >>"$agents.new"
    mv "$agents.new" "$agents"
    echo "$password"
    ;;
run)
    command -v kamailio >/dev/null || {
        echo "edge: kamailio is not installed; run: apt-get install -y --no-install-recommends kamailio" >&2
        exit 3
    }
    [ -n "${EDGE_LINES:-}" ] || {
        echo "edge: no line is named; set EDGE_LINES, for example to sip:127.0.0.1:5070" >&2
        exit 2
    }
    {
        for line in $EDGE_LINES; do echo "1 $line 0"; done
        for operator in ${EDGE_OPERATORS:-}; do echo "2 $operator 0"; done
    } >"$folder/dispatcher.list"
    exec kamailio -DD -E -m 64 -M 8 -w "$folder" -Y "$folder" -f "$here/config/kamailio/kamailio.cfg" \
        -A "EDGE_LISTEN=${EDGE_LISTEN:-udp:0.0.0.0:5060}" -A "EDGE_REALM=\"$realm\"" \
        -A "EDGE_DISPATCHER=\"$folder/dispatcher.list\"" -A "EDGE_AGENTS=\"text://$folder\""
    ;;
*)
    echo "usage: scripts/edge.sh run | agent LOGIN" >&2
    exit 2
    ;;
esac
