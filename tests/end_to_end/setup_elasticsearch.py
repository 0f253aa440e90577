#!/usr/bin/python3
"""`culprit setup elasticsearch` on a real server: says what it did, changes nothing the second time, sends nothing with --dry-run."""
import json
import os
import tempfile
import unittest

import culprit
from elasticsearch import Index


class SetupElasticsearch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-setup-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = temporary.name
        cls.index = Index("setup")

    def set_up(self, *options, url=None, **sink):
        settings = {"sinks": [{"elasticsearch": {"urls": [url or self.index.url], "index": self.index.name, **sink}}]}
        configuration = culprit.write_configuration(os.path.join(self.folder, "culprit.yaml"), settings)
        return culprit.run("setup", "elasticsearch", "--config", configuration, *options)

    def template(self):
        return self.index._ask("GET", f"/_index_template/{self.index.name}")

    def test_twice_is_the_same_as_once(self):
        code, out, err = self.set_up("--dry-run")
        self.assertEqual(code, 0, err)
        puts = [line for line in out.splitlines() if line.startswith("PUT /_index_template/")]
        self.assertEqual(len(puts), 2, out)
        for line in out.splitlines():
            if line.startswith("{"):
                self.assertIn("index_patterns", json.loads(line))
        code, out, err = self.set_up()
        self.assertEqual(code, 0, err)
        self.assertEqual(out.count("installed index template"), 2, "the dry run had sent it: " + out)
        before = self.template()
        code, out, err = self.set_up()
        self.assertEqual((code, out.count("unchanged index template")), (0, 2), out + err)
        self.assertNotIn("installed", out)
        self.assertEqual(self.template(), before)
        _, out, _ = self.set_up("--dry-run")
        self.assertNotIn("PUT ", out)

    def test_a_server_that_is_not_there_is_said(self):
        url = f"http://127.0.0.1:{culprit.free_port()}"
        code, _, err = self.set_up(url=url)
        self.assertEqual(code, 3)
        self.assertIn("cannot connect to " + url, err)
        code, out, err = self.set_up("--dry-run", url=url, retention="90d")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("this is what an empty Elasticsearch would be sent", out)
        policy = json.loads(out[out.index(f"PUT /_ilm/policy/{self.index.name}"):].splitlines()[1])
        self.assertEqual(policy["policy"]["phases"]["delete"]["min_age"], "121d")


if __name__ == "__main__":
    unittest.main()
