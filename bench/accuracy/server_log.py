"""A PostgreSQL server's log in its three formats: jsonlog, csvlog, and stderr under several prefixes."""
import datetime
import json

PREFIXES = ["{m} [{p}] {u}@{d}/{a} ", "{m} [{p}] {u}@{d} ", "{m} [{p}] {u}@{d}/{a} ", "{t} [{p}]: [{l}-1] user={u},db={d},app={a},client={h} "]
BACKGROUND = ["{m} [{p}] ", "{m} [{p}] ", "{m} [{p}] ", "{t} [{p}]: [{l}-1] user=,db=,app=,client= "]
DDL = ("CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "COMMENT", "REINDEX", "SECURITY")
MOD = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "COPY")
CSV_COLUMNS = ["timestamp", "user", "dbname", "pid", "connection", "session_id", "line_num", "ps", "session_start", "vxid", "txid", "error_severity",
               "state_code", "message", "detail", "hint", "internal_query", "internal_position", "context", "statement", "cursor_position", "location",
               "application_name", "backend_type", "leader_pid", "query_id"]


def stamp(time, milliseconds=True):
    moment = datetime.datetime.fromtimestamp(time, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%d %H:%M:%S") + (f".{moment.microsecond // 1000:03d}" if milliseconds else "") + " UTC"


class Session:
    def __init__(self, server, user, database, application, time, background=None):
        r = server.case.random
        self.user, self.database, self.application, self.background = user, database, application, background
        self.pid, self.port, self.start = r.randint(800, 64000), r.randint(32768, 60999), time
        self.backend, self.transaction, self.line, self.entries = r.randint(3, 90), r.randint(100, 90000), 0, 0
        self.client = r.choice(["10.0.4.12", "127.0.0.1", "10.0.4.31"])

    @property
    def id(self):
        return f"{int(self.start):x}.{self.pid:x}"


class Server:
    """Writes one server's log into a case."""

    def __init__(self, case):
        self.case = case
        self.stream = f"postgres.{case.format}"
        self.prefix = case.random.randrange(len(PREFIXES))
        self.txid = case.random.randint(700, 10**6)

    def session(self, user, database, application, time):
        return Session(self, user, database, application, time)

    def logs(self, statement):
        first = statement.split(None, 1)[0].upper()
        level = self.case.log_statement
        return level != "none" and (first in DDL or level == "mod" and first in MOD)

    def statement(self, time, session, statement, style="statement"):
        """The statement as log_statement shows it, or None where it does not."""
        if not self.logs(statement):
            return None
        head = "statement" if style == "statement" else "execute <unnamed>"
        return self.write(time, session, "LOG", f"{head}: {statement}", ps="idle in transaction" if style == "statement" else statement.split(None, 1)[0])

    def failure(self, time, session, failure):
        ps = "startup" if failure.severity == "FATAL" else (failure.statement or "SELECT").split(None, 1)[0]
        return self.write(time, session, failure.severity, failure.message, code=failure.sqlstate, detail=failure.detail, hint=failure.hint,
                          context=failure.context, statement=failure.statement, position=failure.position, ps=ps)

    def write(self, time, session, severity, message, **fields):
        """Numbers and transactions are given when all that comes before is written."""
        return self.case.emit(self.stream, time, lambda: self.entry(time, session, severity, message, **fields))

    def entry(self, time, session, severity, message, code=None, detail=None, hint=None, context=None, statement=None, position=None, ps="idle"):
        if not session.entries:
            session.start = min(session.start, time - 0.01)
        session.entries += 1
        session.transaction += 1
        self.txid += 1
        logged = self.case.clock(self.stream, time)
        record = {"timestamp": stamp(logged), "user": session.user, "dbname": session.database, "pid": session.pid, "remote_host": session.client,
                  "remote_port": session.port, "session_id": session.id, "line_num": session.entries, "ps": ps, "session_start": stamp(session.start, False),
                  "vxid": f"{session.backend}/{session.transaction}", "txid": self.txid if severity == "ERROR" else 0, "error_severity": severity,
                  "state_code": code, "message": message, "detail": detail, "hint": hint, "context": context, "statement": statement,
                  "cursor_position": position, "application_name": None if severity == "FATAL" and ps == "startup" else session.application,
                  "backend_type": session.background or "client backend", "query_id": 0}
        if session.background:
            for key in ("user", "dbname", "remote_host", "remote_port", "ps", "application_name"):
                record[key] = None
        return getattr(self, "as_" + self.case.format)(logged, session, record)

    def as_json(self, logged, session, record):
        return [json.dumps({k: v for k, v in record.items() if v is not None}, ensure_ascii=False, separators=(",", ":"))]

    def as_csv(self, logged, session, record):
        row = dict(record, connection=f"{record['remote_host']}:{record['remote_port']}" if record["remote_host"] else None,
                   state_code=record["state_code"] or "00000")
        quoted = {"user", "dbname", "connection", "ps", "message", "detail", "hint", "context", "statement", "application_name", "backend_type"}
        cells = []
        for column in CSV_COLUMNS:
            value = row.get(column)
            if column in quoted:
                cells.append('"' + str(value).replace('"', '""') + '"' if value is not None else "")
            else:
                cells.append("" if value is None else str(value))
        return ",".join(cells).split("\n")

    def as_log(self, logged, session, record):
        form = (BACKGROUND if session.background else PREFIXES)[self.prefix]
        lines = []

        def say(label, text):
            session.line += 1
            prefix = form.format(m=stamp(logged), t=stamp(logged, False), p=session.pid, u=session.user, d=session.database,
                                 a=record["application_name"] or "[unknown]", h=session.client, l=session.line)
            lines.extend(f"{prefix}{label}:  {text}".replace("\n", "\n\t").split("\n"))
        say(record["error_severity"], record["message"] + (f" at character {record['cursor_position']}" if record["cursor_position"] else ""))
        for label, key in (("DETAIL", "detail"), ("HINT", "hint"), ("CONTEXT", "context"), ("STATEMENT", "statement")):
            if record[key]:
                say(label, record[key])
        return lines
