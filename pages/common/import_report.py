"""The report of an import on the page: green, amber or red, what to do next, and every kind of change with its count."""

from __future__ import annotations

import json
from collections.abc import Callable

import pandas as pd
import streamlit as st

from analytics.exporting import quarantine_for
from analytics.ingest import Account, ImportResult, RefusedFile
from analytics.ingest.characters import named
from analytics.ingest.quarantine import Quarantined
from pages.common import asking
from pages.common.drawing import big_number
from pages.common.foreign import escaped

#: State of an account → how it is shown, and its icon.
SHOWN = {
    "green": (st.success, "check_circle"),
    "amber": (st.warning, "rule"),
    "red": (st.error, "block"),
}
OUTCOMES = (("读入", "read"), ("新增", "accepted"), ("更新", "updated"), ("未变", "unchanged"), ("隔离", "quarantined"))


def refused(error: RefusedFile) -> None:
    """Say that a file was not read, why, and what to do."""
    st.error(f"**{escaped(error.file)} 没有读入**  \n{escaped(error.reason)}", icon=":material/block:")


def outcome(result: ImportResult, *, dry_run: bool = False) -> None:
    """Say what became of every row, what to do next, and offer the report and the rows kept out."""
    account = result.account()
    show, icon = SHOWN[account.state]
    show(f"**{escaped(result.sentence(dry_run))}**  \n{escaped(account.next_step)}", icon=f":material/{icon}:")
    with st.container(horizontal=True):
        for label, name in OUTCOMES:
            big_number(f"{label}（行）", f"{account.rows[name]:,}", border=True, width=150)
    for told in account.left_out:
        st.caption(escaped(f"没有读入：{told}"))
    for told in account.to_check:
        st.caption(escaped(f"请核对：{told}"))
    for warning in account.other_notes:
        st.caption(escaped(f"提示：{warning}"))
    _changes(account)
    _kept_out(result)
    with st.container(horizontal=True):
        name = f"导入报告-{result.batch}"
        _download("下载报告（Excel）", account.as_workbook, f"{name}.xlsx")
        _download(
            "下载报告（JSON）", lambda: json.dumps(account.as_json(), ensure_ascii=False, indent=1), f"{name}.json"
        )
        if result.quarantine:
            rows = kept_out(f"隔离-{result.batch}.xlsx", result.quarantine)
            _download("下载隔离的行，改好后再导入", rows, f"隔离-{result.batch}.xlsx")


def _changes(account: Account) -> None:
    """Show what was put right and what was left empty, a row for each column and kind."""
    rows = [(r.place, named(r.head) or "（整个文件）", f"已修正：{r.kind}", r.count) for r in account.repairs]
    rows += [(e.place, named(e.head), f"留空：认不出“{e.word}”", e.count) for e in account.left_empty]
    if rows:
        frame = pd.DataFrame(rows, columns=["文件", "列", "改了什么", "处数"])
        st.dataframe(frame, hide_index=True, placeholder="—", height=min(240, 40 + 35 * len(frame)))


def _kept_out(result: ImportResult) -> None:
    if result.quarantine:
        frame = pd.DataFrame(
            {
                "行": [q.row_no for q in result.quarantine],
                "类别": [q.kind for q in result.quarantine],
                "未导入原因": [q.reason for q in result.quarantine],
            }
        )
        st.dataframe(frame, hide_index=True, placeholder="—", height=min(320, 40 + 35 * len(frame)))


def _download(label: str, made: Callable[[], bytes | str], file: str) -> None:
    st.download_button(label, made, file, icon=":material/download:", on_click="ignore")


def kept_out(name: str, rows: list[Quarantined]) -> Callable[[], bytes]:
    """Return what makes the workbook of rows kept out, when it is asked for."""
    here, folder = asking.viewer(), asking.store().folder
    return lambda: quarantine_for(here, folder, name, rows)
