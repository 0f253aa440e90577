"""Incident documents: when two are the same, and when a cause is right by the recorded truth."""
import json
import re

from shipping import seconds

CLOSE_ENOUGH = 5.0  # seconds between a cause and a reference of the truth


def _without_sources(value):
    """A change's id is made of where it was read, and so are those of the documents that name it."""
    if isinstance(value, dict):
        return {key: _without_sources(item) for key, item in value.items() if key not in ("source", "sources", "change", "group")}
    if isinstance(value, list):
        return [_without_sources(item) for item in value]
    return value


def comparable(documents):
    """What must be equal whichever way the same records came in: {id: document}, without tombstones, version and source."""
    result = {}
    for document in documents:
        incident = _without_sources(document)
        if incident["culprit"]["status"] == "merged":
            continue
        del incident["culprit"]["version"]
        assert incident["culprit"]["id"] not in result, f"incident {incident['culprit']['id']} is there twice"
        result[incident["culprit"]["id"]] = incident
    return result


def _paths(value, prefix=""):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, f"{prefix}.{key}" if prefix else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _paths(item, f"{prefix}[{index}]")
    else:
        yield prefix, value


def difference(actual, expected):
    """A person's view of how two results of comparable() differ; empty when they do not."""
    lines = []
    for key in sorted(actual.keys() | expected.keys()):
        if key not in actual or key not in expected:
            document = actual.get(key) or expected[key]
            lines.append(f"{key} ({document['message']}) is {'missing' if key not in actual else 'one too many'}")
            continue
        one, other = dict(_paths(actual[key])), dict(_paths(expected[key]))
        for path in sorted(one.keys() | other.keys()):
            if one.get(path) != other.get(path):
                lines.append(f"{key} {path}: {json.dumps(one.get(path))} instead of {json.dumps(other.get(path))}")
    return "\n".join(lines[:40])


def object_name(document):
    """The most specific name that an incident's symptom has."""
    symptom = document["culprit"]["symptom"]
    return symptom.get("constraint") or symptom.get("table")


class Truth:
    """What is known about a recorded outage, and where its references went when it was shipped."""

    def __init__(self, folder, shipped, postgres):
        with open(f"{folder}/truth.json", encoding="utf-8") as file:
            self._truth = json.load(file)
        self._shipped = {(line.stream, line.line): number for number, line in enumerate(shipped, 1)}
        self._postgres = postgres

    @property
    def affected(self):
        """The object that the outage is about; None where there was none."""
        affected = self._truth["affected"]
        return affected["constraint"] or affected["table"]

    @property
    def has_cause(self):
        return bool(self._truth["causes"])

    def objects(self):
        """Every constraint and missing relation that an error of this outage, or of the noise around it, named."""
        named = set()
        for symptom in self._truth["symptoms"]:
            relation = re.fullmatch(r'relation "([^"]+)" does not exist', symptom["message"])
            named.update(filter(None, [symptom["constraint"], relation and relation[1]]))
        return named

    def _references(self):
        for cause in self._truth["causes"].values():
            for reference in cause["refs"]:
                stream, line = reference["stream"], reference["line"]
                if stream.endswith(".json") and stream.startswith("postgres") and self._postgres != "json":
                    stream, line = stream.removesuffix("json") + self._postgres, reference[f"{self._postgres}_line"]
                yield self._shipped.get((stream, line)), seconds(reference["ingest"])

    def is_right(self, cause):
        """A cause is right when it cites a reference of the truth, or lies within five seconds of one."""
        cited = set()
        for source in [cause.get("source"), *cause.get("sources", [])]:
            if source and "line" in source:
                cited.add(source["line"])
            elif source:
                cited.add(source["offset"] + 1)
        return any(number in cited or abs(seconds(cause["time"]) - arrival) <= CLOSE_ENOUGH for number, arrival in self._references())
