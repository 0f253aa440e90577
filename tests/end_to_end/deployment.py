#!/usr/bin/python3
"""What deploy/ shows is true to the binary as it is: its configurations pass `culprit check`."""
import os
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


if __name__ == "__main__":
    unittest.main(verbosity=2)
