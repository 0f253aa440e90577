"""A problem staged on a real PostgreSQL: its statements go wrong there, the log that it writes of them goes through `culprit scan`,
and the SQL of the incident's diagnosis is run where the problem is."""
import csv
import datetime
import io
import json
import os
import re
import subprocess
import tempfile
import unittest
import uuid

import culprit
import services
from waiting import wait_until

PSQL = "/usr/lib/postgresql/15/bin/psql"
FILL_IN = re.compile(r"/\* FILL IN: [^*]* \*/")


def timestamp(seconds_later=0.0):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds_later)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shifted(line, seconds):
    """A line of PostgreSQL's jsonlog, so many seconds later."""
    record = json.loads(line)
    moment = datetime.datetime.strptime(record["timestamp"], "%Y-%m-%d %H:%M:%S.%f UTC") + datetime.timedelta(seconds=seconds)
    return json.dumps({**record, "timestamp": moment.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " UTC"})


def told(document):
    """An incident in a few lines, for a test that fails."""
    own = document["culprit"]
    causes = "".join(f"\n  {cause['confidence']} {cause['summary']}: {[(term['name'], term['weight']) for term in cause['evidence']]}" for cause in own.get("causes", []))
    return f"{document['message']} ({own.get('trend')}, {own.get('diagnosis', {}).get('rule')}){causes}"


class Server:
    """One PostgreSQL that tests/services.sh has started, and its log."""

    def __init__(self, folder=services.FOLDER):
        self.folder = folder
        self.log = os.path.join(folder, "postgresql", "log", "postgresql.json")
        self.read = 0

    def address(self):
        """(host, port)"""
        with open(os.path.join(self.folder, "postgresql.address")) as file:
            return file.read().strip().split(":")

    def start(self, database, *statements, application="psql", user="postgres", **settings):
        """psql, running; settings hold for its session."""
        host, port = self.address()
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        environment = {**os.environ, "PGAPPNAME": application, "PGOPTIONS": options, "PGCLIENTENCODING": "UTF8"}
        command = [PSQL, "-X", "--csv", "-h", host, "-p", port, "-U", user, "-d", database, "-v", "ON_ERROR_STOP=1"]
        for statement in statements:
            command += ["-c", statement]
        return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, database, *statements, **options):
        """(worked, what it printed, its errors)."""
        process = self.start(database, *statements, **options)
        printed, errors = process.communicate(timeout=60)
        return process.returncode == 0, printed, errors

    def rows(self, database, *statements, **options):
        """What statements that have to work answer, the last one's columns by name."""
        worked, printed, errors = self.run(database, *statements, **options)
        assert worked, f"{statements}: {errors}"
        return list(csv.DictReader(io.StringIO(printed)))

    def lines_since(self, offset):
        """What the server has logged since: it is asked for a line of its own, and that one is waited for."""
        mark = uuid.uuid4().hex
        self.rows("postgres", f"DO $$ BEGIN RAISE LOG 'until here {mark}'; END $$")

        def written():
            with open(self.log, "rb") as file:
                file.seek(offset)
                text = file.read()
            return mark.encode() in text and text
        return wait_until("the server has logged", written).decode().splitlines()


class Diagnosis:
    """What culprit says of the problem, and its SQL to be run."""

    def __init__(self, test, server, database, document):
        self.test, self.server, self.database = test, server, database
        self.document = document["culprit"]
        self.rule = self.document["diagnosis"]["rule"]
        self.summary = self.document["diagnosis"]["summary"]

    def statement(self, part, containing):
        found = [sql for sql in self.document["diagnosis"][part] if containing in sql]
        self.test.assertTrue(found, f"{part} has nothing with {containing!r}: {json.dumps(self.document['diagnosis'], indent=1)}")
        return found[0]

    def verify(self, containing, **options):
        """The rows of the first verification that holds this text."""
        return self.server.rows(self.database, self.statement("verify_sql", containing), **options)

    def repair(self, containing, *filled_in, session=()):
        """Runs a repair: what it leaves to a person filled in, what it prints run too, after `session` in the same one."""
        sql = self.statement("fix_sql", containing)
        for value in filled_in:
            sql = FILL_IN.sub(lambda _, value=value: value, sql, count=1)
        self.test.assertNotIn("FILL IN", sql)
        if "/* prints what to run */" not in sql:
            return self.server.rows(self.database, *session, sql)
        printed = [next(iter(row.values())) for row in self.server.rows(self.database, sql)]
        self.test.assertTrue(printed, f"it printed nothing: {sql}")
        return self.server.rows(self.database, *session, *printed)


