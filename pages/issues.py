"""一类问题: types ranked by impact, a map and a tree of all cases; one type opened, corrected, followed."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from analytics import figures
from analytics.exporting import notes_of
from analytics.issues import Findings, alarm_list, counts, looking
from analytics.issues.alarm_list import FALLEN, HIGH, LEVEL_NAMES, NEW_WEEKS, RISING
from analytics.issues.ranking import PARTS, impact
from analytics.store import StoreError
from analytics.viewer import DECIDE
from analytics.wording import clock, likelihood, number
from pages.address import inputs, links, parameters
from pages.common import acting, asking, correcting, discovered, teaching
from pages.common.drawing import chart, custom, offer_workbook, picture, section, to_cases
from pages.common.filters import View
from pages.common.foreign import escaped
from pages.common.listing import FILTERS
from pages.common.one_type import TYPE, fraction, open_link, opened
from pages.common.periods import last_day, own
from pages.common.type_outline import against

LOOKS = {"ranking": "排行", "map": "分布图", "tree": "层级树", "teach": "教一教"}
CARDS, MOST_CARDS = 12, 600
MOST_ALARMS = 4
SPARK_WEEKS = 26
MOST_POINTS = 50_000
#: Of the tree: every module; the keys of the tables below tree and map.
WHOLE, TREE_ROWS, MAP_ROWS = "all", "tree_types", "map_types"


def begin(view: View, found: Findings | None) -> None:
    """Offer to find types anew, or to let new cases join; say what the last run changed."""
    fresh = asking.desk().fresh(view.ledger)
    if found is None:
        st.info(
            "还没有归过类。归类会读遍全部诉求文字，找出同一件事和同一类事；六万件约一分多钟。", icon=":material/hub:"
        )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if found and fresh > 0 and acting.may(DECIDE):
            st.caption(f"有 {fresh:,} 件新工单还没有归类。")
            if st.button("归入已有类型", icon=":material/playlist_add:", type="primary"):
                with st.spinner("正在归入……"):
                    asking.desk().join_new(asking.ledger())
                st.rerun()
        if acting.may(DECIDE) and st.button(
            "重新归类" if found else "开始归类",
            icon=":material/refresh:",
            type="secondary" if found else "primary",
            help="编号、名称和人工调整都会保留。",
        ):
            discover()
        if found:
            last_run(found)


def discover() -> None:
    bar = st.progress(0.0, "正在准备")
    try:
        asking.desk().discover(asking.ledger(), lambda share, text: bar.progress(min(share, 1.0), text))
    except StoreError as error:
        st.error(escaped(str(error)), icon=":material/block:")
        return
    st.rerun()


def last_run(found: Findings) -> None:
    changes = found.run.card["changes"]["type"]
    words = {"born": "新出现", "grown": "增长", "split": "分化", "merged": "合并", "vanished": "消失"}
    with st.popover("上次归类的变化", icon=":material/difference:"):
        for kind, word in words.items():
            ids = changes[kind]
            named = "、".join(found.name_of(i) if i in found.types.index else i for i in ids[:12])
            st.markdown(f"**{word} {len(ids)} 类**" + (f"：{escaped(named)}" if 0 < len(ids) < 40 else ""))
        st.caption(f"归类 {found.run.id}，依据快照 {found.run.card['snapshot']}，用时 {found.run.card['seconds']} 秒。")


def account(view: View, found: Findings) -> None:
    """Say how many cases stand behind how many types, and what is left over."""
    cases, repeats, outside = counts.account(view.ledger)
    shown = found.types[~found.types["dismissed"]]
    st.markdown(
        f"**{cases:,} 件诉求归为 {len(shown)} 类、{len(found.problems):,} 个具体问题**；"
        f"未归类 {outside:,} 件（{number(outside / max(cases, 1), '%')}）；"
        f"其中同一单位 30 天内重复提出 {repeats:,} 件，件数里都算，判断是否抬头时不算。"
        + (f"台账大，只在 {found.run.since} 起受理的工单里找，更早的不归类。" if found.run.since else "")
    )


def alarms(view: View, found: Findings) -> None:
    """List what is beyond chance in the newest weeks, state by state: each problem once, with its cases."""
    with section(
        "正在抬头",
        view,
        help="每周受理量与预期相比，同一单位重复提出的不影响判断。预期 = 平时占全部诉求的比重 × 本周其他诉求的量，所以节假日、季节与总量增长已计入。"
        f"{NEW_WEEKS} 周内开始的为正在抬头，更久的为居高不下。",
    ):
        told = discovered.ask_alarms(view.ledger, found.token)
        for state in (RISING, HIGH, FALLEN):
            mine = told[told["state"] == state]
            if len(mine) and state != RISING:
                st.markdown(f"**{state}**")
            for row in mine.head(MOST_ALARMS).itertuples():
                one_alarm(view, found, row)
            if len(mine) > MOST_ALARMS:
                st.caption(f"另有 {len(mine) - MOST_ALARMS} 项{state}的，命令行 alarms 可全部列出。")
        if told.empty:
            st.caption("最近没有超出预期的类型或具体问题。")
        elif view.slice.where:
            st.caption("预警按全区判断，不随上面的筛选变化。")


def one_alarm(view: View, found: Findings, row: object) -> None:
    """Say what is in alarm, since when, how many; lead to its type and to its cases."""
    loose = _not_grouped(found, row)
    inside = [f"重复 {number(row.repeats)}"] if row.repeats else []
    inside += [f"说的相近、还没归入的 {number(loose)}"] if loose else []
    told = (
        f"{LEVEL_NAMES[row.level]}「{row.name}」自 {row.since:%Y-%m-%d} 当周起 {number(row.cases)}"
        + (f"，其中{'，'.join(inside)}" if inside else "")
        + f"；预期 {row.expected:,.1f} 件（偶然出现的可能 {likelihood(row.chance)}）"
    )
    text, ways = st.columns([3, 1], vertical_alignment="center")
    with text:
        st.markdown(escaped(told))
    with ways, st.container(horizontal=True, gap="small"):
        if row.type_id:
            open_link("看这一类", row.type_id)
        to_cases("看工单", alarm=row.id, **own(row.since.date(), last_day(view)), **dict.fromkeys(FILTERS))


def _not_grouped(found: Findings, row: object) -> int:
    """Return how many cases of a type's or problem's alarm tell of it without being grouped under it."""
    group = {alarm_list.TYPE: "type_id", alarm_list.PROBLEM: "problem_id"}.get(row.level)
    if group is None:
        return 0
    told = found.cases[found.cases["case_no"].isin(row.case_nos)]
    return int((told[group] != row.id).sum())


def weights() -> dict[str, float]:
    with st.popover("影响怎么算", icon=":material/tune:"):
        st.caption("影响 = 各项与最高者之比的加权平均，0 到 100。权重可调，只影响排序。")
        return {part: inputs.amount(name, f"w_{part}", 0, 100, usual, 5) for part, (name, usual) in PARTS.items()}


def ranking(view: View, found: Findings) -> None:
    if not discovered.reached(view.ledger, view.slice):
        return
    given = weights()
    table = discovered.ask_measured(view.ledger, view.basis, TYPE)
    table = table[(table["demand"] > 0) & table.index.isin(found.types.index[~found.types["dismissed"]])]
    if table.empty:
        st.info("这段时间、这些筛选下没有已归类的诉求。", icon=":material/inbox:")
        return
    table = table.assign(impact=impact(table, given)).sort_values("impact", ascending=False)
    seen = discovered.ask_watched(view.ledger, TYPE)
    top = shown_cards()
    for start in range(0, min(top, len(table)), 3):
        for place, (id, row) in zip(st.columns(3), table.iloc[start : start + 3].iterrows(), strict=False):
            with place, st.container(border=True, height="stretch"):
                card(view, found, str(id), row, seen)
    refused = f"；{view.basis.reason}，不作比较" if view.basis.reason else ""
    st.caption(f"件数含重复诉求；超期未办截至 {clock(view.basis.at)}{refused}。")
    export(view, found, table)
    if len(table) > top:
        more = f"再看 {min(CARDS, len(table) - top)} 类（共 {len(table)} 类）"
        links.here(links.ISSUES, more, icon=":material/expand_more:", cards=str(top + CARDS))


def shown_cards() -> int:
    """Return how many cards are shown: twelve, or as many as the address says."""
    asked = parameters.value("cards")
    return int(asked) if asked.isdecimal() and int(asked) <= MOST_CARDS else CARDS


def export(view: View, found: Findings, table: pd.DataFrame) -> None:
    """Offer the whole ranking as a workbook."""
    names = {
        "demand": "受理量（件）",
        "before": f"{view.before_name}（件）",
        "growth": f"比{view.before_name}（件{'，按工作日折算' if view.basis.uneven else ''}）",
        "impact": "影响（0–100）",
        "enterprises": "企业（家）",
    }
    names |= {"departments": "部门（个）", "overdue_open": "超期未办（件）", "bad_ratings": "差评（件）"}
    names |= {"handling_median": "办理时长中位数（工作日）", "on_time_rate": "按期办结率", "satisfaction": "满意率"}
    shown = table[list(names)].copy()
    for code in ("handling_median", "on_time_rate", "satisfaction"):
        shown[code] = shown[code].mask(table[f"{code}__small"].eq(True))
    shown = shown.rename(columns=names).reset_index(names="编号")
    shown.insert(1, "一类问题", [found.name_of(i) for i in shown["编号"]])
    shown["关键词"] = ["、".join(found.types.loc[i, "keywords"]) for i in shown["编号"]]
    notes = [*notes_of(view.ledger, view.slice, view.basis), f"归类 {found.run.id}；样本不足的比率与时长留空"]
    offer_workbook("导出排行", "一类问题.xlsx", lambda: {"一类问题": shown}, notes)


def card(view: View, found: Findings, id: str, row: pd.Series, seen: object) -> None:
    kept = found.types.loc[id]
    open_link(str(kept["name"]) + ("（固定）" if kept["pinned"] else ""), id)
    if id in seen.counts:
        weeks = seen.counts.index[-SPARK_WEEKS:]
        trend = counts.by_week(view.ledger, TYPE, id, weeks)["cases"]
        spark = figures.sparkline(trend.tolist(), seen.alarm[id].tail(SPARK_WEEKS).tolist())
        picture(spark, f"近 {len(trend)} 周每周受理量，最多的一周 {trend.max():,.0f} 件", 36)
        st.caption(f"{weeks[0]:%Y-%m-%d} 起 {len(trend)} 周，每周件数，最多 {trend.max():,.0f} 件")
    st.markdown(f"**{row['demand']:,.0f} 件**{against(view, row)}　影响 **{row['impact']:.0f}**/100")
    facts = [
        "" if pd.isna(row["enterprises"]) else f"企业 {row['enterprises']:,.0f} 家",
        "" if pd.isna(row["departments"]) else f"部门 {row['departments']:,.0f} 个",
        measure("办理中位", row, "handling_median", "个工作日"),
        measure("按期", row, "on_time_rate", "%"),
        measure("满意", row, "satisfaction", "%"),
        "" if pd.isna(row["overdue_open"]) else f"超期未办 {row['overdue_open']:,.0f} 件",
    ]
    st.caption(" · ".join(f for f in facts if f))


def measure(name: str, row: pd.Series, code: str, unit: str) -> str:
    if pd.isna(row[code]):
        return ""
    if row[f"{code}__small"]:
        return f"{name} 样本不足"
    share = fraction(row, code)
    return f"{name} {number(row[code], unit)}" + (f"（{share}）" if share else "")


def case_map(view: View, found: Findings) -> None:
    if not discovered.reached(view.ledger, view.slice):
        return
    points = discovered.ask_points(view.ledger, view.slice, found.token, MOST_POINTS)
    if points.empty:
        st.info("这段时间、这些筛选下没有已归类的诉求。", icon=":material/inbox:")
        return
    middles = points.groupby("type_id")[["x", "y"]].median()
    order = points["type_id"].value_counts().index
    middles = middles.loc[order].assign(name=lambda t: [found.name_of(i) for i in t.index])
    points = points.assign(type=points["type_id"].map(found.types["name"]))
    chart(figures.case_map(points, middles), "map", lambda p: {"case": custom(p)}, alt="全部工单的分布图")
    st.caption(
        f"统计期内受理的，每点一件工单，靠得近的说的是相近的事；一色一类（颜色循环使用），共显示 {len(points):,} 点，多于 {MOST_POINTS:,} 时按编号均匀抽取。图上的数字是下表的序号，写得下的带名称。点一下可看那件工单；拖动可移；在下表点一行打开那一类。"
    )
    counted = points["type_id"].value_counts().loc[order]
    told = pd.DataFrame(
        {"序号": range(1, len(order) + 1), "类型": middles["name"].to_numpy(), "点数": counted.to_numpy()}
    )
    types_as_rows(told, order.tolist(), MAP_ROWS)


def tree(view: View, found: Findings) -> None:
    if not discovered.reached(view.ledger, view.slice):
        return
    nodes = discovered.ask_tree(view.ledger, view.slice, found.token)
    if nodes.empty:
        st.info("这段时间、这些筛选下没有已归类的诉求。", icon=":material/inbox:")
        return
    modules = nodes[nodes["parent"] == ""].set_index("id")["name"].to_dict()
    branch = inputs.choose(
        "看哪个模块", "branch", [WHOLE, *modules], words={WHOLE: "全部模块", **modules}.get, width=260
    )
    shown = nodes if branch == WHOLE else looking.branch_of(nodes, branch)
    chart(figures.tree(shown), "tree", alt="模块、类型和具体问题的层级树")
    st.caption(
        "模块 → 类型 → 具体问题，面积为件数（统计期内受理、已归类的工单）；类型归在它的工单最多的模块下。点一下进入下一层，字小的格点开它的模块再看；要记进网址，请选模块；在下表点一行打开那一类，看它的工单。"
    )
    types_of_tree(shown[shown["parent"].isin(modules)], modules)


def types_of_tree(types: pd.DataFrame, modules: dict[str, str]) -> None:
    """List the types of the tree as rows, largest first; a row opens its type."""
    types = types.sort_values(["cases", "id"], ascending=[False, True])
    told = pd.DataFrame({"类型": types["name"], "模块": types["parent"].map(modules), "件数": types["cases"]})
    types_as_rows(told, types["id"].tolist(), TREE_ROWS)


def types_as_rows(told: pd.DataFrame, ids: list[str], key: str) -> None:
    """Show a row a type; a row opens its type."""
    st.dataframe(
        told,
        hide_index=True,
        key=key,
        on_select=partial(open_row, ids, key),
        selection_mode="single-row",
        height=min(320, 35 * (len(told) + 1) + 3),
    )


def open_row(ids: list[str], key: str) -> None:
    """Open the type of the row that was chosen: a step of its own, so Back leads to the figure."""
    if rows := st.session_state[key]["selection"]["rows"]:
        parameters.write(type=ids[rows[0]])


view: View = st.session_state["view"]
try:
    found = asking.findings(view.ledger)
except StoreError as error:
    st.error(escaped(str(error)), icon=":material/broken_image:")
    found = None
wanted = parameters.value("type")
if found is not None and wanted and found.constraints.root(wanted) in found.types.index:
    opened(view, found, found.constraints.root(wanted))
else:
    if wanted:
        parameters.not_understood("type", wanted)
    begin(view, found)
    if found is not None:
        account(view, found)
        alarms(view, found)
        look = inputs.choose(
            "看法", "look", list(LOOKS), words=LOOKS.get, draw=st.segmented_control, label_visibility="collapsed"
        )
        {"map": case_map, "tree": tree, "teach": teaching.teach}.get(look, ranking)(view, found)
        correcting.history_of(found)
