#!/usr/bin/python3
"""Six recorded outages at once, with the noise of their platforms: a reader finds the cause and the repair of each within three clicks.

Their screenshots (CULPRIT_SCREENSHOTS) are those of deploy/examples/.
"""
import os
import tempfile
import unittest

from served import Served  # first: it says where the end-to-end tests' modules are
from browser import Browser
import shipping
from documents import Truth, object_name
from waiting import wait_until

OUTAGES = ("01", "04", "07", "08", "09", "10")
MIDWAY = "07_migration_failed_midway"


class SixOutages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-six-", ignore_cleanup_errors=True)
        cls.addClassCleanup(temporary.cleanup)
        lines, cls.truths = [], {}
        for outage in OUTAGES:
            unpacked = shipping.unpack(outage, temporary.name)
            lines += shipping.ship(unpacked)
            # Without the shipped lines, whose numbers are others here: a cause is right by its time.
            cls.truths[os.path.basename(unpacked)] = Truth(unpacked, [], "json")
        cls.served = Served(os.path.join(temporary.name, "daemon"))
        cls.addClassCleanup(cls.served.daemon.kill)
        cls.served.write("".join(line.envelope + "\n" for line in sorted(lines, key=lambda line: line.arrival)))
        cls.served.daemon.wait_for_records(len(lines))
        cls.browser = Browser(cls.served.base, temporary.name)
        cls.addClassCleanup(cls.browser.driver.quit)

    def incident_of(self, truth):
        """Of those about what broke, the one with the most errors."""
        about = [incident for incident in self.served.incidents("?sort=count&limit=500") if object_name(incident) == truth.affected]
        return about[0] if about else None

    def look(self, name, truth):
        browser = self.browser
        document = wait_until(f"{name} has its incident", lambda: self.incident_of(truth), 30, explain=lambda: [each["message"] for each in self.served.incidents()])
        own = document["culprit"]
        self.assertTrue(own["attribution"] == "attributed" and truth.is_right(own["cause"]), own.get("causes"))

        browser.look(width=1280, height=900)
        browser.open("/")
        browser.click(f".incident[data-id='{own['id']}'] h2 a")  # the first click
        browser.wait(".answer")
        self.assertIn(own["cause"]["summary"], browser.texts(".why .big")[0])
        for part in (".why", ".do", ".chart"):
            self.assertLessEqual(browser.run("return document.querySelector(arguments[0]).getBoundingClientRect().bottom", part), 900,
                                 f"{part} is seen without scrolling")
        self.assertIn(own["diagnosis"]["summary"], browser.texts(".do .big")[0])
        browser.screenshot(f"outage-{name}", whole=False)

        browser.click(".do a[href='#diagnosis']")  # the second
        wait_until("the steps are in view", lambda: -1 <= browser.run("return document.querySelector('#diagnosis').getBoundingClientRect().top") < 900, 10)
        shown = browser.texts("section[aria-labelledby=diagnosis]")[0]
        for sql in [*own["diagnosis"]["verify_sql"], *own["diagnosis"]["fix_sql"]]:
            self.assertIn(" ".join(sql.split()), " ".join(shown.split()))
        self.assertTrue(own["diagnosis"]["steps"])
        for step in own["diagnosis"]["steps"]:
            self.assertIn(" ".join(step.split()), " ".join(shown.split()))

    def test_a_reader_finds_cause_and_repair_within_three_clicks(self):
        for name, truth in self.truths.items():
            with self.subTest(outage=name):
                self.look(name, truth)

    def test_incidents_of_one_cause_lead_to_each_other(self):
        """07: the migration that failed midway left a renamed table and a unique index behind; each breaks something else."""
        first = wait_until("it has a related one", lambda: (lambda one: one if one and one["culprit"]["related"] else None)(self.incident_of(self.truths[MIDWAY])), 30)
        second, = first["culprit"]["related"]
        browser = self.browser
        for here, there in ((first["culprit"]["id"], second), (second, first["culprit"]["id"])):
            browser.open(f"/incidents/{here}")
            headline, = browser.texts(f"section[aria-labelledby=related] a[href='/incidents/{there}']")
            browser.click(f"section[aria-labelledby=related] a[href='/incidents/{there}']")
            wait_until("the other is there", lambda: browser.path() == f"/incidents/{there}" and browser.texts("h1") == [headline], 10, explain=browser.path)
        causes = [incident["culprit"]["cause"]["migration"] for incident in self.served.incidents("?limit=500") if incident["culprit"]["id"] in (first["culprit"]["id"], second)]
        self.assertEqual(len(causes), 2)
        self.assertEqual(len(set(causes)), 1, "one migration broke both")

    def test_no_cause_is_zero_seconds_away_and_every_onset_has_its_bar(self):
        for name, truth in self.truths.items():
            with self.subTest(outage=name):
                own = self.incident_of(truth)["culprit"]
                self.browser.open(f"/incidents/{own['id']}")
                self.browser.wait(".chart")
                self.assertNotRegex(self.browser.texts("main")[0], r"\b0 s (before|after)")
                gap = self.browser.run("const x = (e) => e.getBoundingClientRect(); const onset = x(document.querySelector('line.onset')).x;"
                                       "return Math.min(...[...document.querySelectorAll('rect.errors')].map(e => Math.max(x(e).left - onset, onset - x(e).right, 0)));")
                self.assertLessEqual(gap, 3, "pixels between the first error's line and the nearest bar")


if __name__ == "__main__":
    unittest.main(verbosity=2)
