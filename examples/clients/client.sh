#!/bin/sh
# Drives pm from a shell: HTTP and JSON over a socket, with curl.
set -eu

# region client
# pm METHOD PATH [BODY]: prints the answer. Where pm says no, the answer says why, and the code is 22.
pm() {
  curl --silent --fail-with-body --unix-socket "$PM_SOCKET" --request "$1" \
    --header 'Content-Type: application/json' ${3:+--data "$3"} "http://pm/api/v1$2"
}

# first KEY: its first value in the JSON that is read, as it stands there. Whoever has jq takes that.
first() {
  grep -oE "\"$1\":(\"([^\"\\]|\\\\.)*\"|[^],}]*)" | head -n 1 | cut -d: -f2-
}

nap='{"command": ["sh", "-c", "echo asleep; exec sleep 600"], "ready": {"log": "asleep"}}'
echo "created: $(pm PUT '/processes/nap?wait=10s' "$nap" | first changed)"
echo "again: $(pm PUT '/processes/nap?wait=10s' "$nap" | first changed)"
echo "state: $(pm GET /processes/nap | first state)"
echo "log: $(pm GET '/processes/nap/logs?tail=1' | first msg)"
pm DELETE '/processes/nap?wait=10s' >/dev/null
pm GET /processes/nap # ends with 22: there is no process "nap"
# endregion
