#!/usr/bin/env bash
# Holds two builds against each other, so that a slower change is seen.
#
# usage: bench/compare.sh OLD NEW [ROUNDS]      two build folders; 5 rounds, in turn, of every bench that both have
#   Prints each benchmark's speed in NEW as a ratio of OLD (the median of the rounds' ratios). Ends with 1 when one is below 0.90.
set -euo pipefail
(($# >= 2)) && [[ -d $1/bin && -d $2/bin ]] || { sed -n '4,5s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 2; }
old=$1 new=$2 rounds=${3:-5}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
for ((round = 0; round < rounds; round++)); do
  for bench in filter decoding fold; do
    [[ -x $old/bin/bench_$bench && -x $new/bin/bench_$bench ]] || continue
    for side in old new; do
      # CPU time, as others may be at work on the machine.
      "${!side}/bin/bench_$bench" --benchmark_format=json --benchmark_min_time=0.2 >"$results/$side.$bench.$round" 2>/dev/null
    done
  done
done
python3 - "$results" <<'PYTHON'
import collections, json, pathlib, statistics, sys
runs = collections.defaultdict(dict)
for path in pathlib.Path(sys.argv[1]).iterdir():
    side, bench, turn = path.name.split('.')
    for run in json.loads(path.read_text())['benchmarks']:
        runs[bench, run['name']].setdefault(turn, {})[side] = run['cpu_time']
worst = 9.0
for (bench, name), turns in sorted(runs.items()):
    ratios = [times['old'] / times['new'] for times in turns.values() if len(times) == 2]
    if not ratios:
        continue
    ratio = statistics.median(ratios)
    worst = min(worst, ratio)
    print(f'{ratio:6.2f}  bench_{bench} {name}')
sys.exit(worst < 0.90)
PYTHON
