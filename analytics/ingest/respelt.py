"""New cases whose number differs from a known one's in leading zeros, case, signs or words around it alone."""

from __future__ import annotations

import pandas as pd

from analytics.ingest.characters import named
from analytics.ingest.differing import listed
from analytics.store import Draft

#: What two spellings of a number have in common: letters in any case and digits, without leading noughts.
_BARE = "upper(ltrim(regexp_replace({}, '[^0-9A-Za-z]', '', 'g'), '0'))"


def respelt(draft: Draft, rows: pd.DataFrame, batch: str) -> list[str]:
    """Name new cases (``case_no``, ``accepted_at``, texts) that the ledger, or this file, has under another spelling.

    They are those of one bare number, accepted on the same day in the same words.
    """
    texts = [c for c in ("title", "content") if c in rows]
    con = draft.con
    con.register("speaking", rows[["case_no", "accepted_at", *texts]])
    first, last = con.execute("SELECT min(accepted_at), max(accepted_at) FROM speaking").fetchall()[0]
    known = draft.accepted_between(first, last, ", ".join(("case_no", "accepted_at", "batch", *texts)))
    bare = _BARE.format("s.case_no")
    same = " OR ".join(f"s.{c} = c.{c}" for c in texts)
    found = con.execute(
        f"SELECT s.case_no, min(c.case_no) FROM speaking s SEMI JOIN ({known}) n ON n.case_no = s.case_no AND n.batch = '{batch}' "
        f"JOIN ({known}) c ON {bare} <> '' AND {bare} = {_BARE.format('c.case_no')} "
        f"AND s.accepted_at::DATE = c.accepted_at::DATE AND ({same}) "
        f"WHERE s.case_no <> c.case_no AND (c.batch <> '{batch}' OR c.case_no < s.case_no) GROUP BY 1 ORDER BY 1"
    ).fetchall()
    con.unregister("speaking")
    pairs = [f"“{named(new)}”与“{named(old)}”" for new, old in found]
    told = (
        f"{len(pairs):,} 件新工单的编号与别的工单只差前导零、大小写、符号或前后的字，受理日期和诉求相同，多半是同一件：{listed(pairs)}；"
        "请核对，是同一件的，请把编号改成原来的写法再导入，并撤回这一次"
    )
    return [told] * bool(pairs)
