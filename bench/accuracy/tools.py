"""Migration and import tools: what they print (templates/tools) and what the server sees of them."""
import dataclasses
import json

import templates
from application_logs import time_value
from names import camel, quote


@dataclasses.dataclass(frozen=True)
class Tool:
    application: str
    style: str = "statement"           # how the server logs its statements
    version: str = "date"
    bookkeeping: str | None = None      # the table that it keeps; created on its first run
    undo: bool = True
    failed: bool = False               # whether there is a recorded failure of it


TOOLS = {
    "alembic": Tool("alembic", version="hash", bookkeeping="alembic_version"),
    "alembic-json": Tool("alembic", version="hash", bookkeeping="alembic_version"),
    "django": Tool("webshop", version="count", bookkeeping="django_migrations"),
    "flyway": Tool("PostgreSQL JDBC Driver", "execute", "number", '"public"."flyway_schema_history"', undo=False, failed=True),
    "liquibase": Tool("PostgreSQL JDBC Driver", "execute", "number", "public.databasechangelog", failed=True),
    "knex": Tool("knex", bookkeeping='"knex_migrations"'),
    "goose": Tool("goose", bookkeeping="goose_db_version", failed=True),
    "golang-migrate": Tool("golang-migrate", version="number", bookkeeping='"schema_migrations"'),
    "node-pg-migrate": Tool("node-pg-migrate", version="epoch", bookkeeping='"public"."pgmigrations"', failed=True),
    "rails": Tool("/usr/bin/rake", bookkeeping='"schema_migrations"'),
    "psql": Tool("psql", failed=True),
    "psql-echo": Tool("psql"),
    "drizzle-kit": Tool("drizzle-kit", bookkeeping='"drizzle"."__drizzle_migrations"', undo=False),
}


def command_tag(statement, random):
    """What psql prints when the statement is done: https://www.postgresql.org/docs/15/protocol-message-formats.html, CommandComplete."""
    words = [word for word in statement.upper().split() if word != "UNIQUE"]
    if words[0] in ("REVOKE", "GRANT"):
        return words[0]
    if words[0] in ("DELETE", "UPDATE"):
        return f"{words[0]} {random.randint(1, 90000)}"
    return " ".join(words[:1] + ["TABLE"] if words[0] == "TRUNCATE" else words[:2])


