#!/usr/bin/env python3
"""What culprit sees of real runs of migration and import tools: a table per tool.

usage: changes.py CULPRIT TOOLS [--misses]

TOOLS holds TOOL.RUN.log, TOOL.RUN.server.jsonl and runs.jsonl. Of a run that changed something: is its tool seen, is the last phase
right, are its tables and constraints named, by the tool's own output alone and with the server's log. A run that changed nothing has no changes.
"""
import argparse
import collections
import fnmatch
import json
import pathlib

from recognition import rows, scan

# A tool's name as culprit says it, where it is not the corpus's.
NAMES = {"django-migrate": {"django"}, "rails-migrate": {"rails"}, "psql-copy": {"psql"}, "hibernate-ddl-auto": {"hibernate"}}
PHASES = {"success": {"started", "succeeded", "rolled_back"}, "failure": {"failed"}, "success-with-errors": {"started", "succeeded", "failed"}}
COLUMNS = ("runs", "tool", "phase", "objects", "of", "server", "false")


def names(signals):
    return {value for signal in signals for thing in signal.get("objects", []) for key in ("name", "table", "constraint") if (value := thing.get(key))}


def last_phase(changes):
    """A run that failed anywhere has failed; a message of success behind it is of another step."""
    phases = [change["phase"] for change in changes if change.get("phase")]
    return "failed" if "failed" in phases else phases[-1] if phases else "none"


def measure(culprit, folder, run, counts, misses):
    output = scan(culprit, folder / run["log"])
    log = folder / run["server_log"] if run.get("server_log") else None
    server = scan(culprit, log) if log and log.exists() else []
    changes = [signal for signal in output if signal["family"] != "symptom"]
    miss = lambda what, *details: misses.append((run["run"], what, *details))
    counts["runs"] += 1
    if run["outcome"] == "success-no-change":
        counts["false"] += len(changes)
        if changes:
            miss("false", [(change["kind"], change["rule"]) for change in changes][:4])
        counts["tool"] += 1
        counts["phase"] += not changes
        return
    tools = {change.get("tool") for change in changes}
    if tools & NAMES.get(run["tool"], {run["tool"]}):
        counts["tool"] += 1
    else:
        miss("tool", tools)
    phase = last_phase(changes)
    # Of a run that fails in the server alone, the server's log says so.
    if phase in PHASES[run["outcome"]]:
        counts["phase"] += 1
    else:
        miss("phase", phase, run["outcome"])
    wanted = run["tables"] + run["constraints"]
    for found, column in ((names(output), "objects"), (names(output) | names(server), "server")):
        seen = [want for want in wanted if fnmatch.filter(found, want)]
        counts[column] += len(seen)
        if column == "server" and len(seen) < len(wanted):
            miss("objects", sorted(set(wanted) - set(seen)))
    counts["of"] += len(wanted)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("culprit")
    parser.add_argument("tools", type=pathlib.Path)
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args()
    tools, misses = collections.defaultdict(collections.Counter), []
    for run in rows(options.tools / "runs.jsonl"):
        measure(options.culprit, options.tools, run, tools[run["tool"]], misses)
    print(f"{'':22}" + "".join(f"{column:>9}" for column in COLUMNS))
    for tool, counts in [*sorted(tools.items()), ("all", sum(tools.values(), collections.Counter()))]:
        print(f"{tool:22}" + "".join(f"{counts[column]:9}" for column in COLUMNS))
    for miss in misses if options.misses else ():
        print(*miss)


if __name__ == "__main__":
    main()
