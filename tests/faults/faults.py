#!/usr/bin/python3
"""The oracle: a numbered workload through several nodes while faults hit them; every symptom is counted exactly once.

usage: tests/faults/faults.py [--records N] [--faults N] [--seed S] [--matchers N] [--correlators N] [--clusters]

Faults are drawn from the seed, which is printed: SIGKILL of a matcher or a correlator, SIGSTOP for 20 s (longer than a
transaction and a session live), a node that leaves in order, one that joins; Kafka's broker killed; Elasticsearch paused; and, by
a proxy before it, 429, 503, slow answers, items refused for now and items refused for good. With --clusters, three brokers and
two Elasticsearch nodes: brokers killed, paused and leaving in order (their partitions' leaders move), Elasticsearch nodes killed.

Beside them one node by itself reads the same records into a SQLite signal log (solitary.py): its disk fills up, the last page of
its write-ahead log is torn, its clock jumps, it is killed. It has to end with the same documents.
"""
import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
import culprit  # noqa: E402
from cluster import Cluster, Single  # noqa: E402
from documents import comparable, difference  # noqa: E402
from elasticsearch import Index  # noqa: E402
from node import Node  # noqa: E402
from proxy import FAULTS, Proxy  # noqa: E402
from solitary import Solitary  # noqa: E402
from topics import ExactlyOnce, documents_in, new_topic, read_all  # noqa: E402
from waiting import wait_until  # noqa: E402
from workload import PARTITIONS, Workload, broken_letters, counted  # noqa: E402

MEMORY_BOUND = 600 * 1024 * 1024
PAUSE = 20.0
PIECES = 8  # of the workload, sent during each fault
COMMON = {"labels": {"environment": "unlabelled"}, "redaction": {"values": "remove"}}


