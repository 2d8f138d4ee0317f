"""Metrics of the rota (load per officer) and of the service list (coverage)."""

from __future__ import annotations

import datetime as dt

import ibis
import numpy as np
import pandas as pd

from analytics.ledger import Ledger
from analytics.metrics.catalogue import CATALOGUE, Metric
from analytics.metrics.flows import flows
from analytics.metrics.measures import PerOfficer
from analytics.metrics.moment import Moment
from analytics.metrics.query import anchored, tidy, within
from analytics.metrics.slices import Slice
from analytics.metrics.stocks import stocks


def per_officer(
    metric: Metric, measure: PerOfficer, ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...]
) -> pd.DataFrame:
    count, code = (flows, "demand") if measure.accepted else (stocks, "backlog")
    cases = count([CATALOGUE[code]], ledger, slice, moment, by, None)
    last = (moment.at - dt.timedelta(microseconds=1)).date()
    rota = within(ledger.table("rota"), ledger, slice, moment)
    rota = rota.filter(rota.day.between(ibis.date(slice.start), ibis.date(max(last, slice.start))))
    officers = rota.count() if measure.accepted else rota.officer_no.nunique()
    staff = ledger.run(rota.group_by(*by).aggregate(staff=officers) if by else rota.aggregate(staff=officers))
    both = cases.merge(staff, how="left", on=list(by)) if by else cases.assign(staff=staff["staff"].iloc[0])
    n = both["staff"].fillna(0).to_numpy(float)
    value = np.divide(both["value"], n, out=np.full(len(n), np.nan), where=n > 0)
    return both[list(by)].assign(
        metric=metric.code, value=value, numerator=both["value"], denominator=n, low=np.nan, high=np.nan, n=n
    )


def list_coverage(metric: Metric, ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...]) -> pd.DataFrame:
    items = within(ledger.table("items"), ledger, slice, moment)
    end = ibis.date(slice.end)
    items = items.filter(
        items.in_force_from <= end, items.in_force_to.isnull() | (items.in_force_to >= ibis.date(slice.start))
    )
    listed = items.select(*by, "item_no").distinct()
    cases = anchored(within(ledger.table("case_facts"), ledger, slice, moment), "accepted_at", moment)
    used = cases.filter(cases.item_no.notnull()).select("item_no").distinct().mutate(used=True)
    joined = listed.left_join(used, "item_no")
    sums = {f"{metric.code}__k": joined.used.count(), f"{metric.code}__n": joined.count()}
    wide = ledger.run(joined.group_by(*by).aggregate(**sums) if by else joined.aggregate(**sums))
    return tidy(wide, [metric], list(by), slice, moment, None)
