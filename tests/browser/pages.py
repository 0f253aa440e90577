#!/usr/bin/python3
"""The page in a browser: live, by mouse, by keyboard, on a phone, without a script, and against lines that would like to be markup."""
import datetime
import json
import os
import re
import tempfile
import unittest
import urllib.request

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

    def test_a_silence_and_what_it_was_instead_are_said_by_button_and_word(self):
        browser, document = self.browser, self.attributed("unique_violation")
        browser.open(f"/incidents/{document['culprit']['id']}")
        browser.click("[data-act=silence]")
        wait_until("it is silent", lambda: any("silenced until" in text for text in browser.texts(".badges .chip")), 20, explain=lambda: browser.texts("#said"))
        self.assertTrue(self.outages.incidents("?q=" + document["culprit"]["id"])[0]["culprit"]["silenced_until"])
        browser.click("[data-act=silence][data-withdraw]")
        wait_until("it is not any more", lambda: not any("silenced" in text for text in browser.texts(".badges .chip")), 20, explain=lambda: browser.texts("#said"))
        browser.click("[data-act=feedback][data-verdict=wrong]")
        wait_until("the verdict is there", lambda: any("That was not it" in text for text in browser.texts("section[aria-labelledby=feedback] li")), 20, explain=lambda: browser.texts("#said"))
        browser.wait("#other-cause").send_keys("the <b>backup</b>", Keys.ENTER)
        wait_until("so is the word", lambda: any("It was something else: the <b>backup</b>" in text for text in browser.texts("section[aria-labelledby=feedback] li")), 20,
                   explain=lambda: browser.texts("#said"))
        feedback = self.outages.incidents("?q=" + document["culprit"]["id"])[0]["culprit"]["feedback"]
        self.assertEqual([each["verdict"] for each in feedback], ["wrong", "other"])

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
        for name, path in (("list", "/"), ("incident", incident), ("changes", "/changes"), ("maintenance", "/maintenance"), ("pipeline", "/pipeline"), ("nothing", "/incidents/none")):
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
        for path in ("/", f"/incidents/{self.attributed('unique_violation')['culprit']['id']}", "/changes", "/maintenance", "/pipeline"):
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

    def test_changes_have_their_verdict_and_lead_to_what_they_broke(self):
        browser, document = self.browser, self.attributed("unique_violation")
        browser.open("/changes")
        browser.click("a[href='/changes?verdict=dirty']")
        wait_until("those that broke something are shown", lambda: browser.path() == "/changes?verdict=dirty" and browser.all(".verdict"), 20, explain=browser.path)
        self.assertEqual(set(browser.texts(".verdict")), {"dirty"})
        section = next(text for text in browser.texts("main section") if document["message"] in text)
        self.assertIn(document["culprit"]["cause"]["tool"], section)
        browser.click(f"main section a[href='/incidents/{document['culprit']['id']}']")
        browser.wait(".answer")
        self.assertEqual(browser.texts("h1"), [document["message"]])

    def test_the_pipeline_says_what_was_read_and_whether_all_is_well(self):
        browser = self.browser
        browser.open("/pipeline")
        self.assertEqual(browser.texts("h1"), ["The pipeline is ready"])
        tiles = {tile.split("\n")[1]: tile.split("\n")[0] for tile in browser.texts(".tile")}
        _, metrics = self.outages.daemon.get("/metrics")
        # Counted anew by each start of the daemon, which another test may have ended.
        records = sum(float(line.split()[-1]) for line in metrics.splitlines() if line.startswith("culprit_records_total"))
        self.assertEqual(tiles["records since the start"].replace(",", ""), str(round(records)))
        self.assertEqual((tiles["dead letters"], tiles["undecodable records"]), ("0", "0"))
        self.assertTrue(browser.texts("section[aria-labelledby=limits] td"), "what is bounded, and how full it is")

    def test_the_list_is_sorted_by_severity_when_asked(self):
        served = Served(os.path.join(self.folder, "severities"))
        self.addCleanup(served.daemon.kill)
        served.write(log_lines.three_severities())
        served.wait_for(3)
        browser = self.browser
        shown = lambda: browser.texts(".incident .sev")
        browser.driver.get(served.base + "/?sort=latest")
        wait_until("the latest comes first", lambda: shown() == ["SEV4", "SEV3", "SEV1"], 20, explain=shown)
        browser.click("#f-sort option[value=severity]")
        wait_until("the worst comes first", lambda: shown() == ["SEV1", "SEV3", "SEV4"], 20, explain=shown)
        self.assertIn("sort=severity", browser.path())
        browser.click("#f-severity option[value=SEV1]")
        wait_until("the order outlives a filter", lambda: shown() == ["SEV1"] and "sort=severity" in browser.path(), 20, explain=browser.path)

    def test_a_maintenance_window_makes_its_incidents_planned_until_it_is_called_off(self):
        served = Served(os.path.join(self.folder, "maintenance"))
        self.addCleanup(served.daemon.kill)
        browser = self.browser
        browser.driver.get(served.base + "/")
        ask = ("const [method, path, body, done] = arguments;"
               "fetch(path, {method, headers: {'Content-Type': 'application/json'}, body: body || undefined}).then(async (a) => done([a.status, await a.json()]), (e) => done([0, String(e)]));")
        window = '{"database": "shop", "from": "2026-11-20T11:55Z", "until": "2026-11-20T12:30Z", "by": "ann"}'
        status, announced = browser.driver.execute_async_script(ask, "POST", "/api/v1/maintenance", window)
        self.assertEqual(status, 201, announced)
        served.write(log_lines.many_problems(1))
        document = served.wait_for(1)[0]
        browser.driver.get(served.base + f"/incidents/{document['culprit']['id']}")
        browser.wait("h1")
        self.assertIn("planned maintenance", browser.texts(".badges .chip"))
        self.assertIn("planned maintenance", browser.texts("section[aria-labelledby=impact]")[0], "the severity's reason says so")
        status, answer = browser.driver.execute_async_script(ask, "DELETE", f"/api/v1/maintenance/{announced['id']}", None)
        self.assertEqual(status, 200, answer)

        def unplanned():
            browser.driver.get(served.base + f"/incidents/{document['culprit']['id']}")
            return "planned maintenance" not in browser.texts(".badges .chip")
        wait_until("it is an incident like any other", unplanned, 20, explain=lambda: browser.texts(".badges"))

    def test_windows_are_listed_and_ended_by_keyboard_on_a_phone_without_a_script(self):
        served = Served(os.path.join(self.folder, "windows"))
        self.addCleanup(served.daemon.kill)
        now = datetime.datetime.now(datetime.timezone.utc)
        moment = lambda hours: (now + datetime.timedelta(hours=hours)).isoformat(timespec="seconds")
        with Browser(served.base, self.folder, script=False) as browser:
            browser.look(width=400)
            browser.open("/maintenance")
            self.assertEqual(browser.texts("h1"), ["No maintenance now"])
            for database, begin, end in (("shop", -1, 1), ("billing", 1, 2), ("old", -3, -2)):
                announced = {"database": database, "from": moment(begin), "until": moment(end), "by": "ann", "text": "<b>the long one</b>"}
                request = urllib.request.Request(served.base + "/api/v1/maintenance", json.dumps(announced).encode(), {"Content-Type": "application/json"})
                self.assertEqual(urllib.request.urlopen(request, timeout=10).status, 201)
            browser.open("/")
            self.assertIn("database shop until", browser.texts(".planned")[0])
            browser.click(".planned a")
            wait_until("the windows are listed", lambda: browser.path() == "/maintenance" and len(browser.all(".windows li")) == 2, 10, explain=browser.path)
            self.assertEqual(browser.texts("h1"), ["1 maintenance window open"])
            self.assertIn("by ann", browser.texts(".windows li")[0])
            self.assertIn("<b>the long one</b>", browser.texts(".windows li")[0])
            self.assertLessEqual(browser.run("return document.documentElement.scrollWidth"), 400)
            browser.screenshot("maintenance-400")
            for words in ("End now", "Call off"):
                browser.open("/maintenance")
                for _ in range(30):
                    browser.press(Keys.TAB)
                    if browser.run("return document.activeElement.textContent").startswith(words):
                        break
                browser.press(Keys.ENTER)
                wait_until("it is gone", lambda: not any(words in text for text in browser.texts(".windows button")), 10, explain=lambda: browser.texts("main"))
                self.assertEqual(browser.path(), "/maintenance")
            self.assertEqual(browser.texts("h1"), ["No maintenance now"])

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
