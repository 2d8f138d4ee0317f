"""Rows of a file become rows of ledger tables; a wide case row becomes several."""

from __future__ import annotations

import pandas as pd

from analytics.model import TABLES, WIDE_STAGES

#: How the key ends of a stage that a case's own row tells.
WIDE_KEY = "#wide"
#: A rating's column beside the ledger's: its time is another time of the case.
IMPLIED = "implied"


def split(table: str, frame: pd.DataFrame, steps: pd.DataFrame | None = None) -> dict[str, pd.DataFrame]:
    """Return ledger table → its rows, each with ``row_id`` of the source row; ``steps``: events already told from rows."""
    if table == "events":
        return {"events": _with_event_keys(frame)}
    if table != "cases":
        return {table: _columns(table, frame)}
    pieces = {"cases": _columns("cases", frame)}
    events = [_stage_events(frame, c, s) for c, s in WIDE_STAGES.items() if c in frame]
    events += [steps] if steps is not None else []
    events = [e for e in events if len(e)]
    if events:
        pieces["events"] = pd.concat(events, ignore_index=True)
    if "grade" in frame:
        pieces["ratings"] = _ratings(frame)
    return {name: piece for name, piece in pieces.items() if len(piece)}


def beside_a_case(table: str, rows: pd.DataFrame) -> pd.Series:
    """Tell which rows of a table stood beside a case's own columns: ratings, and stages told by a column of their own."""
    if table == "ratings":
        return pd.Series(True, index=rows.index)
    return rows["event_key"].astype(str).str.endswith(WIDE_KEY)


def _columns(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    names = [c for c in TABLES[table].names if c in frame]
    return frame[["row_id", *names]].copy()


def _with_event_keys(frame: pd.DataFrame) -> pd.DataFrame:
    rows = _columns("events", frame)
    made = event_keys(rows)
    rows["event_key"] = rows["event_key"].fillna(made) if "event_key" in rows else made
    return rows


def event_keys(rows: pd.DataFrame) -> pd.Series:
    """Return the key of each step: its stage and time, and a number from the second of those that differ in the rest."""
    keys = rows["stage"].astype(str) + "@" + rows["happened_at"].dt.strftime("%Y%m%d%H%M%S")
    again = pd.DataFrame({"case_no": rows["case_no"], "key": keys}).duplicated(keep=False)
    if not again.any():
        return keys
    what = [c for c in TABLES["events"].names if c in rows and c != "event_key"]
    different = rows.loc[again].drop_duplicates(what)
    count = different.groupby([different["case_no"], keys[different.index]]).cumcount()
    place = different[what].assign(_place=count)
    placed = rows.loc[again, what].merge(place, on=what, how="left")["_place"].to_numpy()
    suffix = pd.Series([f"#{int(n) + 1}" if n else "" for n in placed], index=rows.index[again])
    return keys + suffix.reindex(rows.index, fill_value="")


def _stage_events(frame: pd.DataFrame, column: str, stage: str) -> pd.DataFrame:
    rows = frame[frame[column].notna()]
    event = pd.DataFrame({"row_id": rows["row_id"], "case_no": rows["case_no"], "stage": stage})
    event["happened_at"] = rows[column]
    event["event_key"] = stage + WIDE_KEY
    if "department" in rows:
        event["to_department" if stage == "transferred" else "department"] = rows["department"]
    if stage == "followed_up" and "follow_result" in rows:
        event["result"] = rows["follow_result"]
    return event


def _ratings(frame: pd.DataFrame) -> pd.DataFrame:
    rows = frame[frame["grade"].notna()]
    rating = _columns("ratings", rows)
    fallback = pd.Series(pd.NaT, index=rows.index)
    for column in ("followed_up_at", "closed_at", "accepted_at"):
        if column in rows:
            fallback = fallback.fillna(rows[column])
    rating[IMPLIED] = rating["rated_at"].isna() if "rated_at" in rating else True
    rating["rated_at"] = rating["rated_at"].fillna(fallback) if "rated_at" in rating else fallback
    return rating
