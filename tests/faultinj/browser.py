# SPDX-License-Identifier: BSD-2-Clause
"""A real browser, without a window and without a network, told what to do through a pipe: the
DevTools protocol of Chromium, messages in JSON, each ended by a zero byte."""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import tempfile
from pathlib import Path
from typing import Any

OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
           "--disable-background-networking", "--disable-component-update", "--disable-sync",
           "--disable-dev-shm-usage", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND",
           "--remote-debugging-pipe")
# The browser reads descriptor 3 and writes 4; a shell puts ours there, whatever their numbers are.
LAUNCH = 'exec chromium "$@" 3<&"$BROWSER_IN" 4>&"$BROWSER_OUT" 2>"$BROWSER_LOG"'
READ = 1 << 16
SILENT_S = 300  # between two messages that are waited for: it hangs


class Browser:
    """One tab. Every request and every complaint is kept in `events`."""

    def __init__(self, width: int = 1280, height: int = 900) -> None:
        self._home = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        theirs_in, self._to = os.pipe()
        self._from, theirs_out = os.pipe()
        variables = {**os.environ, "BROWSER_IN": str(theirs_in), "BROWSER_OUT": str(theirs_out),
                     "BROWSER_LOG": str(Path(self._home.name, "log")), "HOME": self._home.name}
        self._process = subprocess.Popen(
            ["bash", "-c", LAUNCH, "chromium", *OPTIONS, f"--user-data-dir={self._home.name}",
             f"--window-size={width},{height}", "about:blank"],
            pass_fds=(theirs_in, theirs_out), env=variables, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, start_new_session=True)
        os.close(theirs_in)
        os.close(theirs_out)
        self._rest = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []
        page = next(one for one in self._call("Target.getTargets")["targetInfos"]
                    if one["type"] == "page")
        self._session = self._call("Target.attachToTarget", targetId=page["targetId"],
                                   flatten=True)["sessionId"]
        for domain in ("Network", "Log", "Runtime", "Page"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._call("Browser.close")
        except (OSError, EOFError):
            self._process.kill()
        os.close(self._to)
        os.close(self._from)
        self._process.wait()
        self._home.cleanup()

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            readable, _, _ = select.select([self._from], [], [], SILENT_S)
            data = os.read(self._from, READ) if readable else b""
            if not data:
                self._process.kill()
                log = Path(self._home.name, "log").read_text(encoding="utf-8", errors="replace")
                raise EOFError(f"the browser says nothing more: {log[-2000:]}")
            self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer

    def _call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        self._number += 1
        request = {"id": self._number, "method": method, "params": params}
        if session:
            request["sessionId"] = session
        os.write(self._to, json.dumps(request).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") != self._number:
                self.events.append(answer)
                continue
            assert "error" not in answer, (method, answer["error"])
            result: dict[str, Any] = answer["result"]
            return result

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """In the tab."""
        return self._call(method, self._session, **params)

    def open(self, path: Path) -> None:
        """Returns when the page is loaded."""
        self.events.clear()
        self.call("Page.navigate", url=path.resolve().as_uri())
        while not self._seen("Page.loadEventFired"):
            self.events.append(self._receive())

    def _seen(self, method: str) -> list[dict[str, Any]]:
        return [event["params"] for event in self.events if event.get("method") == method]

    def requests(self) -> list[str]:
        """Addresses that the page asked for, itself among them."""
        return [event["request"]["url"] for event in self._seen("Network.requestWillBeSent")]

    def complaints(self) -> list[str]:
        """Errors and warnings of the console, and of what went wrong in the page."""
        found = [event["entry"]["text"] for event in self._seen("Log.entryAdded")]
        found += [str(event["args"]) for event in self._seen("Runtime.consoleAPICalled")]
        return found + [str(event["exceptionDetails"])
                        for event in self._seen("Runtime.exceptionThrown")]

    def value(self, script: str) -> Any:
        """Of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"]["value"]

    def resize(self, width: int, height: int) -> None:
        """The window's inside."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def picture(self, path: Path) -> None:
        """The whole page as PNG."""
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(data))
