"""A server just started and a browser that has never seen it, and when something stands on the page."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from analytics.settings import ROOT
from analytics.store import Store
from tests.browser.chromium import find

#: Notes in the page itself, frame by frame, when each condition first held: waiting from outside looks every half second,
#: and is told late by a busy machine. What holds before a frame is painted is seen with the next.
_NOTE = """(() => {
  const conditions = [%s], seen = window.seenAt = conditions.map(() => null);
  const look = () => {
    conditions.forEach((holds, i) => {
      if (seen[i] === null && holds()) { seen[i] = 0; requestAnimationFrame(() => { seen[i] = Date.now(); }); }
    });
    if (seen.some(at => !at)) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""
#: Whether the first of the numbers is to be seen.
NUMBER = """() => {
  const number = document.querySelector('[data-testid="stMetricValue"]');
  return number !== null && number.checkVisibility() && /[0-9]/.test(number.textContent);
}"""
#: Whether a number, a figure, a table or a small picture is to be seen.
FIGURE = """() => {
  const shown = document.querySelector(
    '[data-testid="stMetricValue"], .js-plotly-plot .main-svg, [data-testid="stDataFrame"], [data-testid="stHtml"] img');
  return shown !== null && shown.checkVisibility();
}"""


@contextmanager
def serving(command: Sequence[str], store: Store, root: Path = ROOT) -> Iterator[str]:
    """Run a server (its command, with PORT for the options) on a free port for the block; yields its address once it listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--server.port", str(port)]
    server = subprocess.Popen(
        [c for part in command for c in (options if part == "PORT" else [part])],
        cwd=root,
        env=os.environ | {"INSIGHT_STORE": str(store.folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def browsing() -> Iterator[Browser]:
    """Run Chromium for the block."""
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        yield browser
        browser.close()


def words(text: str) -> str:
    """Return the condition that some words stand on the page."""
    return f"() => document.body?.textContent.includes({json.dumps(text)})"


def seen(browser: Browser, address: str, *conditions: str, begun: float) -> list[float]:
    """Open an address in a window without a cache; return the seconds since ``begun`` until each condition held on the page.

    Conditions are functions of JavaScript; ``begun`` is a time of the clock (time.time).
    """
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(_NOTE % ", ".join(conditions))
    page.goto(address, wait_until="commit")
    page.wait_for_function("() => window.seenAt.every(at => at)", timeout=300_000)
    at = page.evaluate("() => window.seenAt")
    page.close()
    return [milliseconds / 1000 - begun for milliseconds in at]


def painted(address: str, text: str, visits: int = 4) -> list[float]:
    """Return the seconds until a page stands to its last words, by visit; every visit is a new window."""
    with browsing() as browser:
        return [seen(browser, address, words(text), begun=time.time())[0] for _ in range(visits)]
