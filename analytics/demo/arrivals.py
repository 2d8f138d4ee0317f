"""When which problem is brought: rhythm, growth, phases, and what is planted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics import workdays
from analytics.demo.world import START, Problem, problem_types

EMERGENCES = 14
#: Share of the former demand that is left after a remedy; 1.0 changed nothing.
REMEDIES = (0.35, 0.45, 0.5, 0.6, 0.7, 1.0, 1.0, 1.0)
HOURS = np.array([0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 0.5, 1.5, 6, 14, 15, 9, 3, 4, 11, 13, 11, 6, 2, 1.5, 1.2, 1, 0.6, 0.4])


@dataclass(frozen=True)
class Plants:
    """The planted truths: problem → first day, and type → (day, share left)."""

    emergences: dict[int, dt.date]
    remedies: dict[int, tuple[dt.date, float]]


def plant(found: tuple[Problem, ...], end: dt.date, seed: int) -> Plants:
    """Choose which problems emerge when, and which types are remedied when and how well."""
    rng = np.random.default_rng([seed, 4])
    span = (end - START).days
    type_nos = rng.permutation(len(problem_types()))
    emerging = [next(p.id for p in found if p.type_no == t) + int(rng.integers(0, 6)) for t in type_nos[:EMERGENCES]]
    starts = np.linspace(0.15, 0.97, EMERGENCES) * span
    remedied = type_nos[EMERGENCES : EMERGENCES + len(REMEDIES)]
    dates = np.linspace(0.3, 0.85, len(REMEDIES)) * span
    return Plants(
        {p: START + dt.timedelta(days=int(s)) for p, s in zip(emerging, starts, strict=True)},
        {
            int(t): (START + dt.timedelta(days=int(d)), left)
            for t, d, left in zip(remedied, dates, rng.permutation(REMEDIES), strict=True)
        },
    )


def daily_rate(days: pd.DatetimeIndex) -> np.ndarray:
    """Return the relative demand of each day: weekday, holiday, season, phase, growth."""
    work = np.array([workdays.is_workday(d.date()) for d in days])
    weekday = np.array([1.22, 1.1, 1.0, 0.98, 0.9, 0.55, 0.5])[days.dayofweek]
    rate = np.where(work, np.where(days.dayofweek >= 5, 0.85, weekday), 0.1)
    season = (
        1 + 0.12 * np.sin(2 * np.pi * (days.dayofyear.to_numpy() - 60) / 365.25) + 0.1 * np.isin(days.month, [4, 12])
    )
    age = (days - pd.Timestamp(START)).days.to_numpy()
    phase = np.select([age < 31, age < 92], [0.35, 0.7], 1.0)
    return np.asarray(rate * season * phase * (1 + 0.25 * age / 730))


def draw(
    found: tuple[Problem, ...], plants: Plants, end: dt.date, cases: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return acceptance times (datetime64[s], sorted) and problem ids of about ``cases`` cases."""
    rng = np.random.default_rng([seed, 5])
    days = pd.date_range(START, end)
    weight = np.tile(rng.lognormal(0, 0.9, len(found)), (len(days), 1))
    for type_no, (day, left) in plants.remedies.items():
        mine = [p.id for p in found if p.type_no == type_no]
        weight[np.ix_((days >= pd.Timestamp(day)).nonzero()[0], mine)] *= left
    rate = daily_rate(days)
    for emerging, day in plants.emergences.items():
        age = (days - pd.Timestamp(day)).days.to_numpy() / 7
        surge = np.where(age < 0, 0.0, np.minimum(1, 0.4 + 0.3 * age) * np.exp(-np.maximum(0, age - 8) / 6))
        weight[age < 0, emerging] *= 0.02
        weight[:, emerging] += surge * weight[0].mean() * 9
    expected = weight / weight.mean() * rate[:, None]
    counts = rng.poisson(expected * cases / expected.sum())
    day_no, problem = (np.repeat(a, counts.ravel()) for a in np.indices(counts.shape).reshape(2, -1))
    hour = rng.choice(24, len(day_no), p=HOURS / HOURS.sum())
    second = hour * 3600 + rng.integers(0, 3600, len(day_no))
    at = days.to_numpy().astype("datetime64[s]")[day_no] + second.astype("timedelta64[s]")
    order = np.argsort(at, kind="stable")
    return at[order], problem[order]