class Migration:
    """One migration of one tool: `up` statements, and `down` to undo them."""

    def __init__(self, case, server, database, up, down, words, tool=None, table=None, needs_failure=False):
        r = case.random
        names = [name for name, t in TOOLS.items() if not needs_failure or t.failed]
        self.case, self.server, self.database, self.up, self.down, self.table = case, server, database, up, down, table
        self.name = tool or r.choice(names)
        self.tool = TOOLS[self.name]
        self.words = words if r.random() < 0.6 else r.choice(["release work", "changes for the next sprint", "cleanup", "step two", "hotfix"])
        number = r.randint(2, 90)
        self.version = {"date": time_value(case.start, "plain").replace("-", "").replace(" ", "").replace(":", ""), "hash": f"{r.getrandbits(48):012x}",
                        "count": f"{number:04d}", "number": str(number), "epoch": str(int(case.start * 1000))}[self.tool.version]
        self.previous = {"hash": f"{r.getrandbits(48):012x}", "count": f"{number - 1:04d}"}.get(self.tool.version, str(number - 1))
        self.stream = f"migration.{self.name.removesuffix('-json').removesuffix('-echo')}.log"
        self.person, self.release = r.choice(["dana", "omar", "li", "ewa"]), f"2026.{r.randint(1, 52)}"

    @property
    def names_object(self):
        """Whether the tool's own output says what it touched."""
        return self.name in ("node-pg-migrate", "psql-echo", "rails") or bool(self.table) and self.table.name.lower() in self.slug

    @property
    def slug(self):
        return self.words.replace(" ", "_").replace('"', "").lower()

    def value(self, time, more):
        logged = self.case.clock(self.stream, time)

        def value(key):
            if key in more:
                return more[key]
            if key.startswith("t."):
                return time_value(logged, key[2:])
            r = self.case.random
            return {"version": self.version, "previous": self.previous, "words": self.words, "slug": self.slug, "kebab": self.slug.replace("_", "-"),
                    "camel": camel(self.slug.split("_")), "app": self.database.split("_")[0].replace("-", "_"), "database": self.database,
                    "number": r.randint(12, 90), "batch": r.randint(1, 40), "person": self.person, "release": self.release,
                    "equals": "=" * max(3, 60 - len(self.slug)), "error_detail": ""}[key]
        return value

    def run(self, time, down=False, fail=None, job=False, delay=0.0):
        """Runs it; `fail` is (index of the statement, Failure). Returns the Change, with every entry that shows it."""
        case, r, statements = self.case, self.case.random, self.down if down else self.up
        session = self.server.session(r.choice(["migrator", "owner", "postgres", "deploy"]), self.database, self.tool.application, time)
        change = case.change("migration", time, self.database, None)
        at, entries = time, change.entries
        if self.tool.bookkeeping and not down and r.random() < 0.2:          # the tool's first run in this database
            entry = self.server.statement(at, session, f"CREATE TABLE {self.tool.bookkeeping} (id integer PRIMARY KEY, applied_at timestamp NOT NULL)", self.tool.style)
            entries += [entry] if entry else []
        if job:
            entries.append(deployment(case, time - r.uniform(0.2, 3), "db-migrations", self.release, "started", delay=delay))
        done = []
        for i, statement in enumerate(statements):
            at += r.uniform(0.002, 0.4)
            entry = self.server.statement(at, session, statement, self.tool.style)
            if entry:
                entry.delay = delay
                entries.append(entry)
            if fail and i == fail[0]:
                at += r.uniform(0.01, 1)
                failure = dataclasses.replace(fail[1], statement=statement)
                self.failed = self.server.failure(at, session, failure)
                entries.append(self.failed)
                break
            done.append(statement)
        at += r.uniform(0.005, 0.3)
        self.printed = case.emit(self.stream, at, self.output(at, statements, done, down, fail), delay)
        entries.append(self.printed)
        if job and not fail:
            entries.append(deployment(case, at + r.uniform(0.05, 2), "db-migrations", self.release, "finished", delay=delay))
        self.finished = at
        return change

    def output(self, time, statements, done, down, fail):
        tags = "\n".join(command_tag(s, self.case.random) for s in done)
        more = {"sqls": ";\n".join(statements) + ";", "sql_json": json.dumps("; ".join(statements)), "tags": tags, "done_tags": tags,
                "echoed": "\n".join(f"{s};\n{t}" for s, t in zip(done, tags.split("\n")))}
        if fail:
            failure = fail[1]
            more.update(error=failure.message, sqlstate=failure.sqlstate, failed_sql=statements[fail[0]], failed_line=fail[0] + 2,
                        error_detail=f"DETAIL:  {failure.detail}" if failure.detail else "")
        form = "failed" if fail else "down" if down and self.tool.undo else "up"
        lines = templates.render(f"tools/{self.name}.{form}.txt", self.value(time, more))
        return [line for line in lines if line] if self.name == "psql" else lines


def deployment(case, time, service, version, action="finished", environment="production", previous=None, style=None, delay=0.0):
    """One deployment event, as a pipeline, Kubernetes or GitHub reports it."""
    stamp = time_value(case.clock("deploy-events.jsonl", time), "ms")
    if not hasattr(case, "deployment_style"):
        case.deployment_style = case.random.choice(["plain", "plain", "kubernetes", "github"])
    style = style or case.deployment_style
    sha = f"{case.random.getrandbits(40):010x}"
    if style == "plain" or service == "db-migrations":
        event = {"@timestamp": stamp, "event": "deployment", "action": action, "service": service, "environment": environment, "version": version}
        if previous:
            event["previous_version"] = previous
        event["git_sha"] = sha
    elif style == "kubernetes":
        message = f"Scaled up replica set {service}-{sha[:6]} to 3" if action == "started" else f"Deployment {service} successfully rolled out ({version})"
        event = {"kind": "Event", "apiVersion": "v1", "type": "Normal", "reason": "ScalingReplicaSet" if action == "started" else "DeploymentComplete",
                 "message": message, "involvedObject": {"kind": "Deployment", "name": service, "namespace": "prod" if environment == "production" else environment},
                 "lastTimestamp": stamp, "image": f"{service}:{version}"}
    else:
        event = {"created_at": stamp, "event": "deployment_status", "deployment": {"environment": environment, "ref": version, "sha": sha, "task": "deploy",
                 "payload": {"service": service}}, "deployment_status": {"state": "in_progress" if action == "started" else "success", "description": f"{environment} {action}"}}
    return case.emit("deploy-events.jsonl", time, [json.dumps(event)], delay)


