"""A real browser without a window, told what to do over a pipe (Chrome DevTools Protocol), for the pages we write."""

import itertools
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER = next((path for name in NAMES if (path := shutil.which(name))), None) if os.name == "posix" else None
PATIENCE = 120.0  # seconds, for a busy machine
# No sandbox: tests may run as root in a container. Nothing of the browser's own goes to the network.
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--window-size=1200,900"),
)


class Tab:
    """One page. `problems` are its exceptions, messages of its console, refused loads and dialogs."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._numbers = itertools.count(1)
        self._buffer = b""
        self._session: str | None = None
        self.problems: list[str] = []
        self._loaded = False
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._ask(f"{domain}.enable")

    def open(self, page: Path) -> None:
        """Load a file, and wait until it is there."""
        self._ask("Page.navigate", url=page.absolute().as_uri())
        deadline = time.monotonic() + PATIENCE
        while not self._loaded:
            self._take(deadline)

    def evaluate(self, script: str) -> Any:
        """The value of an expression in the page; a promise is waited for."""
        answer = self._ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, condition: str) -> None:
        """Until an expression in the page is true."""
        deadline = time.monotonic() + PATIENCE
        while not self.evaluate(f"Boolean({condition})"):
            assert time.monotonic() < deadline, f"it never was: {condition}"
            time.sleep(0.05)

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._take(deadline)
            if answer.get("id") == number:
                assert "error" not in answer, answer["error"]
                result: dict[str, Any] = answer["result"]
                return result

    def _take(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._reading], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, "the browser does not answer"
            data = os.read(self._reading, 1 << 20)
            assert data, "the browser has ended"
            self._buffer += data
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        self._note(message)
        return message

    def _note(self, message: dict[str, Any]) -> None:
        method, told = message.get("method"), message.get("params", {})
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Page.javascriptDialogOpening":
            self.problems.append(f"dialog: {told['message']}")
        elif method == "Runtime.exceptionThrown":
            self.problems.append(f"exception: {told['exceptionDetails']}")
        elif method == "Runtime.consoleAPICalled":
            self.problems.append(f"console: {told['args']}")
        elif method == "Log.entryAdded":
            self.problems.append(f"log: {told['entry']['text']}")


@contextmanager
def browser_tab(profile: Path) -> Iterator[Tab]:
    """A browser with one empty page, ended with the block. `profile` is a folder of its own."""
    assert BROWSER is not None
    to_browser, from_us = os.pipe()
    to_us, from_browser = os.pipe()

    def connect() -> None:  # the browser reads from 3 and writes to 4
        ours, its = os.dup(to_browser), os.dup(from_browser)
        os.dup2(ours, 3)
        os.dup2(its, 4)

    command = [BROWSER, *OPTIONS, f"--user-data-dir={profile}", "--remote-debugging-pipe"]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, preexec_fn=connect, close_fds=False, start_new_session=True, **quiet)  # type: ignore[call-overload]
    os.close(to_browser)
    os.close(from_browser)
    try:
        yield Tab(to_us, from_us)
    finally:
        os.close(from_us)  # it ends when nobody is there to tell it anything
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
        os.close(to_us)
