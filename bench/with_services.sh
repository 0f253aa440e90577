#!/usr/bin/env bash
# Everything on, from Kafka to Elasticsearch, beside the bare drain, rsyslog and `kcat | rg` on the same topic.
#
# usage: bench/end_to_end.sh [--messages N] [--rounds N] [--only NAME,…] [--out DIR]
#   Starts a Kafka and an Elasticsearch of its own on loopback, fills two topics of four partitions (0.5 % errors; all errors), runs
#   the contenders in turn, round by round, after each has given the right answer. Prints a table; --out gets results.json and
#   results.svg. CULPRIT_BUILD_DIR moves the build folder (default build/release). Peers that are not installed are left out.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${CULPRIT_BUILD_DIR:-$here/../build/release}
[[ -x $build/bin/culprit && -x $build/bin/bench_drain ]] || { echo "end_to_end.sh: build first: cmake --preset release && ninja -C $build culprit bench_drain" >&2; exit 2; }
work=$(mktemp -d /tmp/culprit-bench.XXXXXX)
chmod 755 "$work"
services=$here/../tests/services.sh
finish() {
  "$services" stop kafka --dir "$work" || true
  "$services" stop elasticsearch --dir "$work" || true
  rm -rf "$work"
}
trap finish EXIT
broker=$("$services" start kafka --dir "$work" --port 0 | tail -n 1)
elasticsearch=$("$services" start elasticsearch --dir "$work" --port 0 | tail -n 1)
python3 "$here/end_to_end.py" --bin "$build/bin" --broker "${broker#*//}" --elasticsearch "${elasticsearch#*//}" --work "$work" "$@"
