#!/usr/bin/env python3
"""culprit's causes for recorded outages, against their truth, with the server's log in each of its three formats.

usage: recorded.py CULPRIT SCENARIOS_DIR [NAME…] [--keep DIR]

SCENARIOS_DIR holds NN_name/ with the streams as they were collected, ingest.jsonl (when which lines arrived) and truth.json (each
symptom's cause, each cause's references). Listed are problems without an incident, wrong and missing attributions, attributions where
nothing is to blame, and incidents that differ between the formats. Exit code 1 when there is any.
"""
import argparse
import json
import pathlib
import re
import sys
import tempfile

import scoring

CONDITIONS = {"23505": "unique_violation", "23503": "foreign_key_violation", "23502": "not_null_violation", "23514": "check_violation", "42P01": "undefined_table",
              "42703": "undefined_column", "57014": "query_canceled", "55P03": "lock_not_available", "42501": "insufficient_privilege", "53300": "too_many_connections",
              "22P02": "invalid_text_representation", "25006": "read_only_sql_transaction", "22012": "division_by_zero", "42601": "syntax_error"}
FORMATS = {"json": "line", "csv": "csv_line", "log": "log_line"}


def ship(folder, out, form):
    """The streams as Filebeat sends them, in the order and with the time of arrival; where each line went."""
    where, shipped, text = {}, 0, {}
    for entry in map(json.loads, (folder / "ingest.jsonl").read_text().splitlines()):
        stream = entry["stream"]
        if stream.startswith("postgres") and not stream.endswith("." + form):
            continue
        if stream not in text:
            text[stream] = (folder / stream).read_bytes().decode("utf-8", "replace").split("\n")
        for number in range(entry["line_start"], entry["line_end"] + 1):
            shipped += 1
            where[stream, number] = shipped
            host = "db-replica" if stream.startswith("postgres-replica") else "db-primary" if stream.startswith("postgres") else "node-1"
            envelope = {"@timestamp": entry["t"], "message": text[stream][number - 1], "log": {"file": {"path": "/var/log/" + stream}},
                        "agent": {"type": "filebeat"}, "host": {"name": host}}
            app = re.fullmatch(r"app\.([^.]+)(?:\.([^.]+))?\.log", stream)
            if app:
                envelope["service"] = {"name": app[1], "environment": "staging" if app[1].endswith("-staging") else "production"}
                if app[2]:
                    envelope["kubernetes"] = {"pod": {"name": app[2]}}
            out.write(json.dumps(envelope, ensure_ascii=False) + "\n")
    return where


def references(causes, where, form):
    """Per cause, the shipped lines and the times of arrival that are right."""
    out = {}
    for name, cause in causes.items():
        lines, times = set(), []
        for reference in cause["refs"]:
            stream, number = reference["stream"], reference["line"]
            if stream.startswith("postgres"):
                stream, number = re.sub(r"\.json$", "." + form, stream), reference.get(FORMATS[form])
            lines.add(where.get((stream, number)))
            times.append(scoring.seconds(reference["ingest"]))
        out[name] = {"lines": lines - {None}, "times": times}
    return out


def problems(truth, right):
    """The symptoms of the applications and of the server alone, joined to problems as incidents show them."""
    rows = [(s, s["constraint"], s["table"], s["service"]) for s in truth["symptoms"]]
    rows += [(s, None, None, s.get("application_name")) for s in truth["server_errors"] if not s.get("symptom")]
    joined = {}
    for symptom, constraint, table, service in rows:
        tool = symptom.get("origin") == "tool_or_setup"
        cause, at = symptom.get("cause"), scoring.seconds(symptom["time"])
        named = next((quoted for quoted in re.findall(r'"([^"]+)"', symptom["message"])), None) if symptom["sqlstate"] == "42P01" else table
        key = symptom["sqlstate"], constraint, named, symptom["database"], cause, tool
        problem = joined.setdefault(key, {"condition": CONDITIONS.get(symptom["sqlstate"], ""), "sqlstate": symptom["sqlstate"], "constraint": constraint,
                                          "table": named.split(".")[-1] if named else None, "column": None, "database": symptom["database"], "service": service, "cause": cause,
                                          "first": at, "last": at, "optional": tool, "count": 0, "lines": set(), "times": [], **right.get(cause, {})})
        problem.update(first=min(problem["first"], at), last=max(problem["last"], at), count=problem["count"] + 1)
    return list(joined.values())


