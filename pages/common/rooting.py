"""What lies at the root of a type, and which open cases could be solved like one that was."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analytics import model
from analytics.exporting import deadline, notes_of
from analytics.issues import Findings
from analytics.metrics import Slice
from analytics.remedies import signs
from analytics.wording import days, likelihood
from pages.address import choices
from pages.common import asking, remedied
from pages.common.drawing import offer_workbook, rows, section, to_cases
from pages.common.filters import View
from pages.common.listing import last_day
from pages.common.periods import own

#: Above this the share of the others is as good as none.
ALMOST_ONLY = 100


def roots(view: View, type_id: str, span: Slice) -> None:
    """Show which attributes a type has more often than all other cases."""
    with section(
        "根源线索", view, help="与其他诉求相比，这一类在哪些方面明显偏多（Fisher 检验，按看过的全部取值作 Holm 校正）。"
    ):
        with st.spinner("正在与其他诉求比较……"):
            found = remedied.ask_signs(view.ledger, span, type_id)
        if found.empty:
            st.caption("没有明显偏多的方面，或这段时间件数太少。")
            return
        told = pd.DataFrame(
            {
                "方面": [model.DIMENSIONS.get(a, "来访") for a in found["attribute"]],
                "取值": [_value(view, a, c) for a, c in zip(found["attribute"], found["code"], strict=True)],
                "这一类": [_share(m, n) for m, n in zip(found["mine"], found["mine_all"], strict=True)],
                "其他诉求": [_share(m, n) for m, n in zip(found["rest"], found["rest_all"], strict=True)],
                "为其他的": ["几乎只在这一类" if r > ALMOST_ONLY else f"{r:.1f} 倍" for r in found["ratio"]],
                "多出（件）": found["excess"].round(0),
                "偶然出现的可能": [likelihood(p) for p in found["chance"]],
            }
        )
        ids = [f"{a}={c}" for a, c in zip(found["attribute"], found["code"], strict=True)]
        chosen = choices.row(told, "signs", ids, height=min(360, 36 * (len(told) + 1) + 3))
        if chosen is not None and found.iloc[ids.index(chosen)]["attribute"] != signs.CONTACT:
            attribute, _, code = chosen.partition("=")
            days_of = own(span.start, min(span.end, last_day(view.ledger)))
            to_cases("看所选的工单", issue_type=type_id, **days_of, **{attribute: code})
        st.caption(f"{days(span.start, span.end, last_day(view.ledger))}受理的诉求；看过：{'、'.join(signs.looked_at(view.ledger))}。未填的不计入分母。偏多不等于原因，是去查的方向。")  # fmt: skip


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}（{part:,.0f}/{whole:,.0f}）" if whole else "—"


def _value(view: View, attribute: str, code: object) -> str:
    if attribute == "item_no":
        return asking.ask_item_names(view.ledger).get(str(code), str(code))
    return model.label_of(attribute, code)


def spread(view: View, found: Findings, type_id: str) -> None:
    """List the open cases of a type, each with a solved one like it and what it was told (举一反三)."""
    with section(
        "举一反三：还没办结的同类诉求",
        view,
        "closed",
        help="每件配一件已按期办结、没有差评、回访没有说“未解决”的同类工单，文字最接近的一件。",
    ) as ready:
        if not ready:
            return
        with st.spinner("正在找相近的工单……"):
            table = remedied.ask_alike(view.ledger, found.token, type_id)
        if table.empty:
            st.caption("这一类没有未办结的诉求。")
            return
        shown = pd.DataFrame(
            {
                "工单编号": table["case_no"],
                "诉求主题": table["title"],
                "承办部门": table["department"],
                "办理期限": [deadline(d) for d in table["due_at"]],
                "可参照的工单": table["model"],
                "文字相近": table["likeness"].clip(upper=1),
                "那件用了（工作日）": table["days"].round(1),
                "当时的答复": table["reply"],
            }
        )
        st.markdown(f"**{len(shown)} 件未办结**，其中 {int(table['model'].notna().sum())} 件有可参照的做法")
        rows(shown, "alike", min(360, 36 * (len(shown) + 1) + 3))
        if table["reply"].isna().all():
            st.caption("台账里没有「答复意见」列，只能看到参照的工单，看不到当时怎么答复。")
        offer_workbook("导出举一反三清单", "举一反三.xlsx", lambda: {"举一反三": shown}, notes_of(view.ledger, view.slice), key="export_alike")  # fmt: skip
