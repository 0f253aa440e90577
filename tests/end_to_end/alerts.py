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


def error(table, constraint, pid, offset=0, database="shop"):
    """One duplicate key as PostgreSQL's jsonlog has it."""
    return json.dumps({"timestamp": now(offset).replace("T", " ").replace("Z", " UTC"), "user": "shop", "dbname": database, "pid": pid, "session_id": f"5f.{pid}",
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

    def test_what_one_bad_release_broke_is_one_group_and_one_page(self):
        listener = Listener()
        self.addCleanup(listener.close)
        common = {"hold": "3s", "min_severity": "SEV4"}
        release = {"event": "deployment", "action": "finished", "time": now(-60), "service": "web", "version": "2.1.0"}
        self.append(json.dumps(release), *(json.dumps({"time": now(-30 + at), "level": "error", "service": "web", "release": "2.1.0", "sqlstate": "42P01",
                                                        "msg": f'relation "{table}" does not exist'}) for at in range(25) for table in ("carts", "wishlists")))
        with self.daemon({"alertmanager": {"urls": [f"http://{services.address('alertmanager')}"], **common}}, {"webhook": {"url": listener.url, **common}}) as daemon:
            alerts = wait_until("Alertmanager has both", lambda: (lambda them: them if len(them) == 2 else None)(self.alerts()), patience=30, explain=daemon.log_tail)
            self.assertEqual({alert["labels"]["kind"] for alert in alerts}, {"undefined_table"})
            address = f"http://{services.address('alertmanager')}/api/v2/alerts/groups?filter=environment%3D{os.path.basename(self.folder)}"
            with urllib.request.urlopen(address, timeout=10) as answer:
                group, = json.load(answer)
            self.assertEqual(len(group["alerts"]), 2, "grouped by the label `group`")
            self.assertIn("deployment of web 2.1.0", alerts[0]["annotations"]["cause"])
            wait_until("the webhook took one", listener.delivered, patience=30, explain=daemon.log_tail)
            daemon.stop()
        self.assertEqual([body["event"] for _, body in listener.delivered()].count("opened"), 1, [(body["event"], body["group"], body["incident"]["message"], body["incident"]["culprit"].get("group")) for _, body in listener.delivered()])

    def test_what_is_planned_or_silenced_pages_nobody_until_that_is_over(self):
        listener = Listener()
        self.addCleanup(listener.close)
        self.append(error("users", "old_key", 1, -3))
        with self.daemon({"webhook": {"url": listener.url, "hold": "2s", "min_severity": "SEV4"}}) as daemon:
            def post(path, body):
                request = urllib.request.Request(f"http://127.0.0.1:{daemon.port}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
                with urllib.request.urlopen(request, timeout=10) as answer:
                    return json.load(answer)

            def incident(constraint):
                found = [each["culprit"] for each in json.loads(daemon.get("/api/v1/incidents?q=" + constraint)[1])["incidents"]]
                return found[0] if found else None

            def opened():
                return [body["incident"]["culprit"]["symptom"]["constraint"] for _, body in listener.delivered() if body["event"] == "opened"]

            window = post("/api/v1/maintenance", {"database": "billing", "from": now(-60), "until": now(600)})
            self.append(*(error("invoices", "planned_key", 100 + at, -2, "billing") for at in range(3)), *(error("users", "quiet_key", 200 + at, -2) for at in range(3)))
            own = wait_until("the incident to silence is there", lambda: incident("quiet_key"), patience=20, explain=daemon.log_tail)
            silence = f"/api/v1/incidents/{own['id']}/silence"
            post(silence, {"minutes": 60})
            wait_until("the planned one is there", lambda: incident("planned_key"), patience=20, explain=daemon.log_tail)
            self.append(*(error("users", "loud_key", 300 + at) for at in range(3)))
            wait_until("the other one pages", lambda: "loud_key" in opened(), patience=30, explain=daemon.log_tail)
            self.assertCountEqual(opened(), ["old_key", "loud_key"])

            post(f"/api/v1/maintenance/{window['id']}/end", {})
            post(silence, {"withdrawn": True})
            self.append(*(error("invoices", "unplanned_key", 400 + at, 0, "billing") for at in range(3)), error("users", "quiet_key", 500))
            wait_until("both page", lambda: {"quiet_key", "unplanned_key"} <= set(opened()), patience=30, explain=daemon.log_tail)
            self.assertCountEqual(opened(), ["old_key", "loud_key", "quiet_key", "unplanned_key"], "what began in the window stays planned")
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
