"""What pages ask of types, problems and texts; cached as everything asked is."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from analytics import model
from analytics.issues import Findings, alarm_list, crossing, looking, ranking, trends
from analytics.issues.accepting import accept_values
from analytics.issues.alarms import Watched
from analytics.issues.crossing import OTHERS
from analytics.ledger import Ledger
from analytics.metrics import NotMeasurable, Slice
from analytics.metrics.comparison import Basis
from analytics.metrics.query import check_reach
from analytics.store import StoreError
from pages.common.asking import cached, cached_few, counted, counted_few, findings, label, now, pin_own, settings, store
from pages.common.asking import ledger as ledger_now


def reached(ledger: Ledger, slice: Slice) -> bool:
    """Tell whether types reach back to the period; where they do not, say so."""
    try:
        check_reach(ledger, slice, ("issue_type",))
    except NotMeasurable as reason:
        st.info(f"{reason}。", icon=":material/info:")
        return False
    return True


@counted_few
def ask_watched(ledger: Ledger, level: str) -> Watched:
    return trends.watched(ledger, level)


def ask_alarm_cases(ledger: Ledger, id: str) -> tuple[str, ...]:
    """Return the numbers of an alarm's cases (see alarm_list.cases_of)."""
    return alarm_list.cases_of(_alarms_now(ledger), id)


def ask_alarm_name(ledger: Ledger, id: str) -> str:
    """Return what an alarm is called (see alarm_list.name_of)."""
    return alarm_list.name_of(_alarms_now(ledger), id)


def _alarms_now(ledger: Ledger) -> pd.DataFrame:
    found = findings(ledger)
    return ask_alarms(ledger, found.token if found else "")


@counted
def ask_alarms(ledger: Ledger, token: str) -> pd.DataFrame:
    """Return the alarms as of the ledger's day (see alarm_list.alarms)."""
    return alarm_list.alarms(ledger)


@counted
def ask_measured(ledger: Ledger, basis: Basis, level: str) -> pd.DataFrame:
    return ranking.measured(ledger, basis, level)


@cached_few
def ask_points(ledger: Ledger, slice: Slice, token: str, most: int) -> pd.DataFrame:
    return looking.map_points(ledger, slice, _found(ledger), most)


@counted_few
def ask_tree(ledger: Ledger, slice: Slice, token: str) -> pd.DataFrame:
    return looking.tree_nodes(ledger, slice, _found(ledger))


@cached
def ask_texts(ledger: Ledger, case_nos: tuple[str, ...]) -> pd.DataFrame:
    return looking.texts_of(ledger, case_nos)


@cached
def ask_solved(ledger: Ledger, type_id: str) -> pd.DataFrame:
    return looking.solved_well(ledger, type_id)


@cached
def ask_description(ledger: Ledger, token: str, type_id: str) -> dict[str, str]:
    """Return what can be said of a type in up to three sentences (see description.told)."""
    return looking.described(ledger, _found(ledger), type_id)


@counted
def ask_senders(ledger: Ledger, slice: Slice) -> tuple[int, int]:
    return looking.senders(ledger, slice)


@cached
def ask_proposal(token: str, type_id: str) -> looking.Proposal:
    return looking.proposed_split(_found(ledger_now()), type_id)


def _found(ledger: Ledger) -> Findings:
    found = findings(ledger)
    if found is None:
        raise StoreError("还没有归类过，请先在「一类问题」页归类")
    return found


@cached_few
def ask_search(ledger: Ledger, query: str, scope: Slice | None) -> Any:
    """Return what a query finds (see searching.Hits)."""
    from analytics.issues import searching

    return searching.search(ledger, findings(ledger), query, scope)


@cached_few
def ask_alike(ledger: Ledger, case_no: str, scope: Slice | None) -> tuple[str, ...]:
    from analytics.issues import searching

    return searching.alike(ledger, _found(ledger), case_no, scope)


@cached
def ask_rows(ledger: Ledger, case_nos: tuple[str, ...]) -> pd.DataFrame:
    return looking.rows_of(ledger, case_nos)


def ask_table(ledger: Ledger, case_nos: tuple[str, ...]) -> pd.DataFrame:
    """Return found cases as an export shows them."""
    found = findings(ledger)
    rows = looking.rows_of(ledger, case_nos)
    return pd.DataFrame(
        {
            "工单编号": rows["case_no"],
            "受理时间": rows["accepted_at"],
            "诉求主题": rows["title"],
            "诉求内容": rows["content"],
            "服务模块": [model.label_of("module", m) for m in rows["module"]],
            "承办部门": rows["department"],
            "一类问题": [found.name_of(i) if found else "" for i in rows["issue_type"]],
        }
    )


def word(ledger: Ledger, dimension: str, code: str) -> str:
    """Return the label of a code as crossings write it: 其余 and （未填） stand for themselves."""
    return code if code in (OTHERS, model.UNKNOWN) else label(ledger, dimension, code)


@cached_few
def ask_triage(ledger: Ledger) -> tuple[Any, pd.DataFrame]:
    from analytics.issues.triage import module_triage

    return module_triage(ledger)


@cached_few
def ask_left_over(ledger: Ledger, token: str) -> pd.DataFrame:
    return looking.left_over(ledger, _found(ledger))


@counted
def count_without_module(ledger: Ledger) -> int:
    facts = ledger.table("case_facts")
    return int(ledger.run(facts.aggregate(n=facts.count(where=facts.module.isnull())))["n"].iloc[0])


def accept_modules(ledger: Ledger, accepted: dict[str, str]) -> str:
    """Write accepted modules into the ledger as an import of its own; returns its account."""

    told = accept_values(store(), ledger, "module", accepted, settings(), now()).sentence()
    pin_own()
    return told


@counted
def ask_crossed(ledger: Ledger, slice: Slice, rows: str, columns: str) -> pd.DataFrame:
    return crossing.crossed(ledger, slice, rows, columns)