def verdicts(problem, incidents, causes, right):
    """What is wrong about this problem, one line each. A tool's own error may be blamed on that tool's run or on nothing."""
    name = f"{problem['condition'] or problem['sqlstate']} {problem['constraint'] or problem['table'] or ''} in {problem['database']} ({problem['service']})"
    found = [i for i in incidents if scoring.belongs(i, problem)]
    if not found and not problem["optional"]:
        yield f"MISSING  no incident for {name}, {problem['count']} symptoms"
    for incident in found:
        blamed = scoring.describe(incident["causes"][:2])
        if problem["optional"] and incident["attribution"] == "attributed" and any(scoring.cites(incident["causes"][0], cause) for cause in right.values()):
            continue
        if problem["cause"] is None and incident["attribution"] == "attributed":
            yield f"FALSE    {name}: nothing is to blame, got {blamed}"
        elif problem["cause"] and incident["attribution"] != "attributed":
            yield f"NONE     {name}: wanted {causes[problem['cause']]['kind']} at lines {sorted(problem['lines'])}, got {incident['attribution']} of {blamed}"
        elif problem["cause"] and not scoring.cites(incident["causes"][0], problem):
            yield f"WRONG    {name}: wanted {causes[problem['cause']]['kind']} at lines {sorted(problem['lines'])}, got {blamed}"


def outage(culprit, folder, scratch):
    """(problems, faults) of one recorded outage over the three formats."""
    truth = json.loads((folder / "truth.json").read_text())
    faults, seen, count = [], {}, 0
    for form in FORMATS:
        path = scratch / f"{folder.name}.{form}.ndjson"
        with open(path, "w", encoding="utf-8") as out:
            where = ship(folder, out, form)
        incidents = scoring.scan(culprit, path)
        seen[form] = sorted((i["id"], i["symptom"]["kind"], scoring.name(i["symptom"]), i["symptom"]["count"], i["attribution"]) for i in incidents)
        right = references(truth["causes"], where, form)
        wanted = problems(truth, right)
        count += len(wanted)
        for problem in wanted:
            faults += [f"{form:4} {line}" for line in verdicts(problem, incidents, truth["causes"], right)]
        for incident in incidents:
            if incident["attribution"] == "attributed" and not any(scoring.belongs(incident, problem) for problem in wanted):
                faults.append(f"{form:4} FALSE    no such symptom in the truth: {incident['symptom'].get('kind')} {scoring.name(incident['symptom'])}, got {scoring.describe(incident['causes'][:1])}")
    for form in ("csv", "log"):
        if seen[form] != seen["json"]:
            only = {"json": [i for i in seen["json"] if i not in seen[form]], form: [i for i in seen[form] if i not in seen["json"]]}
            faults.append(f"{form:4} DIFFERS  {only}")
    return count, faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("culprit")
    parser.add_argument("scenarios", type=pathlib.Path)
    parser.add_argument("names", nargs="*", help="only outages whose names begin so")
    parser.add_argument("--keep", type=pathlib.Path, help="keep the shipped files here")
    options = parser.parse_args()
    total = wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        keep = options.keep or pathlib.Path(scratch)
        keep.mkdir(parents=True, exist_ok=True)
        for folder in sorted(path for path in options.scenarios.iterdir() if (path / "truth.json").exists()):
            if options.names and not folder.name.startswith(tuple(options.names)):
                continue
            count, faults = outage(options.culprit, folder, keep)
            total, wrong = total + count, wrong + len(faults)
            print(f"{folder.name:40} {count:3} problems  {'right' if not faults else f'{len(faults)} faults'}", flush=True)
            for fault in faults:
                print("    ", fault)
    print(f"{total} problems in three formats, {wrong} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
