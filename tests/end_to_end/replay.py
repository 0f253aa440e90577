#!/usr/bin/python3
"""`culprit replay`: the stored signal log under other settings, beside the daemon that writes it."""
import json
import os
import tempfile
import unittest

import culprit
from outage import Outage
from services import ROOT
from waiting import wait_until


class Replay(unittest.TestCase):
    maxDiff = None

    def replay(self, *arguments):
        code, out, err = culprit.run("replay", *arguments)
        self.assertEqual(code, 0, err)
        return out

    def test_the_same_settings_differ_in_nothing_and_others_in_what_they_change(self):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-replay-")
        self.addCleanup(temporary.cleanup)
        folder = temporary.name
        outage = Outage("01", "log", folder)
        lines = os.path.join(folder, "lines.ndjson")
        with open(lines, "w") as file:
            file.writelines(line.envelope + "\n" for line in outage.lines)
        documents = os.path.join(folder, "incidents.ndjson")
        settings = {"redaction": {"values": "remove"}, "sources": [{"file": {"paths": [lines]}}], "sinks": [{"file": {"path": documents, "format": "ndjson"}}]}
        with culprit.Daemon(os.path.join(folder, "daemon"), settings) as daemon:
            daemon.wait_for_records(len(outage.lines))
            wait_until("there is a document", lambda: os.path.exists(documents) and os.path.getsize(documents) > 0, explain=daemon.log_tail)
            before = os.path.join(folder, "before.ndjson")
            with open(before, "w") as file:
                file.write(self.replay("--config", daemon.configuration, "--format", "ndjson"))  # beside the daemon
            daemon.stop()
        with open(before) as file:
            incidents = [json.loads(line) for line in file]
        attributed = [incident for incident in incidents if incident["culprit"]["attribution"] == "attributed"]
        self.assertTrue(attributed, "an outage with a cause")

        same = self.replay("--config", daemon.configuration, "--against", before)
        self.assertIn("0 new, 0 gone, 0 changed", same)
        self.assertIn("0 new, 0 gone, 0 changed", self.replay("--config", daemon.configuration, "--against", documents), "what the sink was told is what is folded")

        stricter = os.path.join(folder, "stricter.yaml")
        with open(daemon.configuration) as file:
            culprit.write_configuration(stricter, {**json.load(file), "correlation": {"min_confidence": 1}})
        changed = [json.loads(line) for line in self.replay("--config", stricter, "--against", daemon.configuration, "--format", "ndjson").splitlines()]
        self.assertEqual({each["id"] for each in changed}, {incident["culprit"]["id"] for incident in attributed})
        for each in changed:
            self.assertEqual((each["what"], each["fields"]["attribution"]), ("changed", {"before": "attributed", "after": "unattributed"}))
        self.assertEqual(self.replay("--config", stricter, "--against", before, "--since", "2100-01-01T00:00Z").split(":")[0], "0 incidents before, 0 now")

        self.try_other_rules(folder, daemon, attributed)

    def try_other_rules(self, folder, daemon, attributed):
        """In shadow first, then in the daemon, which raises the epoch."""
        rules = os.path.join(folder, "rules")
        os.makedirs(rules)
        with open(os.path.join(ROOT, "correlator", "causality.yaml")) as file:
            text = file.read()
        candidate = os.path.join(rules, "causality.yaml")
        with open(candidate, "w") as file:
            file.write(text)
        log = os.path.join(os.path.dirname(daemon.configuration), "signals.db")
        with open(log, "rb") as file:
            before = file.read()
        arguments = ["--config", daemon.configuration, "--rules", rules, "--against", daemon.configuration]
        self.assertIn("0 new, 0 gone, 0 changed", self.replay(*arguments))
        self.assertEqual(text.count("none: -1.0"), 1)
        with open(candidate, "w") as file:
            file.write(text.replace("none: -1.0", "none: 50.0"))
        shadow = self.replay(*arguments)
        self.assertEqual(shadow.count("attribution: attributed -> unattributed"), len(attributed), shadow)
        with open(log, "rb") as file:
            self.assertEqual(file.read(), before, "nothing is written")
        with open(candidate, "w") as file:
            file.write(text.replace("none: -1.0", "none: [1]"))
        code, _, err = culprit.run("replay", *arguments)
        self.assertEqual(code, 2, err)
        self.assertRegex(err, r"causality\.yaml:17: ")
        with open(candidate, "w") as file:
            file.write(text.replace("none: -1.0", "none: 50.0"))
        with open(daemon.configuration) as file:
            settings = {**json.load(file), "rules": rules}
        culprit.write_configuration(daemon.configuration, settings)
        old = max(incident["culprit"]["version"] for incident in attributed)
        with daemon:
            wait_until("the daemon says what the shadow said", lambda: self.attributions(daemon) == {"unattributed"}, explain=daemon.log_tail)
            document = json.loads(daemon.get("/api/v1/incidents/" + attributed[0]["culprit"]["id"])[1])
            self.assertGreater(document["culprit"]["version"] >> 40, old >> 40, "the epoch has been raised")
            daemon.stop()

    def attributions(self, daemon):
        listed = json.loads(daemon.get("/api/v1/incidents")[1] or "{}")
        return {incident["culprit"]["attribution"] for incident in listed.get("incidents", [])}

    def test_what_is_no_time_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            path = culprit.write_configuration(os.path.join(folder, "c.yaml"), {"sources": []})
            code, _, err = culprit.run("replay", "--config", path, "--since", "yesterday")
            self.assertEqual(code, 2)
            self.assertIn("expected a time", err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
