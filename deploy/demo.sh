#!/usr/bin/env bash
# Installs what is missing, builds culprit, and replays three recorded outages through the daemon on its embedded store: the lines
# arrive in a log file as they once did, sixty times as fast, and incidents are printed as they form. Then the daemon goes on
# serving http://127.0.0.1:8780 until Ctrl-C.
#
# usage: deploy/demo.sh [--exit]
#   --exit   end when the incidents are complete; 0 only if each names its cause (also: CULPRIT_DEMO_EXIT=1, or CI without a terminal)
#
# CULPRIT_BUILD_DIR moves the build folder, CULPRIT_DEMO_PORT the port, CULPRIT_DEMO_SPEED the speed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

end_when_complete=${CULPRIT_DEMO_EXIT:-0}
[[ -n ${CI:-} && ! -t 0 ]] && end_when_complete=1
case "${1:-}" in
  --exit) end_when_complete=1 ;;
  '') ;;
  *)
    sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
build=${CULPRIT_BUILD_DIR:-build/release}
port=${CULPRIT_DEMO_PORT:-8780}
speed=${CULPRIT_DEMO_SPEED:-60}

# What each outage's incident is about, and when what caused it happened.
declare -A right=(
  [uq_customers_phone]='(schema_change|migration) 2026-11-20T12:20:45'
  [wishlists]='deployment 2026-11-20T12:26:05'
  [tickets_pkey]='import 2026-11-20T12:24:29'
)

tests/install.sh build jq

echo "Building culprit in $build"
cmake --preset release -B "$build" -Wno-dev >/dev/null
cmake --build "$build" --parallel "$(nproc)" --target culprit

state=$(mktemp -d /tmp/culprit-demo.XXXXXX)
daemon='' replay=''
finish() {
  for pid in $replay $daemon; do kill "$pid" 2>/dev/null || true; done
  [[ -z $daemon ]] || wait "$daemon" 2>/dev/null || true
  rm -rf "$state"
}
trap finish EXIT
trap 'exit 130' INT TERM

touch "$state/shipped.ndjson"
cat >"$state/culprit.yaml" <<YAML
labels: {environment: production}
sources:
  - file: {paths: ['$state/shipped.ndjson'], follow: true}
signal_log: {sqlite: {path: '$state/signals.db'}}
sinks:
  - file: {path: '-', format: text}
  - file: {path: '$state/incidents.ndjson', format: ndjson}
http: {listen: '127.0.0.1:$port'}
YAML

"$build/bin/culprit" run --config "$state/culprit.yaml" 2>"$state/daemon.log" &
daemon=$!
alive() {
  kill -0 "$daemon" 2>/dev/null || {
    echo "demo.sh: culprit ended:" >&2
    tail -n 20 "$state/daemon.log" >&2
    exit 1
  }
}
for ((i = 0; ; i++)); do
  alive
  curl -fs -o /dev/null "http://127.0.0.1:$port/healthz" && break
  ((i < 300)) || { echo "demo.sh: culprit does not answer on port $port" >&2; exit 1; }
  sleep 0.1
done

echo
echo "Replaying $(cat deploy/examples/*.ndjson | wc -l) recorded lines, $speed times as fast"
echo
# Each line begins with the time of its arrival; all of them lie in one hour.
sort -m deploy/examples/*.ndjson | perl -e '
  use strict; use warnings;
  my ($speed, $last) = (shift @ARGV, undef);
  $| = 1;
  while (<STDIN>) {
    my ($hours, $minutes, $seconds) = /T(\d\d):(\d\d):([\d.]+)Z/ or die "a line without a time: $_";
    my $time = ($hours * 60 + $minutes) * 60 + $seconds;
    select undef, undef, undef, ($time - $last) / $speed if defined $last && $time > $last;
    $last = $time;
    print;
  }' "$speed" >>"$state/shipped.ndjson" &
replay=$!

# The newest revision of each incident, as OBJECT STATUS CAUSE: kind and time of its first cause, where it has been attributed.
incidents() {
  jq -rs 'group_by(.culprit.id) | map(last.culprit) | .[] | select(.status != "merged")
          | "\(.symptom.constraint // .symptom.table) \(.status) \(if .attribution == "attributed" then .causes[0] | "\(.kind) \(.time[:19])" else "none" end)"' \
    "$state/incidents.ndjson" 2>/dev/null
}
each_names_its_cause() {
  local object status cause count=0
  while read -r object status cause; do
    [[ -n ${right[$object]:-} && $status == resolved && $cause =~ ^${right[$object]}$ ]] || return 1
    count=$((count + 1))
  done < <(incidents)
  ((count == ${#right[@]}))
}

wait "$replay" || { echo "demo.sh: the replay failed" >&2; exit 1; }
replay=''
complete=1
for ((i = 0; ; i++)); do
  alive
  each_names_its_cause && break
  ((i < 300)) || { complete=0; break; }
  sleep 0.2
done

if ((complete)); then
  echo
  echo "Three outages, three incidents: each names its cause, and each is resolved."
else
  echo "demo.sh: not every incident names its cause and is resolved:" >&2
  incidents >&2
fi
if ((end_when_complete)); then
  kill -TERM "$daemon"
  wait "$daemon" || { echo "demo.sh: culprit did not stop cleanly" >&2; complete=0; }
  daemon=''
  exit $((1 - complete))
fi
echo "culprit serves http://127.0.0.1:$port (Ctrl-C ends it)"
wait "$daemon"
