"""A headless Chromium for tests of pages, driven through a pipe (Chrome DevTools Protocol): no socket, no driver."""

import json
import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE_S = 120
_KEYS = {
    "ArrowDown": 40, "ArrowLeft": 37, "ArrowRight": 39, "End": 35, "Enter": 13, "Home": 36, "Tab": 9,
    "c": 67, "k": 75,
}  # fmt: skip


def find_browser() -> str:
    """The program; the test is skipped without one."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    return found or pytest.skip("needs chromium")


class Browser:
    """A page that is open."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, os.fdopen(answers, "rb")
        self._sent, self._session, self._pending = 0, "", b""

    def open(self, page: Path) -> None:
        """Loads a page and waits for it."""
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._ask("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
        self._ask("Page.enable")
        self._ask("Page.navigate", url=page.absolute().as_uri())
        while self._receive().get("method") != "Page.loadEventFired":
            pass

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        answer = self._ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def click(self, selector: str) -> None:
        """Presses the mouse on the middle of an element."""
        found = f"document.querySelector({json.dumps(selector)})"
        x, y = self.run(
            f"(() => {{ {found}.scrollIntoView({{block: 'center', behavior: 'instant'}});"
            f" const box = {found}.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str) -> None:
        """Presses a key where the focus is."""
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self._ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=_KEYS[key], **text)

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": parameters}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != self._sent:
            pass
        assert "error" not in answer, answer["error"]
        result: dict[str, Any] = answer["result"]
        return result

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._pending:
            readable, _, _ = select.select([self._answers], [], [], _PATIENCE_S)
            assert readable, f"the browser said nothing for {_PATIENCE_S} s"
            received = os.read(self._answers.fileno(), 1 << 16)
            assert received, "the browser is gone"
            self._pending += received
        message, _, self._pending = self._pending.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer


@contextmanager
def open_browser(folder: Path) -> Iterator[Browser]:
    """A browser without a network, with its profile in a folder.

    It reads commands from descriptor 3 and writes answers to 4.
    """
    program = find_browser()
    (theirs, commands), (answers, their_answers) = os.pipe(), os.pipe()
    options = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
        f"--user-data-dir={folder}", "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND", "about:blank",
    ]  # fmt: skip
    redirected = f'exec "$@" 3<&{theirs} 4>&{their_answers}'
    process = subprocess.Popen(
        ["bash", "-c", redirected, "browser", program, *options],
        pass_fds=(theirs, their_answers),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    os.close(their_answers)
    browser = Browser(commands, answers)
    try:
        yield browser
    finally:
        process.kill()
        process.wait()
        os.close(commands)
        browser._answers.close()
