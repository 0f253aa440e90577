#!/usr/bin/python3
"""How a start ends that is broken off."""
import json
import os
import signal
import subprocess
import tempfile
import time
import unittest

import culprit


class Starts(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-starts-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.log = os.path.join(self.folder, "app.log")
        open(self.log, "w").close()
        # A pipe: it is opened when the daemon has begun, and read when we have written it.
        self.configuration = os.path.join(self.folder, "culprit.yaml")
        os.mkfifo(self.configuration)

    def ends_with(self, number, delay):
        """The exit code after a signal so many seconds after the configuration was there; None: before it was."""
        process = subprocess.Popen([culprit.BINARY, "run", "--config", self.configuration], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        with open(self.configuration, "w") as file:
            if delay is None:
                process.send_signal(number)
                time.sleep(0.05)
            json.dump({"sources": [{"file": {"paths": [self.log], "follow": True}}], "signal_log": {"sqlite": {"path": os.path.join(self.folder, "signals.db")}},
                       "sinks": [{"file": {"path": os.path.join(self.folder, "incidents.ndjson"), "format": "ndjson"}}]}, file)
        if delay is not None:
            time.sleep(delay)
            process.send_signal(number)
        _, err = process.communicate(timeout=60)
        return process.returncode, err

    def test_a_signal_ends_it_in_order_however_early_it_comes(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            for delay in (None, 0, 0.05, 0.2, 0.5):
                with self.subTest(number, delay=delay):
                    code, err = self.ends_with(number, delay)
                    self.assertEqual(code, 0, err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
