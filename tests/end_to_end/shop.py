"""A small shop on the real PostgreSQL: its database, its services with their logs, and a shipper that tails them into Kafka."""
import datetime
import json
import os
import re
import subprocess
import threading

import services

PSQL = "/usr/lib/postgresql/15/bin/psql"
SERVER_LOG = os.path.join(services.FOLDER, "postgresql", "log", "postgresql.json")


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def psql(database, *arguments, application="psql", user="postgres"):
    """One run of psql: (exit code, everything it printed)."""
    host, port = services.address("postgresql").split(":")
    environment = {**os.environ, "PGAPPNAME": application, "PGCLIENTENCODING": "UTF8"}
    done = subprocess.run([PSQL, "-X", "-h", host, "-p", port, "-U", user, "-d", database, "-v", "ON_ERROR_STOP=1", *arguments], env=environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    return done.returncode, done.stdout


def sql(database, statement):
    """A statement that has to work; returns its rows as text."""
    code, printed = psql(database, "-At", "-c", statement)
    if code:
        raise AssertionError(f"{statement}: {printed}")
    return printed.strip()


class LogFile:
    """Appends whole lines, from any thread."""

    def __init__(self, path):
        self.path, self._lock = path, threading.Lock()
        open(path, "a").close()

    def line(self, text):
        with self._lock, open(self.path, "a", encoding="utf-8") as file:
            file.write(text + "\n")


class Service:
    """A service that sends its queries through psql and logs as zap does: one JSON object a line."""

    def __init__(self, name, release, database, folder):
        self.name, self.release, self._database = name, release, database
        self.log = LogFile(os.path.join(folder, f"app.{name}.log"))

    def _write(self, level, message, **fields):
        self.log.line(json.dumps({"time": now(), "level": level, "msg": message, "service": self.name, "version": self.release, **fields}))

    def idle(self):
        """An ordinary line, as there are thousands for each error."""
        self._write("info", "GET /healthz 200 in 1ms")

    def query(self, operation, statement):
        """True when it worked; an error is logged as the driver reports it."""
        code, printed = psql(self._database, "-v", "VERBOSITY=verbose", "-q", "-c", statement, application=self.name, user="app")
        if code == 0:
            self._write("info", f"{operation} 201")
            return True
        error = re.search(r"^ERROR:  (?P<code>\w{5}): (?P<message>.*)", printed, re.MULTILINE)
        if not error:
            raise AssertionError(f"psql did not reach the server: {printed}")
        fields = {key: value for key, value in (
            (name.lower(), re.search(rf"^{label}: +(.*)", printed, re.MULTILINE))
            for name, label in (("detail", "DETAIL"), ("schema", "SCHEMA NAME"), ("table", "TABLE NAME"), ("constraint", "CONSTRAINT NAME"))) if value}
        self._write("error", f"{operation} failed", err={**error.groupdict(), **{key: value[1] for key, value in fields.items()}})
        return False


class Repeating:
    """Calls something again and again in a thread of its own until stopped. A context manager."""

    def __init__(self, action, seconds):
        self._action, self._seconds, self._stopped, self._failure = action, seconds, threading.Event(), None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        try:
            while not self._stopped.is_set():
                self._action()
                self._stopped.wait(self._seconds)
        except Exception as failure:  # told by stop(), on the test's own thread
            self._failure = failure

    def stop(self):
        self._stopped.set()
        self._thread.join(timeout=30)
        if self._failure:
            raise self._failure

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join(timeout=30)


class Shipper:
    """Tails files into topics, from their present end on: each line as it is, or in Filebeat's envelope."""

    def __init__(self, producer):
        self._producer, self._tails = producer, []

    def tail(self, path, topic, envelope=False):
        self._tails.append((open(path, "rb"), topic, path if envelope else None, bytearray()))
        self._tails[-1][0].seek(0, os.SEEK_END)

    def close(self):
        for file, *_ in self._tails:
            file.close()

    def ship(self):
        """What has been appended since the last call."""
        for file, topic, path, rest in self._tails:
            rest += file.read()
            while (end := rest.find(b"\n")) >= 0:
                line = bytes(rest[:end])
                del rest[:end + 1]
                if path:
                    line = json.dumps({"@timestamp": now(), "message": line.decode(), "log": {"file": {"path": path}},
                                       "agent": {"type": "filebeat"}, "host": {"name": "node-1"}}).encode()
                self._producer.send(topic, line)
        self._producer.flush()