class Oracle:
    def __init__(self, folder, options, kafka, elasticsearch, proxy):
        self.folder, self.options = folder, options
        self.kafka, self.elasticsearch, self.proxy = kafka, elasticsearch, proxy
        self.brokers = kafka.addresses
        self.chance = random.Random(options.seed)
        self.workload = Workload(options.records, options.seed)
        replication = len(self.brokers)
        self.topic = new_topic(self.brokers, "faults", PARTITIONS, replication)
        self.index = Index("faults", address=proxy.url.removeprefix("http://"))
        log = f"signals-{self.topic}"
        self.incidents, self.letters = f"incidents-{self.topic}", f"letters-{self.topic}"
        self.settings = {**COMMON,
                         "sources": [{"kafka": {"brokers": self.brokers, "group_id": f"matchers-{self.topic}", "topics": [{"name": self.topic}], "start": "earliest"}}],
                         "signal_log": {"kafka": {"topic": log, "group_id": f"correlators-{self.topic}", "partitions": 4, "replication": replication, "snapshot_every": "3s"}},
                         "sinks": [{"elasticsearch": {"urls": [self.index.url], "index": self.index.name, "request_timeout": "5s"}}, {"kafka": {"topic": self.incidents}}],
                         "dead_letter": {"kafka": {"topic": self.letters}, "payload": "raw"}}
        self.nodes = [self.node("matcher", i) for i in range(options.matchers)] + [self.node("correlator", i) for i in range(options.correlators)]
        self.solitary = Solitary(os.path.join(folder, "solitary"), self.chance, {
            **COMMON, "sources": [{"kafka": {"brokers": self.brokers, "group_id": f"solitary-{self.topic}", "topics": [{"name": self.topic}], "start": "earliest"}}]}, elasticsearch.addresses)
        self.sent = threading.Event()
        self.sender_failed = None
        self.done = 0  # faults
        self.peak = 0

    def node(self, role, number):
        return Node(self.folder, f"{role}-{number}", role, self.settings)

    def setup(self):
        path = culprit.write_configuration(os.path.join(self.folder, "setup.yaml"), self.settings)
        code, out, err = culprit.run("setup", "kafka", "--config", path)
        assert code == 0, f"culprit setup kafka ended with {code}:\n{out}{err}"
        # Of several brokers one may hear of a new topic a moment after the others.
        wait_until("a second culprit setup kafka finds all four topics right", lambda: culprit.run("setup", "kafka", "--config", path)[1].count("ok: ") == 4, patience=30, interval=1,
                   explain=lambda: str(culprit.run("setup", "kafka", "--config", path)))

    def expected_documents(self):
        path = os.path.join(self.folder, "workload.ndjson")
        with open(path, "w") as file:
            for number in sorted(self.workload.symptoms):
                file.write(self.workload.record(number)[2] + "\n")
            for _, _, text in self.workload.closing():
                file.write(text + "\n")
        return comparable(culprit.scan(culprit.write_configuration(os.path.join(self.folder, "scan.yaml"), COMMON), path))

    def send(self):
        """Some of it during each fault, so that none hits nodes that have nothing to do."""
        try:
            pieces = self.options.faults * PIECES
            with ExactlyOnce(self.brokers) as producer:
                for number in range(self.options.records):
                    partition, when, text = self.workload.record(number)
                    producer.send(self.topic, text, when, partition)
                    if number % (self.options.records // pieces + 1) == 0:
                        producer.flush()
                        time.sleep(0.4)
                        while number * self.options.faults > (self.done + 1) * self.options.records:
                            time.sleep(0.1)
                for partition, when, text in self.workload.closing():
                    producer.send(self.topic, text, when, partition)
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

    def kill_member(self, cluster):
        """Of a cluster of one: an outage."""
        member = self.chance.choice(cluster.members)
        member.kill()
        time.sleep(self.chance.uniform(0, 3))
        member.start()
        return f"{member.name} killed and started again"

    def broker_leaves(self):
        member = self.chance.choice(self.kafka.partial)
        member.stop()
        time.sleep(self.chance.uniform(0, 5))
        member.start()
        return f"{member.name} left in order, others led its partitions, and came back"

    def broker_paused(self):
        """For longer than its session with the controller: its partitions get other leaders while it still believes to lead."""
        member = self.chance.choice(self.kafka.partial)
        member.signal(signal.SIGSTOP)
        time.sleep(14)
        member.signal(signal.SIGCONT)
        return f"{member.name} did not answer for 14 s"

    def elasticsearch_paused(self):
        for member in self.elasticsearch.members:
            member.signal(signal.SIGSTOP)
        time.sleep(8)
        for member in self.elasticsearch.members:
            member.signal(signal.SIGCONT)
        return "all of Elasticsearch did not answer for 8 s"

    def proxied(self, fault):
        self.proxy.fault = fault
        time.sleep(self.chance.uniform(5, 10))
        self.proxy.fault = None
        return f"Elasticsearch: {fault}"

    def draw(self):
        faults = [lambda: self.kill("matcher"), lambda: self.kill("correlator"), lambda: self.pause("matcher"), lambda: self.pause("correlator"),
                  self.leave_and_join, self.one_more, lambda: self.kill_member(self.kafka), self.elasticsearch_paused]
        faults += [lambda fault=fault: self.proxied(fault) for fault in FAULTS]
        if self.kafka.partial:
            faults += [self.broker_leaves, self.broker_paused, lambda: self.kill_member(self.elasticsearch)]
        faults += self.solitary.faults()
        drawn = []
        while len(drawn) < self.options.faults:
            drawn += self.chance.sample(faults, len(faults))
        return drawn[:self.options.faults]

    def watch_memory(self):
        for node in self.nodes:
            if node.alive():
                self.peak = max(self.peak, node.resident_bytes())
        self.peak = max(self.peak, self.solitary.resident_bytes())

    def run(self):
        self.setup()
        for node in self.nodes:
            node.start()
        self.solitary.start()
        sender = threading.Thread(target=self.send, daemon=True)
        sender.start()
        drawn = self.draw()
        for number, fault in enumerate(drawn):
            time.sleep(self.chance.uniform(0.5, 3))
            if fault == self.one_more and len(self.nodes) >= self.options.matchers + self.options.correlators + 2:
                fault = self.leave_and_join
            print(f"fault {number + 1}/{len(drawn)}: {fault()}", flush=True)
            self.done = number + 1
            self.watch_memory()
            for node in self.nodes:
                assert node.alive(), f"{node.name} ended by itself\n{node.log_tail()}"
            assert self.solitary.alive(), f"the solitary node ended by itself\n{self.solitary.log_tail()}"
        wait_until("all records are sent", self.sent.is_set, patience=600)
        if self.sender_failed:
            raise self.sender_failed

        expected, documents = self.workload.expected(), self.expected_documents()
        assert sum(expected.values()) == len(self.workload.symptoms)

        def explain():
            found = counted(self.index.search())
            wrong = {key: (found[key], expected[key]) for key in expected | found if found[key] != expected[key]}
            return f"(found, expected): {wrong}\n" + "".join(node.log_tail() for node in self.nodes)
        wait_until("every symptom is counted exactly once", lambda: counted(self.index.search()) == expected, patience=300, interval=0.5, explain=explain)
        wait_until("the documents are those of the undisturbed run", lambda: comparable(self.index.search()) == documents, patience=90, interval=0.5,
                   explain=lambda: difference(comparable(self.index.search()), documents))
        time.sleep(3)  # what would be counted twice comes late
        assert counted(self.index.search()) == expected, explain()
        self.check_pages(documents)
        self.solitary.check(expected, documents, Counter(self.workload.record(number)[2] for number in self.workload.broken))
        self.watch_memory()
        assert self.peak < MEMORY_BOUND, f"a node held {self.peak} bytes"
        for node in self.nodes:
            code = node.stop()
            assert code == 0, f"{node.name} ended with {code} after SIGTERM\n{node.log_tail()}"
        assert counted(self.index.search()) == expected
        self.check_one_owner()
        self.check_incidents_topic(documents)
        self.check_dead_letters()
        self.check_replay()
        print(f"{self.options.records} records, {len(self.workload.symptoms)} symptoms in {len(documents)} incidents, {len(self.workload.broken)} broken records, {self.options.faults} faults: "
              f"every symptom counted once, documents equal, by the nodes together and by the one by itself; Elasticsearch refused {dict(self.proxy.met)}; largest node {self.peak // 2**20} MiB", flush=True)

    def check_pages(self, documents):
        """Every node, a matcher too, serves all incidents from the incidents topic."""
        for node in self.nodes:
            def shown():
                with urllib.request.urlopen(f"http://127.0.0.1:{node.port}/api/v1/incidents?limit=200", timeout=10) as answer:
                    return {incident["culprit"]["id"] for incident in json.load(answer)["incidents"]}
            wait_until(f"{node.name} serves all incidents", lambda: shown() == documents.keys(), patience=60, interval=0.5, explain=lambda: f"{shown() ^ documents.keys()}\n{node.log_tail()}")

    def check_one_owner(self):
        """Whoever wrote, Elasticsearch took newer revisions only: an owner that was overtaken changed nothing."""
        for document, versions in self.proxy.histories().items():
            assert all(one < other for one, other in zip(versions, versions[1:])), f"{document} went back: {versions}"

    def check_incidents_topic(self, documents):
        found = [document for document in documents_in(self.brokers, self.incidents).values() if "symptom" in document["culprit"]]
        assert comparable(found) == documents, difference(comparable(found), documents)

    def check_replay(self):
        """Folded once more from the log and its snapshots, by the same rules, it is the same."""
        path = os.path.join(self.folder, "told.ndjson")
        with open(path, "w") as file:
            file.writelines(json.dumps(document) + "\n" for document in self.index.search())
        code, out, err = culprit.run("replay", "--config", os.path.join(self.folder, "setup.yaml"), "--against", path)
        assert code == 0 and "0 new, 0 gone, 0 changed" in out, out + err

    def check_dead_letters(self):
        letters = [json.loads(value) for _, value, _, _, _ in read_all(self.brokers, self.letters)]
        expected = Counter(self.workload.record(number)[2] for number in self.workload.broken)
        found = broken_letters(letters)
        assert found == expected, f"dead letters: {len(expected - found)} missing, {len(found - expected)} too many"
        refused = {(letter["id"], letter["version"]) for letter in letters if letter["reason"] == "rejected_by_sink"}
        assert self.proxy.rejected <= refused, f"refused by Elasticsearch and not among the dead letters: {self.proxy.rejected - refused}"

    def end(self):
        for node in self.nodes:
            node.kill()
        self.solitary.end()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=40_000)
    parser.add_argument("--faults", type=int, default=5)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("CULPRIT_SEED", random.SystemRandom().randrange(10**6))))
    parser.add_argument("--matchers", type=int, default=2)
    parser.add_argument("--correlators", type=int, default=2)
    parser.add_argument("--clusters", action="store_true", help="three brokers and two Elasticsearch nodes of its own")
    options = parser.parse_args()
    print(f"CULPRIT_SEED={options.seed}", flush=True)
    with contextlib.ExitStack() as servers:
        kafka = servers.enter_context(Cluster("kafka", 3) if options.clusters else Single("kafka"))
        elasticsearch = servers.enter_context(Cluster("elasticsearch", 2) if options.clusters else Single("elasticsearch"))
        proxy = servers.enter_context(Proxy([f"http://{address}" for address in elasticsearch.addresses]))
        folder = servers.enter_context(tempfile.TemporaryDirectory(prefix="culprit-faults-"))
        oracle = Oracle(folder, options, kafka, elasticsearch, proxy)
        began = time.monotonic()
        try:
            oracle.run()
        except BaseException:
            print("".join(node.log_tail(40) for node in oracle.nodes) + oracle.solitary.log_tail(40), flush=True)
            raise
        finally:
            oracle.end()
        print(f"{time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
