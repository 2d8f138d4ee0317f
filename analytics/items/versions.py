"""The service list on any day, and two versions of it side by side."""

from __future__ import annotations

import datetime as dt

import ibis
import pandas as pd

from analytics.ledger import Ledger

#: What may differ between two versions of an item → how people call it.
COMPARED = {
    "item_name": "事项名称",
    "module": "服务模块",
    "department": "牵头部门",
    "co_departments": "责任部门",
    "promised_days": "承诺时限",
    "item_kind": "基本/增值",
    "online": "线上/线下",
}


def in_force(ledger: Ledger, day: dt.date) -> pd.DataFrame:
    """Return the items in force on a day, one row an item (the newest version where two claim it)."""
    items = ledger.table("items")
    listed = items.filter(
        items.in_force_from <= ibis.date(day), items.in_force_to.isnull() | (items.in_force_to >= ibis.date(day))
    )
    rows = ledger.run(listed.order_by("item_no", listed.in_force_from.desc()))
    return rows.drop_duplicates("item_no").drop(columns="batch").reset_index(drop=True)


def versions(ledger: Ledger) -> list[str]:
    """Return the versions of the list, the oldest first."""
    items = ledger.table("items")
    rows = ledger.run(items.group_by("version").aggregate(since=items.in_force_from.min()).order_by("since", "version"))
    return rows["version"].tolist()


def changes(ledger: Ledger, old: str, new: str) -> pd.DataFrame:
    """Return what differs from one version to another: item_no, item_name, module, change, before, after.

    ``change`` is 新增, 取消, or the Chinese name of the column that changed (see COMPARED).
    """
    items = ledger.table("items")
    both = ledger.run(items.filter(items.version.isin([old, new])))
    before = both[both["version"] == old].drop_duplicates("item_no").set_index("item_no")
    after = both[both["version"] == new].drop_duplicates("item_no").set_index("item_no")
    rows: list[tuple[object, ...]] = []
    for number in sorted(after.index.difference(before.index)):
        rows.append((number, after.loc[number, "item_name"], after.loc[number, "module"], "新增", None, None))
    for number in sorted(before.index.difference(after.index)):
        rows.append((number, before.loc[number, "item_name"], before.loc[number, "module"], "取消", None, None))
    for number in sorted(before.index.intersection(after.index)):
        for column, label in COMPARED.items():
            was, now = before.loc[number, column], after.loc[number, column]
            if _text(was) != _text(now):
                name, module = after.loc[number, "item_name"], after.loc[number, "module"]
                rows.append((number, name, module, label, _text(was), _text(now)))
    return pd.DataFrame(rows, columns=["item_no", "item_name", "module", "change", "before", "after"])


def _text(value: object) -> str | None:
    return None if pd.isna(value) else str(value)
