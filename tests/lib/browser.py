"""A real Chromium, used as a person would, through its driver (WebDriver, standard library)."""
import base64
import http.client
import json
import shutil
import subprocess
import time

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def installed():
    """The driver and the browser; None where one is missing."""
    found = shutil.which("chromedriver"), shutil.which("chromium") or shutil.which("chromium-browser")
    return found if all(found) else None


class Browser:
    def __init__(self, driver, chromium):
        self.process = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if "on port" in line and "started" in line:
                self.port = int(line.rstrip(". \n").rsplit(" ", 1)[1])
                break
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1200,1000"], "binary": chromium}
        capabilities = {"alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}
        self.session = ""
        self.session = "/session/" + self.call("POST", "/session", {"capabilities": capabilities})["sessionId"]

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request(method, self.session + path, None if method == "GET" else json.dumps(body or {}), {"Content-Type": "application/json"})
        value = json.loads(connection.getresponse().read())["value"]
        if isinstance(value, dict) and "error" in value:
            raise RuntimeError(f"{path}: {value['error']}: {value['message'].splitlines()[0]}")
        return value

    def open(self, address):
        self.call("POST", "/url", {"url": address})

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, css):
        return self.call("POST", "/element", {"using": "css selector", "value": css})[ELEMENT]

    def click(self, css):
        self.call("POST", f"/element/{self.find(css)}/click")

    def type(self, css, text):
        self.call("POST", f"/element/{self.find(css)}/value", {"text": text})

    def keys(self, *keys):
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def text(self, css):
        return self.run("return document.querySelector(arguments[0]).textContent", css)

    def until(self, script, what, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = self.run(script)
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError(f"{what} did not happen in {seconds} s")

    def faults(self):
        """What the console has to say: errors of scripts, refused requests, breaches of the security policy. The answers
        that a check provokes (status 4xx of an address of the server) are not among them."""
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})
                if entry["level"] == "SEVERE" and "the server responded with a status of 4" not in entry["message"]]

    def size(self, width, height):
        self.call("POST", "/window/rect", {"width": width, "height": height})

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.process.terminate()
            self.process.wait(10)


class Page:
    def __init__(self, browser, address, screenshots):
        self.browser, self.address, self.screenshots = browser, address, screenshots

    def shot(self, name):
        if self.screenshots:
            self.screenshots.mkdir(parents=True, exist_ok=True)
            (self.screenshots / f"{name}.png").write_bytes(base64.b64decode(self.browser.call("GET", "/screenshot")))

    def visit(self, view):
        self.browser.open("about:blank")
        self.browser.open(f"{self.address}/#{view}")
        self.browser.until("return document.readyState === 'complete'", "the page")
        if view == "solve":
            self.browser.until("return document.querySelectorAll('#grid td').length === 81", "the board")


def run_checks(page, checks):
    """How many of the functions check(page) fail; each is told about, with what the console says."""
    failures = 0
    for check in checks:
        try:
            check(page)
            faults = page.browser.faults()
            assert not faults, faults
            print(f"{check.__name__}: passed", flush=True)
        except Exception as error:  # every check is told about
            failures += 1
            page.shot(f"FAILED-{check.__name__}")
            print(f"FAILED: {check.__name__}: {error!r} {page.browser.faults()}", flush=True)
    print(f"{len(checks)} checks, {failures} failures")
    return failures
