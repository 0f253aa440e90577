#!/usr/bin/python3
"""Alerts: a real Alertmanager receives, groups and resolves them; a real listener sees a webhook's retries; SIGKILL pages nobody twice."""
import datetime
import http.server
import json
import os
import tempfile
import threading
import unittest
import urllib.request

import culprit
import services
from waiting import wait_until


def now(offset=0):
    time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=offset)
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def error(table, constraint, pid, offset=0):
    """One duplicate key as PostgreSQL's jsonlog has it."""
    return json.dumps({"timestamp": now(offset).replace("T", " ").replace("Z", " UTC"), "user": "shop", "dbname": "shop", "pid": pid, "session_id": f"5f.{pid}",
                       "line_num": 1, "error_severity": "ERROR", "state_code": "23505",
                       "message": f'duplicate key value violates unique constraint "{constraint}"',
                       "detail": "Key (email)=(a@x.org) already exists.", "statement": f"INSERT INTO {table} (email) VALUES ('a@x.org')"})


class Listener:
    """A webhook's receiver: answers with what is next in `answers`, then with 200, and remembers what it was told."""

    def __init__(self, answers=()):
        self.told, self._answers = [], list(answers)
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = listener._answers.pop(0) if listener._answers else 200
                listener.told.append((self.headers["Idempotency-Key"], answer, json.loads(body)))
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def delivered(self):
        return [(key, body) for key, answer, body in self.told if answer == 200]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Alerts(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-alerts-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.log = os.path.join(self.folder, "postgresql.json")

    def append(self, *lines):
        with open(self.log, "a", encoding="utf-8") as log:
            log.write("".join(line + "\n" for line in lines))

    def daemon(self, *sinks, **correlation):
        # One environment a test: the Alertmanager is shared, and holds on to what it was told.
        return culprit.Daemon(os.path.join(self.folder, "daemon"), {
            "labels": {"environment": os.path.basename(self.folder)},
            "sources": [{"file": {"paths": [self.log], "follow": True}}],
            "correlation": {"allowed_lateness": "1s", **correlation},
            "sinks": list(sinks)})

    def alerts(self):
        """What Alertmanager has of this test, firing."""
        with urllib.request.urlopen(f"http://{services.address('alertmanager')}/api/v2/alerts?filter=environment%3D{os.path.basename(self.folder)}", timeout=10) as answer:
            return json.load(answer)

    def test_alertmanager_receives_with_stable_labels_and_is_told_that_it_is_over(self):
        sink = {"alertmanager": {"urls": [f"http://{services.address('alertmanager')}"], "hold": "0s", "min_severity": "SEV4", "repeat": "2s",
                                 "page_url": "http://culprit.internal:8780", "runbook_url": "https://wiki.example/db"}}
        self.append(*(error("users", "users_email_key", 100 + at, -5 + at) for at in range(5)))
        with self.daemon(sink, resolve_after="10s") as daemon:
            alert = wait_until("Alertmanager has the alert", lambda: self.alerts(), patience=30, explain=daemon.log_tail)[0]
            self.assertEqual(alert["labels"]["kind"], "unique_violation")
            self.assertEqual(alert["labels"]["database"], "shop")
            self.assertEqual(alert["status"]["state"], "active")
            self.assertIn("users_email_key", alert["annotations"]["summary"])
            self.assertEqual(alert["annotations"]["runbook_url"], "https://wiki.example/db")
            self.assertEqual(alert["generatorURL"], f"http://culprit.internal:8780/incidents/{alert['labels']['culprit_id']}")
            fingerprint = alert["fingerprint"]
            self.append(error("users", "users_email_key", 200))
            first = alert["updatedAt"]
            again = wait_until("it is told again", lambda: [each for each in self.alerts() if each["updatedAt"] != first], patience=20, explain=daemon.log_tail)
            self.assertEqual([each["fingerprint"] for each in again], [fingerprint], "labels are stable")
            wait_until("Alertmanager hears that it is over", lambda: not self.alerts(), patience=40, explain=daemon.log_tail)
            daemon.stop()

    def test_a_webhook_is_retried_under_one_key_and_a_kill_pages_nobody_twice(self):
        listener = Listener(answers=[503, 429])
        self.addCleanup(listener.close)
        sink = {"webhook": {"url": listener.url, "hold": "0s", "min_severity": "SEV4"}}
        self.append(*(error("users", "users_email_key", 100 + at, -5 + at) for at in range(5)))
        with self.daemon(sink) as daemon:
            wait_until("the webhook took it", listener.delivered, patience=30, explain=daemon.log_tail)
            self.assertEqual([answer for _, answer, _ in listener.told], [503, 429, 200])
            self.assertEqual(len({key for key, _, _ in listener.told}), 1, "a retry has the key of the first")
            self.assertEqual(listener.delivered()[0][1]["event"], "opened")
            wait_until("the daemon knows that it arrived", lambda: daemon.metric("culprit_sink_pending_documents", sink="webhook") == 0)

            for number in range(3):
                daemon.kill()
                daemon.start()
                self.append(error("users", "users_email_key", 300 + number))
                daemon.wait_for_records(1)
            self.append(*(error("orders", "orders_number_key", 400 + at) for at in range(5)))
            wait_until("the next incident is told", lambda: len(listener.delivered()) >= 2, patience=30, explain=daemon.log_tail)
            daemon.stop()
        opened = [body["incident"]["culprit"]["symptom"]["constraint"] for _, body in listener.delivered() if body["event"] == "opened"]
        self.assertEqual(opened, ["users_email_key", "orders_number_key"])

    def test_slack_gets_words_and_history_pages_nobody(self):
        listener = Listener()
        self.addCleanup(listener.close)
        sink = {"webhook": {"url": listener.url, "template": "slack", "hold": "0s", "min_severity": "SEV4"}}
        self.append(*(error("old", "old_key", 100 + at, -7200 + at) for at in range(5)))
        self.append(*(error("users", "users_email_key", 200 + at, -5 + at) for at in range(5)))
        with self.daemon(sink) as daemon:
            wait_until("the webhook took it", listener.delivered, patience=30, explain=daemon.log_tail)
            daemon.stop()
        texts = [body["text"] for _, body in listener.delivered()]
        self.assertEqual(len(texts), 1, texts)
        self.assertIn("users_email_key", texts[0])
        self.assertNotIn("a@x.org", json.dumps(listener.told), "no value from a log leaves")


if __name__ == "__main__":
    unittest.main()
