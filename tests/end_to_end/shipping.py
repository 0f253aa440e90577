"""Ships a recorded outage as Filebeat would: one JSON envelope per physical line, in the order and with the time of arrival."""
import datetime
import json
import os
import re
import subprocess
from dataclasses import dataclass

from services import ROOT

SCENARIOS = os.path.join(ROOT, "tests", "corpus", "scenarios")


@dataclass(frozen=True)
class ShippedLine:
    stream: str    # the file it was a line of
    line: int      # from 1, in that file
    arrival: float  # seconds since the epoch
    envelope: str  # JSON, without a line break


def unpack(scenario, folder):
    """Unpacks the outage whose name begins with `scenario` and returns its folder."""
    archive, = [name for name in os.listdir(SCENARIOS) if name.startswith(scenario)]
    subprocess.run(["tar", "--use-compress-program=zstd -d", "-C", folder, "-xf", os.path.join(SCENARIOS, archive)], check=True)
    return os.path.join(folder, archive.removesuffix(".tar.zst"))


def seconds(instant):
    return datetime.datetime.fromisoformat(instant.replace("Z", "+00:00")).timestamp()


def _origin(stream):
    """What a shipper knows of a file from where it lies: the host and, for an application, service, environment and pod."""
    if stream.startswith("postgres"):
        return {"host": {"name": "db-replica" if stream.startswith("postgres-replica") else "db-primary"}}
    fields = {"host": {"name": "node-1"}}
    application = re.fullmatch(r"app\.(?P<service>[^.]+)(?:\.(?P<pod>[^.]+))?\.log", stream)
    if application:
        service = application["service"]
        fields["service"] = {"name": service, "environment": "staging" if service.endswith("-staging") else "production"}
        if application["pod"]:
            fields["kubernetes"] = {"pod": {"name": application["pod"]}}
    return fields


def ship(folder, postgres="json"):
    """The ShippedLines of an unpacked outage, in order of arrival, with the server's log in one of its formats: json, csv or log."""
    files, shipped = {}, []
    with open(os.path.join(folder, "ingest.jsonl"), encoding="utf-8") as arrivals:
        for arrival in map(json.loads, arrivals):
            stream = arrival["stream"]
            if stream.startswith("postgres") and not stream.endswith("." + postgres):
                continue
            if stream not in files:
                with open(os.path.join(folder, stream), encoding="utf-8", errors="replace", newline="") as file:
                    files[stream] = file.read().split("\n")
            for number in range(arrival["line_start"], arrival["line_end"] + 1):
                envelope = {"@timestamp": arrival["t"], "message": files[stream][number - 1],
                            "log": {"file": {"path": "/var/log/" + stream}}, "agent": {"type": "filebeat"}, **_origin(stream)}
                shipped.append(ShippedLine(stream, number, seconds(arrival["t"]), json.dumps(envelope, ensure_ascii=False)))
    return shipped


def write(lines, path):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.writelines(line.envelope + "\n" for line in lines)
