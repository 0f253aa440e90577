"""A daemon that follows one file, for the browser to look at."""
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "end_to_end"))

import culprit  # noqa: E402
from waiting import wait_until  # noqa: E402


class Served:
    def __init__(self, folder):
        os.makedirs(folder)
        self.input = os.path.join(folder, "shipped.log")
        self.write("")
        self.daemon = culprit.Daemon(folder, {
            "labels": {"environment": "production"}, "correlation": {"remedy_grace": "3s"},
            "sources": [{"file": {"paths": [self.input], "follow": True}}], "sinks": []}).start()
        self.base = f"http://127.0.0.1:{self.daemon.port}"

    def write(self, text):
        with open(self.input, "a", encoding="utf-8") as out:
            out.write(text)

    def incidents(self, query=""):
        status, body = self.daemon.get("/api/v1/incidents" + query)
        assert status == 200, body
        return json.loads(body)["incidents"]

    def wait_for(self, count, query=""):
        return wait_until(f"{count} incidents are there", lambda: (lambda found: found if len(found) >= count else None)(self.incidents(query)), 60,
                          explain=self.daemon.log_tail)
