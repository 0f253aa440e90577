"""The real Elasticsearch, asked as Kibana asks it."""
import json
import urllib.error
import urllib.request
import uuid

import services


class Index:
    """The incidents behind one alias that no other test knows."""

    def __init__(self, name, address=None):
        self.name = f"{name}-{uuid.uuid4().hex[:8]}"
        self.address = address or services.address("elasticsearch")

    @property
    def url(self):
        return f"http://{self.address}"

    def _ask(self, method, path, body=None):
        request = urllib.request.Request(f"{self.url}{path}", None if body is None else json.dumps(body).encode(), {"content-type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code in (404, 503):  # no index yet, or one whose shard is just being made
                return None
            raise AssertionError(f"Elasticsearch answered {error.code} to {method} {path}: {error.read().decode()[:2000]}")
        except (urllib.error.URLError, OSError):
            return None

    def search(self, *filters):
        """The documents behind the alias that pass every filter; none while the alias or the server is not there."""
        self._ask("POST", f"/{self.name}*/_refresh")
        answer = self._ask("POST", f"/{self.name}/_search", {"size": 1000, "query": {"bool": {"filter": list(filters) or [{"match_all": {}}]}}})
        return [hit["_source"] for hit in answer["hits"]["hits"]] if answer else []


def between(start, end):
    """Kibana's time filter; both in RFC 3339."""
    return {"range": {"@timestamp": {"gte": start, "lte": end, "format": "strict_date_optional_time"}}}


def field_is(name, value):
    """Kibana's filter pill."""
    return {"match_phrase": {name: value}}
