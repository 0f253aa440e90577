#!/usr/bin/python3
"""The oracle: a numbered workload through several nodes while faults hit them; every symptom is counted exactly once.

usage: tests/faults/faults.py [--records N] [--faults N] [--seed S] [--matchers N] [--correlators N]

Faults are drawn from the seed, which is printed: SIGKILL of a matcher or a correlator, SIGSTOP for 20 s (longer than a
transaction and a session live), a node that leaves in order, one that joins, Kafka's broker killed, Elasticsearch paused.
"""
import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
import culprit  # noqa: E402
import services  # noqa: E402
from documents import comparable, difference  # noqa: E402
from elasticsearch import Index  # noqa: E402
from kafka_topics import Producer, new_topic  # noqa: E402
from node import Node  # noqa: E402
from waiting import wait_until  # noqa: E402
from workload import PARTITIONS, Workload, counted  # noqa: E402

MEMORY_BOUND = 600 * 1024 * 1024
PAUSE = 20.0
COMMON = {"labels": {"environment": "unlabelled"}, "redaction": {"values": "remove"}}


class Oracle:
    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.chance = random.Random(options.seed)
        self.workload = Workload(options.records, options.seed)
        self.topic, self.index = new_topic("faults", PARTITIONS), Index("faults")
        log = f"signals-{self.topic}"
        self.settings = {**COMMON,
                         "sources": [{"kafka": {"brokers": [services.address("kafka")], "group_id": f"matchers-{self.topic}", "topics": [{"name": self.topic}], "start": "earliest"}}],
                         "signal_log": {"kafka": {"topic": log, "group_id": f"correlators-{self.topic}", "partitions": 4, "replication": 1, "snapshot_every": "3s"}},
                         "sinks": [{"elasticsearch": {"urls": [self.index.url], "index": self.index.name}}]}
        self.nodes = [self.node("matcher", i) for i in range(options.matchers)] + [self.node("correlator", i) for i in range(options.correlators)]
        self.sent = threading.Event()
        self.sender_failed = None
        self.peak = 0

    def node(self, role, number):
        return Node(self.folder, f"{role}-{number}", role, self.settings)

    def setup(self):
        path = culprit.write_configuration(os.path.join(self.folder, "setup.yaml"), self.settings)
        code, out, err = culprit.run("setup", "kafka", "--config", path)
        assert code == 0, f"culprit setup kafka ended with {code}:\n{out}{err}"
        code, out, err = culprit.run("setup", "kafka", "--config", path)
        assert code == 0 and out.count("ok: ") == 2, f"a second culprit setup kafka ended with {code}:\n{out}{err}"

    def expected_documents(self):
        path = os.path.join(self.folder, "workload.ndjson")
        with open(path, "w") as file:
            for number in sorted(self.workload.symptoms):
                file.write(self.workload.record(number)[2] + "\n")
            for _, _, text in self.workload.closing():
                file.write(text + "\n")
        return comparable(culprit.scan(culprit.write_configuration(os.path.join(self.folder, "scan.yaml"), COMMON), path))

    def send(self):
        """Spread over the time that the faults take."""
        try:
            pieces = max(1, self.options.faults * 4)
            with Producer() as producer:
                for number in range(self.options.records):
                    partition, when, text = self.workload.record(number)
                    producer.send(self.topic, text, when, partition=partition)
                    if number % (self.options.records // pieces + 1) == 0:
                        producer.flush()
                        time.sleep(0.5)
                for partition, when, text in self.workload.closing():
                    producer.send(self.topic, text, when, partition=partition)
        except BaseException as error:  # the main thread reports it
            self.sender_failed = error
        self.sent.set()

    def some(self, role):
        return self.chance.choice([node for node in self.nodes if node.role == role])

    # Each fault leaves the node running again.
    def kill(self, role):
        node = self.some(role)
        node.kill()
        time.sleep(self.chance.uniform(0, 2))
        node.start()
        return f"SIGKILL {node.name}"

    def pause(self, role):
        node = self.some(role)
        node.signal(signal.SIGSTOP)
        time.sleep(PAUSE)
        node.signal(signal.SIGCONT)
        return f"SIGSTOP {node.name} for {PAUSE:g} s"

    def leave_and_join(self):
        node = self.some(self.chance.choice(["matcher", "correlator"]))
        code = node.stop()
        assert code == 0, f"{node.name} ended with {code} after SIGTERM\n{node.log_tail()}"
        time.sleep(self.chance.uniform(0, 3))
        node.start()
        return f"{node.name} left and joined again"

    def one_more(self):
        node = self.node(self.chance.choice(["matcher", "correlator"]), len(self.nodes))
        self.nodes.append(node.start())
        return f"{node.name} joined"

    def kill_broker(self):
        pid_file = os.path.join(services.FOLDER, "kafka.pid")
        with open(pid_file) as file:
            os.kill(int(file.read()), signal.SIGKILL)
        time.sleep(self.chance.uniform(0, 3))
        services.start("kafka", services.address("kafka"))
        return "Kafka's broker killed and started again"

    def elasticsearch_paused(self):
        with open(os.path.join(services.FOLDER, "elasticsearch.pid")) as file:
            pid = int(file.read())
        os.kill(pid, signal.SIGSTOP)
        time.sleep(8)
        os.kill(pid, signal.SIGCONT)
        return "Elasticsearch did not answer for 8 s"

    def watch_memory(self):
        for node in self.nodes:
            if node.alive():
                self.peak = max(self.peak, node.resident_bytes())

    def run(self):
        self.setup()
        for node in self.nodes:
            node.start()
        sender = threading.Thread(target=self.send, daemon=True)
        sender.start()
        faults = [lambda: self.kill("matcher"), lambda: self.kill("correlator"), lambda: self.pause("matcher"), lambda: self.pause("correlator"),
                  self.leave_and_join, self.one_more, self.kill_broker, self.elasticsearch_paused]
        drawn = [faults[i % len(faults)] for i in range(self.options.faults)]
        self.chance.shuffle(drawn)
        for number, fault in enumerate(drawn):
            time.sleep(self.chance.uniform(0.5, 3))
            if fault == self.one_more and len(self.nodes) >= self.options.matchers + self.options.correlators + 2:
                fault = self.leave_and_join
            print(f"fault {number + 1}/{len(drawn)}: {fault()}", flush=True)
            self.watch_memory()
            for node in self.nodes:
                assert node.alive(), f"{node.name} ended by itself\n{node.log_tail()}"
        wait_until("all records are sent", self.sent.is_set, patience=600)
        if self.sender_failed:
            raise self.sender_failed

        expected, documents = self.workload.expected(), self.expected_documents()
        assert sum(expected.values()) == len(self.workload.symptoms)

        def explain():
            found = counted(self.index.search())
            wrong = {key: (found[key], expected[key]) for key in expected | found if found[key] != expected[key]}
            return f"(found, expected): {wrong}\n" + "".join(node.log_tail() for node in self.nodes)
        wait_until("every symptom is counted exactly once", lambda: counted(self.index.search()) == expected, patience=180, interval=0.5, explain=explain)
        wait_until("the documents are those of the undisturbed run", lambda: comparable(self.index.search()) == documents, patience=90, interval=0.5,
                   explain=lambda: difference(comparable(self.index.search()), documents))
        time.sleep(3)  # what would be counted twice comes late
        assert counted(self.index.search()) == expected, explain()
        self.watch_memory()
        assert self.peak < MEMORY_BOUND, f"a node held {self.peak} bytes"
        for node in self.nodes:
            code = node.stop()
            assert code == 0, f"{node.name} ended with {code} after SIGTERM\n{node.log_tail()}"
        assert counted(self.index.search()) == expected
        print(f"{self.options.records} records, {len(self.workload.symptoms)} symptoms in {len(documents)} incidents, {self.options.faults} faults: "
              f"every symptom counted once, documents equal; largest node {self.peak // 2**20} MiB", flush=True)

    def end(self):
        for node in self.nodes:
            node.kill()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=40_000)
    parser.add_argument("--faults", type=int, default=5)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("CULPRIT_SEED", random.SystemRandom().randrange(10**6))))
    parser.add_argument("--matchers", type=int, default=2)
    parser.add_argument("--correlators", type=int, default=2)
    options = parser.parse_args()
    print(f"CULPRIT_SEED={options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="culprit-faults-") as folder:
        oracle = Oracle(folder, options)
        try:
            oracle.run()
        except BaseException:
            for node in oracle.nodes:
                print(node.log_tail(40), flush=True)
            raise
        finally:
            oracle.end()


if __name__ == "__main__":
    main()
