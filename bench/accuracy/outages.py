#!/usr/bin/env python3
"""How often culprit names the right cause: outages generated from a seed, with their truth, scored.

usage: outages.py CULPRIT [--cases N] [--seed S] [--half training|test] [--kind K] [--case I] [--jobs J] [--keep DIR] [--format json|csv|log|mixed]

Each case is a file of Filebeat envelopes that `culprit scan --emit incidents --format ndjson` reads; with
bench_scan_each for CULPRIT the same is done for all of them in one process, which is ten times as quick. The table gives culprit's scores with
95 % intervals next to two baselines; --json writes everything, --keep DIR keeps the worst cases with their truth, --case I runs one case alone.
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import sys
import tempfile

import baselines
import scoring
import tally
from case import KINDS
from generate import generate

CHUNK = 20


def run(culprit, options, indices, folder):
    """Some cases: for each (truth, judged rows, judged baselines, what went wrong)."""
    truths, paths = [], []
    for index in indices:
        case = generate(options.seed, options.half, index, options.format, options.kind)
        paths.append(folder / f"{options.half}-{options.seed}-{index}.ndjson")
        with open(paths[-1], "w", encoding="utf-8") as out:
            case.ship(out)
        truths.append(case.truth() | {"index": index})
    results = []
    for truth, path, incidents in zip(truths, paths, scoring.scan_all(culprit, paths)):
        if isinstance(incidents, RuntimeError):
            results.append((truth, [], {}, str(incidents)))
        else:
            results.append((truth, scoring.judge(truth, incidents), {name: baselines.judge(truth, rule) for name, rule in baselines.RULES.items()}, None))
        if not options.keep and options.case is None:
            path.unlink()
    return results


def show(rows, limit):
    """The commonest faults, then the worst cases."""
    faults = [r for r in rows if tally.bad(r)]
    print("\nfaults by kind:")
    common = collections.Counter((tally.bad(r), r["truth"] if r["truth"] != "none" else r["kind"], (r["wanted"] or ["?"])[0]) for r in faults)
    for (fault, kind, condition), count in common.most_common(limit):
        print(f"  {count:4} {fault}: {kind} ({condition})")
    print("\nthe worst cases (--case INDEX runs one alone):")
    for r in sorted(faults, key=tally.badness, reverse=True)[:limit]:
        print(f"  case {r['index']} {r['kind']} {r['format']} sees {','.join(r['seen'])} log_statement={r['log_statement']} decoys={','.join(r['decoys']) or '-'}: {tally.bad(r)}")
        print(f"      wanted {r['wanted']} lines {r['lines']}; incident {r['symptom']}")
        for blamed in r["blamed"]:
            print("      blamed", *blamed)
    return faults


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("culprit")
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--half", choices=["training", "test"], default="training")
    parser.add_argument("--kind", choices=sorted(KINDS), help="only this kind of outage")
    parser.add_argument("--case", type=int, help="only the case of this index, with its file kept and its truth shown")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=pathlib.Path, help="keep the files of cases that went wrong here")
    parser.add_argument("--format", choices=["json", "csv", "log", "mixed"], default="mixed", help="the server's log")
    parser.add_argument("--json", type=pathlib.Path, help="write scores and rows here")
    parser.add_argument("--worst", type=int, default=20, help="how many faults to show")
    return parser.parse_args()


def main():
    options = arguments()
    if options.case is not None and not options.keep:
        options.keep = pathlib.Path(tempfile.gettempdir()) / "culprit-outages"
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        folder = options.keep or pathlib.Path(scratch)
        indices = range(options.cases) if options.case is None else [options.case]
        futures = [pool.submit(run, options.culprit, options, indices[at:at + CHUNK], folder) for at in range(0, len(indices), CHUNK)]
        rows, judged, broken, truths = [], collections.defaultdict(list), [], []
        for count, (truth, own, simple, failure) in enumerate((result for future in futures for result in future.result()), 1):
            truths.append(truth)
            rows += own
            broken += [failure] if failure else []
            for name, results in simple.items():
                judged[name] += results
            if sys.stderr.isatty() and count % 20 == 0:
                print(f"\r{count}/{len(indices)}", end="", file=sys.stderr)
            path = folder / f"{options.half}-{options.seed}-{truth['index']}.ndjson"
            if options.keep and path.exists():
                if failure or options.case is not None or any(tally.bad(r) for r in own):
                    path.with_suffix(".truth.json").write_text(json.dumps({"truth": truth, "rows": own}, indent=1, ensure_ascii=False))
                else:
                    path.unlink()
    simple = {name: tally.baseline_measures(results) for name, results in judged.items()}
    print(f"{len(indices)} cases, {options.half} half, seed {options.seed}, server log {options.format}\n")
    print(tally.table(rows, simple))
    show(rows, options.worst)
    for failure in broken[:5]:
        print("scan failed:", failure)
    if options.case is not None:
        print(json.dumps(truths[0], indent=1, ensure_ascii=False))
    if options.json:
        kinds = {kind: tally.measures([r for r in rows if r["truth"] == kind]) for kind in sorted({r["truth"] for r in rows})}
        options.json.write_text(json.dumps({"cases": len(indices), "half": options.half, "seed": options.seed, "format": options.format, "culprit": tally.measures(rows),
                                            "kinds": kinds, "baselines": simple, "scan_failures": broken, "rows": rows}, indent=1, ensure_ascii=False))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
