#!/usr/bin/python3
"""`culprit scan` of one large file beside `rg -c -F` with three literals, and of PostgreSQL's log beside pgBadger; page cache warm.

usage: bench/scan.py BUILD_DIR [--megabytes N] [--rounds N] [--out DIR]
  Makes the files (600 MB of JSON records with 0.5 % errors; a sixth as much of PostgreSQL's stderr log), runs each contender in turn,
  round by round (5), and prints medians and ratios. Debian: ripgrep, pgbadger; what is not installed is left out.
"""
import argparse
import json
import pathlib
import random
import resource
import shutil
import statistics
import subprocess
import tempfile
import time

LITERALS = ['violates unique constraint', 'deadlock detected', 'does not exist']
WORDS = ['request completed', 'cache refreshed', 'session renewed', 'email queued', 'user signed in', 'job finished']


def application_record(chance, bad, _number):
    if bad:
        return ('{"@timestamp":"2026-03-01T10:00:00.000Z","log.level":"error","message":"duplicate key value violates unique constraint '
                f'\\"orders_pkey\\"\\nDETAIL:  Key (id)=({chance.randrange(1000)}) already exists.","service":{{"name":"checkout"}}}}\n')
    return (f'{{"@timestamp":"2026-03-01T10:00:00.{chance.randrange(100, 1000)}Z","log.level":"info","message":"{chance.choice(WORDS)}",'
            '"service":{"name":"checkout","version":"4.2.1"},"http":{"request":{"method":"GET","id":"'
            f'{chance.getrandbits(32)}"}},"response":{{"status_code":200}}}},"url":{{"path":"/api/orders/4711"}},"event":{{"duration":'
            f'{chance.randrange(90_000_000)}}},"host":{{"name":"node-{chance.randrange(16)}"}},"trace":{{"id":"{chance.getrandbits(64)}"}},'
            '"user_agent":{"original":"Mozilla/5.0 X11; Linux x86_64"},"labels":{"team":"shop"}}\n')


def server_record(chance, bad, number):
    # pgBadger wants its time, process and severity; an hour of a busy server.
    stamp = f'2026-03-01 10:{number // 60_000 % 60:02d}:{number // 1000 % 60:02d}.{number % 1000:03d} UTC'
    prefix = f'{stamp} [{4000 + chance.randrange(64)}] app@shop '
    if bad:
        return (f'{prefix}ERROR:  duplicate key value violates unique constraint "orders_pkey"\n'
                f'{prefix}DETAIL:  Key (id)=({chance.randrange(1000)}) already exists.\n'
                f'{prefix}STATEMENT:  INSERT INTO orders(id, total) VALUES ($1, $2)\n')
    return f'{prefix}LOG:  duration: {chance.random() * 90:.3f} ms  statement: SELECT id, total FROM orders WHERE customer = {chance.randrange(10**6)}\n'


def write(path, megabytes, record):
    chance, number, left = random.Random(7), 0, megabytes * 1_000_000
    # A block made once, written over and over: what is measured is the reading.
    block, size = [], 0
    while size < min(left, 60_000_000):
        block.append(record(chance, chance.random() < 0.005, number))
        size += len(block[-1])
        number += 1
    text = ''.join(block).encode()
    with open(path, 'wb') as file:
        while left > 0:
            file.write(text)
            left -= len(text)


def timed(command):
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - begin, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build', type=pathlib.Path)
    parser.add_argument('--megabytes', type=int, default=600)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--out', type=pathlib.Path)
    options = parser.parse_args()
    culprit = options.build / 'bin' / 'culprit'
    results = {'megabytes': options.megabytes, 'rounds': options.rounds, 'rows': {}}
    with tempfile.TemporaryDirectory(prefix='culprit-bench-scan.') as folder:
        application, server = pathlib.Path(folder) / 'application.ndjson', pathlib.Path(folder) / 'postgresql.log'
        write(application, options.megabytes, application_record)
        write(server, max(1, options.megabytes // 6), server_record)
        contests = {
            'one large file': ('rg', {
                'culprit': [culprit, 'scan', application],
                'rg': ['rg', '-c', '-F', *[part for literal in LITERALS for part in ('-e', literal)], application]}),
            "PostgreSQL's log": ('pgbadger', {
                'culprit': [culprit, 'scan', server],
                'pgbadger': ['pgbadger', '-q', '-f', 'stderr', '--prefix', '%m [%p] %u@%d ', '-o', pathlib.Path(folder) / 'out.html', server]})}
        for name, (peer, commands) in contests.items():
            commands = {who: command for who, command in commands.items() if who == 'culprit' or shutil.which(who)}
            runs = {who: [] for who in commands}
            for _ in range(options.rounds):
                for who, command in commands.items():
                    runs[who].append(timed(command))
            row = {who: {'seconds': statistics.median(t for t, _ in taken), 'cpu_seconds': statistics.median(c for _, c in taken),
                         'runs': taken} for who, taken in runs.items()}
            if peer in runs:
                row['times_as_fast'] = statistics.median(p[0] / c[0] for p, c in zip(runs[peer], runs['culprit']))
            results['rows'][name] = row
            print(f'{name}: ' + ', '.join(f'{who} {row[who]["seconds"]:.2f} s ({row[who]["cpu_seconds"]:.2f} s CPU)' for who in runs) +
                  (f'; culprit is {row["times_as_fast"]:.2f} times as fast as {peer}' if peer in runs else ''), flush=True)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / 'scan.json').write_text(json.dumps(results, indent=1) + '\n')


if __name__ == '__main__':
    main()
