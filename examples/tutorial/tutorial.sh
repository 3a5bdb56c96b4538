#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tutorial.sh BUILD: a hub, a leaf node that dials it, a replier at the hub, and a request at the
# leaf. The ports are those of the two configuration files and of nats-server: 4222, 7422, 4111.
# Every process that it starts is stopped by its id at the end.

set -eu
build=$(cd "$1" && pwd)
cd "$(dirname "$0")"
server=$build/examples/leafnats-server
leafnats=$build/examples/leafnats/leafnats
logs=$(mktemp -d)
started=()

stop_all() {
  status=$?
  for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
  wait
  [[ $status == 0 ]] || tail -n 20 "$logs"/*.log
  rm -rf "$logs"
}
trap stop_all EXIT

start() { # NAME COMMAND...: in the background, its output in NAME.log
  echo "\$ ${*:2}" | sed "s|$build/[a-z/]*/||"
  "${@:2}" >"$logs/$1.log" 2>&1 </dev/null &
  started+=($!)
}

await() { # NAME TEXT: until the output of NAME has the text
  timeout 10 grep -q -m 1 "$2" < <(tail -n +1 -f -s 0.05 --pid="${started[-1]}" "$logs/$1.log") ||
    { echo "$1 does not say: $2"; return 1; }
}

start hub "$server" -c hub.conf
await hub "Server is ready"
start replier "$leafnats" reply -s nats://s3cr3t@localhost q 42
await replier "Listening on"
start leaf "$server" -c leaf.conf
await leaf "Leafnode connection created"

# Interest in q follows the new link within moments; until then nobody seems to answer.
request=(leafnats req -s nats://127.0.0.1:4111 q "")
echo '$ leafnats req -s nats://127.0.0.1:4111 q ""'
until answer=$("$leafnats" "${request[@]:1}" 2>&1); do
  [[ $SECONDS -lt 20 ]] || { echo "$answer"; exit 1; }
done
echo "$answer"