def deploy(case, service, time, version, environment="production", delay=0.0):
    """A deployment of a service: the pipeline's events, and the service's own first line."""
    change = case.change("deployment", time, None, service.name)
    previous = service.version
    name = service.name.removesuffix("-staging")
    if case.random.random() < 0.6:
        change.entries.append(deployment(case, time, name, version, "started", environment, previous, delay=delay))
    change.entries.append(deployment(case, time + 0.01 + case.random.random() * 2, name, version, "finished", environment, previous, delay=delay))
    change.entries.append(service.started(time + 0.05 + case.random.random() * 3, version))
    return change


class Import:
    """Rows loaded with their own keys, by psql's \\copy, pgloader or pg_restore."""

    def __init__(self, case, server, database, table, tool=None):
        self.case, self.server, self.database, self.table = case, server, database, table
        self.name = tool or case.random.choice(["psql-copy", "psql-copy-echo", "pgloader", "pg_restore"])
        self.program = {"psql-copy": "psql", "psql-copy-echo": "psql"}.get(self.name, self.name)
        self.stream = f"import.{self.program}.log"
        self.rows = case.random.choice([6, 40, 250, 1800, 120000])
        self.line = case.random.randint(1, 900)

    def run(self, time, failure=None, delay=0.0):
        case, table = self.case, self.table
        change = case.change("import", time, self.database)
        session = self.server.session("migrator", self.database, {"pgloader": "pgloader"}.get(self.name, self.program), time)
        copy = f"COPY {table.sql} FROM STDIN"
        entry = self.server.statement(time, session, copy)
        if entry:
            change.entries.append(entry)
        if failure:
            failure = dataclasses.replace(failure, statement=copy, context=f"COPY {table.name}, line {self.line}")
            self.failed = self.server.failure(time + 0.05, session, failure)
            change.entries.append(self.failed)
        name = self.name + (".failed" if failure else "")
        if failure and not templates.exists(f"tools/{name}.txt"):
            name = "psql-copy.failed"
        at = time + case.random.uniform(0.05, 3)
        self.printed = case.emit(self.stream, at, templates.render(f"tools/{name}.txt", self.value(at, failure)), delay)
        change.entries.append(self.printed)
        return change

    def value(self, time, failure):
        table, logged, r = self.table, self.case.clock(self.stream, time), self.case.random

        def value(key):
            if key.startswith("t."):
                return time_value(logged, key[2:])
            return {"rows": self.rows, "rows_padded": f"{self.rows:9d}", "table": table.name, "schema": table.schema, "table_sql": table.sql, "sequence": table.sequence,
                    "batch": r.randint(1, 4), "number": self.line, "pgloader_table": f'"{quote(table.schema)}"."{table.name}"'.replace('""', '"').rjust(23),
                    "error": failure and failure.message, "sqlstate": failure and failure.sqlstate, "error_detail": failure and f"DETAIL:  {failure.detail}",
                    "error_detail1": failure and f"DETAIL: {failure.detail}"}[key]
        return value

    def reset_sequence(self, time):
        """The remedy: setval, as psql prints it and as log_statement = all would show it."""
        change = self.case.change("sequence_reset", time, self.database)
        change.entries.append(self.case.emit("fix.psql.log", time, templates.render("tools/psql-setval.txt", self.value(time, None))))
        return change
