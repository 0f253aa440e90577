"""A numbered workload: record n is known by its number, and what becomes of it can be counted."""
import base64
import json
import random
from collections import Counter
from datetime import datetime, timedelta, timezone

BEGIN = datetime(2026, 3, 1, 10, 0, tzinfo=timezone.utc)
PARTITIONS = 8
ENVIRONMENTS = 6
PROBLEMS = 5  # by environment
SPAN = 1200.0  # seconds of event time, whatever the number of records


def _time(number, total):
    return BEGIN + timedelta(seconds=SPAN * number / total)


def _stamp(time):
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Workload:
    """`total` records, one in a hundred a symptom and one in a thousand cut short, spread over PARTITIONS; the same for the same
    seed."""

    def __init__(self, total, seed):
        self.total = total
        self._chance = random.Random(seed)
        self.symptoms = set(self._chance.sample(range(total), total // 100))
        self.broken = set(self._chance.sample(sorted(set(range(total)) - self.symptoms), total // 1000))
        self._where = {number: (self._chance.randrange(ENVIRONMENTS), self._chance.randrange(PROBLEMS)) for number in sorted(self.symptoms)}

    def record(self, number):
        """(partition, time in seconds, text)"""
        time = _time(number, self.total)
        body = {"@timestamp": _stamp(time), "service": "checkout", "number": number}
        if number in self.symptoms:
            environment, problem = self._where[number]
            body |= {"level": "error", "environment": f"production-{environment}", "sqlstate": "23505",
                     "message": f'duplicate key value violates unique constraint "uq_t{problem}_email" (request {number})'}
        elif number in self.broken:
            body |= {"level": "error", "message": f"duplicate key value violates unique constraint (request {number})", "sqlstate": "23505"}
            return number % PARTITIONS, time.timestamp(), json.dumps(body)[:-2]
        else:
            body |= {"level": "info", "environment": f"production-{number % ENVIRONMENTS}", "message": f"order {number} placed in {number % 97} ms"}
        return number % PARTITIONS, time.timestamp(), json.dumps(body)

    def closing(self):
        """One ordinary record for each partition, hours later: after it everything is resolved and nothing is pending."""
        for partition in range(PARTITIONS):
            time = BEGIN + timedelta(seconds=SPAN) + timedelta(hours=3)
            body = {"@timestamp": _stamp(time), "level": "error", "service": "checkout", "environment": "production-0", "message": "duplicate order ignored"}
            yield partition, time.timestamp(), json.dumps(body)

    def expected(self):
        """Symptoms by (environment, constraint)."""
        return Counter((f"production-{environment}", f"uq_t{problem}_email") for environment, problem in self._where.values())


def broken_letters(letters):
    """How often each broken record lies among the dead letters with its bytes as they were sent."""
    counts = Counter()
    for letter in letters:
        if letter["reason"] == "broken_json":
            counts[base64.b64decode(letter["raw"]).decode()] += 1
    return counts


def counted(documents):
    """The same, of what the incidents say; a problem's incidents added up."""
    counts = Counter()
    for document in documents:
        incident = document["culprit"]
        if incident["status"] != "merged":
            counts[document["service"]["environment"], incident["symptom"]["constraint"]] += incident["symptom"]["count"]
    return counts
