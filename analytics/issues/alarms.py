"""Seeing it come: weekly counts against what was to be expected, and an alarm when chance is no excuse.

The expected count of a group is its usual share of all demand (over the 26 weeks before, without
the last two and without weeks in alarm) times what all other groups brought that week, so that
holidays, seasons of the whole centre and its growth are in it, and a week still running is
judged by what has come so far; with a year of history its own season (shrunk) is in it too.
Counts vary as a Gamma–Poisson (negative binomial) whose spread is measured on the same weeks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

BASELINE_WEEKS = 26
GUARD_WEEKS = 2
FEWEST_WEEKS = 8
#: One week may be chance where several are not: the week and the last two are both looked at.
SPANS = (1, 2)
#: Expected false alarms in a month over all groups that are watched.
FALSE_A_MONTH = 0.5
WEEKS_A_MONTH = 365.25 / 12 / 7
#: An alarm needs so many cases, however unlikely.
FEWEST_CASES = 4
SEASON_PRIOR = 20.0
QUIET_WEEKS = 2


@dataclass(frozen=True)
class Watched:
    """``counts``: weeks × groups; ``expected``, ``chance`` (of so many or more) and ``alarm`` likewise."""

    counts: pd.DataFrame
    expected: pd.DataFrame
    chance: pd.DataFrame
    alarm: pd.DataFrame

    def episodes(self) -> pd.DataFrame:
        """Return one row an alarm: id, start, last (weeks), observed, expected, ratio, chance of a false alarm.

        Weeks in alarm with at most two quiet ones between are one alarm.
        """
        rows = []
        groups = self.alarm.shape[1]
        for id in self.alarm.columns[self.alarm.any()]:
            at = np.flatnonzero(self.alarm[id].to_numpy())
            for part in np.split(at, np.flatnonzero(np.diff(at) > QUIET_WEEKS + 1) + 1):
                weeks = slice(int(part[0]), int(part[-1]) + 1)
                observed = float(self.counts[id].iloc[weeks].sum())
                expected = float(self.expected[id].iloc[weeks].sum())
                chance = float(self.chance[id].iloc[part].min())
                rows.append(
                    (
                        id,
                        self.alarm.index[part[0]],
                        self.alarm.index[part[-1]],
                        observed,
                        expected,
                        min(1.0, chance * groups),
                    )
                )
        frame = pd.DataFrame(rows, columns=["id", "start", "last", "observed", "expected", "chance"])
        frame["ratio"] = frame["observed"] / frame["expected"].clip(lower=0.1)
        return frame.sort_values(["start", "id"], ignore_index=True)


def watch(counts: pd.DataFrame, false_a_month: float = FALSE_A_MONTH) -> Watched:
    """Judge every week of every group by what was known before it.

    ``counts``: weeks (index, Mondays, none missing) × groups, cases counted once; a column
    named None holds cases of no group, which count in the total only.
    """
    total = counts.sum(axis=1).to_numpy(float)
    groups = [c for c in counts.columns if c is not None]
    limit = false_a_month / WEEKS_A_MONTH / max(len(groups), 1) / len(SPANS)
    y = counts[groups].to_numpy(float)
    expected, chance = np.full(y.shape, np.nan), np.full(y.shape, np.nan)
    alarm = np.zeros(y.shape, dtype=bool)
    others = total[:, None] - y
    for week in range(FEWEST_WEEKS + GUARD_WEEKS, len(y)):
        base = slice(max(0, week - GUARD_WEEKS - BASELINE_WEEKS), week - GUARD_WEEKS)
        calm = ~alarm[base]
        seen, among = (y[base] * calm).sum(axis=0), (others[base] * calm).sum(axis=0)
        rate = (seen + 0.5) / np.maximum(among, 1)
        season = _season(y, others, week, rate)
        spread = _spread(y[base], others[base], calm, rate)
        expected[week] = rate * season * others[week]
        found = np.ones(y.shape[1])
        for span in SPANS:
            weeks = slice(week + 1 - span, week + 1)
            mean = rate * season * others[weeks].sum(axis=0)
            found = np.minimum(found, _chance(y[weeks].sum(axis=0), mean, seen + 0.5, spread))
        chance[week] = np.minimum(1, found * len(SPANS))
        recent = y[week + 1 - max(SPANS) : week + 1].sum(axis=0)
        alarm[week] = (found <= limit) & (recent >= FEWEST_CASES) & (y[week] > expected[week])
    as_frame = {"index": counts.index, "columns": groups}
    return Watched(
        counts[groups],
        pd.DataFrame(expected, **as_frame),
        pd.DataFrame(chance, **as_frame),
        pd.DataFrame(alarm, **as_frame),
    )


def _season(y: np.ndarray, others: np.ndarray, week: int, rate: np.ndarray) -> np.ndarray:
    """Return how much more (or less) each group brings at this time of year, shrunk to 1."""
    ago = week - 52
    if ago - GUARD_WEEKS - BASELINE_WEEKS < 0:
        return np.ones(y.shape[1])
    then, around = slice(max(0, ago - 2), ago + 3), slice(ago - GUARD_WEEKS - BASELINE_WEEKS, ago - GUARD_WEEKS)
    usual = y[around].sum(axis=0) / np.maximum(others[around].sum(axis=0), 1)
    season: np.ndarray = (y[then].sum(axis=0) + SEASON_PRIOR) / (usual * others[then].sum(axis=0) + SEASON_PRIOR)
    return np.clip(season, 0.7, 2.0)


def _spread(y: np.ndarray, others: np.ndarray, calm: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Return variance ÷ mean of the weeks before (at least 1: Poisson)."""
    mean = np.maximum(rate * others, 1e-9)
    pearson = ((y - mean) ** 2 / mean * calm).sum(axis=0) / np.maximum(calm.sum(axis=0) - 1, 1)
    shrunk: np.ndarray = np.maximum(1.0, (pearson * calm.sum(axis=0) + 5) / (calm.sum(axis=0) + 5))
    return shrunk


def _chance(seen: np.ndarray, mean: np.ndarray, information: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Return the chance of ``seen`` or more: the rate is known from ``information`` cases only."""
    mean = np.maximum(mean, 1e-6)
    size = 1 / (1 / information + (spread - 1) / mean)
    # The negative binomial's survival function, without the half a second that scipy.stats takes to load.
    from scipy.special import betainc

    found: np.ndarray = np.where(seen > 0, betainc(np.maximum(seen, 1), size, mean / (size + mean)), 1.0)
    return found
