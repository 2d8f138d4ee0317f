"""How each case runs through the closed loop, and how it is rated."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from analytics import workdays
from analytics.demo.world import OVERLOADED_TEAM, SLOW_DEPARTMENT

SLOW = 1.4
OVERLOAD = 1.7
OVERLOADED_FROM = np.datetime64("2026-04-01")


class Clock:
    """Office-hours instants some working days after acceptance, never running backwards."""

    def __init__(self, accepted: np.ndarray, rng: np.random.Generator):
        self.start = workdays.working_time(accepted)
        self.last = accepted.astype("datetime64[s]")
        self.rng = rng

    def step(self, days: np.ndarray, where: np.ndarray) -> np.ndarray:
        """Advance to ``days`` after acceptance where the mask holds; NaT elsewhere."""
        instant = workdays.at_working_time(self.start + days).astype("datetime64[s]")
        day = instant.astype("datetime64[D]")
        office = day + (8.5 * 3600 + (instant - day).astype(float) * 9 / 24).astype("timedelta64[s]")
        least = self.last + self.rng.integers(120, 3600, len(days)).astype("timedelta64[s]")
        moved = np.maximum(office, least)
        self.last = np.where(where, moved, self.last)
        return np.where(where, moved, np.datetime64("NaT"))


def pace(cases: pd.DataFrame) -> np.ndarray:
    """Return how slow each case runs beside its promise: hardness, department, team, phase."""
    age = (cases["accepted_at"] - cases["accepted_at"].min()).dt.days.to_numpy()
    slow = np.where(cases["department"] == SLOW_DEPARTMENT, SLOW, 1.0)
    overloaded = (cases["module"] == OVERLOADED_TEAM) & (cases["accepted_at"].to_numpy() >= OVERLOADED_FROM)
    return (
        np.exp(cases["hardness"].to_numpy())
        * slow
        * np.where(overloaded, OVERLOAD, 1)
        * (1.2 - 0.25 * np.minimum(age / 600, 1))
    )


def run(cases: pd.DataFrame, people: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the events of all cases (case_no, stage, happened_at, departments, result …).

    ``cases`` has case_no, accepted_at, module, department, first_department, officer_no,
    promised_days, hardness.
    """
    rng = np.random.default_rng([seed, 7])
    n = len(cases)
    accepted = cases["accepted_at"].to_numpy().astype("datetime64[s]")
    length = cases["promised_days"].to_numpy() * pace(cases) * rng.lognormal(np.log(0.46), 0.5, n)
    length = np.maximum(length, 0.05)
    clock = Clock(accepted, rng)
    home, lead = cases["first_department"].to_numpy(), cases["department"].to_numpy()
    other = rng.permutation(lead)
    handed = home != lead
    astray = handed & (rng.random(n) < 0.12)
    frames: list[pd.DataFrame] = []

    def note(
        stage: str, at: np.ndarray, who: np.ndarray, to: np.ndarray | None = None, result: np.ndarray | None = None
    ) -> None:
        keep = ~np.isnat(at)
        frames.append(
            pd.DataFrame(
                {
                    "case_no": cases["case_no"].to_numpy()[keep],
                    "stage": stage,
                    "happened_at": at[keep],
                    "department": who[keep],
                    "to_department": None if to is None else to[keep],
                    "result": None if result is None else result[keep],
                }
            )
        )

    note("transferred", clock.step(length * 0.03, astray), home, other)
    note("returned", clock.step(length * 0.1, astray & (rng.random(n) < 0.6)), other)
    note("transferred", clock.step(length * 0.13, handed), home, lead)
    lag = rng.exponential(0.35, n)
    note("received", clock.step(length * 0.14 + lag, handed), lead)
    note("processing", clock.step(length * 0.2 + lag, np.ones(n, bool)), lead)
    waits = rng.random(n) < 0.08
    wait = rng.exponential(3, n) + 0.5
    note("paused", clock.step(length * 0.3 + lag, waits), lead)
    note("resumed", clock.step(length * 0.3 + lag + wait, waits), lead)
    length = length + lag + np.where(waits, wait, 0)
    hard = rng.random(n) < np.clip(0.02 + 0.12 * (cases["hardness"].to_numpy() > 0.3) + 0.1 * astray, 0, 1)
    note("consulted", clock.step(length * 0.6, hard), lead)
    late = length > cases["promised_days"].to_numpy() + np.where(waits, wait, 0) + 1
    chased = (late & (rng.random(n) < 0.6)) | (rng.random(n) < 0.01)
    note(
        "supervised",
        clock.step(np.where(late, cases["promised_days"].to_numpy() + 1.0, length * 0.8), chased),
        np.full(n, "区行政审批局", dtype=object),
    )
    note("replied", clock.step(length * 0.96, rng.random(n) < 0.96), lead)
    closed = clock.step(length, np.ones(n, bool))
    closer = np.where(handed & (rng.random(n) < 0.35), home, lead)
    note("closed", closed, closer)
    asked = rng.random(n) < 0.78
    answer = np.where(
        rng.random(n) < 0.1, "unreached", np.where(rng.random(n) < 0.9 - 0.15 * late, "solved", "unsolved")
    )
    gap = rng.exponential(1.5, n) + 0.3
    note("followed_up", clock.step(length + gap, asked), np.full(n, "区行政审批局", dtype=object), result=answer)
    again = asked & (answer == "unsolved") & (rng.random(n) < 0.45)
    note("reopened", clock.step(length + gap + 0.5, again), np.full(n, "区行政审批局", dtype=object))
    note("processing", clock.step(length + gap + 0.8, again), lead)
    note("closed", clock.step(length * 1.5 + gap + 1.5, again), lead)
    events = pd.concat(frames, ignore_index=True)
    events["happened_at"] = events["happened_at"].astype("datetime64[us]")
    events = events.sort_values(["case_no", "happened_at"], kind="stable", ignore_index=True)
    events["event_key"] = (events.groupby("case_no").cumcount() + 1).astype(str).str.zfill(2)
    return events


