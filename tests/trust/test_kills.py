"""Killed at random instants, a hundred times: the store always opens, nothing is half in, nothing acknowledged is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from analytics.settings import ROOT
from tests.trust.killing import JOBS, KILLS


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_hundred_kills(tmp_path: Path) -> None:
    assert sum(KILLS.values()) == 100
    assert set(KILLS) == set(JOBS)
    command = [sys.executable, "-m", "tests.trust.killing", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "killed 100" in done.stdout
