"""Incidents against the truth: what was recognised, what was blamed, and how sure culprit was.

An incident belongs to the problem whose kind, object and database it has and with which it overlaps in time. Of several such incidents
the one with most symptoms speaks for the problem; the others count for precision too. A cause is right when it cites a line of the
truth's, or an event within five seconds of one, as its host logged the time.
"""
import collections
import datetime
import json
import subprocess

NEAR = 5.0
# The same problem under another name: what a driver says where it gives no SQLSTATE, and lock waits beside the timeouts they end in.
SAME_KIND = [{"query_canceled", "lock_wait", "lock_not_available"}, {"too_many_connections", "connection_failure", "sqlclient_unable_to_establish_sqlconnection"}]


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def scan(culprit, path, *options):
    """The incidents of one file. Nothing on stderr and exit code 0 is part of the contract."""
    run = subprocess.run([culprit, "scan", "--emit", "incidents", "--format", "ndjson", *options, str(path)], capture_output=True, text=True, errors="replace", check=False)
    if run.returncode:
        raise RuntimeError(f"{path}: exit {run.returncode}: {run.stderr.strip()[:300]}")
    return [json.loads(line)["culprit"] for line in run.stdout.split("\n") if line.strip()]


def scan_all(culprit, paths):
    """The incidents of each file, or the RuntimeError that its scan ended in."""
    if not str(culprit).endswith("bench_scan_each"):
        return [attempt(culprit, path) for path in paths]
    run = subprocess.run([culprit], input="".join(f"{path}\n" for path in paths), capture_output=True, text=True, errors="replace", check=False)
    found = {} if not run.stdout.strip() else {each["path"]: [incident["culprit"] for incident in each["incidents"]] for each in map(json.loads, run.stdout.strip().split("\n"))}
    return [found.get(str(path), RuntimeError(f"{path}: exit {run.returncode}: {run.stderr.strip()[:300]}")) for path in paths]


def attempt(culprit, path):
    try:
        return scan(culprit, path)
    except RuntimeError as failure:
        return failure


def same_kind(symptom, problem):
    kind = symptom.get("kind")
    return symptom.get("sqlstate") == problem["sqlstate"] and problem["sqlstate"] != "00000" or kind == problem["condition"] \
        or any({kind, problem["condition"]} <= group for group in SAME_KIND)


def same_object(symptom, problem):
    """Names that both sides give must agree; a constraint decides alone, since it may be all that there is."""
    if problem["constraint"]:
        return symptom.get("constraint") == problem["constraint"] or not symptom.get("constraint") and symptom.get("table") in (None, problem["table"])
    return all(not problem[key] or not symptom.get(key) or symptom[key] == problem[key] or symptom[key].endswith("." + problem[key]) for key in ("table", "column"))


def belongs(incident, problem):
    symptom = incident["symptom"]
    return same_kind(symptom, problem) and same_object(symptom, problem) and symptom.get("database") in (None, "", problem["database"]) \
        and seconds(incident["onset"]) - 30 <= problem["last"] and problem["first"] <= seconds(incident["last_seen"]) + 30


def cites(cause, problem):
    lines, times = problem["lines"], problem["times"]
    cited = [s.get("line") for s in [cause.get("source") or {}, *cause.get("sources", [])]]
    at = seconds(cause["time"])
    return any(line in lines for line in cited) or any(abs(at - time) <= NEAR for time in times)


def judge(case, incidents):
    """Rows, one for each problem and one for each further incident, as `Tally` counts them."""
    rows, taken = [], collections.defaultdict(list)
    problems = case["problems"]
    for incident in incidents:
        own = [p for p in problems if belongs(incident, p)]
        # The most telling problem: the one that names most of what the incident names, then the nearest in time.
        own.sort(key=lambda p: (p["constraint"] != incident["symptom"].get("constraint"), p["database"] != incident["symptom"].get("database"), abs(p["first"] - seconds(incident["onset"]))))
        taken[problems.index(own[0]) if own else None].append(incident)
    for number, problem in enumerate(problems):
        found = sorted(taken.get(number, []), key=lambda i: -i["symptom"]["count"])
        if not found:
            if not problem["optional"] and not problem["earlier"]:
                rows.append(row(case, problem, None, "missed"))
            continue
        for i, incident in enumerate(found):
            if problem["earlier"] and incident["attribution"] != "attributed":
                continue
            rows.append(row(case, problem, incident, "main" if i == 0 else "further"))
    for incident in taken.get(None, []):
        rows.append(row(case, None, incident, "unknown"))
    return rows


def row(case, problem, incident, role):
    causes = (incident or {}).get("causes") or []
    has_cause = bool(problem) and bool(problem["lines"])
    right = [has_cause and cites(cause, problem) for cause in causes]
    attributed = bool(incident) and incident["attribution"] == "attributed"
    tolerated = bool(problem) and problem["tolerant"]
    return {"seed": case["seed"], "index": case.get("index"), "kind": case["kind"], "truth": "none" if not has_cause else problem["kind"], "hidden": bool(problem) and problem["hidden"],
            "role": role, "tolerant": tolerated, "attributed": attributed, "top1": bool(right[:1]) and right[0], "top3": any(right[:3]), "has_cause": has_cause,
            "confidence": causes[0]["confidence"] if causes else None, "blamed": describe(causes[:2]), "decoys": case["decoys"], "format": case["format"],
            "symptom": (incident["symptom"].get("kind"), name(incident["symptom"])) if incident else None,
            "wanted": (problem["condition"], problem["constraint"] or problem["table"] or problem["column"], problem["database"]) if problem else None,
            "evidence": "+".join(problem["evidence"]) if problem else "", "lines": problem["lines"][:6] if problem else [], "seen": case["seen"], "log_statement": case["log_statement"], "offset": causes[0].get("offset_seconds") if causes else None}


def name(symptom):
    return symptom.get("constraint") or symptom.get("column") or symptom.get("table")


def describe(causes):
    return [(c["confidence"], c["kind"], c.get("operation") or c.get("tool") or c.get("release"), c.get("summary", "")[:110], (c.get("source") or {}).get("line"),
             " ".join(f"{e['name']}{e['weight']:+.1f}" for e in c.get("evidence", []))) for c in causes]
