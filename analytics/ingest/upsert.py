"""Rows meet the ledger: new, changed, the same, or without the case they speak of."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from analytics.ingest.characters import named
from analytics.model import TABLES, Table
from analytics.store import Draft
from analytics.store.schema import column_types

#: Tables that a case's facts rest on → the column by which a case names their row.
BEHIND = {"enterprises": "credit_code", "items": "item_no"}


def upsert(draft: Draft, table: str, rows: pd.DataFrame, batch: str) -> pd.DataFrame:
    """Merge rows into a ledger table; blank cells never erase what is known.

    ``rows`` has ``row_id`` and the table's columns; a row older by 更新时间 than the one
    kept changes nothing. Returns row_id and status (accepted, updated, unchanged); an
    updated row's former state goes to ``versions``.
    """
    con, spec = draft.con, TABLES[table]
    columns = [c for c in spec.names if c in rows]
    winners, status = _latest(rows, spec, columns)
    con.register("incoming", pa.Table.from_pandas(winners, preserve_index=False))
    on = " AND ".join(f"o.{k} = n.{k}" for k in spec.key)
    types = column_types(spec)
    values = [c for c in columns if c not in spec.key]
    casts = ", ".join(f"n.{c}::{types[c]} AS {c}" for c in columns)
    said = {c: _said(spec, c) for c in values}
    differs = " OR ".join(f"({v} IS NOT NULL AND {v} IS DISTINCT FROM o.{c})" for c, v in said.items()) or "false"
    stale = "n.updated_at < o.updated_at" if "updated_at" in columns else "false"
    new = f"(SELECT old_key, {casts} FROM incoming n)"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE staged AS SELECT n.old_key, {', '.join('n.' + k for k in spec.key)},"
        f" CASE WHEN o.{spec.key[0]} IS NULL THEN 'accepted'"
        f" WHEN coalesce({stale}, false) OR NOT ({differs}) THEN 'unchanged' ELSE 'updated' END AS status"
        f" FROM {new} n LEFT JOIN ({draft.known(table, 'incoming')}) o ON {on}"
    )
    _touch(draft, spec)
    _keep_versions(draft, spec, on, batch)
    chosen = f"(SELECT n.* FROM {new} n SEMI JOIN (FROM staged WHERE status = '{{}}') s ON s.old_key = n.old_key)"
    if values:
        sets = ", ".join(f"{c} = coalesce({v}, o.{c})" for c, v in said.items())
        con.execute(f"UPDATE {table} AS o SET {sets}, batch = '{batch}' FROM {chosen.format('updated')} n WHERE {on}")
    names = ", ".join(columns)
    con.execute(f"INSERT INTO {table} ({names}, batch) SELECT {names}, '{batch}' FROM {chosen.format('accepted')}")
    con.unregister("incoming")
    outcome = con.execute("SELECT old_key, status FROM staged").df().set_index("old_key")["status"]
    con.execute("DROP TABLE staged")
    return _statuses(status, outcome)


def _said(spec: Table, column: str) -> str:
    """Return what a row (n) says of a column beside what is known (o): less of the same is nothing.

    A masked name or number (138****8000, 测试****公司) tells less than the whole one, a text that breaks off (用电紧张…) less
    than what goes on, a minute or a day less than its second.
    """
    told = next(c for c in spec.columns if c.name == column)
    if told.personal or told.kind == "text":
        return f"CASE WHEN {_is_less(column, personal=told.personal)} THEN NULL ELSE n.{column} END"
    if told.kind == "time" and column != "updated_at":
        return f"CASE WHEN n.{column} IN (date_trunc('minute', o.{column}), date_trunc('day', o.{column})) THEN NULL ELSE n.{column} END"
    return f"n.{column}"


def _is_less(column: str, *, personal: bool) -> str:
    new, old = f"n.{column}", f"coalesce(o.{column}, '*')"
    if personal:
        return f"regexp_matches({new}, '[*＊]') AND NOT regexp_matches({old}, '[*＊]')"
    masked = f"regexp_matches({new}, '[*＊]{{2}}') AND NOT regexp_matches({old}, '[*＊]')"
    cut = f"regexp_matches({new}, '(\\.{{3}}|…)$') AND length({old}) >= length({new})"
    begins = f"starts_with({old}, regexp_extract({new}, '^(.*?)([*＊]{{2}}|\\.{{3,}}$|…+$)', 1, 's'))"
    return f"(({masked}) OR ({cut})) AND {begins}"


def outdated(draft: Draft, rows: pd.DataFrame) -> set[int]:
    """Return the row_ids of case rows that are older, by 更新时间, than the case as the ledger has it."""
    con = draft.con
    con.register("speaking", rows[["row_id", "case_no", "updated_at"]])
    found = con.execute(
        f"SELECT s.row_id FROM speaking s JOIN ({draft.known('cases', 'speaking')}) c USING (case_no) "
        "WHERE s.updated_at < c.updated_at"
    ).fetchall()
    con.unregister("speaking")
    return {row_id for (row_id,) in found}


def _latest(rows: pd.DataFrame, spec: Table, columns: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fold repeated keys of one file into one row each.

    Returns (winners with row_id, old_key; per source row: row_id, old_key,
    first of its key?, same as an earlier one?).
    """
    keyed = rows[["row_id", *columns]].reset_index(drop=True)
    keyed["old_key"] = keyed.groupby(list(spec.key), sort=False, dropna=False).ngroup()
    repeated = keyed["old_key"].duplicated(keep=False)
    status = keyed[["row_id", "old_key"]].copy()
    status["first"] = ~keyed["old_key"].duplicated()
    status["same"] = False
    if not repeated.any():
        return keyed, status
    status.loc[repeated, "same"] = keyed[repeated].duplicated(subset=columns)
    keyed["order"] = range(len(keyed))
    ordered = keyed
    if "updated_at" in columns:
        ordered = keyed.sort_values("updated_at", kind="stable", na_position="first")
    many = ordered[ordered["old_key"].isin(keyed.loc[repeated, "old_key"])]
    filled = many.copy()
    filled[columns] = many.groupby("old_key", sort=False)[columns].ffill()
    for key in spec.key:
        filled[key] = many[key]
    last = filled.groupby("old_key", sort=False).tail(1)
    winners = pd.concat([keyed[~repeated], last]).sort_values("order").drop(columns="order")
    return winners, status


