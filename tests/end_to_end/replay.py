#!/usr/bin/python3
"""`culprit replay`: the stored signal log under other settings, beside the daemon that writes it."""
import json
import os
import tempfile
import unittest

import culprit
from outage import Outage
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

    def test_what_is_no_time_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            path = culprit.write_configuration(os.path.join(folder, "c.yaml"), {"sources": []})
            code, _, err = culprit.run("replay", "--config", path, "--since", "yesterday")
            self.assertEqual(code, 2)
            self.assertIn("expected a time", err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
