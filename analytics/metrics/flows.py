"""Flow metrics: counts and shares of events within a period."""

from __future__ import annotations

import pandas as pd
from ibis.expr import types as ir

from analytics.ledger import Ledger
from analytics.metrics.catalogue import Metric
from analytics.metrics.measures import Flow
from analytics.metrics.moment import Moment
from analytics.metrics.query import anchored, keys_of, source, tidy, within
from analytics.metrics.slices import Slice
from analytics.metrics.templates import ask


def flows(
    group: list[Metric], ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...], grain: str | None
) -> pd.DataFrame:
    measures = {m.code: m.measure for m in group if isinstance(m.measure, Flow)}
    first = next(iter(measures.values()))

    def build(moment: Moment) -> ir.Table:
        table = anchored(within(source(ledger, first.table, moment), ledger, slice, moment, by), first.anchor, moment)
        sums: dict[str, ir.Value] = {}
        for code, flow in measures.items():
            among = flow.among(table, moment) if flow.among else None
            hit = flow.hit(table, moment) if flow.hit else None
            both = hit if among is None else among if hit is None else among & hit
            if flow.amount:
                sums[f"{code}__k"] = flow.amount(table, moment).sum(where=both).fill_null(0)
            else:
                sums[f"{code}__k"] = table.count(where=both)
            sums[f"{code}__n"] = table.count(where=among)
        keys = keys_of(table, by, grain, first.anchor, moment)
        return table.group_by(**keys).aggregate(**sums) if keys else table.aggregate(**sums)

    wide = ask(ledger, (tuple(measures), by, grain, slice.where), moment, build)
    return tidy(wide, group, [*by, *(["period"] if grain else [])], slice, moment, grain)
