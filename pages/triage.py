"""分派建议: a module for cases that have none, a type for cases left over; accepting one teaches."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analytics import figures, model
from analytics.suggested import suggested_modules
from analytics.viewer import DECIDE
from analytics.wording import number
from pages.address import links
from pages.common import acting, asking, discovered
from pages.common.drawing import section
from pages.common.filters import View

SURE = 0.8
SHOWN = 300
MOST_TYPES = 30
NOT_SAID = "（不定）"


def modules(view: View) -> None:
    with section(
        "没有模块的工单该归哪个模块", view, help="从已有模块的工单学出来。把握是校准过的：说八成，就大约十件对八件。"
    ):
        missing = discovered.count_without_module(view.ledger)
        if view.ledger.lacks(("module",)):
            by_type(view)
            return
        if missing == 0:
            st.caption("所有工单都有模块。")
        if not acting.only_for(DECIDE):
            return
        if not st.toggle("现在学一遍", key="learn", value=missing > 0, help="读至多六千件，约需十几秒。"):
            return
        try:
            with st.spinner("正在学习已有的分派……"):
                model_found, suggested = discovered.ask_triage(view.ledger)
        except ValueError:
            st.info("有模块的工单太少，学不出来：至少要两个模块、每个五件以上。", icon=":material/add_notes:")
            return
        left, right = st.columns([3, 2])
        with right:
            st.markdown(f"**没见过的工单上，宏平均 F1 为 {model_found.macro_f1:.2f}**")
            st.plotly_chart(
                figures.calibration(model_found.calibration, asking.settings().minimum_cases),
                key="calibration",
                theme=None,
                config={"displayModeBar": False},
            )
            st.caption("五折交叉检验：点越靠近虚线，把握说得越准。")
        with left:
            if suggested.empty:
                st.caption("没有需要建议的工单。")
            else:
                accept(view, suggested)


def by_type(view: View) -> None:
    """Where no case has a module there is nothing to learn from: let a person say it type by type."""
    found = asking.findings(view.ledger)
    if found is None:
        st.caption("台账里没有「服务模块」，没有可学的样本。先到「一类问题」页归类，就可以在这里一类一类地指定模块。")
        links.lead(links.ISSUES, "去归类", {})
        return
    if not acting.only_for(DECIDE):
        return
    types = found.types[~found.types["dismissed"]].nlargest(MOST_TYPES, "cases")
    st.caption(
        f"台账里没有「服务模块」，没有可学的样本。先给件数最多的 {len(types)} 类指定模块（拿不准的留空）；"
        "采纳以后，其余的就能从中学着建议。这样来的模块处处标明“建议”，以后的台账里写了模块的，以台账为准。"
    )
    table = pd.DataFrame({"一类问题": types["name"], "件数": types["cases"], "模块": NOT_SAID})
    edited = st.data_editor(
        table,
        hide_index=True,
        height=380,
        key="by_type",
        disabled=["一类问题", "件数"],
        column_config={"模块": st.column_config.SelectboxColumn(options=[NOT_SAID, *model.MODULES.values()])},
    )
    codes = {label: code for code, label in model.MODULES.items()}
    said = edited["模块"].map(codes).dropna()
    cases = found.cases[found.cases["type_id"].isin(said.index)]
    if st.button(f"采纳 {len(cases):,} 件", type="primary", disabled=cases.empty, key="accept_types"):
        result = discovered.accept_modules(
            view.ledger, dict(zip(cases["case_no"], cases["type_id"].map(said), strict=True))
        )
        st.toast(result, icon=":material/check:")
        st.rerun()


def accept(view: View, suggested: pd.DataFrame) -> None:
    own = bool(suggested_modules(view.ledger))  # what was learnt from suggestions vouches for itself
    table = pd.DataFrame(
        {
            "采纳": (suggested["probability"] >= SURE) & (not own),
            "工单编号": suggested["case_no"],
            "主题": suggested["title"],
            "建议模块": [model.label_of("module", m) for m in suggested["suggestion"]],
            "把握": suggested["probability"],
        }
    ).head(SHOWN)
    ticked = (
        "样本里有采纳的建议，没有指定过的类学不到，把握只说像不像已指定的，所以请逐件勾"
        if own
        else "把握八成以上的已先勾上，可逐件改"
    )
    st.caption(f"共 {len(suggested):,} 件没有模块，显示把握最大的 {len(table):,} 件；{ticked}。")
    edited = st.data_editor(
        table,
        hide_index=True,
        height=380,
        key="accepting",
        disabled=["工单编号", "主题", "把握"],
        column_config={
            "建议模块": st.column_config.SelectboxColumn(options=list(model.MODULES.values()), required=True),
            "把握": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
        },
    )
    chosen = edited[edited["采纳"]]
    if st.button(f"采纳 {len(chosen):,} 件", type="primary", disabled=chosen.empty):
        codes = {label: code for code, label in model.MODULES.items()}
        accepted = dict(zip(chosen["工单编号"], chosen["建议模块"].map(codes), strict=True))
        result = discovered.accept_modules(view.ledger, accepted)
        st.toast(result, icon=":material/check:")
        st.rerun()


def left_over(view: View) -> None:
    found = asking.findings(view.ledger)
    with section("未归类的工单像哪一类", view):
        if found is None:
            st.caption("还没有归过类，请先到「一类问题」页归类。")
            return
        if not acting.only_for(DECIDE):
            return
        suggested = discovered.ask_left_over(view.ledger, found.token)
        if suggested.empty:
            st.caption(f"没有未归类的工单（共 {len(found.cases):,} 件）。")
            return
        st.caption(f"{number(float(len(suggested)))} 未归类。勾选后归入所示的类型，以后重新归类也照此办理。")
        table = pd.DataFrame(
            {
                "采纳": False,
                "工单编号": suggested["case_no"],
                "主题": suggested["title"],
                "最像的类型": suggested["type_id"].map(found.types["name"]),
                "相似度": suggested["likeness"],
            }
        ).head(SHOWN)
        edited = st.data_editor(
            table,
            hide_index=True,
            height=320,
            key="left_over",
            disabled=["工单编号", "主题", "最像的类型", "相似度"],
            column_config={"相似度": st.column_config.NumberColumn(format="%.2f")},
        )
        chosen = suggested[suggested["case_no"].isin(edited.loc[edited["采纳"], "工单编号"])]
        if st.button(f"归入 {len(chosen):,} 件", type="primary", disabled=chosen.empty, key="do_left_over"):
            for goal, rows in chosen.groupby("type_id"):
                asking.desk().move(rows["case_no"].tolist(), str(goal), view.ledger.viewer.name, "采纳分派建议")
            st.rerun()


view: View = st.session_state["view"]
modules(view)
left_over(view)
