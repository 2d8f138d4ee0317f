"""A real server and a real Chromium for the browser tests."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from analytics.settings import ROOT
from analytics.store import Store
from tests.browser import chromium

#: Another worker's tests may keep the second core busy.
expect.set_options(timeout=400_000)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def serving(store: Path, port: int = 0, **environment_more: str) -> Iterator[str]:
    """Run the dashboard on a free port over a store; yields its address."""
    port = port or free_port()
    command = [
        sys.executable,
        "dashboard.py",
        "--server.port",
        str(port),
        "--server.headless",
        "true",
    ]
    environment = os.environ | {"INSIGHT_STORE": str(store), "INSIGHT_WARM": "off"} | environment_more
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address)
        yield address
    finally:
        server.terminate()
        server.wait(600)


def _wait(address: str) -> None:
    for _ in range(2400):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
            return
        time.sleep(0.25)
    raise TimeoutError("the dashboard did not start")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    if path is None:
        pytest.fail(chromium.MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(chromium.ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page 1440 wide that speaks Chinese; the test fails when it asks any other host."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", accept_downloads=True)
    asked: list[str] = []
    context.on("request", lambda r: asked.append(r.url))
    page = context.new_page()
    page.set_default_timeout(400_000)
    yield page
    context.close()
    strangers = [u for u in asked if not u.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:"))]
    assert strangers == []


@pytest.fixture(scope="session")
def demo_site(demo_store: Store) -> Iterator[str]:
    with serving(demo_store.folder) as address:
        yield address
