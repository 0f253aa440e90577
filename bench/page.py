#!/usr/bin/python3
"""What the page costs with few and with many incidents kept: the daemon's CPU time for a request, and the browser's first paint.

usage: bench/page.py CULPRIT [INCIDENTS]
"""
import json
import os
import statistics
import sys
import tempfile
import time

os.environ["CULPRIT"] = sys.argv[1]
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "browser"))

from served import Served  # noqa: E402
import log_lines  # noqa: E402
from browser import Browser  # noqa: E402
from waiting import wait_until  # noqa: E402

PAINT = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def cpu_milliseconds(process):
    with open(f"/proc/{process}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def measure(count, folder):
    served = Served(os.path.join(folder, str(count)))
    try:
        served.write(log_lines.many_problems(count))
        wait_until("all are kept", lambda: json.loads(served.daemon.get("/api/v1/incidents?limit=1")[1])["total"] >= count, 300, interval=0.5)
        time.sleep(2)  # what the fold still has to do is not the page's
        process, costs = served.daemon._process.pid, {}
        for path in ("/", "/?service=billing&sort=severity", "/api/v1/incidents"):
            before = cpu_milliseconds(process)
            for _ in range(50):
                served.daemon.get(path)
            costs[path] = (cpu_milliseconds(process) - before) / 50
        with Browser(served.base, folder) as browser:
            paints = []
            for _ in range(9):
                browser.open("/")
                paints.append(wait_until("it is painted", lambda: browser.run(PAINT), 10))
        return costs, statistics.median(paints)
    finally:
        served.daemon.kill()


with tempfile.TemporaryDirectory(prefix="culprit-page-", ignore_cleanup_errors=True) as temporary:
    for kept in (10, int(sys.argv[2]) if len(sys.argv) > 2 else 10_000):
        costs, paint = measure(kept, temporary)
        print(f"{kept} incidents: " + ", ".join(f"{path} {cost:.1f} ms of CPU" for path, cost in costs.items()) + f"; first contentful paint {paint:.0f} ms")
