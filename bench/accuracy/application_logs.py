"""Applications' logs: each stack prints a failure as the real one did (templates/applications)."""
import datetime
import json

import templates
from names import camel

INFO = json.loads((templates.ROOT / "applications" / "info.json").read_text())
STACKS = sorted(INFO)
# What these stacks print differs with the error, and only some were recorded.
ONLY = {"prisma-pino": {"unique_violation", "foreign_key_violation", "undefined_table"}}

PSYCOPG = {"unique_violation": ("UniqueViolation", "IntegrityError"), "foreign_key_violation": ("ForeignKeyViolation", "IntegrityError"),
           "not_null_violation": ("NotNullViolation", "IntegrityError"), "check_violation": ("CheckViolation", "IntegrityError"),
           "undefined_table": ("UndefinedTable", "ProgrammingError"), "undefined_column": ("UndefinedColumn", "ProgrammingError"),
           "invalid_text_representation": ("InvalidTextRepresentation", "DataError"), "datatype_mismatch": ("DatatypeMismatch", "ProgrammingError"),
           "undefined_function": ("UndefinedFunction", "ProgrammingError"), "query_canceled": ("QueryCanceled", "OperationalError"),
           "lock_not_available": ("LockNotAvailable", "OperationalError"), "insufficient_privilege": ("InsufficientPrivilege", "ProgrammingError"),
           "read_only_sql_transaction": ("ReadOnlySqlTransaction", "InternalError"), "too_many_connections": ("OperationalError", "OperationalError"),
           "sequence_generator_limit_exceeded": ("SequenceGeneratorLimitExceeded", "DataError")}
RAILS = {"unique_violation": "RecordNotUnique", "foreign_key_violation": "InvalidForeignKey", "not_null_violation": "NotNullViolation",
         "query_canceled": "QueryCanceled", "lock_not_available": "LockWaitTimeout", "too_many_connections": "ConnectionNotEstablished"}
HIBERNATE = {"Integrity": "ConstraintViolationException", "Programming": "SQLGrammarException", "Data": "DataException", "Operational": "GenericJDBCException",
             "Internal": "GenericJDBCException"}


def moment(time):
    return datetime.datetime.fromtimestamp(time, datetime.timezone.utc)


def time_value(time, form):
    at = moment(time)
    iso, ms = at.strftime("%Y-%m-%dT%H:%M:%S"), at.microsecond // 1000
    return {"ms": f"{iso}.{ms:03d}Z", "us": f"{iso}.{at.microsecond:06d}Z", "ns": f"{iso}.{at.microsecond:06d}731Z", "s": f"{iso}Z",
            "us_bare": f"{iso}.{at.microsecond:06d}", "comma": f"{at:%Y-%m-%d %H:%M:%S},{ms:03d}", "clock": f"{at:%H:%M:%S}.{ms:03d}",
            "epoch_ms": int(time * 1000), "epoch": round(time, 6), "access": f"{at:%d/%b/%Y:%H:%M:%S} +0000", "django": f"{at:%d/%b/%Y %H:%M:%S}",
            "go": f"{at:%Y/%m/%d %H:%M:%S}", "seconds": f"{at:%H:%M:%S}", "plain": f"{at:%Y-%m-%d %H:%M:%S}", "pgloader": f"{iso}.{ms:03d}000Z"}[form]


def javascript(value):
    return "undefined" if value is None else "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


