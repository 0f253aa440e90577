#!/usr/bin/env bash
# Installs what is missing, builds, starts the real services and runs the tests. Ends with ctest's summary.
#
# usage: tests/run.sh [unit|full]
#   unit   the quick ones: no service is started
#   (none) unit tests and end-to-end tests with Kafka, Elasticsearch and PostgreSQL, ASan+UBSan of the pure libraries, short fuzzing
#   full   the same with every unit test under ASan+UBSan, the daemon's under TSan, and fuzzing for minutes
#
# CULPRIT_BUILD_DIR moves the build folder (default build/release); sanitizers' and fuzzers' builds lie beside it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scope=${1:-default}
[[ $scope =~ ^(unit|default|full)$ && $# -le 1 ]] || {
  sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}
release=${CULPRIT_BUILD_DIR:-build/release}
beside=$(dirname "$release")
jobs=$(nproc)
fuzz_seconds=30
[[ $scope == full ]] && fuzz_seconds=300

step() { printf '\n== %s (%d:%02d)\n' "$*" $((SECONDS / 60)) $((SECONDS % 60)); }

if [[ $scope == unit ]]; then tests/install.sh build; else tests/install.sh tests; fi

configure() { # PRESET FOLDER
  local said=$2/configure.log
  mkdir -p "$2"
  cmake --preset "$1" -B "$2" -Wno-dev >"$said" || {
    cat "$said"
    exit 1
  }
}
build() { # FOLDER [TARGET…]
  local folder=$1
  shift
  cmake --build "$folder" --parallel "$jobs" ${1:+--target "$@"}
}

step "Building $release"
configure release "$release"
build "$release"

if [[ $scope == unit ]]; then
  step "Unit tests"
  exec ctest --test-dir "$release" --label-regex '^unit$' --parallel "$jobs" --output-on-failure --no-tests=error
fi

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

sanitized=(matchers_tests correlator_tests)
[[ $scope == full ]] && sanitized+=(daemon_tests)
step "ASan+UBSan: ${sanitized[*]}"
configure asan-ubsan "$beside/asan-ubsan"
build "$beside/asan-ubsan" "${sanitized[@]}"
for name in "${sanitized[@]}"; do "$beside/asan-ubsan/bin/$name" --gtest_brief=1; done

if [[ $scope == full ]]; then
  step "TSan: daemon_tests"
  configure tsan "$beside/tsan"
  build "$beside/tsan" daemon_tests
  "$beside/tsan/bin/daemon_tests" --gtest_brief=1
fi

# tests/fuzz/seeds/NAME, where there is one, is where fuzz_NAME begins.
configure fuzz "$beside/fuzz"
mapfile -t fuzzers < <(cmake --build "$beside/fuzz" --target help | sed -n 's/^\(fuzz_[a-z0-9_]*\): .*/\1/p' | sort -u)
step "Fuzzing, $fuzz_seconds s each: ${fuzzers[*]:?tests/fuzz has no targets}"
build "$beside/fuzz" "${fuzzers[@]}"
for name in "${fuzzers[@]}"; do
  found=$beside/fuzz/found/$name seeds=tests/fuzz/seeds/${name#fuzz_}
  mkdir -p "$found"
  [[ -d $seeds ]] || seeds=
  "$beside/fuzz/bin/$name" -max_total_time="$fuzz_seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0 -artifact_prefix="$found/" "$found" ${seeds:+"$seeds"}
  echo "$name: nothing found"
done

step "The demo"
CULPRIT_BUILD_DIR=$release CULPRIT_DEMO_PORT=${CULPRIT_DEMO_PORT:-18780} deploy/demo.sh --exit

step "Unit tests, then end-to-end tests with real services"
ctest --test-dir "$release" --parallel "$jobs" --output-on-failure --no-tests=error
