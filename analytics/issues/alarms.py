"""Seeing it come: weekly counts against what was to be expected, and an alarm when chance is no excuse.

The question asked of every group and week is the permutation test's: had its cases come at any time of the weeks
before as easily as now, how likely are so many now? Time is measured by what all other groups brought, so that
holidays, seasons of the whole centre and its growth are in it, a week still running is judged by what has come so
far, and a young ledger, which knows little, finds little unlikely. Counts that vary more than that from week to week
(negative binomial, spread measured on the same weeks) are judged by their own spread; with a year of history the
group's own season (shrunk) is in it too.

What is counted for the chance are senders, not cases (``voices``): who says the same again is one voice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

#: So many calm weeks before (without the last two, without weeks of an alarm) say what is usual.
BASELINE_WEEKS = 26
GUARD_WEEKS = 2
FEWEST_WEEKS = 8
#: What has been in alarm for longer is what is usual now.
USUAL_AGAIN_WEEKS = 52
#: One week may be chance where several are not: the newest one, two and four are looked at.
SPANS = (1, 2, 4)
#: Expected false alarms in a month over all groups that are watched.
FALSE_A_MONTH = 0.5
#: Types, problems and bursts are looked for, each with its share.
FALSE_A_LEVEL = FALSE_A_MONTH / 3
WEEKS_A_MONTH = 365.25 / 12 / 7
#: An alarm needs so many different senders, however unlikely.
FEWEST_VOICES = 3
SEASON_PRIOR = 20.0
#: A rise began so many weeks before its first alarm at most.
BEGUN_WEEKS = 8
#: Weeks in alarm with so many quiet ones between at most are one alarm.
QUIET_WEEKS = 2


@dataclass(frozen=True)
class Watched:
    """Weeks × groups: ``counts`` and ``expected`` cases, ``voices`` (senders), ``chance`` (of so many of them, in any group),
    ``alarm``."""

    counts: pd.DataFrame
    voices: pd.DataFrame
    expected: pd.DataFrame
    chance: pd.DataFrame
    alarm: pd.DataFrame

    def episodes(self) -> pd.DataFrame:
        """Return one row an alarm: id, start, first, last, observed, expected, chance, ratio; oldest first.

        ``start`` is the week with which the rise began, ``first`` and ``last`` the weeks in alarm (Mondays); observed and
        expected cases are of ``start`` to ``last``; ``chance`` is that of the most unlikely of its weeks.
        """
        rows = []
        for id in self.alarm.columns[self.alarm.any()]:
            at, over = np.flatnonzero(self.alarm[id].to_numpy()), 0
            for part in np.split(at, np.flatnonzero(np.diff(at) > QUIET_WEEKS + 1) + 1):
                begun = self._begun(id, int(part[0]), over)
                over = int(part[-1]) + 1
                observed, expected = (float(f[id].iloc[begun:over].sum()) for f in (self.counts, self.expected))
                told = (self.alarm.index[i] for i in (begun, part[0], part[-1]))
                rows.append((id, *told, observed, expected, float(self.chance[id].iloc[part].min())))
        names = ["id", "start", "first", "last", "observed", "expected", "chance"]
        frame = pd.DataFrame(rows, columns=names)
        frame["ratio"] = frame["observed"] / frame["expected"].clip(lower=0.1)
        return frame.sort_values(["start", "id"], ignore_index=True)

    def _begun(self, id: object, week: int, after: int) -> int:
        """Return the week with which a rise began: from which on what came is least like what was expected.

        The likelihood ratio of Poisson counts from that week to the first one in alarm, at most BEGUN_WEEKS before and not
        before ``after`` (Kulldorff's scan statistic).
        """
        weeks = slice(max(after, week - BEGUN_WEEKS), week + 1)
        seen = self.voices[id].iloc[weeks].to_numpy(float)[::-1].cumsum()
        usual = self.expected[id].iloc[weeks].fillna(0).to_numpy(float)[::-1].cumsum().clip(1e-9)
        excess = np.where(seen > usual, seen * np.log(np.maximum(seen, 1e-9) / usual) - (seen - usual), 0.0)
        return week - int(excess.argmax())


def watch(
    counts: pd.DataFrame,
    false_a_month: float = FALSE_A_MONTH,
    voices: pd.DataFrame | None = None,
    times_looked: float = 1.0,
) -> Watched:
    """Judge every week of every group by what was known before it.

    ``counts``: weeks (index, Mondays, none missing) × groups, cases counted once; a column named None holds cases of no
    group, which count in the total only. ``voices``: the same with every sender counted once (the counts themselves where
    senders are unknown). ``times_looked``: how many groups were looked for, for each that is here.
    """
    groups = [c for c in counts.columns if c is not None]
    cases = counts[groups].to_numpy(float)
    y = cases if voices is None else voices[groups].to_numpy(float)
    others = counts.sum(axis=1).to_numpy(float)[:, None] - cases
    shape = y.shape
    expected, chance = np.full(shape, np.nan), np.full(shape, np.nan)
    alarm, calm = np.zeros(shape, dtype=bool), np.ones(shape, dtype=bool)
    for week in range(FEWEST_WEEKS + GUARD_WEEKS, len(y)):
        usual = _Usual.before(week, y, others, calm)
        season = _season(y, others, week, usual.rate)
        expected[week] = _Usual.before(week, cases, others, calm).rate * season * others[week]
        found, span = _least_chance(week, y, others, usual, season)
        looked = max(int((y[max(0, week - BASELINE_WEEKS) : week + 1].sum(axis=0) >= FEWEST_VOICES).sum()), 1)
        chance[week] = np.minimum(1, found * len(SPANS) * looked * times_looked)
        alarm[week] = (chance[week] <= false_a_month / WEEKS_A_MONTH) & (y[week] > usual.rate * season * others[week])
        for group in np.flatnonzero(alarm[week]):
            calm[week + 1 - span[group] : week + 1, group] = False
    frames = (pd.DataFrame(f, counts.index, groups) for f in (y, expected, chance, alarm))
    return Watched(counts[groups], *frames)


@dataclass(frozen=True)
class _Usual:
    """What is usual of each group: cases ``seen`` ``among`` others, and their spread (variance ÷ mean)."""

    seen: np.ndarray
    among: np.ndarray
    spread: np.ndarray

    @property
    def rate(self) -> np.ndarray:
        """Cases of the group for each of the others."""
        return (self.seen + 0.5) / self.among

    @classmethod
    def before(cls, week: int, y: np.ndarray, others: np.ndarray, calm: np.ndarray) -> _Usual:
        """Take the newest calm weeks before a week; where hardly any are calm, all of them."""
        end = week - GUARD_WEEKS
        past = slice(max(0, end - BASELINE_WEEKS - USUAL_AGAIN_WEEKS), end)
        own = calm[past] | (calm[past].sum(axis=0) < FEWEST_WEEKS)
        own = own & (own[::-1].cumsum(axis=0)[::-1] <= BASELINE_WEEKS)
        y, others = y[past], others[past]
        seen, among, weeks = (y * own).sum(axis=0), np.maximum((others * own).sum(axis=0), 1), own.sum(axis=0)
        mean = np.maximum((seen + 0.5) / among * others, 1e-9)
        pearson = ((y - mean) ** 2 / mean * own).sum(axis=0) / np.maximum(weeks - 1, 1)
        return cls(seen, among, np.maximum(1.0, (pearson * weeks + 5) / (weeks + 5)))


def _least_chance(
    week: int, y: np.ndarray, others: np.ndarray, usual: _Usual, season: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the least chance among the spans that end with a week, and which span that is."""
    found = np.ones((len(SPANS), y.shape[1]))
    for row, span in enumerate(SPANS):
        weeks = slice(week + 1 - span, week + 1)
        seen = y[weeks].sum(axis=0)
        # One more than was seen: with spread 1 this is the chance that so many of all its cases fall into the span.
        mean = (usual.seen + 1) / usual.among * season * others[weeks].sum(axis=0)
        found[row] = np.where(seen >= FEWEST_VOICES, _chance(seen, mean, usual.seen + 1, usual.spread), 1.0)
    return found.min(axis=0), np.array(SPANS)[found.argmin(axis=0)]


def _season(y: np.ndarray, others: np.ndarray, week: int, rate: np.ndarray) -> np.ndarray:
    """Return how much more (or less) each group brings at this time of year, shrunk to 1."""
    ago = week - 52
    if ago - GUARD_WEEKS - BASELINE_WEEKS < 0:
        return np.ones(y.shape[1])
    then, around = slice(max(0, ago - 2), ago + 3), slice(ago - GUARD_WEEKS - BASELINE_WEEKS, ago - GUARD_WEEKS)
    usual = y[around].sum(axis=0) / np.maximum(others[around].sum(axis=0), 1)
    season: np.ndarray = (y[then].sum(axis=0) + SEASON_PRIOR) / (usual * others[then].sum(axis=0) + SEASON_PRIOR)
    return np.clip(season, 0.7, 2.0)


def _chance(seen: np.ndarray, mean: np.ndarray, information: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Return the chance of ``seen`` or more: the rate is known from ``information`` cases only."""
    mean = np.maximum(mean, 1e-6)
    size = 1 / (1 / information + (spread - 1) / mean)
    # The negative binomial's survival function, without the half a second that scipy.stats takes to load.
    from scipy.special import betainc

    found: np.ndarray = np.where(seen > 0, betainc(np.maximum(seen, 1), size, mean / (size + mean)), 1.0)
    return found