class Service:
    """One service: its log, and its sessions with the server."""

    def __init__(self, case, server, name, database, version, stack=None, user=None):
        r = case.random
        self.case, self.server, self.name, self.database, self.version = case, server, name, database, version
        self.stack = stack or r.choice(STACKS)
        self.stream = f"app.{name}.log"
        self.pid, self.pod = r.randint(7, 30000), f"app-{r.getrandbits(36):09x}-{r.getrandbits(20):05x}"
        self.user = user or r.choice(["app", "app_rw", name.split("-")[0], "service"])
        self.sessions = []

    def session(self, time):
        r = self.case.random
        if not self.sessions or len(self.sessions) < 3 and r.random() < 0.2:
            self.sessions.append(self.server.session(self.user, self.database, self.name, time - r.uniform(0, 600)))
        return r.choice(self.sessions)

    def speaks_of(self, condition):
        return condition in ONLY.get(self.stack, {condition})

    def say(self, time, text):
        return self.case.emit(self.stream, time, templates.fill(INFO[self.stack], self.values(time, None, {"text": text})).split("\n"))

    def started(self, time, version=None):
        self.version = version or self.version
        return self.say(time, f"{self.name} {self.version} started")

    def ok(self, time, operation):
        return self.say(time, f"{operation} ok in {self.case.random.randint(0, 140)}ms")

    def fail(self, time, failure, operation, silent=False):
        """One failure on both sides: the server's entry and, unless the application keeps `silent`, its own a few milliseconds later."""
        r = self.case.random
        entries = [self.server.failure(time, self.session(time), failure)]
        if not silent and self.speaks_of(failure.condition):
            name = f"applications/{self.stack}.{failure.condition}.json"
            if not templates.exists(name):
                name = next(n for n in (f"applications/{self.stack}.json", f"applications/{self.stack}.txt") if templates.exists(n))
            later = time + r.uniform(0.0005, 0.03)
            entries.append(self.case.emit(self.stream, later, templates.render(name, self.values(later, failure, {"operation": operation}))))
        return entries

    def values(self, time, failure, more):
        logged = self.case.clock(self.stream, time)
        return lambda key: self.value(key, logged, failure, more)

    def value(self, key, logged, failure, more):
        if key in more:
            return more[key]
        kind, _, rest = key.partition(".")
        if kind == "t":
            return time_value(logged, rest)
        package = self.name.split("-")[0]
        scope = {"service": self.name, "pid": self.pid, "pod": self.pod, "logger": f"{package}.service", "package": package, "thread": self.pid % 9 + 1,
                 "java_logger": f"com.acme.{package}.OrderService".ljust(40), "path": f"/api/{package}/"}
        if key in scope:
            return scope[key]
        if kind == "js":
            return javascript(self.value(rest, logged, failure, more))
        if kind == "quoted":
            return json.dumps(str(self.value(rest, logged, failure, more)), ensure_ascii=False)[1:-1]
        return self.failure_value(key, failure)

    def failure_value(self, key, failure):
        table = failure.table
        exception, dbapi = PSYCOPG.get(failure.condition, ("DatabaseError", "DatabaseError"))
        constraint_column = (failure.detail or "").partition("(")[2].partition(")")[0].strip('"') if failure.constraint else failure.column
        model = camel((table.singular if table else failure.table_name or "row").split("_"))
        relation = failure.message.split('"')[1] if failure.condition == "undefined_table" else None
        return {"relation": relation if not relation or "." in relation else f"public.{relation}", "message": failure.message, "detail": failure.detail, "sqlstate": failure.sqlstate, "severity": failure.severity,
                "schema": table.schema if table else None, "table": table.name if table else None,
                "table_sql": table.sql if table else None, "constraint": failure.constraint, "column": failure.column if table else None,
                "position": str(failure.position) if failure.position else None, "routine": failure.routine[0], "file": failure.routine[1],
                "line": str(failure.routine[2]), "length": 120 + len(failure.message) + len(failure.detail or ""), "sql": failure.statement or "",
                "DETAIL": "DETAIL:  " if failure.detail else "", "Detail": f"\n  Detail: {failure.detail}" if failure.detail else "",
                "parameters": f"{{'p1': '{failure.value}'}}", "value": failure.value, "column_or_id": constraint_column or "id",
                "columns_backticked": constraint_column or "id", "model": model, "model_lower": model[:1].lower() + model[1:],
                "controller": camel([model]) + "sController", "psycopg_class": exception, "dbapi_class": dbapi,
                "rails_class": RAILS.get(failure.condition, "StatementInvalid"), "hibernate_class": HIBERNATE.get(dbapi.removesuffix("Error"), "GenericJDBCException")}[key]


def operation(random, table, write=True):
    path = (table.name if table else "health").lower().replace(" ", "-").replace("_", "-")
    return random.choice([f"POST /{path}", f"POST /api/{path}", f"PUT /{path}"] if write else [f"GET /{path}", f"GET /api/{path}/{random.randint(1, 999)}"])
