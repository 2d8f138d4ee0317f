"""Several rows of one case become one: departments side by side, one row a step; what contradicts itself is told."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pandas as pd

from analytics.ingest.differing import differences
from analytics.ingest.mapping import TOGETHER, VERSIONS, SheetPlan
from analytics.ingest.same_number import agreement
from analytics.ingest.splitting import event_keys

#: What a lead department is called where a column says who leads.
LEAD = ("主办", "主责", "牵头", "主要", "主", "lead", "main")
SEPARATOR = "、"
#: In what the rows of departments may differ: it becomes part of the one case.
NOT_OF_THE_LEAD = frozenset({"department", "co_departments", "closed_at", "accepted_at"})
_ROW_ONLY = ["part", "step", "step_at", "step_department"]


@dataclass
class Folded:
    """``cases``: one row each where rows were folded; ``steps``: events; ``lead_of``: folded row → the row it went into.

    ``refused``: row → why it cannot be told which case it is. Rows are named by ``row_id``.
    """

    cases: pd.DataFrame
    steps: pd.DataFrame | None = None
    lead_of: dict[int, int] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    to_check: list[str] = field(default_factory=list)


def fold_rows(frame: pd.DataFrame, plan: SheetPlan) -> Folded:
    """Fold the rows of a case table (``row_id`` and the ledger's columns) as its plan says."""
    folded, several = Folded(frame), plan.several
    repeated = frame["case_no"].duplicated().any()
    if repeated:
        agreed = agreement(frame, plan)
        folded.refused, folded.to_check = agreed.refused, agreed.to_check
        folded.cases = frame[~frame["row_id"].isin(agreed.refused)]
    if "step" in frame and several != VERSIONS:
        _fold_steps(folded)
    elif (
        repeated
        and "department" in frame
        and (several == TOGETHER or (several != VERSIONS and "updated_at" not in frame))
    ):
        _fold_departments(folded)
    folded.cases = folded.cases.drop(columns=[c for c in _ROW_ONLY if c in folded.cases])
    return folded


def _fold_departments(folded: Folded) -> None:
    """Fold rows of one case that differ in their department: the lead's row, closed when the last has closed."""
    frame = folded.cases
    rows = frame[frame["case_no"].duplicated(keep=False)]
    rows = rows[rows.groupby("case_no")["department"].transform("nunique") > 1]
    if rows.empty:
        return
    leads = _are_leads(rows)
    ordered = rows.assign(_lead=leads).sort_values(
        ["case_no", "_lead", "row_id"], ascending=[True, False, True], kind="stable"
    )
    lead = (
        ordered.groupby("case_no").first().reset_index().drop(columns="_lead")
    )  # a cell that the lead lacks is another's
    lead["row_id"] = ordered.groupby("case_no")["row_id"].first().to_numpy()
    lead["co_departments"] = [
        _helpers(first, group) for first, (_, group) in zip(lead["department"], ordered.groupby("case_no"), strict=True)
    ]
    if told := differences(rows, "cases", ("case_no",), NOT_OF_THE_LEAD):
        folded.to_check.append(f"几个承办部门各有一行的工单，这些列各行不同，只留了主办一行的：{told}；请核对")
    lead["accepted_at"] = ordered.groupby("case_no")["accepted_at"].max().to_numpy()  # the finest of times that agree
    if "closed_at" in rows:
        lead["closed_at"] = _last_closings(ordered).to_numpy()
    _note(folded, rows, lead)
    folded.cases = pd.concat([frame[~frame["row_id"].isin(rows["row_id"])], _like(lead, frame)]).sort_values("row_id")
    folded.notes.append(
        f"{len(lead)} 件工单各有几个承办部门（共 {len(rows)} 行），各合成一件："
        f"{'写明主办的为主办' if 'part' in rows else '第一行为主办'}，其余记为协办部门，最后一个部门办结才算办结；"
        "如果这些行其实是同一件的先后版本，可在导入时改为“同一件的先后版本”（命令行 --several versions）"
    )


def _helpers(lead: str, group: pd.DataFrame) -> str:
    """Return the departments of a case beside its lead: those of the other rows, and those that a row names itself."""
    names = group["department"].dropna().tolist()
    for words in group["co_departments"].dropna() if "co_departments" in group else ():
        names += re.split(r"[、,，;；/\s]+", words)
    return SEPARATOR.join(dict.fromkeys(n for n in names if n and n != lead))


def _are_leads(rows: pd.DataFrame) -> pd.Series:
    if "part" not in rows:
        return pd.Series(False, index=rows.index)
    word = rows["part"].astype(object).fillna("").str.strip().str.lower()
    return word.str.startswith(LEAD) & ~word.str.contains("协|配合|co")


def _last_closings(ordered: pd.DataFrame) -> pd.Series:
    """Return when each case closed: when its last department did, or its lead where no other ever says so."""
    is_first = ~ordered["case_no"].duplicated()
    if ordered.loc[~is_first, "closed_at"].isna().all():
        return ordered[is_first].set_index("case_no")["closed_at"]
    group = ordered.groupby("case_no")["closed_at"]
    last = group.max()
    return last.where(group.count() == group.size())


def _fold_steps(folded: Folded) -> None:
    """Fold one row a step: each step an event, the case what its last rows say."""
    frame = folded.cases
    happened = frame[frame["step"].notna() & frame["step_at"].notna() & (frame["step"] != "accepted")]
    steps = happened[["row_id", "case_no"]].assign(stage=happened["step"], happened_at=happened["step_at"])
    department = next((c for c in ("step_department", "department") if c in happened), None)
    if department:
        steps["department"] = happened[department]
    steps["event_key"] = event_keys(steps)
    if untimed := int((frame["step"].notna() & frame["step_at"].isna()).sum()):
        folded.to_check.append(f"{untimed:,} 行的环节没有发生时间，没有记入环节记录；请补上发生时间")
    if told := differences(frame, "cases", ("case_no",), NOT_OF_THE_LEAD):
        folded.to_check.append(f"每个环节一行的工单，这些列各行不同，以最后一个环节为准：{told}；请核对")
    ordered = frame.sort_values(["case_no", "step_at", "row_id"], kind="stable")
    last = ordered.groupby("case_no").last().reset_index()
    last["row_id"] = frame.groupby("case_no")["row_id"].min().reindex(last["case_no"]).to_numpy()
    last["accepted_at"] = ordered.groupby("case_no")["accepted_at"].min().to_numpy()
    if "closed_at" not in last:
        last["closed_at"] = last["case_no"].map(_closings(steps))
    if department and "first_department" not in frame:
        taken = ordered[ordered["step"] == "accepted"].groupby("case_no")[department].first()
        last["first_department"] = last["case_no"].map(taken)
    _note(folded, frame, last)
    folded.steps = steps
    folded.cases = _like(last, frame).sort_values("row_id")
    folded.notes.append(f"每个环节一行：{len(frame)} 行合成 {len(last)} 件工单，{len(steps)} 个环节记入环节记录")


def _closings(steps: pd.DataFrame) -> pd.Series:
    """Return case → when it was last closed, for those that were not reopened after."""
    marks = steps[steps["stage"].isin(["closed", "reopened"])].sort_values("happened_at").groupby("case_no").last()
    return marks[marks["stage"] == "closed"]["happened_at"]


def _note(folded: Folded, rows: pd.DataFrame, lead: pd.DataFrame) -> None:
    into = rows["case_no"].map(lead.set_index("case_no")["row_id"])
    folded.lead_of |= {int(r): int(to) for r, to in zip(rows["row_id"], into, strict=True) if r != to}


def _like(rows: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the column types of a frame, which grouping loses."""
    return rows.astype({c: frame[c].dtype for c in rows if c in frame})
