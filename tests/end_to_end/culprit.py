"""The program under test: its configuration, its daemon as a process, its scan."""
import json
import os
import random
import signal
import socket
import subprocess
import urllib.error
import urllib.request

from waiting import wait_until

BINARY = os.environ.get("CULPRIT", "culprit")


def free_port():
    """Below the ports that the kernel gives to clients: one of those could be taken again before the server listens."""
    while True:
        port = random.randrange(15000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def write_configuration(path, settings):
    """Every JSON text is a YAML text."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(settings, file, indent=2)
    return path


def run(*arguments, patience=60, **options):
    """One command to its end: (exit code, stdout, stderr)."""
    done = subprocess.run([BINARY, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=patience, **options)
    return done.returncode, done.stdout, done.stderr


def scan(configuration, *paths):
    """The incident documents of one pass over files."""
    code, out, err = run("scan", "--config", configuration, "--format", "ndjson", *paths)
    if code:
        raise AssertionError(f"culprit scan ended with {code}:\n{err}")
    return [json.loads(line) for line in out.splitlines()]


class Daemon:
    """`culprit run` with its web port; restarted on the same state after a stop or a kill. A context manager."""

    def __init__(self, folder, settings, environment=None):
        os.makedirs(folder, exist_ok=True)
        self.environment = {**os.environ, **(environment or {})}
        self.port = free_port()
        self.log = os.path.join(folder, "daemon.log")
        self.configuration = write_configuration(os.path.join(folder, "culprit.yaml"), {
            "signal_log": {"sqlite": {"path": os.path.join(folder, "signals.db")}},
            "http": {"listen": f"127.0.0.1:{self.port}"}, **settings})
        self._process = None

    def launch(self):
        """Starts the process; it may not be ready yet, nor ever be."""
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen([BINARY, "run", "--config", self.configuration], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)

    def start(self):
        self.launch()
        wait_until("the daemon answers /healthz", lambda: self._alive() and self.get("/healthz")[0] == 200, explain=self.log_tail)
        return self

    def _alive(self):
        if self._process.poll() is not None:
            raise AssertionError(f"the daemon ended with {self._process.returncode}:\n{self.log_tail()}")
        return True

    def kill(self):
        self._process.kill()
        self._process.wait(timeout=30)

    def stop(self):
        """SIGTERM drains and stops with 0."""
        self._alive()
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(timeout=90)
        if code:
            raise AssertionError(f"the daemon ended with {code} after SIGTERM:\n{self.log_tail()}")

    def get(self, path):
        """(status, body); status 0 while nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode("utf-8")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode("utf-8", "replace")
        except (urllib.error.URLError, OSError):
            return 0, ""

    def metric(self, name, **labels):
        """The sum of a metric's series that carry these labels; 0 when there is none."""
        total = 0.0
        for line in self.get("/metrics")[1].splitlines():
            series, _, value = line.rpartition(" ")
            if line.startswith("#") or series.split("{")[0] != name:
                continue
            if all(f'{key}="{expected}"' in series for key, expected in labels.items()):
                total += float(value)
        return total

    def wait_for_records(self, count, patience=60):
        """Until so many records are in the signal log since this process started."""
        wait_until(f"{count} records are committed", lambda: self._alive() and self.metric("culprit_records_total") >= count, patience,
                   explain=lambda: f"culprit_records_total is {self.metric('culprit_records_total'):g}\n{self.log_tail()}")

    def log_tail(self, lines=30):
        with open(self.log, errors="replace") as file:
            return "".join(file.readlines()[-lines:])

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self._process and self._process.poll() is None:
            self.kill()
