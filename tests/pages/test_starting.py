"""The server listens before it imports what it computes with."""

from __future__ import annotations

import subprocess
import sys

from analytics.settings import ROOT

HEAVY = ("pandas", "ibis", "scipy", "sklearn")


def test_listening_needs_nothing_heavy() -> None:
    code = f"import pages.entrance.serving, sys; print([m for m in {HEAVY} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert told.stdout.strip() == "[]", told.stderr[-2000:]
