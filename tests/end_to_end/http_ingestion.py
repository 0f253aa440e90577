#!/usr/bin/python3
"""Records over HTTP: each counts once whatever is killed and repeated, and what is refused says why."""
import concurrent.futures
import gzip
import hashlib
import hmac
import http.client
import json
import os
import random
import socket
import sqlite3
import tempfile
import time
import unittest

import culprit
from documents import comparable, difference
from outage import COMMON, Outage
from waiting import wait_until

TOKEN = "the ingestion's token"
GITHUB_SECRET = "It's a Secret to Everybody"
TIME = "2026-11-20T12:00:00.000Z"


def error_line(number):
    return json.dumps({"time": TIME, "level": "error", "service": "checkout",
                       "msg": f'duplicate key value violates unique constraint "orders_pkey_{number % 3}"'}) + "\n"


class Ingestion(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-http-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.incidents_file = os.path.join(self.folder, "incidents.ndjson")
        self.port = culprit.free_port()

    def settings(self, **source):
        return {"labels": {"environment": "production", "database": "shop"},
                "sources": [{"http": {"listen": f"127.0.0.1:{self.port}", "token": TOKEN,
                                      "webhooks": {"github": {"secret": GITHUB_SECRET}}, **source}}],
                "redaction": {"values": "hash", "key": "a key of this test's own, long enough"},
                "dead_letter": {"file": os.path.join(self.folder, "dead-letters.ndjson")},
                "sinks": [{"file": {"path": self.incidents_file, "format": "ndjson"}}]}

    def daemon(self, **source):
        return culprit.Daemon(os.path.join(self.folder, "daemon"), self.settings(**source))

    def post(self, path, body, headers=None, token=TOKEN, timeout=20):
        """(status, answer, headers); status 0 when there was none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            authorization = {"Authorization": f"Bearer {token}"} if token else {}
            connection.request("POST", path, body if isinstance(body, bytes) else body.encode(), {**authorization, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), dict(answer.getheaders())
        except (OSError, http.client.HTTPException):
            return 0, "", {}
        finally:
            connection.close()

    def rows(self, query):
        """Of the signal log, beside the daemon."""
        with sqlite3.connect(f"file:{self.folder}/daemon/signals.db?mode=ro", uri=True, timeout=20) as database:
            return database.execute(query).fetchall()

    def incidents(self):
        """The newest document of each."""
        newest = {}
        if os.path.exists(self.incidents_file):
            with open(self.incidents_file, encoding="utf-8") as file:
                for line in file:
                    document = json.loads(line)
                    if "symptom" in document.get("culprit", {}):
                        newest[document["culprit"]["id"]] = document
        return list(newest.values())

    def counted(self):
        return sum(document["culprit"]["symptom"]["count"] for document in self.incidents() if document["culprit"]["status"] != "merged")

    def test_what_was_committed_and_not_answered_is_not_counted_again(self):
        """Killed between the commit and the answer: the sender, who knows nothing, repeats the request with its key."""
        unanswered = 0
        with self.daemon() as daemon:
            for round_number in range(12):
                key = f"request-{round_number}"
                body = error_line(round_number).encode()
                with socket.create_connection(("127.0.0.1", self.port), timeout=20) as sender:
                    sender.sendall(b"POST /v1/records HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + TOKEN.encode() + b"\r\nIdempotency-Key: " + key.encode()
                                   + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body)
                    database = sqlite3.connect(f"file:{self.folder}/daemon/signals.db?mode=ro", uri=True, timeout=20)
                    deadline = time.monotonic() + 20
                    while database.execute("SELECT count(*) FROM request_keys").fetchone()[0] <= round_number:  # as fast as it goes
                        self.assertLess(time.monotonic(), deadline)
                    daemon.kill()
                    database.close()
                    sender.settimeout(5)
                    try:
                        unanswered += not sender.recv(1)
                    except OSError:
                        unanswered += 1
                daemon.start()
                status, answer, headers = self.post("/v1/records", body, {"Idempotency-Key": key})
                self.assertEqual((status, headers.get("Idempotency-Replayed")), (200, "true"), answer)
            wait_until("all are in incidents", lambda: self.counted() >= 12, explain=daemon.log_tail)
            daemon.stop()
        print(f"{unanswered} of 12 had got no answer")
        self.assertEqual(self.counted(), 12)
        self.assertEqual(len(self.rows("SELECT 1 FROM entries WHERE kind = 'tally'")), 12)
        self.assertGreater(unanswered, 0, "the window between commit and answer was never hit")

    def test_senders_that_repeat_what_fails_are_counted_once_through_kills_at_any_moment(self):
        seed = int(os.environ.get("CULPRIT_SEED", random.randrange(1_000_000)))
        print(f"CULPRIT_SEED={seed}")
        dice = random.Random(seed)
        requests, records_each, kills = 150, 4, 6
        stopping = False

        def send(number):
            body = "".join(error_line(number * records_each + i) for i in range(records_each))
            while not stopping:
                status, answer, _ = self.post("/v1/records", body, {"Idempotency-Key": f"r{number}"}, timeout=3)
                if status == 200:
                    return
                if status not in (0, 429, 503):
                    raise AssertionError(f"{status}: {answer}")
                time.sleep(0.05)

        with self.daemon() as daemon:
            with concurrent.futures.ThreadPoolExecutor(8) as senders:
                sent = [senders.submit(send, number) for number in range(requests)]
                try:
                    for kill in range(1, kills + 1):
                        share = requests * kill // (kills + 1)
                        wait_until("some are answered", lambda: sum(one.done() for one in sent) >= share, explain=daemon.log_tail)
                        time.sleep(dice.uniform(0, 0.08))
                        daemon.kill()
                        daemon.start()
                    for one in sent:
                        one.result(timeout=60)
                finally:
                    stopping = True
            wait_until("all are in incidents", lambda: self.counted() >= requests * records_each, explain=daemon.log_tail)
            daemon.stop()
        self.assertEqual(self.counted(), requests * records_each)
        self.assertEqual(self.rows("SELECT count(*) FROM request_keys"), [(requests,)])

    def test_a_recorded_outage_over_http_is_what_scan_makes_of_it(self):
        outage = Outage("01", "json", self.folder)
        expected = comparable(outage.scanned())
        self.assertTrue(expected)
        daemon = culprit.Daemon(os.path.join(self.folder, "daemon"), {**self.settings(), **COMMON, "redaction": {"values": "hash"}})  # the scan's key
        with daemon, open(outage.file, "rb") as file:
            lines = file.read()
            status, answer, _ = self.post("/v1/records", gzip.compress(lines), {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}, timeout=60)
            self.assertEqual(status, 200, answer)
            self.assertEqual(json.loads(answer), {"records": len(outage.lines), "undecodable": 0})
            wait_until("the incidents are those of the scan", lambda: comparable(self.incidents()) == expected, interval=0.2,
                       explain=lambda: difference(comparable(self.incidents()), expected))
            daemon.stop()
        self.assertEqual(difference(comparable(self.incidents()), expected), "")

    def test_changes_webhooks_and_otlp_say_what_they_are(self):
        with self.daemon() as daemon:
            links = {"pull_request": "https://git.example/shop/pull/42?token=secret"}
            change = {"kind": "migration", "tool": "alembic", "migration": "0042_unique_email", "time": "2026-11-20T11:59:50Z", "links": links}
            self.assertEqual(self.post("/v1/changes", json.dumps(change), {"Content-Type": "application/json"})[0], 200)
            statement = {"kind": "schema_change", "statement": "ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email)", "time": "2026-11-20T11:59:52Z", "links": links}
            self.assertEqual(self.post("/v1/changes", json.dumps([statement]))[0], 200)
            status, answer, _ = self.post("/v1/changes", '{"kind":"coffee"}')
            self.assertEqual(status, 422, answer)
            self.assertIn("record 1 announces no change", answer)

            event = json.dumps({"action": "created", "deployment_status": {"state": "success", "environment": "production", "created_at": "2026-11-20T11:59:00Z",
                                                                                  "log_url": "https://github.com/acme/checkout/actions/runs/7"},
                                "deployment": {"environment": "production", "ref": "5.5.0", "payload": {"service": "checkout"}},
                                "repository": {"name": "checkout"}}).encode()
            signature = "sha256=" + hmac.new(GITHUB_SECRET.encode(), event, hashlib.sha256).hexdigest()
            headers = {"Content-Type": "application/json", "X-GitHub-Delivery": "72d3162e-cc78-11e3", "X-Hub-Signature-256": signature}
            self.assertEqual(self.post("/v1/webhooks/github", event, headers, token=None)[0], 200)
            status, _, answered = self.post("/v1/webhooks/github", event, headers, token=None)  # redelivered
            self.assertEqual((status, answered.get("Idempotency-Replayed")), (200, "true"))
            self.assertEqual(self.post("/v1/webhooks/github", event + b" ", headers, token=None)[0], 401)

            nanoseconds = "1795176000000000000"  # 2026-11-20T12:00:00Z
            logs = {"resourceLogs": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "checkout"}}]},
                                      "scopeLogs": [{"logRecords": [{"timeUnixNano": nanoseconds, "severityText": "ERROR",
                                                                     "body": {"stringValue": 'duplicate key value violates unique constraint "users_email_key"'}}] * 3}]}]}
            status, answer, _ = self.post("/v1/logs", gzip.compress(json.dumps(logs).encode()), {"Content-Type": "application/json", "Content-Encoding": "gzip"})
            self.assertEqual((status, answer), (200, "{}"))

            wait_until("the incident is attributed", lambda: any(document["culprit"]["attribution"] == "attributed" for document in self.incidents()), explain=daemon.log_tail)
            document, = self.incidents()
            self.assertIn({"title": "Pull request", "url": "https://git.example/shop/pull/42"}, document["culprit"]["links"])
            self.assertIn('<a href="https://git.example/shop/pull/42"', daemon.get(f"/incidents/{document['culprit']['id']}")[1])
            self.assertIn('<a href="https://github.com/acme/checkout/actions/runs/7"', daemon.get("/changes")[1])
            daemon.stop()
        self.assertEqual(document["culprit"]["symptom"]["count"], 3)
        self.assertEqual(document["culprit"]["symptom"]["constraint"], "users_email_key")
        self.assertIn(document["culprit"]["cause"]["kind"], ("schema_change", "migration"))
        self.assertEqual(document["culprit"]["impact"]["services"], ["checkout"])

    def test_what_is_refused_says_why_and_counts_nothing(self):
        with self.daemon() as daemon:
            self.assertEqual(self.post("/v1/records", error_line(1), token=None)[0], 401)
            self.assertEqual(self.post("/v1/records", error_line(1), token="wrong")[0], 401)
            self.assertEqual(self.post("/v1/nothing", error_line(1))[0], 404)
            self.assertEqual(self.post("/v1/records?team=a", error_line(1))[0], 400)
            self.assertEqual(self.post("/v1/records", "[{]", {"Content-Type": "application/json"})[0], 400)
            self.assertEqual(self.post("/v1/records", b"x" * (9 << 20))[0], 413)
            self.assertEqual(self.post("/v1/records", error_line(1), {"Idempotency-Key": "k"})[0], 200)
            self.assertEqual(self.post("/v1/records", error_line(2), {"Idempotency-Key": "k"})[0], 422)
            self.assertEqual(daemon.metric("culprit_ingest_requests_total", status="401"), 2)
            self.assertEqual(daemon.metric("culprit_records_total", source="http"), 1)
            status, answer, _ = self.post("/v1/records", error_line(1)[:-20])
            self.assertEqual((status, json.loads(answer)["undecodable"]), (200, 1))
            self.assertEqual(daemon.metric("culprit_dead_letters_total", reason="broken_json"), 1)
            self.assertEqual(daemon.get("/readyz")[0], 200)
            daemon.stop()

    def test_while_the_log_cannot_be_written_senders_are_told_to_come_back(self):
        """A reader's lock keeps the log from being written: nothing is answered with 200, and nothing is lost or counted twice."""
        with self.daemon() as daemon:
            self.assertEqual(self.post("/v1/records", error_line(0), {"Idempotency-Key": "first"})[0], 200)
            lock = sqlite3.connect(f"{self.folder}/daemon/signals.db", timeout=20, isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")
            status, _, _ = self.post("/v1/records", error_line(1), {"Idempotency-Key": "second"}, timeout=2)
            self.assertEqual(status, 0)  # the sender's patience was at its end
            wait_until("it is said", lambda: "cannot be written" in daemon.get("/readyz")[1], explain=daemon.log_tail)
            lock.execute("ROLLBACK")
            lock.close()
            self.assertEqual(self.post("/v1/records", error_line(1), {"Idempotency-Key": "second"})[0], 200)
            wait_until("both are counted", lambda: self.counted() >= 2, explain=daemon.log_tail)
            daemon.stop()
        self.assertEqual(self.counted(), 2)


if __name__ == "__main__":
    unittest.main()
