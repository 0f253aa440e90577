#!/usr/bin/python3
"""Every panel of the Kibana dashboards, asked of a real Elasticsearch as Lens asks it, gives the numbers that the documents give."""
import collections
import json
import os
import re
import tempfile
import unittest

import culprit
from elasticsearch import Index
from outage import COMMON, Outage


def value_at(document, field):
    """The values of a field, as Elasticsearch sees them: always a list."""
    values = [document]
    for part in field.removesuffix(".keyword").split("."):
        found = []
        for value in values:
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict) and part in item:
                    found.append(item[part])
        values = found
    flat = []
    for value in values:
        flat.extend(value if isinstance(value, list) else [value])
    return flat


def to_lucene(kql):
    """Of KQL what the dashboards use: and, or, not, and field: (a or b)."""
    return re.sub(r"\b(and|or|not)\b", lambda word: word[0].upper(), kql)


def passes(document, kql):
    """The same, decided here."""
    if not kql:
        return True
    for term in kql.split(" and "):
        negated = term.startswith("not ")
        field, _, values = term.removeprefix("not ").partition(": ")
        wanted = values.strip("()").split(" or ")
        if any(value in wanted for value in value_at(document, field)) == negated:
            return False
    return True


def aggregation(column):
    """Of one column, as Lens translates it; None for a count, which every bucket has."""
    operation = column["operationType"]
    if operation == "count":
        return None
    return {{"average": "avg", "unique_count": "cardinality"}.get(operation, operation): {"field": column["sourceField"]}}


class KibanaPanels(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-kibana-")
        cls.addClassCleanup(temporary.cleanup)
        cls.index = Index("incidents")
        outages = [Outage(name, "json", temporary.name) for name in ("01", "09", "15")]
        for number, outage in enumerate(outages):
            settings = {**COMMON, "sources": [{"file": {"paths": [outage.file], "follow": True}}],
                        "sinks": [{"elasticsearch": {"urls": [cls.index.url], "index": cls.index.name}}]}
            with culprit.Daemon(os.path.join(temporary.name, f"daemon-{number}"), settings) as daemon:
                daemon.wait_for_records(len(outage.lines))
                daemon.stop()
        cls.documents = cls.index.search()
        assert len(cls.documents) > 3, "the outages gave no incidents"
        configuration = culprit.write_configuration(os.path.join(temporary.name, "kibana.yaml"), {
            "kibana": {"url": "http://127.0.0.1:5601"}, "sinks": [{"elasticsearch": {"urls": [cls.index.url], "index": cls.index.name}}]})
        code, out, err = culprit.run("setup", "kibana", "--config", configuration, "--dry-run")
        assert code == 0, err
        cls.objects = [json.loads(line) for line in out.splitlines() if line.startswith('{"attributes"')]
        cls.rules = [json.loads(line) for line in out.splitlines() if line.startswith('{"actions"')]

    def lens_panels(self):
        for dashboard in self.objects:
            if dashboard["type"] != "dashboard":
                continue
            for panel in json.loads(dashboard["attributes"]["panelsJSON"]):
                if panel["type"] != "lens":
                    continue
                attributes = panel["embeddableConfig"]["attributes"]
                if attributes["references"][0]["id"] == "culprit-incidents":
                    yield f"{dashboard['id']}: {panel['title']}", attributes["state"]

    def ask(self, kql, aggregations):
        query = {"query_string": {"query": to_lucene(kql)}} if kql else {"match_all": {}}
        return self.index._ask("POST", f"/{self.index.name}/_search", {"size": 0, "track_total_hits": True, "query": query, "aggs": aggregations})

    def test_the_metrics_are_the_documents_numbers(self):
        asked = 0
        for name, state in self.lens_panels():
            layer = next(iter(state["datasourceStates"]["formBased"]["layers"].values()))
            columns = [layer["columns"][column] for column in layer["columnOrder"]]
            if any(column["isBucketed"] for column in columns):
                continue
            kql = state["query"]["query"]
            chosen = [document for document in self.documents if passes(document, kql)]
            with self.subTest(name):
                asked += 1
                column = columns[0]
                answer = self.ask(kql, {"value": aggregation(column)} if aggregation(column) else {})
                self.assertEqual(answer["hits"]["total"]["value"], len(chosen))
                values = [value for document in chosen for value in value_at(document, column["sourceField"])]
                expected = {"count": lambda: len(chosen), "sum": lambda: sum(values), "max": lambda: max(values, default=None),
                            "average": lambda: sum(values) / len(values) if values else None, "unique_count": lambda: len(set(values))}[column["operationType"]]()
                got = answer["hits"]["total"]["value"] if column["operationType"] == "count" else answer["aggregations"]["value"]["value"]
                self.assertEqual(got is None, expected is None)
                if expected is not None:
                    self.assertAlmostEqual(got, expected, places=3)
        self.assertGreater(asked, 8)

    def test_the_terms_of_charts_and_tables_are_the_documents_values(self):
        asked = filled = 0
        for name, state in self.lens_panels():
            layer = next(iter(state["datasourceStates"]["formBased"]["layers"].values()))
            kql = state["query"]["query"]
            chosen = [document for document in self.documents if passes(document, kql)]
            for column in (layer["columns"][column] for column in layer["columnOrder"]):
                if column["operationType"] == "terms":
                    with self.subTest(f"{name}, {column['label']}"):
                        asked += 1
                        answer = self.ask(kql, {"terms": {"terms": {"field": column["sourceField"], "size": 1000}}})
                        expected = collections.Counter(value for document in chosen for value in set(value_at(document, column["sourceField"])))
                        self.assertEqual({bucket["key"]: bucket["doc_count"] for bucket in answer["aggregations"]["terms"]["buckets"]}, dict(expected))
                        filled += bool(expected)
                if column["operationType"] == "date_histogram":
                    with self.subTest(f"{name}, over time"):
                        asked += 1
                        answer = self.ask(kql, {"time": {"date_histogram": {"field": column["sourceField"], "fixed_interval": "1h"}}})
                        self.assertEqual(sum(bucket["doc_count"] for bucket in answer["aggregations"]["time"]["buckets"]), len(chosen))
        self.assertGreater(asked, 8)
        self.assertGreater(filled, 6, "most of what is shown has a value in three outages")

    def test_the_rules_find_what_they_are_named_for(self):
        for rule in self.rules:
            if rule["params"]["index"] != [self.index.name]:
                continue
            with self.subTest(rule["name"]):
                query = json.loads(rule["params"]["esQuery"])
                answer = self.index._ask("POST", f"/{self.index.name}/_search", {"size": 0, "track_total_hits": True, **query})
                kql = query["query"]["bool"]["filter"][0]["query_string"]["query"].replace(" AND ", " and ").replace(" OR ", " or ")
                self.assertEqual(answer["hits"]["total"]["value"], sum(passes(document, kql) for document in self.documents))

    def test_saved_searches_show_fields_that_are_mapped(self):
        mapping = self.index._ask("GET", f"/{self.index.name}/_mapping")
        properties = next(iter(mapping.values()))["mappings"]["properties"]
        search = next(each for each in self.objects if each["type"] == "search" and each["id"] == "culprit-incident-list")
        for column in search["attributes"]["columns"]:
            with self.subTest(column):
                at = {"properties": properties}
                for part in column.split("."):
                    at = at["properties"][part]


if __name__ == "__main__":
    unittest.main()