def _statuses(status: pd.DataFrame, outcome: pd.Series) -> pd.DataFrame:
    """Give every source row the outcome of its key; repeats of a new key are updates."""
    result = status["old_key"].map(outcome)
    repeat = ~status["first"] & (result == "accepted")
    result = result.mask(repeat & status["same"], "unchanged").mask(repeat & ~status["same"], "updated")
    return pd.DataFrame({"row_id": status["row_id"], "status": result})


def _touch(draft: Draft, spec: Table) -> None:
    """Name the cases that the staged rows change."""
    changed = "SELECT {0} FROM staged WHERE status <> 'unchanged'"
    if "case_no" in spec.key:
        draft.touch(changed.format("case_no"))
    elif spec.name in BEHIND:
        draft.touch_behind(BEHIND[spec.name], changed.format(BEHIND[spec.name]))


def _keep_versions(draft: Draft, spec: Table, on: str, batch: str) -> None:
    key = " || '|' || ".join(f"o.{k}::VARCHAR" for k in spec.key)
    draft.con.execute(
        f"INSERT INTO versions SELECT '{spec.name}', {key}, o.batch, '{batch}', to_json(o)::VARCHAR "
        f"FROM {spec.name} o JOIN staged n ON {on} WHERE n.status = 'updated'"
    )


def orphans(draft: Draft, rows: pd.DataFrame, time: str) -> dict[int, str]:
    """Return row_id → reason for rows whose case is unknown or accepted later than they."""
    con = draft.con
    con.register("speaking", rows[["row_id", "case_no", time]])
    found = con.execute(
        f"SELECT s.row_id, s.case_no, s.{time}, c.accepted_at FROM speaking s LEFT JOIN ({draft.known('cases', 'speaking')}) c USING (case_no) "
        f"WHERE c.case_no IS NULL OR (s.{time} < c.accepted_at AND s.{time}::DATE < c.accepted_at::DATE) "
        f"OR (s.{time} < c.accepted_at AND s.{time} <> s.{time}::DATE AND s.{time} <> date_trunc('minute', c.accepted_at))"
    ).fetchall()
    con.unregister("speaking")
    return {
        row_id: f"工单编号“{named(case_no)}”在台账里没有；请先导入诉求台账，或核对编号"
        if accepted is None
        else f"时间“{at:%Y-%m-%d %H:%M}”早于该工单的受理时间“{accepted:%Y-%m-%d %H:%M}”；请核对"
        for row_id, case_no, at, accepted in found
    }


def strangers(draft: Draft, rows: pd.DataFrame, batch: str) -> dict[int, str]:
    """Return row_id → reason for cases whose number the ledger has for another: accepted on another day, in other words.

    A word in place of a number (待定, 0) is another's already where the words differ; so is a number that another sheet of
    the same import gave to other words.

    A row that says when it was updated corrects the case and is none.
    """
    con = draft.con
    texts = [c for c in ("title", "content") if c in rows]
    if "updated_at" in rows or not texts:
        return {}
    con.register("speaking", rows[["row_id", "case_no", "accepted_at", *texts]])
    differs = " OR ".join(f"s.{c} <> c.{c}" for c in texts)
    same = " OR ".join(f"s.{c} = c.{c}" for c in texts)
    found = con.execute(
        f"SELECT s.row_id, s.case_no, c.accepted_at, c.batch = '{batch}' FROM speaking s "
        f"JOIN ({draft.known('cases', 'speaking')}) c USING (case_no) "
        f"WHERE (c.batch = '{batch}' OR s.accepted_at::DATE <> c.accepted_at::DATE OR NOT regexp_matches(s.case_no, '[1-9A-Za-z]')) "
        f"AND coalesce({differs}, false) AND NOT coalesce({same}, false)"
    ).fetchall()
    con.unregister("speaking")
    return {
        row_id: f"工单编号“{named(case_no)}”在{'这次导入的前一张表' if now else '台账'}里是另一件诉求（{accepted:%Y-%m-%d} 受理，内容不同）；"
        "编号若每年或每张表从头编，请在前面加上年份等；若确是更正，请带上更新时间一列"
        for row_id, case_no, accepted, now in found
    }
