"""Several tables on one sheet, side by side or one under another, become sheets of their own or are named as left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analytics.ingest.characters import named
from analytics.ingest.heads import count_known, fold, known_heads
from analytics.ingest.mapping import NOTHING_BY_HAND, ByHand, Profiles, SheetPlan, columns_of, plan_sheet
from analytics.ingest.refusing import RefusedFile
from analytics.ingest.sheets import Sheet, TextRows, looks_like_a_row
from analytics.model import TABLES

#: So many tables one under another, and so many side by side, are told apart.
MOST_TABLES, MOST_BESIDE = 300, 20
#: So many heads of a table that is left out are named.
MOST_HEADS = 6
BEGINS_AS_A_TIME = r"^\s*[\d二]"


def plans_of(sheet: Sheet, profiles: Profiles | None = None, by_hand: ByHand = NOTHING_BY_HAND) -> list[SheetPlan]:
    """Plan a sheet and what stands beside and below its table; what is no table that we know is named as left out."""
    if sheet.inner:  # what a person says is of the cases that it lies in
        by_hand = replace(by_hand, heads={}, table="", accepted_on=None)
    plan = plan_sheet(sheet, profiles, by_hand)
    if plan.missing:
        return [plan]
    further = [_planned(s, profiles, by_hand) for s in (*_beside(plan), *_below(plan))]
    for other in further:
        if not other.fits and _rows_of(other):
            sheet.left_out.append(_left_out(other))
    plan.notes += _headless(plan)
    return [plan, *(p for p in further if p.fits)]


def _headless(plan: SheetPlan) -> list[str]:
    """Name the columns that hold something under no head."""
    if "" not in plan.heads:
        return []
    read = set(plan.mapping.values())
    counts = [int(column.sum()) for column in _filled(plan.sheet.rows, plan.body, len(plan.heads))]
    nameless = [
        i for i, (head, n) in enumerate(zip(plan.heads, counts, strict=True)) if not head and n and i not in read
    ]
    if not nameless:
        return []
    places = "、".join(str(i + 1) for i in nameless)
    return [f"第 {places} 列没有表头，其中 {sum(counts[i] for i in nameless):,} 格没有读入；要用的，请补上表头再导入"]


def _planned(sheet: Sheet, profiles: Profiles | None, by_hand: ByHand) -> SheetPlan:
    """Plan a further table; what a person says of heads need not be about it."""
    try:
        return plan_sheet(sheet, profiles, by_hand)
    except RefusedFile:
        return plan_sheet(sheet, profiles, replace(by_hand, heads={}, table=""))


def _rows_of(plan: SheetPlan) -> int:
    return sum(any(c not in ("", None) for c in plan.sheet.rows[i]) for i in plan.body)


def _left_out(plan: SheetPlan) -> str:
    sheet = plan.sheet
    heads = [named(h) for h in plan.heads if h]
    shown = "、".join(heads[:MOST_HEADS]) + ("……" if len(heads) > MOST_HEADS else "")
    return (
        f"{sheet.where(plan.header_row)}起另有一张表（{shown}；{_rows_of(plan)} 行）没有读入：找不到 {'、'.join(plan.missing) or '足够的列'}；"
        "要用的，请放到单独的工作表里再导入"
    )


# Side by side


def _beside(plan: SheetPlan) -> list[Sheet]:
    """Return the tables that stand beside a plan's own behind an empty column, and take them off its sheet."""
    if "" not in plan.heads:
        return []
    filled = _filled(plan.sheet.rows, plan.body, len(plan.heads))
    groups = _groups([bool(h) or bool(column.any()) for h, column in zip(plan.heads, filled, strict=True)])
    if len(groups) > MOST_BESIDE:
        return []
    own = max(groups, key=lambda g: sum(p in g for p in plan.mapping.values()))
    others = [g for g in groups if g != own and _is_apart(plan, own, g, filled)]
    if not others:
        return []
    dropped = [i for g in others for i in g]
    narrowed = _without(plan, dropped)
    if narrowed.missing:
        return []
    rows = plan.sheet.rows
    found = [
        _part_of(plan.sheet, plan.header_row, [list(r)[g.start : g.stop] for r in rows[plan.header_row :]])
        for g in others
    ]
    plan.sheet.rows = [[c for i, c in enumerate(r) if i not in dropped] for r in rows[:]]
    plan.heads, plan.mapping = narrowed.heads, narrowed.mapping
    return found


def _filled(rows: Sequence[list[object]], body: range, width: int) -> list[np.ndarray]:
    """Return for each column which rows of the body hold something in it."""
    if isinstance(rows, TextRows):
        return [pc.not_equal(c.slice(body.start), "").to_numpy() for c in rows.columns]
    return [
        np.array([j < len(rows[i]) and rows[i][j] not in ("", None) for i in body], dtype=bool) for j in range(width)
    ]


