"""`make run` starts by itself: a fresh HOME, nobody at the keyboard."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from analytics.settings import ROOT
from analytics.store import Store


def test_a_fresh_home_is_asked_nothing(tmp_path: Path, demo_store: Store) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"HOME": str(tmp_path), "INSIGHT_STORE": str(demo_store.folder), "BROWSER": "true"}
    command = [sys.executable, "dashboard.py", "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        for _ in range(2400):
            assert server.poll() is None, "the server stopped by itself"
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
                break
            time.sleep(0.25)
        else:
            raise AssertionError("the server did not answer")
    finally:
        server.terminate()
        server.wait(600)
