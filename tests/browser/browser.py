"""Debian's Chromium, headless, with real clicks and keys. What it loads and what it complains of is kept."""
import json
import os
import tempfile
import urllib.parse

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from waiting import wait_until

SCREENSHOTS = os.environ.get("CULPRIT_SCREENSHOTS", os.path.join(tempfile.gettempdir(), "culprit-screenshots"))
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-dev-shm-usage", "--hide-scrollbars"]


class Browser:
    """A context manager. Addresses are paths of `base`."""

    def __init__(self, base, folder, script=True):
        self.base = base
        options = Options()
        for flag in [*FLAGS, f"--user-data-dir={tempfile.mkdtemp(prefix='chromium-', dir=folder)}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_page_load_timeout(30)
        self.look()
        if not script:
            self.command("Emulation.setScriptExecutionDisabled", value=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def command(self, name, **parameters):
        return self.driver.execute_cdp_cmd(name, parameters)

    def look(self, width=1280, height=900, theme="light"):
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}, {"name": "prefers-reduced-motion", "value": "reduce"}])

    def open(self, path):
        self.driver.get(self.base + path)

    def path(self):
        parts = urllib.parse.urlsplit(self.driver.current_url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def wait(self, selector, patience=20):
        return wait_until(f"the page shows {selector}", lambda: (self.all(selector) or [None])[0], patience, explain=lambda: self.driver.current_url)

    def texts(self, selector):
        """Read anew when the page replaces itself in between."""
        def read():
            try:
                return [element.text for element in self.all(selector)], True
            except StaleElementReferenceException:
                return None
        return wait_until(f"{selector} can be read", read, 10)[0]

    def click(self, selector):
        def clicked():
            try:
                self.wait(selector).click()
                return True
            except StaleElementReferenceException:
                return False
        wait_until(f"{selector} is clicked", clicked, 10)

    def press(self, *keys):
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def focused(self):
        return self.run("const e = document.activeElement; return e.id || e.getAttribute('href') || e.className || e.tagName")

    def screenshot(self, name, whole=True):
        """The whole page, or what is seen of it, in the tests' output."""
        os.makedirs(SCREENSHOTS, exist_ok=True)
        if not whole:
            self.driver.save_screenshot(os.path.join(SCREENSHOTS, f"{name}.png"))
            return
        size = self.run("return [innerWidth, document.documentElement.scrollHeight]")
        self.command("Emulation.setDeviceMetricsOverride", width=size[0], height=min(size[1], 6000), deviceScaleFactor=1, mobile=False)
        self.driver.save_screenshot(os.path.join(SCREENSHOTS, f"{name}.png"))
        self.command("Emulation.setDeviceMetricsOverride", width=size[0], height=900, deviceScaleFactor=1, mobile=False)

    def complaints(self):
        """What the console says: refused by the content security policy, not found, thrown."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requested(self):
        """Every address that was asked for since the last call."""
        addresses = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                addresses.append(message["params"]["request"]["url"])
        return addresses

    def barriers(self, axe):
        """What axe-core finds that is serious or critical, by WCAG 2 A and AA."""
        self.run(axe)
        found = self.driver.execute_async_script(
            "const done = arguments[0];"
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}).then(done, (e) => done(String(e)));")
        if isinstance(found, str):
            raise AssertionError(found)
        return [f"{violation['id']}: {node['html'][:160]} {node['failureSummary']}" for violation in found["violations"]
                if violation["impact"] in ("serious", "critical") for node in violation["nodes"]]
