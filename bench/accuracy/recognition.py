#!/usr/bin/env python3
"""How much of real logs culprit recognises, against their ground truth: a table per run, format, stack and tool.

usage: recognition.py CULPRIT CORPUS [postgresql|applications] [--misses N]

CORPUS holds postgresql/RUN/{postgresql.log,postgresql.csv,postgresql.json,truth.jsonl}[.zst] with stats.json, and
applications/*.log with truth.jsonl. A symptom is right when it stands at the entry's line and has the SQLSTATE's kind; its object
is right when constraint, table and column say what the truth says. Entries whose object is nowhere in their text do not count for objects.
"""
import argparse
import collections
import csv
import json
import pathlib
import re
import subprocess

csv.field_size_limit(1 << 30)

# The SQLSTATE classes that matter to an incident; 25P02 only repeats an earlier error.
CLASSES = {"08", "22", "23", "25", "3D", "3F", "40", "42", "53", "54", "55", "57", "58", "XX"}
# Errors of drivers that carry no SQLSTATE, under the condition they amount to.
WITHOUT_SQLSTATE = {"connection_refused": {"connection_failure", "sqlclient_unable_to_establish_sqlconnection", "cannot_connect_now"}}
# A session that the server ended, of which the client printed only that its connection is gone.
ENDED_BY_THE_SERVER = {"admin_shutdown", "crash_shutdown", "idle_session_timeout"}


def wanted(sqlstate):
    return bool(sqlstate) and sqlstate[:2] in CLASSES and sqlstate != "25P02"


def scan(culprit, path, *options):
    run = subprocess.run([culprit, "scan", "--emit", "signals", "--format", "ndjson", *options, str(path)], capture_output=True, check=False)
    if run.returncode:
        raise SystemExit(f"culprit scan {path}: exit {run.returncode}: {run.stderr.decode(errors='replace')[:500]}")
    return [json.loads(line) for line in run.stdout.decode(errors="replace").split("\n") if line]


def rows(path):
    if path.suffix == ".zst":
        text = subprocess.run(["zstd", "-dcq", str(path)], capture_output=True, check=True).stdout.decode()
    else:
        text = path.read_text()
    return [json.loads(line) for line in text.split("\n") if line]


def visible(name, text):
    """A name counts where the entry shows it: a deferred constraint at COMMIT, say, does not name its table."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def shown_text(lines, truth):
    """What an entry shows of its objects: neither what an operation is called (`POST /orders`), nor the logger's name
    (`- shop.orders - ERROR -`), nor a NOTICE that cuts some name of the statement (`identifier "…" will be truncated to "…"`)."""
    text = "\n".join(line for line in lines[truth["line_start"] - 1 : truth["line_end"]] if not re.search(r'identifier ".*" will be truncated to "', line))
    text = re.sub(r"^(\S+ \S+ - )[\w.]+( - [A-Z]+ - )", r"\1\2", text)
    return text.replace(truth.get("operation") or "\0", "")


def true_table(truth):
    """The table in PostgreSQL's sense: a row that is still referred to violates the constraint of the table that refers to it.
    The driver says that one; where it said none, the corpus has the table that the statement was about."""
    deleted = re.search(r'update or delete on table ".*" violates foreign key constraint ".*" on table "(.*)"', truth.get("primary") or "")
    return deleted.group(1) if truth.get("table_from") == "test" and deleted else truth.get("table")


def same_object(signal, truth, keys):
    return all(not truth.get(key) or truth[key] in names_of(signal, key) for key in keys)


def names_of(signal, key):
    """A driver's truth may hold the schema with the table, and the quotation marks of the statement."""
    name, schema = signal.get(key), signal.get("schema")
    return {name, f'"{name}"'} | ({f"{schema}.{name}"} if name and schema else set())


class Score:
    def __init__(self):
        self.counts = collections.Counter()
        self.misses = []

    def miss(self, what, *details):
        self.misses.append((what, *details))

    def line(self, name):
        c = self.counts
        share = lambda a, b: f"{100 * a / b:7.2f}" if b else "      -"
        return (f"{name:44} {c['truth']:6} {share(c['found'], c['truth'])} {share(c['kind'], c['found'])} "
                f"{share(c['object'], c['objects'])} {c['false']:6} {c['extra']:6}")

    HEAD = f"{'':44} {'truth':>6} {'recall':>7} {'kind':>7} {'object':>7} {'false':>6} {'twice':>6}"


def csv_lines(path):
    """The line at which each csvlog entry begins, by session and its count there: formats of one run differ in their order."""
    text = subprocess.run(["zstd", "-dcq", str(path)], capture_output=True, check=True).stdout.decode(errors="replace")
    reader = csv.reader(line + "\n" for line in text.split("\n"))
    lines, begin = {}, 1
    for row in reader:
        if len(row) > 6:
            lines[row[5], int(row[6])] = begin
        begin = reader.line_num + 1
    return lines


