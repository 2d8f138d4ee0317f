"""A planned sheet becomes typed rows; each row is good or has a Chinese reason why not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial, reduce

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analytics.ingest import dates, parsing
from analytics.ingest.characters import named
from analytics.ingest.checks import check_case, check_continued, check_lines, check_numbers, even_times, untimed_grades
from analytics.ingest.column_values import can_read, leave_empty, parse_column
from analytics.ingest.damage import IDENTIFIERS, repaired, without_errors
from analytics.ingest.date_orders import orders_of_dates
from analytics.ingest.ditto import FILLED, filled
from analytics.ingest.equal_heads import differing, equal_heads
from analytics.ingest.footers import footers
from analytics.ingest.limits import LIMITS
from analytics.ingest.mapping import SheetPlan, columns_of
from analytics.ingest.moved import REMEDY, check_length, moved
from analytics.ingest.nothing_said import leave_out_what_says_nothing
from analytics.ingest.reading import Parsed, Reading
from analytics.ingest.reasons import BROKEN, SHIFTED, Reasons
from analytics.ingest.report import Repair
from analytics.ingest.sheets import TextRows
from analytics.model import TABLES, Column
from analytics.privacy import mask_text, mask_value

#: Identifiers that are shown in a format of their own.
NUMBERS = IDENTIFIERS - {"contact_phone", "credit_code"}
#: So many footers are named.
MOST_FOOTERS = 5


def validate(plan: SheetPlan, now: dt.datetime) -> Parsed:
    """Parse and check every row below the header; wholly empty rows are no rows.

    Raises RefusedFile where the order of day and month in a column of times must be asked.
    """
    numbers = _places(plan)
    under = footers(plan, numbers)
    if under:
        numbers = numbers[~np.isin(numbers, list(under))]
    written = _columns(plan, numbers)
    columns = {c.name: c for c in columns_of(TABLES[plan.table])}
    parsed = Parsed(plan, pd.DataFrame({"row_no": numbers + 1}))
    parsed.warnings += _footers_named(plan, under)
    reading = Reading(plan, {}, Reasons(len(numbers)), parsed)
    parsed.repairs += [Repair(plan.sheet.place, "", kind, n) for kind, n in plan.sheet.repairs.items()]
    for name, position in plan.mapping.items():
        reading.cells[name] = _mended(reading, columns[name], written[position])
    joined = _join_clocks(reading, written)
    parsed.to_check += differing(plan, written, joined)
    orders = orders_of_dates(reading, columns)
    for name in plan.mapping:
        parse_column(reading, columns[name], orders.get(name, ""))
    if not isinstance(plan.sheet.rows, TextRows):
        check_length(reading.reasons, plan.sheet.rows, numbers, len(plan.heads))
    if plan.sheet.lined:
        _check_moved(reading, columns, written, orders)
    for name, bad in reading.unread.items():
        if bad.any() and not columns[name].required and not _kept_as_class(plan, name):
            leave_empty(reading, columns[name], bad)
    if plan.sheet.lined and plan.table == "cases":
        check_lines(reading.reasons, parsed.frame["case_no"], numbers)
    if "case_no" in TABLES[plan.table].key:
        check_numbers(reading.reasons, parsed.frame["case_no"], reading.head("case_no"))
    if plan.table == "cases":
        _given_day(plan, parsed.frame)
        parsed.warnings += even_times(parsed.frame, reading.cells)
        parsed.warnings += untimed_grades(parsed.frame)
        leave_out_what_says_nothing(reading)
        check_case(parsed.frame, reading.reasons, plan, now)
        if not plan.sheet.lined and {"case_no", "accepted_at"} <= set(parsed.frame):
            parsed.to_check += check_continued(reading.reasons, parsed.frame, plan, numbers)
    if plan.sheet.doubtful:
        doubtful = pd.Series(np.isin(numbers, list(plan.sheet.doubtful)))
        reading.reasons.replace(
            doubtful, SHIFTED if plan.sheet.lined else BROKEN, lambda i: plan.sheet.doubtful[int(numbers[i])]
        )
    parsed.frame["reason"], parsed.frame["kind"] = reading.reasons.text, reading.reasons.kind
    return parsed


def _places(plan: SheetPlan) -> np.ndarray:
    """Return the places of the rows that hold anything."""
    rows = plan.sheet.rows
    if isinstance(rows, TextRows):
        filled = reduce(pc.or_, (pc.not_equal(c.slice(plan.body.start), "") for c in rows.columns))
        return np.flatnonzero(filled.to_numpy()) + plan.body.start
    return np.array([i for i in plan.body if any(rows[i]) or any(c not in ("", None) for c in rows[i])], dtype="int64")


def _columns(plan: SheetPlan, places: np.ndarray) -> Sequence[parsing.Cells]:
    """Return the cells of some rows column by column: a row that ends early has none there, a long one keeps its first."""
    rows, width = plan.sheet.rows, len(plan.heads)
    if isinstance(rows, TextRows):
        body = [column.slice(plan.body.start) for column in rows.columns]
        if len(places) == len(body[0]):
            return body
        kept = pa.array(np.isin(np.arange(plan.body.start, len(rows)), places))
        return [column.filter(kept) for column in body]
    cells = [rows[i] for i in map(int, places)]
    if any(len(row) != width for row in cells):
        cells = [(row + [None] * (width - len(row)))[:width] for row in cells]
    return list(zip(*cells, strict=True)) or [()] * width


def _footers_named(plan: SheetPlan, under: dict[int, str]) -> list[str]:
    """Name the rows that are totals or signatures."""
    if not under:
        return []
    shown = [f"第 {plan.sheet.number(p)} 行“{named(mask_text(word)[:20])}”" for p, word in under.items()]
    more = f" 等 {len(shown)} 行" if len(shown) > MOST_FOOTERS else ""
    return [f"{'、'.join(shown[:MOST_FOOTERS])}{more}是合计、落款或分隔线，不是工单，没有读入"]


def _check_moved(
    reading: Reading, columns: dict[str, Column], written: Sequence[parsing.Cells], orders: dict[str, str]
) -> None:
    """Refuse rows of a text file whose cells stand one column too far right; what they left empty is no word to list."""
    plan = reading.plan
    reads = {
        p: partial(can_read, reading, columns[n], orders.get(n, ""))
        for n, p in plan.mapping.items()
        if columns[n].kind != "text"
    }
    unread = {plan.mapping[n]: mask for n, mask in reading.unread.items()}
    found = moved(written, unread, reads)
    for name in reading.unread:
        if found and not columns[name].required:
            reading.unread[name] = reading.unread[name] & ~np.isin(np.arange(len(reading.unread[name])), list(found))
    personal = {p for n, p in plan.mapping.items() if columns[n].personal}

    def why(i: int) -> str:
        at, cell = found[i], str(parsing.plain(written[found[i]][i]))
        shown = mask_value(cell) if {at, at - 1} & personal else mask_text(cell)[:40]
        return (
            f"列「{named(plan.heads[at])}」的值“{named(shown)}”像是左边一列「{named(plan.heads[at - 1])}」的，"
            f"各列向右错了一格，{REMEDY}"
        )

    reading.reasons.replace(pd.Series(np.isin(np.arange(len(reading.reasons.text)), list(found))), SHIFTED, why)


def _mended(reading: Reading, column: Column, cells: parsing.Cells) -> parsing.Cells:
    """Return a column's cells with what is certainly damage put right, and enter it in the account."""
    sheet = reading.plan.sheet
    cells = cells if column.kind == "text" else parsing.brief(cells)
    cells, reading.failed[column.name] = without_errors(cells, sheet.signs)
    mended, counts = repaired(cells, column, sheet.signs)
    place, head = sheet.place, reading.head(column.name)
    if column.name not in IDENTIFIERS:
        mended, counts[FILLED] = filled(mended)
    reading.parsed.repairs += [Repair(place, head, kind, n) for kind, n in counts.items() if n]
    if sheet.formats_unknown and column.name in NUMBERS and any(isinstance(c, int | float) for c in mended):
        reading.parsed.warnings.append(
            f"列「{named(head)}」里是数字，这种格式的文件读不到数字的显示格式：表里显示成 000012 之类的，请另存为 .xlsx 再导入"
        )
    elif sheet.formats_unknown and column.name in LIMITS and any(isinstance(c, int | float) for c in mended):
        reading.parsed.warnings.append(
            f"列「{named(head)}」里是数字，这种格式的文件读不到数字的显示格式：表里显示成 48小时 之类的，请另存为 .xlsx 再导入"
        )
    return mended