def _groups(used: list[bool]) -> list[range]:
    """Return the runs of columns that are used."""
    edges = np.flatnonzero(np.diff([0, *map(int, used), 0]))
    return [range(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _without(plan: SheetPlan, dropped: list[int]) -> SheetPlan:
    """Return a plan without some of its columns."""
    kept = [i for i in range(len(plan.heads)) if i not in dropped]
    mapping = {c: kept.index(p) for c, p in plan.mapping.items() if p in kept}
    return replace(plan, heads=[plan.heads[i] for i in kept], mapping=mapping)


def _is_apart(plan: SheetPlan, own: range, group: range, filled: list[np.ndarray]) -> bool:
    """Tell whether columns behind an empty one are a table of their own, and not columns of the same behind a gap.

    They are if they repeat a head, are a table by themselves, reach further down, or fill but the first few rows under
    heads that nobody knows, as a summary does.
    """
    heads, ours = ([fold(plan.heads[i]) for i in g if plan.heads[i]] for g in (group, own))
    if not heads:
        return False
    rows, our_rows = (np.flatnonzero(np.any([filled[i] for i in g], axis=0)) for g in (group, own))
    if not len(rows) or not len(our_rows):
        return False
    alone = plan_sheet(_part_of(plan.sheet, 0, [[plan.heads[i] for i in group]]))
    if set(heads) & set(ours) or alone.fits or rows[-1] > our_rows[-1]:
        return True
    from_the_top = len(rows) == rows[-1] + 1 and 2 * len(rows) <= len(our_rows)
    return from_the_top and not set(heads) <= known_heads()


def _part_of(sheet: Sheet, start: int, rows: list[list[object]]) -> Sheet:
    """Return some rows of a sheet, in their places, as one of its own."""
    blank: list[list[object]] = [[] for _ in range(start)]
    return Sheet(
        sheet.file, sheet.sheet, [*blank, *rows], signs=sheet.signs, lined=sheet.lined, parts=sheet.parts, first=start
    )


# One under another


def _below(plan: SheetPlan) -> list[Sheet]:
    """Let the rows below heads that come again follow them; return what stands below heads of another table, taken off."""
    places = [i for i in _candidates(plan) if _is_head_row(plan, plan.sheet.rows[i])]
    if not places or len(places) > MOST_TABLES:
        return []
    rows = [list(r) for r in plan.sheet.rows]
    found = []
    end = len(rows)
    for place in reversed(places):
        order = _order(plan, rows[place])
        if order is not None:
            rows[place + 1 : end] = [_in_order(r, order, len(plan.heads)) for r in rows[place + 1 : end]]
            plan.notes.append(f"第 {plan.sheet.number(place)} 行又是表头，下面的行按它的列读")
        else:
            found.append(_part_of(plan.sheet, place, rows[place:end]))
            rows[place + 1 : end] = [[] for _ in range(place + 1, end)]
        rows[place] = []
        _drop_title(rows, place)
        end = place
    plan.notes.reverse()
    while rows and not rows[-1]:
        rows.pop()
    plan.sheet.rows = rows
    return found[::-1]


def _candidates(plan: SheetPlan) -> Iterator[int]:
    """Yield the places of rows that may be heads: nothing like a time where times stand, or a head's word in the first column."""
    kinds = {c.name: c.kind for c in columns_of(TABLES[plan.table])}
    required = [c.name for c in TABLES[plan.table].columns if c.required and c.name in plan.mapping]
    timed = [c for c in required if kinds[c] in ("time", "day")]
    position = plan.mapping[(timed or required or list(plan.mapping))[0]]
    rows = plan.sheet.rows
    if isinstance(rows, TextRows):
        column = rows.columns[position].slice(plan.body.start)
        yield from (
            np.flatnonzero(_may_be_heads(column, plan, timed=bool(timed)).to_numpy()) + plan.body.start
        ).tolist()
        return
    for i in plan.body:
        cell = rows[i][position] if position < len(rows[i]) else rows[i][0] if rows[i] else None
        if type(cell) is str and cell and not cell[0].isdigit():
            yield i


def _may_be_heads(column: pa.ChunkedArray, plan: SheetPlan, *, timed: bool) -> pa.ChunkedArray:
    if timed:
        return pc.and_(pc.not_equal(column, ""), pc.invert(pc.match_substring_regex(column, BEGINS_AS_A_TIME)))
    words = pa.array([*known_heads(), *plan.heads], pa.string())
    return pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(column)), value_set=words)


def _is_head_row(plan: SheetPlan, row: list[object]) -> bool:
    """Tell whether most cells of a row are heads, the plan's or such as are known, and none is a day or a number."""
    filled = [c for c in row if c not in ("", None)]
    if len(filled) < 2 or not all(type(c) is str and not c[:1].isdigit() for c in filled) or looks_like_a_row(row):
        return False
    ours = {fold(h) for h in plan.heads if h}
    same = sum(fold(c) in ours for c in filled)
    return 2 * max(same, count_known(row)) > len(filled) and max(same, count_known(row)) > 1


def _order(plan: SheetPlan, row: list[object]) -> dict[int, int] | None:
    """Return position in the plan's heads → position in a row of heads; None where that has others, or lacks what is required."""
    ours = {fold(h): i for i, h in reversed(list(enumerate(plan.heads))) if h}
    theirs = {fold(c): i for i, c in enumerate(row) if c not in ("", None)}
    if not set(theirs) <= set(ours):
        return None
    order = {ours[h]: i for h, i in theirs.items()}
    required = [plan.mapping[c.name] for c in TABLES[plan.table].columns if c.required and c.name in plan.mapping]
    return order if set(required) <= set(order) else None


def _in_order(row: list[object], order: dict[int, int], width: int) -> list[object]:
    """Return a row in the order of the first heads; cells beyond its own heads stay beyond them."""
    if not row:
        return row
    beyond = row[max(order.values()) + 1 :]
    return [row[order[i]] if i in order and order[i] < len(row) else None for i in range(width)] + (
        beyond if any(c not in ("", None) for c in beyond) else []
    )


def _drop_title(rows: list[list[object]], place: int) -> None:
    """Empty the one-celled row above heads that come again: it is their title."""
    above = next((i for i in range(place - 1, -1, -1) if any(c not in ("", None) for c in rows[i])), None)
    if above is not None and sum(c not in ("", None) for c in rows[above]) == 1:
        rows[above] = []
