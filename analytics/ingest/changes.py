"""What an import changes of known cases that a person should look at: their times, departments, words and steps."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from analytics.ingest.characters import named
from analytics.ingest.differing import listed
from analytics.store import Draft

#: Texts that share fewer of their pairs of characters than this are about something else.
LEAST_SHARED = 0.15


def changed(draft: Draft, rows: pd.DataFrame, batch: str) -> list[str]:
    """Name the cases whose time of acceptance the rows change, and those of which another sheet of the import names another
    department: the whole count, and the first few with both values.
    """
    con = draft.con
    columns = [c for c in ("case_no", "accepted_at", "updated_at", "department") if c in rows]
    con.register("speaking", rows[columns])
    stale = "AND NOT coalesce(s.updated_at < c.updated_at, false)" if "updated_at" in columns else ""
    coarser = "AND said NOT IN (date_trunc('minute', before), date_trunc('day', before))"

    def differing(column: str, where: str = "true") -> list[str]:
        found = con.execute(
            f"SELECT s.case_no, any_value(c.{column}) AS before, last(s.{column}) AS said FROM speaking s "
            f"JOIN ({draft.known('cases', 'speaking')}) c USING (case_no) WHERE {where} {stale} "
            f"GROUP BY s.case_no HAVING said <> before {coarser if column == 'accepted_at' else ''} ORDER BY s.case_no"
        ).fetchall()
        return [f"“{named(number)}”{_word(before)} → {_word(after)}" for number, before, after in found]

    times = differing("accepted_at")
    departments = differing("department", f"c.batch = '{batch}'") if "department" in columns else []
    con.unregister("speaking")
    told = f"{len(times):,} 件工单的受理时间与台账里原有的不同，已按这份文件改：{listed(times)}；请核对"
    other = (
        f"{len(departments):,} 件工单在这次导入的几张表里承办部门不同，以后一张表为准：{listed(departments)}；"
        "请核对，确是主办、协办的，请放在同一张表里导入"
    )
    return [told] * bool(times) + [other] * bool(departments)


def about_something_else(draft: Draft, rows: pd.DataFrame, batch: str) -> list[str]:
    """Name the cases that an earlier import knows in words that have nothing in common with those of the rows.

    A row that says when it was updated corrects the case and is none.
    """
    texts = [c for c in ("title", "content") if c in rows]
    if "updated_at" in rows or not texts:
        return []
    con = draft.con
    con.register("speaking", rows[["case_no", *texts]])
    differs = " AND ".join(f"coalesce(s.{c} <> c.{c}, true)" for c in texts)
    said, before = (f"concat_ws(' ', {', '.join(f'{side}.{c}' for c in texts)})" for side in "sc")
    found = con.execute(
        f"SELECT s.case_no, {before}, {said} FROM speaking s JOIN ({draft.known('cases', 'speaking')}) c USING (case_no) "
        f"WHERE {differs} AND c.batch <> '{batch}' ORDER BY 1"
    ).fetchall()
    con.unregister("speaking")
    others = [f"“{named(number)}”" for number, old, new in found if old and new and _shared(old, new) < LEAST_SHARED]
    told = (
        f"{len(others):,} 件工单的诉求与台账里同一编号的完全不同，已按这份文件改：{listed(others)}；"
        "请核对编号，若是另一件诉求，请撤回这一次，给它自己的编号再导入"
    )
    return [told] * bool(others)


def _shared(one: str, other: str) -> float:
    """Return the share of the pairs of characters of the shorter text that the longer has."""
    pairs = [{text[i : i + 2] for i in range(max(len(text) - 1, 1))} for text in (one, other)]
    return len(pairs[0] & pairs[1]) / min(map(len, pairs))


def _word(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, dt.datetime) else named(str(value))
