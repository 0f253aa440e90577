"""A proxy before a real Elasticsearch that answers as a server in trouble does, and that looks at what it was told to write."""
import gzip
import http.server
import json
import threading
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict

FAULTS = ("429", "503", "slow", "429 for items", "rejected items")


class Proxy:
    """Forwards to the first of `servers` that answers. `fault` is one of FAULTS, or None; a context manager."""

    def __init__(self, servers):
        self.servers = list(servers)
        self.fault = None
        self.rejects = lambda number: number % 5 == 0  # of the items, while they are rejected
        self.met = Counter()  # how often each fault was met
        self.rejected = set()  # (id, version)
        self.accepted = defaultdict(list)  # by id: what Elasticsearch took, (primary term, sequence number, version)
        self._lock = threading.Lock()
        self._seen = 0
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def _answer(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                status, answer = proxy._handle(self.command, self.path, self.headers.get("content-type"), body)
                if status is None:  # no server behind: as if there were none here
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_PUT = do_POST = do_HEAD = _answer

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that was killed

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def histories(self):
        """By id: the versions in the order in which Elasticsearch took them. (Of two writers at once the answers may overtake.)"""
        with self._lock:
            return {key: [version for _, _, version in sorted(taken)] for key, taken in self.accepted.items()}

    def _forward(self, method, path, content_type, body):
        for _ in range(len(self.servers)):
            request = urllib.request.Request(self.servers[0] + path, body or None, {"content-type": content_type} if content_type else {}, method=method)
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return answer.status, answer.read()
            except urllib.error.HTTPError as error:
                return error.code, error.read()
            except OSError:
                self.servers.append(self.servers.pop(0))
        return None, b""

    def _handle(self, method, path, content_type, body):
        fault = self.fault
        if not path.startswith("/_bulk"):
            return self._forward(method, path, content_type, body)
        if fault in ("429", "503"):
            self.met[fault] += 1
            return int(fault), json.dumps({"error": {"type": "es_rejected_execution_exception", "reason": "staged"}, "status": int(fault)}).encode()
        if fault == "slow":
            self.met[fault] += 1
            time.sleep(3)
        return self._bulk(method, path, content_type, body, fault)

    def _bulk(self, method, path, content_type, body, fault):
        lines = body.split(b"\n")
        items = [(json.loads(lines[i])["index"], lines[i], lines[i + 1]) for i in range(0, len(lines) - 1, 2)]
        refused = {}
        if fault in ("429 for items", "rejected items"):
            for at, (action, _, _) in enumerate(items):
                self._seen += 1
                if not self.rejects(self._seen):
                    continue
                self.met[fault] += 1
                if fault == "rejected items":
                    self.rejected.add((action["_id"], action["version"]))
                    refused[at] = {"index": {"status": 400, "error": {"type": "document_parsing_exception", "reason": "staged: failed to parse field"}}}
                else:
                    refused[at] = {"index": {"status": 429, "error": {"type": "es_rejected_execution_exception", "reason": "staged: queue is full"}}}
        sent = [item for at, item in enumerate(items) if at not in refused]
        status, answered = 200, {"errors": False, "items": []}
        if sent:
            # Without the client's filter of the answer: it leaves out in which order Elasticsearch took what it took.
            status, answer = self._forward(method, path.partition("?")[0], content_type, b"".join(action + b"\n" + document + b"\n" for _, action, document in sent))
            if status != 200:
                return status, answer
            answered = json.loads(answer)
        outcomes = iter(answered.get("items", []))
        answered["items"] = [refused[at] if at in refused else next(outcomes) for at in range(len(items))]
        answered["errors"] = answered.get("errors", False) or bool(refused)
        with self._lock:
            for (action, _, _), outcome in zip(items, answered["items"]):
                taken = outcome["index"]
                if taken["status"] in (200, 201):
                    self.accepted[action["_id"]].append((taken["_primary_term"], taken["_seq_no"], action["version"]))
        return status, json.dumps(answered).encode()
