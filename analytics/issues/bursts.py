"""Bursts: what many say in the same weeks in like words, whether or not a run has found it to be a problem.

The texts of the newest weeks are compared each with each (average linkage of their words, weighted by rarity); where
several senders say the like, earlier cases that are as like are counted with them, and the weekly counts are judged
as those of known groups are (see alarms).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from analytics.issues.alarms import FALSE_A_LEVEL, FEWEST_VOICES, Watched, watch
from analytics.issues.space import weighted
from analytics.issues.spoken import spoken_of
from analytics.issues.voices import is_voice, most_of_one
from analytics.ledger import Ledger
from analytics.store.runs import Run

#: Cases of so many weeks are compared with each other, and with those of so many weeks in all.
WINDOW_WEEKS, LOOKBACK_WEEKS = 8, 60
#: So many are compared each with each; where more come, fewer weeks, and of one week those that lie in no problem.
MOST = 4000
#: Cases are alike when the cosine of their words is, on average, at least this.
LEAST_ALIKE = 0.2
#: Before the first run no words are known: the newest weeks with so many cases are read.
MOST_READ = 6000
#: Earlier cases are compared so many at a time.
AT_ONCE = 20_000


@dataclass(frozen=True)
class Bursts:
    """``members``: one row a case (case_no, title, accepted_at, sender, burst, week);
    ``total``: cases of each week; ``times_looked``: how many bursts there may be in all these weeks for each of the newest."""

    members: pd.DataFrame
    total: pd.Series
    times_looked: float
    most_of_one: float

    def watched(self) -> Watched:
        """Judge every week of every burst."""
        weeks, once = self.total.index, self.members
        voice = is_voice(once["burst"], once["sender"], once["accepted_at"], self.most_of_one)
        cases, voices = (_by_week(rows, weeks) for rows in (once, once[voice]))
        voices = voices.reindex(columns=cases.columns, fill_value=0)
        cases[None] = self.total - cases.sum(axis=1)
        return watch(cases, FALSE_A_LEVEL, voices, self.times_looked)


def find_bursts(ledger: Ledger, run: Run | None = None) -> Bursts | None:
    """Return what several senders say in like words in the newest weeks; None where nobody does.

    ``run``: a run whose word counts save reading the earlier cases again.
    """
    total = _weekly_total(ledger, run)
    if total.empty:
        return None
    since = _window(total)
    spoken = spoken_of(ledger, run, total.index[0], since, MOST)
    most = most_of_one(ledger.counts["cases"])
    rarity = _rarity(spoken.counts)
    cases, rows = spoken.cases, weighted(spoken.counts, rarity)
    newest, earlier = np.flatnonzero(cases["recent"]), np.flatnonzero(~cases["recent"])
    group = np.full(len(cases), -1, dtype=np.int64)
    group[newest] = _said_by_several(_alike(rows[newest]), cases.iloc[newest], most)
    if not (group >= 0).any():
        return None
    means = _means(rows, group)
    group[earlier] = _nearest(rows[earlier], means)
    inside = np.flatnonzero(group >= 0)
    members = cases.iloc[inside].assign(burst=[f"B{g}" for g in group[inside]]).reset_index(drop=True)
    looked = float(total.sum() / max(total[since:].sum(), 1))
    return Bursts(members, total, looked, most)


def _weekly_total(ledger: Ledger, run: Run | None) -> pd.Series:
    """Return the cases of each of the newest weeks (Mondays, none missing) that are looked back on: those whose words are known,
    or few enough to read."""
    weeks = ledger.duckdb.frame(
        "SELECT CAST(date_trunc('week', accepted_at) AS DATE) AS week, count(*) AS n FROM cases"
        " WHERE accepted_at IS NOT NULL GROUP BY 1"
    )
    if weeks.empty:
        return pd.Series(dtype=float)
    counted = pd.Series(weeks["n"].to_numpy(float), pd.to_datetime(weeks["week"]))
    newest = pd.Timestamp(ledger.as_of - pd.Timedelta(microseconds=1)).to_period("W-SUN").start_time
    whole = pd.date_range(counted.index.min(), max(newest, counted.index.max()), freq="W-MON")
    total = counted.reindex(whole).fillna(0).tail(LOOKBACK_WEEKS)
    if run is None:
        return total[total[::-1].cumsum()[::-1] <= MOST_READ]
    return total[total.index >= pd.Timestamp(run.since)] if run.since else total


def _window(total: pd.Series) -> pd.Timestamp:
    """Return the first of the newest weeks that hold no more cases than can be compared; at least the newest two."""
    held = total[::-1].cumsum()[:WINDOW_WEEKS]
    return held.index[max(int((held <= MOST).sum()), min(2, len(held))) - 1]


def _rarity(counts: sp.csr_matrix) -> np.ndarray:
    spread = np.bincount(counts.indices, minlength=counts.shape[1])
    weights: np.ndarray = np.log((1 + counts.shape[0]) / (1 + spread)) + 1
    return weights


def _alike(rows: sp.csr_matrix) -> np.ndarray:
    """Number the groups of like rows by average linkage."""
    if rows.shape[0] < 2:
        return np.zeros(rows.shape[0], dtype=np.int64)
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    distance = np.clip(1 - (rows @ rows.T).toarray(), 0, None)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), "average")
    groups: np.ndarray = fcluster(tree, 1 - LEAST_ALIKE, "distance") - 1
    return groups


def _said_by_several(group: np.ndarray, recent: pd.DataFrame, most: float) -> np.ndarray:
    """Number the groups of enough senders, -1 for all other cases."""
    voice = is_voice(pd.Series(group), recent["sender"], recent["accepted_at"], most)
    heard = np.bincount(group[voice], minlength=group.max(initial=-1) + 1)
    kept = np.flatnonzero(heard >= FEWEST_VOICES)
    number = np.full(len(heard), -1, dtype=np.int64)
    number[kept] = np.arange(len(kept))
    return number[group]


def _means(rows: sp.csr_matrix, group: np.ndarray) -> sp.csr_matrix:
    """Return each group's mean row."""
    inside = np.flatnonzero(group >= 0)
    sizes = np.bincount(group[inside])
    share = sp.csr_matrix((1 / sizes[group[inside]], (group[inside], inside)), (len(sizes), rows.shape[0]))
    return (share @ rows).tocsr()


def _nearest(rows: sp.csr_matrix, means: sp.csr_matrix) -> np.ndarray:
    """Return the group that each row is most like, on average; -1 for one that is like none."""
    best = np.full(rows.shape[0], -1, dtype=np.int64)
    for start in range(0, rows.shape[0], AT_ONCE):
        part = slice(start, min(start + AT_ONCE, rows.shape[0]))
        alike = (rows[part] @ means.T).toarray()
        best[part] = np.where(alike.max(axis=1) >= LEAST_ALIKE, alike.argmax(axis=1), -1)
    return best


def _by_week(members: pd.DataFrame, weeks: pd.DatetimeIndex) -> pd.DataFrame:
    """Count members by week and burst."""
    counted = members.groupby(["week", "burst"]).size().unstack(fill_value=0)
    return counted.reindex(weeks).fillna(0)
