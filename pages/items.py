"""事项清单: what is in force, what changed, what it is used for, whether limits fit, what it lacks."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analytics import model
from analytics.exporting import notes_of
from analytics.items.usage import HARD, SHORTEN
from analytics.metrics import CATALOGUE, NotMeasurable
from analytics.wording import SMALL, number
from pages.address import choices, inputs, parameters
from pages.common import asking, drafting, mechanisms
from pages.common.drawing import big_number, caption, offer_workbook, section, to_cases
from pages.common.filters import View
from pages.common.foreign import escaped
from pages.common.lacking import noted

PERCENT = st.column_config.NumberColumn(format="percent")
DAYS = st.column_config.NumberColumn(format="%.1f")


def coverage(view: View) -> None:
    with section("清单用得怎么样", view, "list_coverage", "off_list_rate") as ready:
        if not ready:
            return
        if any(name != "module" for name, _ in view.slice.where):
            st.info("清单覆盖率只能按服务模块筛选，请先去掉部门、渠道、街道的筛选。", icon=":material/info:")
            return
        frame = asking.ask(("list_coverage", "off_list_rate", "no_limit_rate"), view.ledger, view.slice)
        for place, (_, row) in zip(st.columns(len(frame)), frame.iterrows(), strict=True):
            metric = CATALOGUE[row["metric"]]
            with place:
                big_number(metric.name, SMALL if row["small"] and row["denominator"] else number(row["value"], "%"))
            place.caption(f"{row['numerator']:,.0f}/{row['denominator']:,.0f}，{metric.denominator}")
        to_cases("看清单外的工单", metric="off_list_rate", part="numerator")


def listing(view: View) -> None:
    with section(
        "每个事项：用得多不多，时限合不合适", view, "demand", help="统计期末有效的清单；时限建议只在样本足够时给出。"
    ):
        found = mechanisms.ask_items(view.ledger, view.slice)
        only = inputs.choose(
            "只看", "only", ("全部", SHORTEN, HARD, "没有人用"), draw=st.segmented_control, label_visibility="collapsed"
        )
        chosen = {
            SHORTEN: found[found["verdict"] == SHORTEN],
            HARD: found[found["verdict"] == HARD],
            "没有人用": found[found["demand"] == 0],
        }.get(only, found)
        shown = pd.DataFrame(
            {
                "事项编码": chosen["item_no"],
                "事项名称": chosen["item_name"],
                "服务模块": [model.label_of("module", m) for m in chosen["module"]],
                "牵头部门": chosen["department"],
                "承诺（工作日）": chosen["promised_days"],
                "九成需要（工作日）": chosen["handling_p90"].mask(chosen["handling_p90__small"].eq(True)),
                "受理（件）": chosen["demand"],
                "按期办结率": chosen["on_time_rate"].mask(chosen["on_time_rate__small"].eq(True)),
                "满意率": chosen["satisfaction"].mask(chosen["satisfaction__small"].eq(True)),
                "时限": chosen["verdict"],
            }
        )
        if shown.empty:
            st.info(f"清单里没有“{only}”的事项。", icon=":material/inbox:")
        else:
            item_rows(shown)
        st.caption(
            f"有效 {len(found):,} 项，期内没有人用的 {int((found['demand'] == 0).sum()):,} 项；"
            f"可压缩：九成工单所需不到承诺的一半；守不住：按期办结率低于八成。样本不足的留空（—）。"
        )
        offer_workbook("导出 Excel", "事项清单.xlsx", lambda: {"事项": shown}, notes_of(view.ledger, view.slice))


def item_rows(shown: pd.DataFrame) -> None:
    """Show items as rows; choosing one offers its cases."""
    chosen = choices.row(
        shown,
        "items",
        shown["事项编码"].tolist(),
        placeholder="—",
        column_config={"按期办结率": PERCENT, "满意率": PERCENT, "九成需要（工作日）": DAYS},
    )
    if chosen is not None:
        name = shown.set_index(shown["事项编码"].astype(str)).loc[chosen, "事项名称"]
        to_cases(f"看「{name}」的工单", item_no=chosen)


def compared(view: View) -> None:
    with section("两个版本有什么不同", view):
        known = mechanisms.ask_versions(view.ledger)
        if len(known) < 2:
            st.caption("台账里只有一个版本的清单。")
            return
        with st.container(horizontal=True, gap="small"):
            old = inputs.choose("从", "old_version", known[:-1], default=known[-2], width=180)
            others = [v for v in known if v != old]
            new = inputs.choose("到", "new_version", others, default=others[-1], width=180)
        found = mechanisms.ask_changes(view.ledger, old, new)
        if found.empty:
            st.caption("两个版本完全相同。")
            return
        counts = found["change"].value_counts()
        st.markdown("，".join(f"**{change} {n:,} 项**" for change, n in counts.items()))
        shown = pd.DataFrame(
            {
                "事项编码": found["item_no"],
                "事项名称": found["item_name"],
                "服务模块": [model.label_of("module", m) for m in found["module"]],
                "变化": found["change"],
                "原来": found["before"],
                "现在": found["after"],
            }
        )
        st.dataframe(shown, hide_index=True, placeholder="—", height=300)
        offer_workbook(
            "导出 Excel",
            "清单变化.xlsx",
            lambda: {f"{old}到{new}": shown},
            notes_of(view.ledger, view.slice),
            key="export_changes",
        )


def lacking(view: View) -> None:
    with section(
        "清单外的诉求，哪几类可以进清单",
        view,
        "off_list_rate",
        help="没有事项对应的工单，按一类问题归拢；可导出为待审核的清单草稿。",
    ) as ready:
        if not ready:
            return
        try:
            found = mechanisms.ask_uncovered(view.ledger, view.slice)
        except NotMeasurable as error:
            st.info(escaped(f"{error}。"), icon=":material/hub:")
            return
        if found.empty:
            st.caption("期内没有清单外的诉求，或还没有归类到。")
            return
        shown = pd.DataFrame(
            {
                "一类问题": found["name"],
                "清单外（件）": found["cases"],
                "占这一类": found["share"],
                "建议模块": [model.label_of("module", m) for m in found["module"]],
                "建议牵头部门": found["department"],
                "建议时限（工作日）": found["promised_days"],
            }
        )
        event = st.dataframe(
            shown,
            hide_index=True,
            placeholder="—",
            height=300,
            key=f"uncovered {parameters.stamp()}",
            on_select="rerun",
            selection_mode="multi-row",
            column_config={"占这一类": PERCENT},
        )
        if event and event["selection"]["rows"]:
            drafting.propose(found.iloc[event["selection"]["rows"]])
        st.caption(
            "选中几行可列为草稿，进入审核。建议时限 = 这一类九成工单所需的工作日，向上取整；样本不足的留空。草稿须经审核，不会自动生效。"
        )
        draft = pd.DataFrame(
            {
                "清单版本": "草稿",
                "事项编码": "",
                "事项名称": shown["一类问题"],
                "服务模块": shown["建议模块"],
                "牵头部门": shown["建议牵头部门"],
                "承诺时限（工作日）": shown["建议时限（工作日）"],
                "期内清单外诉求（件）": shown["清单外（件）"],
            }
        )
        offer_workbook(
            "导出草稿供审核",
            "增值服务事项草稿.xlsx",
            lambda: {"事项草稿": draft},
            notes_of(view.ledger, view.slice),
            key="export_draft",
        )


view: View = st.session_state["view"]
if not noted(view.ledger, "清单的覆盖、时限与各版本的变化（可导入多个版本）", "items"):
    coverage(view)
    listing(view)
    lacking(view)
    drafting.manage(view)
    compared(view)
    caption(view, "list_coverage", "off_list_rate")
