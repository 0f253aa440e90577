"""One generated outage: its streams, its timeline, what is visible of it, and the truth about it."""
import dataclasses
import datetime
import hashlib
import json
import random

from names import Names

KINDS = {}


@dataclasses.dataclass(frozen=True)
class Kind:
    build: object
    group: str
    weight: int            # how often it is drawn


def kind(*, group, weight=1):
    """Registers a function that builds one kind of outage; its name is the kind's."""
    def register(build):
        KINDS[build.__name__] = Kind(build, group, weight)
        return build
    return register


@dataclasses.dataclass
class Entry:
    """What one source wrote at once: one or more physical lines."""
    time: float            # true time
    logged: float          # as its host's clock had it
    stream: str
    lines: object          # the physical lines, or what makes them once everything before it is written
    delay: float = 0.0     # how much later than written it arrives
    shipped: list = dataclasses.field(default_factory=list)     # line numbers in the shipped file


@dataclasses.dataclass
class Change:
    """Something that was done, guilty or not; what the baselines may see of it."""
    kind: str              # schema_change, migration, import, deployment, …
    time: float
    database: str | None
    service: str | None
    entries: list = dataclasses.field(default_factory=list)
    cause: str | None = None

    def visible(self, case):
        return [entry for entry in self.entries if case.ships(entry.stream)]


@dataclasses.dataclass
class Problem:
    """One problem as an incident should show it."""
    condition: str
    sqlstate: str
    object: dict
    database: str
    service: str
    cause: str | None
    optional: bool = False         # no incident is right as well
    tolerant: bool = False         # its own cause or none: both are right
    ignored: bool = False          # seen by nobody, or not an error to culprit
    earlier: bool = False          # on days before the story: to blame something is wrong, to blame nothing counts for nothing
    entries: list = dataclasses.field(default_factory=list)


