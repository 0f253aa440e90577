#!/usr/bin/python3
"""The page in a browser: live, by mouse, by keyboard, on a phone, without a script, and against lines that would like to be markup."""
import os
import re
import tempfile
import unittest

from served import ROOT, Served  # first: it says where the end-to-end tests' modules are
import log_lines
from browser import Browser
from selenium.webdriver.common.keys import Keys
from waiting import wait_until

EXAMPLES = os.path.join(ROOT, "deploy", "examples")
OUTAGES = ("unique_constraint_added", "deployed_before_its_migration", "import_left_the_sequence_behind")
with open(os.environ["CULPRIT_AXE"], encoding="utf-8") as file:
    AXE = file.read()


def recorded():
    """The lines of all recorded outages, in the order of their arrival."""
    lines = []
    for outage in OUTAGES:
        with open(os.path.join(EXAMPLES, f"{outage}.ndjson"), encoding="utf-8") as recording:
            lines += recording.readlines()
    return "".join(sorted(lines))


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="culprit-browser-", ignore_cleanup_errors=True)
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = temporary.name
        cls.outages = Served(os.path.join(cls.folder, "outages"))
        cls.addClassCleanup(cls.outages.daemon.kill)
        cls.browser = Browser(cls.outages.base, cls.folder)
        cls.addClassCleanup(cls.browser.driver.quit)
        cls.see_the_list_fill_by_itself()

    @classmethod
    def see_the_list_fill_by_itself(cls):
        """First of all, as afterwards there is something: the empty list is open, and incidents appear in it without a reload."""
        browser = cls.browser
        browser.open("/")
        assert "No database error has been recognised yet" in browser.texts("#list")[0]
        browser.run("window.same = true")
        browser.wait("#live:not([hidden])")
        cls.outages.write(recorded())
        wait_until("three incidents are in the open list", lambda: len(browser.all(".incident")) == 3, 60, explain=cls.outages.daemon.log_tail)
        wait_until("each names its cause", lambda: len(browser.texts(".incident .sure")) == 3, 60, explain=lambda: browser.texts("#list"))
        assert browser.run("return window.same"), "the page was loaded anew"

    def setUp(self):
        self.browser.look()

    def attributed(self, kind):
        return next(incident for incident in self.outages.incidents() if incident["culprit"]["symptom"]["kind"] == kind)

    def test_an_incident_opens_with_its_cause_its_repair_and_its_chart(self):
        browser, document = self.browser, self.attributed("unique_violation")
        browser.open("/")
        browser.click(f".incident[data-id='{document['culprit']['id']}'] a")
        browser.wait(".answer")
        self.assertEqual(browser.texts("h1"), [document["message"]])
        cause = document["culprit"]["cause"]
        self.assertIn(cause["summary"], browser.texts(".why")[0])
        self.assertIn(f"{round(cause['confidence'] * 100)} %", browser.texts(".why")[0])
        counts = document["culprit"]["symptom"]["histogram"]["counts"]
        self.assertEqual(len(browser.all("rect.errors")), sum(count > 0 for count in counts))
        place = browser.run("return [...document.querySelectorAll('.mark.culprit circle, line.onset, .mark.remedy circle')].map(e => [e.closest('g')?.classList[1] ?? 'onset', e.getBoundingClientRect().x])")
        by_name = {name: x for name, x in place}
        self.assertLess(by_name["culprit"], by_name["onset"], "the change is drawn before the first error")
        self.assertEqual(len(browser.all(".cause-box")), len(document["culprit"]["causes"]))
        self.assertTrue(browser.all(".cause-box[open] rect.for"), "the evidence has its bars")
        browser.screenshot("incident")

    def test_sql_is_copied_as_it_is(self):
        browser, document = self.browser, self.attributed("unique_violation")
        browser.command("Browser.grantPermissions", origin=self.outages.base, permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        browser.open(f"/incidents/{document['culprit']['id']}")
        browser.click(".do .copy")
        wait_until("the button says so", lambda: browser.texts(".do .copy") == ["Copied"], 5)
        self.assertEqual(browser.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0], (e) => arguments[0](String(e)))"),
                         document["culprit"]["diagnosis"]["fix_sql"][0])

    def test_an_acknowledgement_is_in_the_page_and_outlives_a_kill(self):
        browser, document = self.browser, self.attributed("undefined_table")
        path = f"/incidents/{document['culprit']['id']}"
        browser.open(path)
        browser.click("[data-act=acknowledge]")
        wait_until("the page says so", lambda: any("acknowledged" in text for text in browser.texts(".badges .chip")), 20, explain=lambda: browser.texts("#said"))
        browser.click("[data-act=feedback][data-verdict=right]")
        wait_until("the feedback is there", lambda: "The named cause is right" in "".join(browser.texts("#main")), 20, explain=lambda: browser.texts("#said"))
        self.outages.daemon.kill()
        self.outages.daemon.start()
        self.outages.wait_for(3)
        browser.open(path)
        self.assertIn("acknowledged", " ".join(browser.texts(".badges")))
        browser.click("[data-act=acknowledge][data-withdraw]")
        wait_until("it is taken back", lambda: "acknowledged" not in " ".join(browser.texts(".badges")), 20, explain=lambda: browser.texts("#said"))

    def test_a_reader_finds_cause_and_repair_by_keyboard_alone(self):
        browser = self.browser
        browser.open("/")
        browser.wait(".incident")
        browser.press(Keys.TAB)
        self.assertEqual(browser.focused(), "#main", "the first stop skips to the content")
        browser.press("/")
        self.assertEqual(browser.focused(), "q")
        browser.press(*"wishlists", Keys.ENTER)
        wait_until("the list is searched", lambda: browser.path() == "/?q=wishlists" and len(browser.all(".incident")) == 1, 20, explain=browser.path)
        browser.press("j")
        browser.press(Keys.ENTER)
        browser.wait(".answer")
        self.assertIn("wishlist", browser.texts(".why")[0])
        stops = set()
        for _ in range(60):
            browser.press(Keys.TAB)
            stops.add(browser.focused())
        self.assertIn("copy", stops, "each button can be reached")
        browser.run("document.querySelector('.cause-box:nth-of-type(1) summary').focus()")
        was = browser.run("return document.querySelector('.cause-box').open")
        browser.press(Keys.ENTER)
        self.assertNotEqual(browser.run("return document.querySelector('.cause-box').open"), was)

    def test_every_page_fits_a_phone_and_has_no_barrier_in_light_and_dark(self):
        browser = self.browser
        incident = f"/incidents/{self.attributed('unique_violation')['culprit']['id']}"
        for name, path in (("list", "/"), ("incident", incident), ("changes", "/changes"), ("pipeline", "/pipeline"), ("nothing", "/incidents/none")):
            for theme in ("light", "dark"):
                for width in (1280, 400):
                    with self.subTest(page=name, theme=theme, width=width):
                        browser.look(width=width, theme=theme)
                        browser.open(path)
                        browser.wait("h1")
                        self.assertLessEqual(browser.run("return document.documentElement.scrollWidth"), width)
                        if name != "nothing":
                            self.assertEqual(browser.barriers(AXE), [])
                            browser.screenshot(f"{name}-{width}-{theme}")

    def test_nothing_is_asked_of_another_host_and_the_policy_has_nothing_to_refuse(self):
        browser = self.browser
        browser.open("/incidents/none")  # its 404 is not a complaint of the pages below
        browser.complaints(), browser.requested()
        for path in ("/", f"/incidents/{self.attributed('unique_violation')['culprit']['id']}", "/changes", "/pipeline"):
            browser.open(path)
            browser.wait("h1")
        self.assertEqual(browser.complaints(), [])
        elsewhere = [address for address in browser.requested() if not address.startswith((self.outages.base + "/", "data:", "chrome"))]
        self.assertEqual(elsewhere, [])

    def test_it_can_be_read_and_filtered_without_a_script(self):
        with Browser(self.outages.base, self.folder, script=False) as browser:
            browser.open("/")
            self.assertEqual(len(browser.all(".incident")), 3)
            browser.wait("#q").send_keys("tickets")
            browser.click("#filters button[type=submit]")
            wait_until("one is found", lambda: len(browser.all(".incident")) == 1, 10, explain=browser.path)
            browser.click(".incident a")
            browser.wait(".answer")
            self.assertTrue(browser.all("rect.errors") and browser.all(".sql code"))
            self.assertFalse(browser.wait("#actions").is_displayed(), "what needs a script is not shown")

    def test_filters_and_pages_of_many(self):
        many = Served(os.path.join(self.folder, "many"))
        self.addCleanup(many.daemon.kill)
        many.write(log_lines.many_problems(60))
        many.wait_for(60, "?limit=100")
        browser = self.browser
        browser.driver.get(many.base + "/?sort=latest")
        self.assertEqual(len(browser.all(".incident")), 50)
        self.assertIn("50 of 60 incidents", browser.texts(".pages")[0])
        first = browser.texts(".incident h2")
        browser.click("a[rel=next]")
        wait_until("the next page is there", lambda: len(browser.all(".incident")) == 10, 20, explain=browser.path)
        self.assertEqual(len(set(first + browser.texts(".incident h2"))), 60, "none is missing and none comes twice")
        browser.driver.get(many.base + "/")
        browser.click("#f-service option[value=billing]")
        wait_until("the choice alone filters", lambda: len(browser.all(".incident")) == 20, 20, explain=browser.path)
        browser.click(".filters a[href='/']")
        wait_until("cleared", lambda: len(browser.all(".incident")) == 50, 20, explain=browser.path)
        browser.wait("#q").send_keys("table_00007", Keys.ENTER)
        wait_until("searched", lambda: len(browser.all(".incident")) == 1, 20, explain=browser.path)
        self.assertIn("table_00007", browser.texts(".incident h2")[0])
        browser.screenshot("many")

    def test_hostile_lines_are_text(self):
        served = Served(os.path.join(self.folder, "hostile"))
        self.addCleanup(served.daemon.kill)
        served.write(log_lines.hostile())
        documents = served.wait_for(5)
        browser = self.browser
        seen = ""
        for path in ["/", *(f"/incidents/{document['culprit']['id']}" for document in documents)]:
            browser.driver.get(served.base + path)
            browser.wait("h1")
            self.assertIsNone(browser.run("return window.taken ?? null"))
            self.assertEqual(browser.all("main script, main img, main [onerror]"), [])
            self.assertEqual(browser.run("return document.querySelectorAll('script').length"), 1)
            self.assertLessEqual(browser.run("return document.documentElement.scrollWidth"), 1280)
            self.assertLess(browser.run("return document.documentElement.outerHTML.length"), 400_000, "a megabyte is cut")
            seen += browser.texts("main")[0]
        for text in ("<script>top['taken']=1</script>", "<img src=x onerror=", "\\u202Eevil\\u2066"):
            self.assertIn(text, seen, "it is shown as it was logged")
        self.assertNotIn(log_lines.RIGHT_TO_LEFT, seen)
        browser.screenshot("hostile")
        self.assertFalse(re.search("Refused to", "".join(browser.complaints())))


if __name__ == "__main__":
    unittest.main(verbosity=2)