def compare(score, symptoms, truths, line_of, keys):
    """Symptoms against truth rows, by the line at which an entry begins."""
    at = collections.defaultdict(list)
    for symptom in symptoms:
        at[symptom["source"].get("line")].append(symptom)
    known = set()
    for truth in truths:
        line = line_of(truth)
        known.add(line)
        if not wanted(truth["sqlstate"]):
            continue
        score.counts["truth"] += 1
        found = at.get(line, [])
        if not found:
            score.miss("missed", line, truth["sqlstate"], truth["message"][:120])
            continue
        score.counts["found"] += 1
        score.counts["extra"] += len(found) - 1
        if found[0].get("sqlstate") == truth["sqlstate"]:
            score.counts["kind"] += 1
        else:
            score.miss("kind", line, truth["sqlstate"], found[0].get("kind"), truth["message"][:120])
        text = " ".join(truth.get(field) or "" for field in ("message", "detail", "context", "statement"))
        expected = {key: name for key in keys if (name := truth.get("truth", {}).get(key)) and visible(name, text)}
        if any(expected.values()):
            score.counts["objects"] += 1
            if same_object(found[0], expected, keys):
                score.counts["object"] += 1
            else:
                score.miss("object", line, truth["sqlstate"], expected, {key: found[0].get(key) for key in keys}, truth["message"][:160])
    for line, found in at.items():
        if line not in known:
            score.counts["false"] += len(found)
            score.miss("false", line, found[0].get("kind"), found[0].get("message", "")[:120])


def postgresql(culprit, corpus):
    for run in sorted((corpus / "postgresql").iterdir()):
        truths = rows(run / "truth.jsonl.zst")
        prefix = json.loads((run / "stats.json").read_text())["prefix"]
        in_csv = csv_lines(run / "postgresql.csv.zst")
        for name, column, options in (("json", "json_line", ()), ("csv", "csv_line", ()), ("log", "stderr_line", ("--log-line-prefix", prefix)),
                                      ("log, prefix detected", "stderr_line", ())):
            score = Score()
            # The truth has a row for each ERROR, FATAL and PANIC. Lock waits and slow statements are told of at LOG, have no
            # SQLSTATE, and are not judged by it.
            symptoms = [s for s in scan(culprit, run / f"postgresql.{name.split(',')[0]}.zst", *options)
                        if s["family"] == "symptom" and s.get("sqlstate")]
            line_of = (lambda truth: in_csv.get((truth["session_id"], truth["line_num"]))) if name == "csv" else (lambda truth: truth[column])
            compare(score, symptoms, truths, line_of, ("table", "column", "constraint"))
            yield f"{run.name} {name}", score


def applications(culprit, corpus):
    folder = corpus / "applications"
    by_file = collections.defaultdict(list)
    for row in rows(folder / "truth.jsonl"):
        by_file[row["file"]].append(row)
    scores = collections.defaultdict(Score)
    for file, truths in sorted(by_file.items()):
        score = scores[truths[0]["stack"]]
        lines = (folder / file).read_text(errors="replace").split("\n")
        symptoms = [s for s in scan(culprit, folder / file) if s["family"] == "symptom"]
        real = [t for t in truths if t["kind"] not in ("lookalike", "not_postgres") and t.get("logged", True)]
        used = set()
        for truth in real:
            inside = [i for i, s in enumerate(symptoms) if truth["line_start"] <= s["source"].get("line", -1) <= truth["line_end"]]
            used.update(inside)
            if truth["sqlstate"] and not wanted(truth["sqlstate"]) or not truth["in_text"].get("primary", True) and not truth["in_text"].get("sqlstate"):
                continue
            score.counts["truth"] += 1
            if not inside:
                score.miss("missed", file, truth["line_start"], truth["sqlstate"], truth["kind"], truth.get("primary", "")[:100])
                continue
            score.counts["found"] += 1
            score.counts["extra"] += len(inside) - 1
            best = symptoms[inside[0]]
            kinds = WITHOUT_SQLSTATE.get(truth["kind"], set())
            if truth["kind"] in ENDED_BY_THE_SERVER and not truth["in_text"].get("primary"):
                kinds = kinds | {"connection_failure"}
            if any(symptoms[i].get("sqlstate") == truth["sqlstate"] or symptoms[i]["kind"] in kinds | {truth["kind"]} for i in inside):
                score.counts["kind"] += 1
            else:
                score.miss("kind", file, truth["line_start"], truth["sqlstate"], truth["kind"], best.get("kind"))
            # The table within `orders_pkey` is a guess, not a name that the entry shows.
            text, names = shown_text(lines, truth), truth | {"table": true_table(truth)}
            keys = [key for key in ("constraint", "table") if truth["in_text"].get(key) and names.get(key) and visible(names[key], text)]
            if keys:
                score.counts["objects"] += 1
                if any(same_object(symptoms[i], names, keys) for i in inside):
                    score.counts["object"] += 1
                else:
                    score.miss("object", file, truth["line_start"], {key: names[key] for key in keys}, {key: best.get(key) for key in keys})
        for i, symptom in enumerate(symptoms):
            if i not in used:
                score.counts["false"] += 1
                score.miss("false", file, symptom["source"].get("line"), symptom["kind"], symptom.get("message", "")[:100])
    yield from sorted(scores.items())


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("culprit")
    arguments.add_argument("corpus", type=pathlib.Path)
    arguments.add_argument("part", nargs="?", choices=["postgresql", "applications"])
    arguments.add_argument("--misses", type=int, default=0, help="show so many of each part's misses")
    options = arguments.parse_args()
    print(Score.HEAD)
    for part in (postgresql, applications):
        if options.part in (None, part.__name__):
            for name, score in part(options.culprit, options.corpus):
                print(score.line(name), flush=True)
                for miss in score.misses[:options.misses]:
                    print("    ", *miss)


if __name__ == "__main__":
    main()
