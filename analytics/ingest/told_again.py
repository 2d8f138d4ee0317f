"""What another file said of a case before: a step under another key, a rating with its own time."""

from __future__ import annotations

import pandas as pd

from analytics.ingest.characters import named
from analytics.ingest.differing import listed
from analytics.ingest.splitting import IMPLIED, WIDE_KEY
from analytics.model import STAGES
from analytics.store import Draft

_WIDE = f"ends_with({{}}.event_key, '{WIDE_KEY}')"
_COARSER = "{0}.happened_at IN (date_trunc('minute', {1}.happened_at), date_trunc('day', {1}.happened_at))"


def settled_steps(draft: Draft, rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Give steps of which the ledger knows the same, told by the other of a case's own row and a table of steps, its key.

    ``rows``: row_id, case_no, stage, happened_at, event_key. Returns the rows, and which steps of a case's own row have
    another time than before: a row holds one, and the earlier is replaced.
    """
    con = draft.con
    con.register("stepping", rows[["row_id", "case_no", "stage", "happened_at", "event_key"]])
    con.execute(
        "CREATE OR REPLACE TEMP TABLE known_steps AS SELECT case_no, stage, happened_at, event_key "
        f"FROM ({draft.known('events', 'stepping')}) SEMI JOIN stepping USING (case_no, stage)"
    )
    same = f"(n.happened_at = o.happened_at OR {_COARSER.format('n', 'o')} OR {_COARSER.format('o', 'n')})"
    joined = "FROM stepping n JOIN known_steps o USING (case_no, stage)"
    keys = con.execute(
        f"SELECT n.row_id, n.event_key, min(o.event_key) {joined} WHERE {_WIDE.format('n')} <> {_WIDE.format('o')} AND {same} "
        "AND NOT EXISTS (FROM known_steps k WHERE k.case_no = n.case_no AND k.event_key = n.event_key) GROUP BY 1, 2"
    ).fetchall()
    moved = con.execute(
        f"SELECT n.stage, n.case_no {joined} WHERE n.event_key = o.event_key AND {_WIDE.format('n')} AND NOT {same} ORDER BY 1, 2"
    ).fetchall()
    con.unregister("stepping")
    con.execute("DROP TABLE known_steps")
    if keys:
        known = {(row, key): other for row, key, other in keys}
        keyed = [known.get((int(r), k), k) for r, k in zip(rows["row_id"], rows["event_key"], strict=True)]
        # A case's own row knows no department of its steps but the case's, which a table of steps knows better.
        inferred = rows["event_key"].str.endswith(WIDE_KEY) & (rows["event_key"] != pd.Series(keyed, index=rows.index))
        rows = rows.assign(event_key=keyed)
        rows.loc[inferred, [c for c in ("department", "to_department") if c in rows]] = None
    stages = list(dict.fromkeys(stage for stage, _ in moved))
    return rows, [_moved(stage, [number for s, number in moved if s == stage]) for stage in stages]


def _moved(stage: str, numbers: list[str]) -> str:
    return (
        f"{len(numbers):,} 件工单的{STAGES[stage]}时间与台账里原有的不同，已按这份文件改，原来的一次不再计：{listed([f'“{named(n)}”' for n in numbers])}；"
        f"确是又一次{STAGES[stage]}的，请把各次用「环节记录」表导入"
    )


def settled_ratings(draft: Draft, rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Drop ratings without a time of their own where the ledger knows one that was given later, or the same grade.

    ``rows``: case_no, grade, rated_at and whether that was taken from another time of the case. Returns the rows that
    say something, and what was kept instead of them.
    """
    con = draft.con
    con.register("rating", rows[["case_no", "grade", "rated_at", IMPLIED]])
    found = con.execute(
        f"SELECT n.case_no, n.grade = o.grade FROM rating n JOIN ({draft.known('ratings', 'rating')}) o USING (case_no) "
        f"WHERE n.{IMPLIED} AND o.rated_at IS NOT NULL AND (n.grade = o.grade OR o.rated_at > n.rated_at) ORDER BY 1"
    ).fetchall()
    con.unregister("rating")
    same = {number for number, agrees in found if agrees}
    later = [number for number, agrees in found if not agrees]
    rows = rows[~rows["case_no"].isin(later)].copy()
    rows.loc[rows[IMPLIED] & rows["case_no"].isin(same), "rated_at"] = pd.NaT
    told = f"{len(later):,} 件工单在台账里有更晚的评价，文件里没有评价时间的没有采用：{listed([f'“{named(n)}”' for n in later])}"
    return rows, [told] * bool(later)
