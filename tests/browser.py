"""A browser that tests drive as a person would: real clicks and typing, over Chromium's DevTools protocol."""

import itertools
import json
import shutil
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE = 60


class Page:
    """One open page. `complaints` are the errors its scripts and its security policy have raised."""

    def __init__(self, address):
        import websocket

        self._socket = websocket.create_connection(address, timeout=PATIENCE, suppress_origin=True)
        self._numbers, self.complaints = itertools.count(1), []
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method, **parameters):
        """The answer to one command of the protocol; complaints that arrive before it are kept."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (told := json.loads(self._socket.recv())).get("id") != number:
            self._hear(told)
        assert "error" not in told, told["error"]
        return told["result"]

    def _hear(self, told):
        if told.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(told["params"]["exceptionDetails"]["text"])
        if told.get("method") == "Log.entryAdded" and told["params"]["entry"]["level"] == "error":
            self.complaints.append(told["params"]["entry"]["text"])

    def value(self, expression):
        """What a JavaScript expression gives."""
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def open(self, path: Path):
        """Go to the file and wait until it is there."""
        self.ask("Page.navigate", url=path.as_uri())
        end = time.monotonic() + PATIENCE
        while not self.value(f"location.href === {json.dumps(path.as_uri())} && document.readyState === 'complete'"):
            assert time.monotonic() < end, "the page never came"
            time.sleep(0.05)

    def click(self, selector):
        """Click the middle of what `selector` finds, wherever it lies."""
        place = self.value(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center'}});"
            " const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def press(self, key):
        """Press and let go of one key, called as JavaScript does."""
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key)

    def type(self, text):
        """Type into what has the focus."""
        self.ask("Input.insertText", text=text)


@contextmanager
def browser(folder: Path):
    """A headless Chromium with its profile in `folder`, and one page in it."""
    argv = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0"]
    argv += [f"--user-data-dir={folder}", "--window-size=1366,768", "about:blank"]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield Page(_address(folder / "DevToolsActivePort", process))
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _address(told: Path, process):
    end = time.monotonic() + PATIENCE
    while not (told.exists() and "\n" in told.read_text()):
        assert process.poll() is None and time.monotonic() < end, "the browser did not start"
        time.sleep(0.05)
    port = told.read_text().split()[0]
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://127.0.0.1:{port}/json", timeout=PATIENCE) as answer:
        return next(page["webSocketDebuggerUrl"] for page in json.load(answer) if page["type"] == "page")
