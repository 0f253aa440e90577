#!/usr/bin/env bash
# Runs one of the benches that talk to servers, with a Kafka and an Elasticsearch of its own on loopback; stops them behind it.
#
# usage: bench/with_services.sh SCRIPT [OPTION…]      SCRIPT.py is in this folder
#   CULPRIT_BUILD_DIR moves the build folder (default build/release).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${CULPRIT_BUILD_DIR:-$here/../build/release}
script=${1:?with_services.sh wants a script} && shift
[[ -x $build/bin/culprit && -x $build/bin/bench_drain ]] || { echo "with_services.sh: build first: cmake --preset release && ninja -C $build culprit bench_drain" >&2; exit 2; }
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
python3 "$here/$script.py" --bin "$build/bin" --broker "${broker#*//}" --elasticsearch "${elasticsearch#*//}" --work "$work" "$@"
