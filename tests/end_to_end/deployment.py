#!/usr/bin/python3
"""What deploy/ shows is true to the binary as it is: its configurations pass `culprit check`."""
import os
import re
import subprocess
import tempfile
import textwrap
import unittest

import culprit
from services import ROOT


class Deployment(unittest.TestCase):
    def check(self, path):
        code, out, err = culprit.run("check", "--config", path)
        self.assertEqual((code, err), (0, ""))

    def test_the_example_configuration(self):
        self.check(os.path.join(ROOT, "deploy", "culprit.yaml"))

    def test_the_configuration_inside_the_kubernetes_example(self):
        with open(os.path.join(ROOT, "deploy", "kubernetes", "sidecar.yaml"), encoding="utf-8") as file:
            text = file.read().split("culprit.yaml: |\n")[1].split("\n---\n")[0]
        with tempfile.TemporaryDirectory(prefix="culprit-deployment-") as folder:
            path = os.path.join(folder, "culprit.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(textwrap.dedent(text))
            self.check(path)

    def test_the_prometheus_rules(self):
        rules = os.path.join(ROOT, "deploy", "prometheus", "culprit.rules.yml")
        for command in (["check", "rules", rules], ["test", "rules", rules.replace(".yml", ".test.yml")]):
            done = subprocess.run(["promtool", *command], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_metrics_of_the_prometheus_rules_are_the_programs(self):
        with open(os.path.join(ROOT, "deploy", "prometheus", "culprit.rules.yml"), encoding="utf-8") as file:
            named = set(re.findall(r"\bculprit_[a-z_]+", file.read()))
        with open(culprit.BINARY, "rb") as file:
            program = file.read()
        self.assertEqual([name for name in sorted(named) if name.encode() + b"\0" not in program], [])
        self.assertGreater(len(named), 8)


if __name__ == "__main__":
    unittest.main(verbosity=2)
