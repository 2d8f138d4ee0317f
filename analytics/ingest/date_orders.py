"""The order of month and day in columns of times: told from whole columns, or asked, never guessed."""

from __future__ import annotations

import datetime as dt
from functools import reduce

from analytics.ingest import dates, parsing
from analytics.ingest.characters import named
from analytics.ingest.reading import Reading
from analytics.ingest.refusing import RefusedFile
from analytics.ingest.report import Repair
from analytics.model import Column

#: Of true dates beside texts in another order: a spreadsheet has exchanged month and day, or it has not.
EXCHANGED, TRUE = "exchanged", "true"
ORDER_NAMES = {
    "mdy": "月/日/年",
    "dmy": "日/月/年",
    "ymd": "年/月/日",
    EXCHANGED: "Excel 日期的月和日弄反了，换回来",
    TRUE: "Excel 日期没有弄反，照原样",
}
PUT_BACK = "Excel 弄反的月和日已换回"


def orders_of_dates(reading: Reading, columns: dict[str, Column]) -> dict[str, str]:
    """Return time column → order of its dates where they leave it open: told from all of them, or asked.

    A column that holds both orders has none, and its doubtful dates are not read. Raises RefusedFile to ask.
    """
    told = {
        name: orders
        for name, cells in reading.cells.items()
        if columns[name].kind in ("time", "day") and (orders := dates.orders_of(cells)) is not None
    }
    clear = [orders for orders in told.values() if orders]
    common = reduce(set.intersection, clear) if clear else set()
    found = {}
    for name, orders in told.items():
        left = orders if len(orders) < 2 else common
        if len(left) > 1:
            left = left & {reading.plan.order} or left
        if len(left) > 1:
            raise _order_asked(reading, name, left)
        found[name] = next(iter(left), "")
        if not orders:
            reading.mixed.add(name)
        _put_back(reading, name, orders)
    if told and reading.plan.order not in (EXCHANGED, TRUE):
        # kept with the mapping: next week's file may hold no day beyond the twelfth
        reading.plan.order = max(found.values(), key=list(found.values()).count)
    return found


def _order_asked(reading: Reading, name: str, orders: set[str]) -> RefusedFile:
    cell = next(c for c in map(parsing.plain, reading.cells[name]) if c and dates.orders_of([c]))
    may = "还是".join(ORDER_NAMES[o] for o in sorted(orders))
    return RefusedFile(
        reading.plan.sheet.file,
        f"列「{named(reading.head(name))}」的日期（如“{named(cell)}”）从整列也分不清是{may}；"
        f"请选定「日期写法」后再导入（命令行用 --date-order {'、'.join(sorted(orders))} 之一）",
    )


def _put_back(reading: Reading, name: str, orders: set[str]) -> None:
    """Exchange month and day of true dates back, where a person says that a spreadsheet exchanged them; else ask.

    It does where the texts of a column are in one order and every true date could be of it: a spreadsheet that reads the
    other order makes dates of those whose day is a month too, and leaves the rest as texts.
    """
    cells = reading.cells[name]
    true = {i: c for i, c in enumerate(cells) if isinstance(c, dt.date)}
    if len(orders) != 1 or orders & {"ymd"} or not true or any(d.day > 12 for d in true.values()):
        return
    if reading.plan.order == TRUE:
        return
    if reading.plan.order != EXCHANGED:
        raise _exchange_asked(reading, name, next(iter(orders)), list(true.values()))
    reading.cells[name] = [
        true[i].replace(month=true[i].day, day=true[i].month) if i in true else c for i, c in enumerate(cells)
    ]
    exchanged = sum(d.month != d.day for d in true.values())
    reading.parsed.repairs.append(Repair(reading.plan.sheet.place, reading.head(name), PUT_BACK, exchanged))


def _exchange_asked(reading: Reading, name: str, order: str, true: list[dt.date]) -> RefusedFile:
    cells = reading.cells[name]
    text = next(
        c for c in map(parsing.plain, (c for c in cells if type(c) is str)) if c and dates.orders_of([c]) == {order}
    )
    return RefusedFile(
        reading.plan.sheet.file,
        f"列「{named(reading.head(name))}」里既有文字（如“{named(text)}”，{ORDER_NAMES[order]}），又有 {len(true)} 格 Excel 日期"
        f"（如 {true[0]:%Y-%m-%d}），这些日期的日没有一个超过 12，多半是 Excel 把月和日弄反了；请选定「日期写法」："
        f"弄反了（命令行 --date-order {EXCHANGED}）还是照原样（--date-order {TRUE}），或把这一列统一写成 2026-03-01 的样子再导入",
    )
