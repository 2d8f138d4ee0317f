"""What one more officer would change: a queue of the team's measured rates (M/M/c, Erlang C).

Arrivals are the team's cases a working day; officers are those on duty on an average working day.
What an officer can do in a day is read off the weeks of all teams in which most was closed per
officer-day: a team that is not pressed closes what comes, which says nothing of what it could.
Assumptions, to be shown with every estimate: officers can do equally much, cases come at random,
take exponentially distributed work, wait in one line, and every officer may take any of the team's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics import model
from analytics.ledger import Ledger
from analytics.metrics import Slice, compute
from analytics.teams.rota import on_duty

#: The quantile of all teams' weeks whose closures per officer-day are taken for what an officer can do.
BUSY = 0.95
FEWEST_WEEKS = 6


@dataclass(frozen=True)
class Wait:
    """A team's queue: arrivals a working day, officers on duty, capacity a day each, waits in working days."""

    module: str
    arrivals: float
    officers: float
    capacity: float
    wait_now: float
    wait_with_one_more: float

    @property
    def load(self) -> float:
        """Return the share of the team's capacity that arrivals take."""
        return self.arrivals / (self.officers * self.capacity) if self.officers and self.capacity else float("nan")


def mean_wait(arrivals: float, capacity: float, officers: int) -> float:
    """Return the mean wait in line of M/M/c (Erlang C), in the unit of the rates; inf where it never ends.

    Source: Erlang (1917); C = B / (1 − ρ(1 − B)), with B the Erlang loss formula, a Poisson ratio.
    """
    from scipy.stats import poisson  # half a second that the first numbers need not wait for

    if officers < 1 or capacity <= 0 or arrivals >= officers * capacity:
        return float("inf")
    offered = arrivals / capacity
    loss = float(poisson.pmf(officers, offered) / poisson.cdf(officers, offered))
    rho = offered / officers
    delayed = loss / (1 - rho * (1 - loss))
    return delayed / (officers * capacity - arrivals)


def waits(ledger: Ledger, slice: Slice) -> list[Wait]:
    """Return the queue of every team with at least six weeks of a rota in the slice's days, the fullest first."""
    last = min(slice.end, (ledger.as_of - pd.Timedelta(microseconds=1)).date())
    period = slice.over(slice.start, last)
    duty = on_duty(ledger, period.start, period.end)
    weekly = compute("closures", ledger, period, by=("module",), grain="week")
    arrived = compute("demand", ledger, period, by=("module",)).set_index("module")["value"]
    duty["period"] = duty["day"] - pd.to_timedelta(duty["day"].dt.weekday, unit="D")
    staffed = duty.groupby(["module", "period"])["officers"].sum()
    closed = weekly.set_index(["module", "period"])["value"].reindex(staffed.index).fillna(0)
    rate = (closed / staffed.where(staffed > 0)).dropna()
    if len(rate) < FEWEST_WEEKS * 2:
        return []
    capacity = float(rate.quantile(BUSY))
    found = []
    for module in model.MODULES:
        mine = duty[duty["module"] == module]
        if module not in arrived or rate.index.get_level_values("module").to_list().count(module) < FEWEST_WEEKS:
            continue
        officers, arrivals = float(mine["officers"].mean()), float(arrived[module]) / len(mine)
        whole = max(1, round(officers))
        found.append(
            Wait(
                module,
                arrivals,
                officers,
                capacity,
                mean_wait(arrivals, capacity, whole),
                mean_wait(arrivals, capacity, whole + 1),
            )
        )
    return sorted(found, key=lambda w: (-w.load if np.isfinite(w.load) else 0, w.module))
