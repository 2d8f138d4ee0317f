"""What each item is used for, whether its limit fits, and what enterprises ask that no item covers."""

from __future__ import annotations

import datetime as dt
import math

import pandas as pd

from analytics.items.versions import in_force
from analytics.ledger import Ledger
from analytics.metrics import Slice, compute, compute_many, unmet

MEASURED = ("demand", "on_time_rate", "satisfaction", "handling_p90")
#: A limit of which nine cases in ten need at most so much could be shortened.
ROOMY = 0.5
#: A limit kept by fewer than this cannot be kept as things are.
KEPT = 0.8
SHORTEN, HARD = "可压缩", "守不住"


def used(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    """Return the items in force at the end of the period with what the period's cases say of them.

    Columns: those of ``in_force``, MEASURED (NaN where unknown), __small of each, ``verdict``
    (可压缩, 守不住 or '').
    """
    last = min(slice.end, (ledger.as_of - pd.Timedelta(microseconds=1)).date())
    listed = in_force(ledger, last)
    known = [m for m in MEASURED if not unmet(m, ledger)]
    rows = compute_many(known, ledger, slice, by=("item_no",))
    wide = rows.pivot(index="item_no", columns="metric", values="value").reindex(columns=list(MEASURED))
    small = rows.pivot(index="item_no", columns="metric", values="small").reindex(columns=list(MEASURED))
    found = listed.merge(wide.join(small.eq(True).add_suffix("__small")).reset_index(), on="item_no", how="left")
    found["demand"] = found["demand"].fillna(0).astype(int)
    found["verdict"] = [_verdict(row) for _, row in found.iterrows()]
    return found.sort_values(["demand", "item_no"], ascending=[False, True], ignore_index=True)


def _verdict(row: pd.Series) -> str:
    if row["on_time_rate__small"] is False and row["on_time_rate"] < KEPT:
        return HARD
    promised, needed = row["promised_days"], row["handling_p90"]
    if row["handling_p90__small"] is False and pd.notna(promised) and needed <= ROOMY * promised:
        return SHORTEN
    return ""


def uncovered(ledger: Ledger, slice: Slice, names: dict[str, str]) -> pd.DataFrame:
    """Return the types of the period's cases that no item covers, as draft entries of the list.

    Columns: type_id, name, cases (without an item), share (of the type's cases; None for a small sample), module,
    department, promised_days (what nine in ten of the type's cases need, rounded up; None where
    unknown). Raises NotMeasurable before the first run of discovery.
    """
    rows = compute("off_list_rate", ledger, slice, by=("issue_type",))
    rows = rows[rows["issue_type"].notna() & (rows["numerator"] > 0)].sort_values("numerator", ascending=False)
    needed = compute("handling_p90", ledger, slice, by=("issue_type",)).set_index("issue_type")
    module, department = _main(ledger, slice, "module"), _main(ledger, slice, "department")
    table = []
    for row in rows.itertuples():
        days = needed["value"].get(row.issue_type)
        sure = days is not None and math.isfinite(days) and not needed["small"].get(row.issue_type, True)
        table.append(
            {
                "type_id": row.issue_type,
                "name": names.get(row.issue_type, row.issue_type),
                "cases": int(row.numerator),
                "share": None if row.small else row.value,
                "module": module.get(row.issue_type),
                "department": department.get(row.issue_type),
                "promised_days": math.ceil(days) if sure else None,
            }
        )
    columns = ["type_id", "name", "cases", "share", "module", "department", "promised_days"]
    return pd.DataFrame(table, columns=columns)


def _main(ledger: Ledger, slice: Slice, dimension: str) -> dict[str, str]:
    """Return type → the module or department that most of its cases have."""
    rows = compute("demand", ledger, slice, by=("issue_type", dimension)).dropna(subset=["issue_type", dimension])
    most = rows.sort_values(["value", dimension], ascending=[False, True]).drop_duplicates("issue_type")
    return dict(zip(most["issue_type"], most[dimension], strict=True))


def unused(ledger: Ledger, since: dt.date, until: dt.date) -> pd.DataFrame:
    """Return the items in force at ``until`` that no case of the days has named."""
    found = used(ledger, Slice(since, until))
    return found[found["demand"] == 0].reset_index(drop=True)
