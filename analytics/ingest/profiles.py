"""Mappings kept under a name, so that next week's file needs no clicks."""

from __future__ import annotations

import datetime as dt
import json

import duckdb

from analytics.ingest.mapping import AUTO, Profiles, SheetPlan
from analytics.store import Store, open_reader


def kept_profiles(store: Store) -> Profiles:
    """Return signature of heads → (profile name, table, column → head) of the current snapshot."""
    current = store.current()
    if current is None:
        return {}
    rows = open_reader(store, current, current.as_of).frame("SELECT * FROM profiles")
    return {r.signature: (r.name, r.table_name, json.loads(r.mapping)) for r in rows.itertuples(index=False)}


def remember_profile(con: duckdb.DuckDBPyConnection, plan: SheetPlan, name: str, now: dt.datetime) -> bool:
    """Keep a sheet's mapping (column → head) and how it is read; tell whether it is new or changed."""
    heads = {column: plan.heads[position] for column, position in plan.mapping.items()}
    heads |= {"@order": plan.order} if plan.order else {}
    heads |= {"@several": plan.several} if plan.several != AUTO else {}
    name = name or plan.profile or plan.sheet.file.rsplit(".", 1)[0]
    known = con.execute("SELECT mapping, name FROM profiles WHERE signature = ?", [plan.signature]).fetchall()
    if known and json.loads(known[0][0]) == heads and known[0][1] == name:
        return False
    con.execute("DELETE FROM profiles WHERE signature = ?", [plan.signature])
    con.execute(
        "INSERT INTO profiles VALUES (?, ?, ?, ?, ?)",
        [name, plan.table, plan.signature, json.dumps(heads, ensure_ascii=False), now],
    )
    return True