def rate(cases: pd.DataFrame, events: pd.DataFrame, as_of: dt.datetime, seed: int) -> pd.DataFrame:
    """Return ratings: late, handed-over and reopened cases are rated worse; many rate nothing."""
    rng = np.random.default_rng([seed, 8])
    ends = events[events["stage"] == "closed"].groupby("case_no")["happened_at"].max()
    counts = events.groupby(["case_no", "stage"]).size().unstack(fill_value=0)
    frame = cases.set_index("case_no").join(ends.rename("closed_at"), how="inner")
    counts = counts.reindex(frame.index, fill_value=0)
    took = workdays.whole_working_days_between(frame["accepted_at"], frame["closed_at"])
    late = took > frame["promised_days"].to_numpy()
    unhappy = (
        -0.2
        + 1.5 * late
        + 0.8 * (counts["transferred"].to_numpy() > 1)
        + 1.0 * (counts.get("reopened", 0) > 0)
        + 0.3 * frame["hardness"].to_numpy()
    )
    chance = 0.62 - 0.08 * late - 0.1 * (frame["channel"].to_numpy() == "12345热线")
    rated = rng.random(len(frame)) < chance
    score = rng.logistic(0, 1, len(frame)) + np.asarray(unhappy, float)
    grade = np.select([score < 0.6, score < 2.1, score < 3.2, score < 4.6], [5, 4, 3, 2], 1)
    at = frame["closed_at"] + pd.to_timedelta(rng.exponential(40, len(frame)), unit="h")
    frame = frame.assign(grade=grade, rated_at=at.astype("datetime64[s]"), late=late)[rated]
    frame = frame[frame["rated_at"] < as_of]
    poor = frame["grade"].to_numpy() <= 2
    for column, chance, scale in (("called_back_at", 0.9, 0.45), ("rectified_at", 0.85, 7.0)):
        after = workdays.at_working_time(workdays.working_time(frame["rated_at"]) + rng.exponential(scale, len(frame)))
        done = poor & (rng.random(len(frame)) < chance) & (after < np.datetime64(as_of))
        frame[column] = np.where(done, after.astype("datetime64[s]"), np.datetime64("NaT"))
    return frame.reset_index()[["case_no", "grade", "rated_at", "called_back_at", "rectified_at", "late"]]
