"""Killed at random instants, two hundred times: the store always opens, nothing is half in, nothing acknowledged is lost."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.trust.killing import JOBS, ROWS, killed, state, warm, whole

#: Job → how often it is killed.
KILLS = {"import": 80, "decide": 60, "discover": 30, "brief": 30}
#: A job is given up to so many times what it takes unhindered: most are killed, some get to their end.
LONGEST = 1.2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_two_hundred_kills(tmp_path: Path) -> None:
    assert sum(KILLS.values()) == 200
    assert set(KILLS) == set(JOBS)
    rng = random.Random(20261125)
    warm()
    killed(tmp_path, "import", 0, rng, 0)  # before anything stands
    told: dict[str, set[str]] = {}
    takes: dict[str, float] = {}
    for job in JOBS:
        lines, _ = whole(tmp_path, job, 0)
        more, takes[job] = whole(tmp_path, job, 900)  # the second is what it takes when the disk is warm
        told[job] = {*lines, *more}
    jobs = [job for job, times in KILLS.items() for _ in range(times)]
    rng.shuffle(jobs)
    ended = dict.fromkeys(JOBS, 0)
    before = state(tmp_path)
    for number, job in enumerate(jobs, start=1):
        lines, to_its_end = killed(tmp_path, job, number, rng, LONGEST * takes[job])
        told[job] |= set(lines)
        ended[job] += to_its_end
        if number % 5 and number < len(jobs):
            continue
        now = state(tmp_path)
        assert now["whole"], number
        assert now["audit"] is None, (number, now["audit"])
        assert set(now["batches"].values()) == {ROWS}, "a batch is wholly in or wholly out"
        assert now["facts"] == now["ratings"] == ROWS * len(now["batches"])
        assert set(before["batches"]) <= set(now["batches"])
        assert {f"K{int(line.split()[0]):04d}" for line in told["import"]} <= set(now["batches"])
        assert {int(line) for line in told["decide"]} <= set(now["decisions"]), "a decision acknowledged is kept"
        assert now["decisions"] == list(range(1, len(now["decisions"]) + 1))
        assert told["brief"] <= set(now["deliveries"])
        assert now["files"]
        assert not told["discover"] or now["run"] >= max(told["discover"])
        before = now
    assert sum(ended.values()) < 100, ended
