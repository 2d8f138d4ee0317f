"""Killed at any instant a job leaves the store whole, loses no file, imports none twice, and runs again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from analytics.settings import ROOT
from tests.jobs.killing import KILLS


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_jobs_killed_at_random_instants(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.jobs.killing", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"killed {KILLS}" in done.stdout
