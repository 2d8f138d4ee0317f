"""The rota day by day: how many were on duty, where nobody was, and who was in two places."""

from __future__ import annotations

import datetime as dt

import ibis
import pandas as pd

from analytics import model, workdays
from analytics.ledger import Ledger


def on_duty(ledger: Ledger, start: dt.date, end: dt.date) -> pd.DataFrame:
    """Return day × module → officers on duty, for working days only: day, module, officers (0 where nobody)."""
    rota = ledger.table("rota")
    inside = rota.filter(rota.day.between(ibis.date(start), ibis.date(end)))
    counted = ledger.run(inside.group_by("day", "module").aggregate(officers=inside.officer_no.nunique()))
    counted["day"] = pd.to_datetime(counted["day"])
    days = [d for d in pd.date_range(start, end) if workdays.is_workday(d.date())]
    grid = pd.MultiIndex.from_product([days, list(model.MODULES)], names=["day", "module"]).to_frame(index=False)
    found = grid.merge(counted, on=["day", "module"], how="left")
    return found.assign(officers=found["officers"].fillna(0).astype(int))


def gaps(duty: pd.DataFrame) -> pd.DataFrame:
    """Return the working days on which a team had nobody on duty: day, module."""
    return duty.loc[duty["officers"] == 0, ["day", "module"]].reset_index(drop=True)


def double_bookings(ledger: Ledger, start: dt.date, end: dt.date) -> pd.DataFrame:
    """Return who stood on the rota of two teams on one day: day, officer_no, modules."""
    rota = ledger.table("rota")
    inside = rota.filter(rota.day.between(ibis.date(start), ibis.date(end)))
    rows = ledger.run(inside.select("day", "officer_no", "module").distinct().order_by("day", "officer_no", "module"))
    many = rows[rows.duplicated(["day", "officer_no"], keep=False)]
    return many.groupby(["day", "officer_no"], sort=True)["module"].agg(list).rename("modules").reset_index()
