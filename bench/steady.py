"""culprit at a steady rate: latency, CPU time, memory. Started by bench/steady.sh."""
import argparse
import gzip
import http.client
import http.server
import json
import pathlib
import re
import subprocess
import threading
import time

from end_to_end import Bench, answer_of

PROBE = re.compile(rb'probe_(\d+)_pkey')
TAIL = 3  # seconds behind the last message


class Acknowledgements(http.server.ThreadingHTTPServer):
    """Stands between culprit and Elasticsearch, and notes when a document with a probe's name was first acknowledged."""
    daemon_threads = True

    def __init__(self, elasticsearch):
        super().__init__(('127.0.0.1', 0), Relay)
        self.elasticsearch = elasticsearch
        self.at = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Relay(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def relay(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        upstream = http.client.HTTPConnection(self.server.elasticsearch)
        upstream.request(self.command, self.path, body, {k: v for k, v in self.headers.items() if k.lower() != 'host'})
        response = upstream.getresponse()
        answer = response.read()
        now = time.time()
        if '_bulk' in self.path and response.status == 200:
            text = gzip.decompress(body) if self.headers.get('Content-Encoding') == 'gzip' else body
            for number in PROBE.findall(text):
                self.server.at.setdefault(int(number), now)
        self.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() not in ('transfer-encoding', 'content-length', 'connection'):
                self.send_header(name, value)
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(answer)
        upstream.close()

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = relay

    def log_message(self, *_):
        pass


def cpu_seconds(process):
    fields = pathlib.Path(f'/proc/{process.pid}/stat').read_text().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def resident_megabytes(process):
    status = pathlib.Path(f'/proc/{process.pid}/status').read_text()
    return int(re.search(r'VmRSS:\s+(\d+)', status).group(1)) / 1024


class Steady(Bench):
    def started(self, topic, elasticsearch):
        """The daemon, once it is ready, and a function that says how many records it has counted."""
        home, port = self.configured(topic, kafka_log=self.options.log == 'kafka', elasticsearch=elasticsearch)
        process = subprocess.Popen([self.options.bin / 'culprit', 'run', '--config', home / 'culprit.yaml'],
                                   stdout=subprocess.DEVNULL, stderr=(home / 'log').open('w'))
        while 'ok' not in answer_of(f'http://127.0.0.1:{port}/readyz'):
            if process.poll() is not None:
                raise SystemExit(f'steady: culprit ended: {(home / "log").read_text()[-500:]}')
            time.sleep(0.05)

        def counted():
            return sum(float(line.rsplit(' ', 1)[1]) for line in answer_of(f'http://127.0.0.1:{port}/metrics').splitlines()
                       if line.startswith('culprit_records_total'))
        return process, counted

    def paced(self, topic, rate, share):
        out = subprocess.run([self.options.bin / 'bench_drain', self.options.broker, topic, '--pace', str(self.options.seconds),
                              str(rate), str(share)], check=True, capture_output=True, text=True)
        return [json.loads(line) for line in out.stdout.splitlines()]

    def latency(self):
        self.options.messages = 0
        self.fill('steady-latency', '0')
        relay = Acknowledgements(self.options.elasticsearch)
        process, _ = self.started('steady-latency', f'127.0.0.1:{relay.server_port}')
        probes = self.paced('steady-latency', 20_000, 0.0)
        time.sleep(TAIL)
        process.terminate()
        process.wait()
        missing = [p['probe'] for p in probes if p['probe'] not in relay.at]
        if missing:
            raise SystemExit(f'steady: no document of the errors {missing[:10]}')
        # The first ones meet a group that is still joining.
        took = sorted(1000 * (relay.at[p['probe']] - p['at']) for p in probes[10:])
        return {'p50_ms': took[len(took) // 2], 'p99_ms': took[int(len(took) * 0.99)], 'worst_ms': took[-1], 'errors': len(took)}

    def cpu(self):
        self.options.messages = 0
        self.fill('steady-cpu', '0')
        process, counted = self.started('steady-cpu', self.options.elasticsearch)
        time.sleep(TAIL)
        before, begin = cpu_seconds(process), time.monotonic()
        self.paced('steady-cpu', 10_000, 0.005)
        after, end = cpu_seconds(process), time.monotonic()
        time.sleep(TAIL)
        right = counted() >= 10_000 * self.options.seconds
        process.terminate()
        process.wait()
        if not right:
            raise SystemExit('steady: culprit did not keep up with 10,000 messages/s')
        return {'percent_of_a_core': 100 * (after - before) / (end - begin)}

    def memory(self):
        self.options.messages = self.messages
        self.fill('steady-memory', '0.005')
        process, counted = self.started('steady-memory', self.options.elasticsearch)
        at, resident = 0, []
        while at < 10:
            if counted() >= self.messages * (at + 1) / 10:
                resident.append(round(resident_megabytes(process)))
                at += 1
            time.sleep(0.05)
        process.terminate()
        process.wait()
        return {'resident_mb_by_tenths': resident}


def main():
    parser = argparse.ArgumentParser()
    for name in ('bin', 'work'):
        parser.add_argument('--' + name, type=pathlib.Path, required=True)
    for name in ('broker', 'elasticsearch'):
        parser.add_argument('--' + name, required=True)
    parser.add_argument('--only', default='latency,cpu,memory')
    parser.add_argument('--seconds', type=int, default=60)
    parser.add_argument('--messages', type=int, default=10_000_000)
    parser.add_argument('--log', choices=('sqlite', 'kafka'), default='sqlite')
    parser.add_argument('--out', type=pathlib.Path)
    options = parser.parse_args()
    steady = Steady(options)
    steady.messages = options.messages
    results = {}
    for name in options.only.split(','):
        results[name] = getattr(steady, name)()
        print(name, json.dumps(results[name]), flush=True)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / 'steady.json').write_text(json.dumps(results, indent=1) + '\n')


if __name__ == '__main__':
    main()