class StagedProblem(unittest.TestCase):
    maxDiff = None
    server = None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-staged-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.server = self.server or Server()
        self.database = "staged_" + self.id().rsplit(".test_", 1)[1][:50]
        self.rows("DROP DATABASE IF EXISTS %s WITH (FORCE)" % self.database, database="postgres")
        self.rows(f"CREATE DATABASE {self.database}", database="postgres")
        self.forget_the_log()
        self.files = []

    def forget_the_log(self):
        """What was prepared so far was long ago."""
        self.offset = os.path.getsize(self.server.log)

    # --- what happens ------------------------------------------------------------------------------------------------------

    def rows(self, *statements, database=None, **options):
        return self.server.rows(database or self.database, *statements, **options)

    def migrate(self, *statements, works=True):
        """As a migration tool's session does it."""
        worked, _, errors = self.server.run(self.database, *statements, application="alembic")
        self.assertEqual(worked, works, errors or statements)

    def fails(self, *statements, times=3, application="shop", **options):
        for _ in range(times):
            worked, _, _ = self.server.run(self.database, *statements, application=application, **options)
            self.assertFalse(worked, f"was expected to fail: {statements}")

    def works(self, *statements, times=1, application="shop", **options):
        for _ in range(times):
            worked, _, errors = self.server.run(self.database, *statements, application=application, **options)
            self.assertTrue(worked, f"{statements}: {errors}")

    def log_of(self, name, *records):
        """Another log of that time: its records, one JSON object a line, at the time that they are written."""
        path = os.path.join(self.folder, name)
        with open(path, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(record) + "\n" for record in records)
        if path not in self.files:
            self.files.append(path)

    def tool_prints(self, *lines):
        """What a migration tool prints, as a shipper forwards it."""
        self.log_of("migration.ndjson", *({"@timestamp": timestamp(), "message": line, "log": {"file": {"path": "/var/log/migration.log"}}} for line in lines))

    def deploys(self, service, release):
        event = {"event": "deployment", "service": service, "environment": "production", "version": release}
        self.log_of("deploys.ndjson", *({"@timestamp": timestamp(), "action": action, **event} for action in ("started", "finished")))

    # --- what culprit says of it -------------------------------------------------------------------------------------------

    def server_lines(self):
        """Of this test's database, and of none: the server's own."""
        return [line for line in self.server.lines_since(self.offset) if json.loads(line).get("dbname") in (None, self.database)]

    def spread(self, seconds):
        """The server's lines, each so much later than the one before: what came within a second came over hours."""
        return [shifted(line, number * seconds) for number, line in enumerate(self.server_lines())]

    def between_quiet(self, lines, before, after):
        """The server's lines with one of its own so many seconds before the first and behind the last."""
        quiet = {"timestamp": "", "pid": 1, "error_severity": "LOG", "message": "checkpoint starting: time", "backend_type": "checkpointer"}
        first, last = (json.dumps({**quiet, "timestamp": json.loads(line)["timestamp"]}) for line in (lines[0], lines[-1]))
        return [shifted(first, -before), *lines, shifted(last, after)]

    def incidents(self, lines=None, quiet=86400):
        """The documents of a scan over the server's log and the others, after so many quiet seconds and before a quiet hour."""
        if lines is None:
            lines = self.server_lines()
        if lines:
            lines = self.between_quiet(lines, quiet, 3600)
            server_log = os.path.join(self.folder, "postgresql.json")
            with open(server_log, "w", encoding="utf-8") as file:
                file.writelines(line + "\n" for line in lines)
        configuration = culprit.write_configuration(os.path.join(self.folder, "culprit.yaml"), {"labels": {"environment": "production"}})
        return culprit.scan(configuration, *self.files, *([server_log] if lines else []))

    def diagnosed(self, kind, rule, lines=None, name=None, quiet=86400):
        """The one incident of this kind, which this rule has to explain."""
        documents = self.incidents(lines, quiet)
        found = [document for document in documents if document["culprit"]["symptom"]["kind"] == kind
                 and (name is None or name in document["message"]) and document["culprit"]["status"] != "merged"]
        said = "\n".join(told(document) for document in documents)
        self.assertEqual(len(found), 1, f"incidents of {kind}:\n{said}")
        self.assertEqual(found[0]["culprit"].get("diagnosis", {}).get("rule"), rule, told(found[0]))
        return Diagnosis(self, self.server, self.database, found[0])
