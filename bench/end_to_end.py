"""Runs the contenders of bench/end_to_end.sh in interleaved rounds and writes what they took. Started by it."""
import argparse
import json
import os
import pathlib
import resource
import shutil
import signal
import statistics
import subprocess
import time
import urllib.error
import urllib.request

PEERS = pathlib.Path(__file__).parent / 'peers'
SEARCHED = 'duplicate key value violates unique constraint'
PATIENCE = 600  # seconds for one run


def answer_of(url, body=None):
    request = urllib.request.Request(url, data=body, headers={'Content-Type': 'application/json'})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.read().decode()
    except (urllib.error.URLError, OSError):
        return ''


class Bench:
    def __init__(self, options):
        self.options = options
        self.runs = 0

    def fill(self, topic, share):
        """Returns how many of the messages fail."""
        out = subprocess.run([self.options.bin / 'bench_drain', self.options.broker, topic, '--load',
                              str(self.options.messages), share], check=True, capture_output=True, text=True)
        return json.loads(out.stdout)['failing']

    def timed(self, command, done, **how):
        """Starts the command, waits until `done()` (or until it ends), ends it; seconds, CPU seconds and peak memory."""
        begin = time.monotonic()
        process = subprocess.Popen(command, **how)
        ended = None
        while ended is None:
            if time.monotonic() - begin > PATIENCE:
                process.kill()
                raise SystemExit(f'end_to_end: {command[0]} did not finish in {PATIENCE} s')
            if done is not None and done():
                ended = time.monotonic()
                process.send_signal(signal.SIGTERM)
                break
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                if done is not None or status:
                    raise SystemExit(f'end_to_end: {command[0]} ended with {status}')
                return time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
            time.sleep(0.02)
        _, _, usage = os.wait4(process.pid, 0)
        return ended - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024

    def drain(self, topic, failing):
        return self.timed([self.options.bin / 'bench_drain', self.options.broker, topic, str(self.options.messages)], None,
                          stdout=subprocess.DEVNULL)

    def culprit_kafka_log(self, topic, failing):
        return self.culprit(topic, failing, kafka_log=True)

    def configured(self, topic, kafka_log=False, elasticsearch=None):
        """A folder with culprit's configuration, and the port that it answers on."""
        self.runs += 1
        home = self.options.work / f'culprit-{self.runs}'
        home.mkdir()
        port = 20000 + (os.getpid() + self.runs) % 20000
        config = {
            'labels': {'environment': 'bench', 'database': 'shop'},
            'sources': [{'kafka': {'brokers': [self.options.broker], 'group_id': home.name, 'start': 'earliest',
                                   'topics': [{'name': topic}]}}],
            'signal_log': {'sqlite': {'path': str(home / 'signals.db')}},
            'sinks': [{'elasticsearch': {'urls': [f'http://{elasticsearch or self.options.elasticsearch}'], 'index': home.name}}],
            'dead_letter': {'file': str(home / 'dead.ndjson')},
            'http': {'listen': f'127.0.0.1:{port}'}}
        if kafka_log:
            config['signal_log'] = {'kafka': {'topic': f'{home.name}-signals', 'group_id': f'{home.name}-log', 'partitions': 1,
                                              'replication': 1, 'transactional_id': home.name}}
            del config['dead_letter']
        (home / 'culprit.yaml').write_text(json.dumps(config))
        if kafka_log:
            subprocess.run([self.options.bin / 'culprit', 'setup', 'kafka', '--config', home / 'culprit.yaml'], check=True,
                           stdout=subprocess.DEVNULL)
        return home, port

    def culprit(self, topic, failing, kafka_log=False):
        home, port = self.configured(topic, kafka_log)
        counts = {}

        def symptoms():
            return sum(v for k, v in counts.items() if 'signals' in k and 'symptom' in k)

        def done():
            for line in answer_of(f'http://127.0.0.1:{port}/metrics').splitlines():
                if line.startswith(('culprit_records_total', 'culprit_signals_total')):
                    name, value = line.rsplit(' ', 1)
                    counts[name] = float(value)
            return symptoms() >= failing and sum(v for k, v in counts.items() if 'records' in k) >= self.options.messages

        took = self.timed([self.options.bin / 'culprit', 'run', '--config', home / 'culprit.yaml'], done,
                          stdout=subprocess.DEVNULL, stderr=(home / 'log').open('w'))
        found = symptoms()
        if found != failing:
            raise SystemExit(f'end_to_end: culprit counted {found:.0f} errors, {failing} are there')
        shutil.rmtree(home)
        return took

    def rsyslog(self, topic, failing):
        self.runs += 1
        home = self.options.work / f'rsyslog-{self.runs}'
        home.mkdir()
        host, port = self.options.elasticsearch.split(':')
        text = (PEERS / 'rsyslog.conf').read_text()
        for name, value in {'DIR': home, 'ES_PORT': port, 'INDEX': home.name, 'TOPIC': topic, 'BROKER': self.options.broker,
                            'GROUP': home.name}.items():
            text = text.replace(f'@{name}@', str(value))
        (home / 'rsyslog.conf').write_text(text)

        def done():
            answer_of(f'http://{self.options.elasticsearch}/{home.name}/_refresh', b'')
            count = answer_of(f'http://{self.options.elasticsearch}/{home.name}/_count')
            return count and json.loads(count)['count'] >= failing

        return self.timed(['rsyslogd', '-n', '-f', home / 'rsyslog.conf', '-i', home / 'pid'], done,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kcat_rg(self, topic, failing):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.monotonic()
        out = subprocess.run(['bash', '-c', 'kcat -C -b "$0" -t "$1" -o beginning -e -q | rg -c -F "$2"', self.options.broker, topic,
                              SEARCHED], check=True, capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if int(out.stdout) != failing:
            raise SystemExit(f'end_to_end: kcat | rg counted {out.stdout.strip()} errors, {failing} are there')
        return (time.monotonic() - begin, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, float('nan'))


def plot(results, path):
    rows = [(f'{load}: {name}', r['messages_per_second']) for load, all_of in results['loads'].items() for name, r in all_of.items()]
    most = max(value for _, value in rows)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="720" height="{30 * len(rows) + 40}" font-family="sans-serif" font-size="13">',
             '<rect width="100%" height="100%" fill="white"/><text x="10" y="20">messages a second, median of interleaved rounds</text>']
    for at, (name, value) in enumerate(rows):
        y, width = 32 + 30 * at, 380 * value / most
        colour = '#2f6f9f' if 'culprit' in name else '#b8c4cc'
        lines.append(f'<text x="10" y="{y + 16}">{name}</text><rect x="230" y="{y}" width="{width:.0f}" height="22" fill="{colour}"/>'
                     f'<text x="{236 + width:.0f}" y="{y + 16}">{value:,.0f}</text>')
    path.write_text('\n'.join(lines + ['</svg>', '']))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--bin', type=pathlib.Path, required=True)
    parser.add_argument('--broker', required=True)
    parser.add_argument('--elasticsearch', required=True)
    parser.add_argument('--work', type=pathlib.Path, required=True)
    parser.add_argument('--messages', type=int, default=2_400_000)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--only', default='drain,culprit,culprit_kafka_log,rsyslog,kcat_rg')
    parser.add_argument('--loads', default='few,storm')
    parser.add_argument('--out', type=pathlib.Path)
    options = parser.parse_args()
    bench = Bench(options)
    needs = {'rsyslog': ['rsyslogd'], 'kcat_rg': ['kcat', 'rg']}
    names = [n for n in options.only.split(',') if all(shutil.which(tool) for tool in needs.get(n, []))]
    loads = {'half a percent errors': ('bench-few', '0.005', names),
             'all errors': ('bench-storm', 'storm', [n for n in names if n in ('drain', 'culprit')])}
    loads = {name: load for name, load in loads.items() if load[0].removeprefix('bench-') in options.loads.split(',')}
    results = {'messages': options.messages, 'rounds': options.rounds, 'loads': {}}
    for load, (topic, share, contenders) in loads.items():
        failing = bench.fill(topic, share)
        runs = {name: [] for name in contenders}
        for _ in range(options.rounds):
            for name in contenders:
                runs[name].append(getattr(bench, name)(topic, failing))
        results['loads'][load] = {}
        print(f'\n{load}: {options.messages:,} messages, {failing:,} errors, {options.rounds} rounds')
        print('| | messages/s | CPU s per million | peak MB | of the drain |\n|---|---|---|---|---|')
        for name, taken in runs.items():
            seconds, cpu, memory = (statistics.median(values) for values in zip(*taken))
            ratio = statistics.median(d[0] / t[0] for d, t in zip(runs.get('drain', taken), taken))
            results['loads'][load][name] = {'messages_per_second': options.messages / seconds, 'cpu_seconds_per_million':
                                            cpu / options.messages * 1e6, 'peak_megabytes': memory, 'of_the_drain': ratio,
                                            'runs': taken}
            print(f'| {name} | {options.messages / seconds:,.0f} | {cpu / options.messages * 1e6:.2f} | {memory:.0f} | {ratio:.2f} |',
                  flush=True)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / 'results.json').write_text(json.dumps(results, indent=1) + '\n')
        plot(results, options.out / 'results.svg')


if __name__ == '__main__':
    main()
