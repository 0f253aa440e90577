#!/usr/bin/python3
"""What `culprit scan` shows on a terminal, and what it leaves out in a pipe: on a real pseudo-terminal."""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import tempfile
import termios
import unicodedata
import unittest

import culprit

WIDTH = 64
LINE = "2026-02-03 04:{minute:02d}:{second:02d}.000 UTC [{pid}] app@shop ERROR:  duplicate key value violates unique constraint \"users_email_key\"\n"
QUIET = "2026-02-03 04:00:00.000 UTC [77] app@shop LOG:  checkpoint complete: wrote 4711 buffers (28.8%); distance=44712 kB, estimate=45678 kB\n"


def on_a_terminal(*arguments, environment):
    """(exit code, what the terminal was sent); stdout and stderr are the same terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, WIDTH, 0, 0))
    process = subprocess.Popen([culprit.BINARY, *arguments], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    sent = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        sent += part
    os.close(ours)
    return process.wait(60), sent.decode().replace("\r\n", "\n")


def columns(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


class Terminal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-terminal-")
        cls.addClassCleanup(temporary.cleanup)
        cls.log = os.path.join(temporary.name, "postgresql.log")
        with open(cls.log, "w", encoding="utf-8") as file:
            file.write(QUIET * 100_000)  # long enough to be seen on its way
            for minute in range(5, 25):
                for second in range(0, 60, 60 // (1 + minute % 5)):
                    file.write(LINE.format(minute=minute, second=second, pid=4000 + minute))
        cls.arguments = ("scan", "--label", "environment=production", "--log-line-prefix", "%m [%p] %u@%d ", cls.log)
        cls.environment = {**{k: v for k, v in os.environ.items() if k != "NO_COLOR"}, "TERM": "xterm-256color"}

    def test_a_terminal_gets_colour_bars_progress_and_lines_that_fit(self):
        code, sent = on_a_terminal(*self.arguments, environment=self.environment)
        self.assertEqual(code, 0, sent)
        self.assertRegex(sent, r"\r\d+ %  [\d.]+ of [\d.]+ MiB")
        report = sent[sent.rfind("\r\x1b[K") + len("\r\x1b[K"):]
        self.assertNotIn("\r", report, "the progress line is gone before the report begins")
        self.assertRegex(report, r"\x1b\[[\d;]+mSEV\d open\x1b\[0m")
        self.assertRegex(report, "over time.*[▁▂▃▄▅▆▇]")
        for line in re.sub(r"\x1b\[[\d;]*m", "", report).splitlines():
            if not re.match(r"  (verify|repair)", line):
                self.assertLessEqual(columns(line), WIDTH, line)

    def test_no_color_is_heard(self):
        _, sent = on_a_terminal(*self.arguments, environment={**self.environment, "NO_COLOR": "1"})
        self.assertNotRegex(sent, r"\x1b\[[\d;]*m")
        self.assertIn("users_email_key", sent)

    def test_a_pipe_gets_plain_text_and_no_progress(self):
        code, out, err = culprit.run(*self.arguments, env=self.environment)
        self.assertEqual(code, 0, err)
        self.assertNotIn("\x1b", out)
        self.assertNotIn("\r", out)
        self.assertEqual(err, "")
        headline = out.splitlines()[0]
        self.assertRegex(headline, r"^SEV\d open .*users_email_key", "the headline is one line, to be searched")
        self.assertIn("1 incident in ", out)


class Unmatched(unittest.TestCase):
    """What only looked like an error, and why."""

    LINES = [json.dumps({"time": f"2026-02-03T04:00:0{number}Z", "level": level, "msg": text}) for number, (level, text) in enumerate([
        ("error", "the printer at alice@example.org is on fire"),
        ("error", 'duplicate key value violates unique constraint "users_email_key"'),
        ("error", "Duplicate entry 'alice@example.org' for key 'users.email'"),
        ("info", "all is well"),
        ("info", 'retried: duplicate key value violates unique constraint "users_email_key"')])]

    def scan(self, *arguments):
        with tempfile.TemporaryDirectory(prefix="culprit-unmatched-") as folder:
            log = os.path.join(folder, "app.log")
            with open(log, "w", encoding="utf-8") as file:
                file.write("\n".join(self.LINES) + "\n")
            return culprit.run("scan", *arguments, log)

    def test_is_told_in_the_order_of_the_file_with_its_reason_and_without_a_value(self):
        code, out, err = self.scan("--emit", "signals", "--explain-unmatched", "--format", "ndjson")
        self.assertEqual(code, 0, err)
        told = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([(each["source"]["line"], each.get("unmatched", {}).get("reason", each.get("kind"))) for each in told],
                         [(1, "unknown_text"), (2, "unique_violation"), (3, "look_alike"), (5, "level")])
        self.assertNotIn("alice", out)

    def test_is_added_up_for_people(self):
        code, out, err = self.scan("--emit", "signals", "--explain-unmatched")
        self.assertEqual(code, 0, err)
        self.assertIn("3 entries looked like errors and gave no signal", out)

    def test_is_silent_unless_it_is_asked_for_and_goes_with_signals_only(self):
        self.assertEqual(len(self.scan("--emit", "signals", "--format", "ndjson")[1].splitlines()), 1)
        code, _, err = self.scan("--explain-unmatched")
        self.assertEqual(code, 2)
        self.assertIn("--emit signals", err)


if __name__ == "__main__":
    unittest.main()