class Case:
    def __init__(self, seed, kind_name, server_format):
        self.random = random.Random(f"story {seed}")     # apart from the draw of the kind, which would tell the first draws here
        r = self.random
        self.seed, self.kind = seed, kind_name
        self.format = r.choice(["json", "csv", "log"]) if server_format == "mixed" else server_format
        self.names = Names(r)
        self.start = datetime.datetime(2026, r.randint(1, 12), r.randint(1, 28), r.randint(0, 23), r.randint(0, 59), r.randint(0, 59),
                                       r.randint(0, 999) * 1000, tzinfo=datetime.timezone.utc).timestamp()
        self.database = self.names.database()
        self.entries, self.changes, self.problems, self.decoys = [], [], [], []
        self.causes = {}           # id → list of entries that are right
        self.after = {}            # id → entries that are right as well where no deployment event is visible
        self.skew = {"db-primary": 0.0, "node-1": 0.0}
        self.see_server = r.random() < 0.85
        self.see_application = r.random() < 0.9 or not self.see_server
        self.see_tools = r.random() < 0.75
        self.see_deployments = r.random() < 0.75
        self.log_statement = r.choices(["ddl", "mod", "none"], [7, 1, 2])[0]

    # -- what is seen
    def ships(self, stream):
        if stream.startswith("postgres"):
            return self.see_server
        if stream.startswith("app."):
            return self.see_application
        if stream.startswith("deploy"):
            return self.see_deployments
        return self.see_tools

    def see_something_of(self, *what):
        """Makes at least one of these kinds of evidence visible."""
        if not any(getattr(self, "see_" + name) for name in what):
            setattr(self, "see_" + self.random.choice(what), True)

    def host(self, stream):
        return "db-primary" if stream.startswith("postgres") else "node-1"

    def clock(self, stream, time):
        return time + self.skew[self.host(stream)]

    def emit(self, stream, time, lines, delay=0.0):
        entry = Entry(time, self.clock(stream, time), stream, lines, delay)
        self.entries.append(entry)
        return entry

    # -- truth
    def cause(self, *changes):
        """A new cause whose evidence is the entries of `changes`."""
        name = f"c{len(self.causes) + 1}"
        self.causes[name] = [entry for change in changes for entry in change.entries]
        for change in changes:
            change.cause = name
        return name

    def change(self, kind, time, database=None, service=None):
        change = Change(kind, time, database, service)
        self.changes.append(change)
        return change

    def problem(self, failure, database, service, cause, **flags):
        """The problem that this failure belongs to, made when new."""
        for problem in self.problems:
            if (problem.condition, problem.object, problem.database, problem.cause) == (failure.condition, failure.object, database, cause):
                return problem
        problem = Problem(failure.condition, failure.sqlstate, failure.object, database, service, cause, **flags)
        self.problems.append(problem)
        return problem

    # -- output
    def finish(self):
        """Writes each entry in the order of time, and gives each visible one its lines in the shipped file, in the order of arrival."""
        for entry in sorted(self.entries, key=lambda entry: entry.time):
            if callable(entry.lines):
                entry.lines = entry.lines()
        self.shipped = [entry for entry in self.entries if self.ships(entry.stream)]
        self.shipped.sort(key=lambda entry: entry.time + entry.delay)
        number = 0
        for entry in self.shipped:
            entry.shipped = list(range(number + 1, number + 1 + len(entry.lines)))
            number += len(entry.lines)

    def ship(self, out):
        """As Filebeat sends it: an envelope per physical line."""
        r = random.Random(self.seed + 1)
        for entry in self.shipped:
            read = datetime.datetime.fromtimestamp(entry.logged + r.uniform(0.001, 0.05), datetime.timezone.utc)
            stamp = read.strftime("%Y-%m-%dT%H:%M:%S.") + f"{read.microsecond // 1000:03d}Z"
            for line in entry.lines:
                envelope = {"@timestamp": stamp, "message": line, "log": {"file": {"path": "/var/log/" + entry.stream}},
                            "agent": {"type": "filebeat"}, "host": {"name": self.host(entry.stream)}}
                if entry.stream.startswith("app."):
                    service = entry.stream.removeprefix("app.").removesuffix(".log")
                    envelope["service"] = {"name": service, "environment": "staging" if service.endswith("-staging") else "production"}
                out.write(json.dumps(envelope, ensure_ascii=False) + "\n")

    def truth(self):
        """The truth for what can be seen: problems with the lines and times that are right causes, and the changes for the baselines."""
        problems = []
        for problem in self.problems:
            seen = [entry for entry in problem.entries if self.ships(entry.stream)]
            if not seen or problem.ignored:
                continue
            references = self.causes.get(problem.cause, [])
            visible = [e for e in references if self.ships(e.stream)]
            if not any(e.stream.startswith("deploy") for e in visible):
                visible += [e for e in self.after.get(problem.cause, []) if self.ships(e.stream)]
            times = [entry.logged for entry in seen]
            problems.append({"condition": problem.condition, "sqlstate": problem.sqlstate, **problem.object, "database": problem.database,
                             "service": problem.service, "kind": self.kind if problem.cause else "no_cause",
                             "hidden": bool(references) and not visible, "optional": problem.optional, "tolerant": problem.tolerant, "earlier": problem.earlier,
                             "first": min(times), "last": max(times), "entries": len(seen), "sides": sorted({e.stream.split(".")[0] for e in seen}),
                             "evidence": sorted({e.stream.split(".")[0] for e in visible}), "lines": sorted({n for e in visible for n in e.shipped}), "times": sorted({round(e.logged, 3) for e in visible})})
        changes = []
        for change in self.changes:
            visible = change.visible(self)
            if visible:
                changes.append({"kind": change.kind, "time": min(e.logged for e in visible), "database": change.database, "service": change.service,
                                "lines": sorted({n for e in visible for n in e.shipped})})
        return {"seed": self.seed, "kind": self.kind, "format": self.format, "log_statement": self.log_statement, "decoys": self.decoys,
                "seen": [name for name in ("server", "application", "tools", "deployments") if getattr(self, "see_" + name)],
                "problems": problems, "changes": sorted(changes, key=lambda c: c["time"])}


def case_seed(seed, half, index):
    """Training and test halves share no seed."""
    return int.from_bytes(hashlib.sha256(f"{half}/{seed}/{index}".encode()).digest()[:7], "big")
