"""One node by itself in the long oracle: the same records into a SQLite signal log on a small disk, under a clock that jumps."""
import base64
import json
import os
import time
from collections import Counter

import culprit
from documents import comparable, difference
from elasticsearch import Index
from machine import Clock, SmallDisk, tear_last_page
from waiting import wait_until
from workload import counted


class Solitary:
    def __init__(self, folder, chance, settings, elasticsearch):
        self._chance = chance
        os.makedirs(folder)
        self._clock = Clock(folder)
        self._disk = SmallDisk(os.path.join(folder, "state"), 96)
        self._log = os.path.join(self._disk.folder, "signals.db")
        self._letters = os.path.join(folder, "letters.ndjson")
        self._index = Index("solitary", address=elasticsearch[0])
        self._indices = [Index("solitary", address=address) for address in elasticsearch]
        for index in self._indices:
            index.name = self._index.name
        self._daemon = culprit.Daemon(folder, {
            **settings, "signal_log": {"sqlite": {"path": self._log}}, "dead_letter": {"file": self._letters, "payload": "raw"},
            "sinks": [{"elasticsearch": {"urls": [f"http://{address}" for address in elasticsearch], "index": self._index.name, "request_timeout": "5s"}}]}, self._clock.environment)

    def start(self):
        self._disk.__enter__()
        self._daemon.start()

    def end(self):
        self._daemon.__exit__()
        if os.path.ismount(self._disk.folder):
            self._disk.__exit__()

    def alive(self):
        return self._daemon._process.poll() is None

    def log_tail(self, lines=30):
        return "--- solitary\n" + (self._daemon.log_tail(lines) if os.path.exists(self._daemon.log) else "was not started\n")

    def resident_bytes(self):
        if not self.alive():
            return 0
        with open(f"/proc/{self._daemon._process.pid}/status") as file:
            return next((int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS:")), 0)

    def faults(self):
        return [self.full_disk, self.torn_page, self.clock_jump, self.killed]

    # Each leaves it running again.
    def full_disk(self):
        self._disk.fill()
        until = time.monotonic() + self._chance.uniform(5, 10)
        said = False
        while time.monotonic() < until:
            said = said or "disk is full" in self._daemon.get("/readyz")[1]
            time.sleep(0.2)
        self._disk.make_room()
        return "the solitary node's disk was full" + (", which /readyz said" if said else ", which it did not notice: nothing had to be written")

    def torn_page(self):
        self._daemon.kill()
        torn = tear_last_page(self._log + "-wal", self._chance)
        self._daemon.launch()
        return "the solitary node killed, " + ("the last page of its write-ahead log torn" if torn else "its write-ahead log held no page")

    def clock_jump(self):
        hours = self._chance.choice([1, -1, 48, -72, 9_600, 0])
        self._clock.jump(hours * 3600)
        return f"the solitary node's clock jumped to {hours:+} hours from the true time"

    def killed(self):
        self._daemon.kill()
        time.sleep(self._chance.uniform(0, 2))
        self._daemon.launch()
        return "SIGKILL of the solitary node"

    def search(self):
        """By whichever Elasticsearch node answers."""
        return next(filter(None, (index.search() for index in self._indices)), [])

    def check(self, expected, documents, broken):
        def explain():
            found = counted(self.search())
            return f"(found, expected): { {key: (found[key], expected[key]) for key in expected | found if found[key] != expected[key]} }\n{self._daemon.get('/readyz')}\n{self.log_tail()}"
        wait_until("the solitary node counts every symptom exactly once", lambda: counted(self.search()) == expected, patience=300, interval=0.5, explain=explain)
        wait_until("its documents are those of the undisturbed run", lambda: comparable(self.search()) == documents, patience=90, interval=0.5,
                   explain=lambda: difference(comparable(self.search()), documents) + self.log_tail())
        time.sleep(3)
        assert counted(self.search()) == expected, explain()
        self._daemon.stop()
        letters = Counter()
        with open(self._letters) as file:
            for line in file:
                letter = json.loads(line)
                letters[base64.b64decode(letter["raw"]).decode()] += 1
        # Safe before the commit that passes them: after a kill in between a letter is there twice.
        assert letters.keys() == broken.keys(), f"the solitary node's dead letters: {len(broken.keys() - letters.keys())} missing, {len(letters.keys() - broken.keys())} too many"