def _join_clocks(reading: Reading, written: Sequence[parsing.Cells]) -> set[int]:
    """Join a day and a time of day that stand in two columns; return the positions of those that were joined."""
    joined = set()
    for name, position in reading.plan.beside.items():
        mapped, other = reading.cells[name], parsing.brief(written[position])
        both = f"「{named(reading.plan.heads[position])}」与「{named(reading.head(name))}」"
        if dates.are_clocks(mapped) != dates.are_clocks(other):
            day, clock = (other, mapped) if dates.are_clocks(mapped) else (mapped, other)
            reading.cells[name] = dates.joined(day, clock)
            reading.parsed.warnings.append(f"列{both}已合成一个时间")
            joined.add(position)
        elif position not in equal_heads(reading.plan) and any(map(parsing.plain, other)):
            head = reading.plan.mapping[name]
            reading.parsed.warnings.append(
                f"列{both}都是时间，只用了后者（第 {head + 1} 列），第 {position + 1} 列没有读入"
            )
    return joined


def _kept_as_class(plan: SheetPlan, column: str) -> bool:
    """Tell whether words that are no module stay as the office's own class: one head (一级分类, 诉求类别) may hold either."""
    return column == "module" and plan.mapping.get("own_class") == plan.mapping["module"]


def _given_day(plan: SheetPlan, frame: pd.DataFrame) -> None:
    """Give cases of a file without times of acceptance the one day that a person said."""
    if plan.accepted_on and "accepted_at" not in plan.mapping:
        frame["accepted_at"] = pd.Series(pd.Timestamp(plan.accepted_on), index=frame.index).astype("datetime64[us]")
