"""治理台账: types taken up, on a board; each card's remedy with its measured effect; what to solve next."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st

from analytics import figures
from analytics.exporting import notes_of
from analytics.issues import Findings
from analytics.metrics import CATALOGUE
from analytics.privacy import mask_text
from analytics.remedies import saving, telling
from analytics.remedies.board import Board, as_of_day
from analytics.remedies.cards import Card, by_urgency
from analytics.remedies.checks import FAILED
from analytics.remedies.effect import HARMED, MAYBE, UNTOLD, WORKED, Effect
from analytics.remedies.levers import COMMON, KINDS
from analytics.remedies.stages import STAGES
from analytics.store import StoreError
from analytics.viewer import GOVERN
from analytics.wording import EMPTY, SMALL, change, number
from pages.address import choices, inputs, links, parameters
from pages.common import acting, asking, carding, remedied, rooting
from pages.common.drawing import big_number, chart, offer_workbook, section, to_cases
from pages.common.filters import View
from pages.common.foreign import escaped

#: Columns of the board: what is judged 未见效 waits for 会商 again.
COLUMNS = {
    "识别": ("identified",),
    "立项": ("chartered",),
    "会商": ("consulting", "ineffective"),
    "整改措施": ("planned",),
    "实施": ("implementing",),
    "评估": ("evaluating",),
    "销号": ("closed",),
}
LOOKS = {"board": "看板", "next": "先解决什么"}
COLOURS = {WORKED: "green", MAYBE: "blue", UNTOLD: "gray", HARMED: "red"}
MOST_CLOSED = 6
DOUBTED = "color: #b33a00; font-weight: 600"


def measured(view: View, found: Findings, shown: Board) -> dict[str, Effect]:
    """Measure every remedy in force; a bar shows how far it is when that takes a while."""
    waiting = [c for c in shown.cards if shown.remedy(c)]
    bar = st.empty()
    effects = {}
    for place, card in enumerate(waiting):
        if place:
            bar.progress(place / len(waiting), f"正在测算成效（{place}/{len(waiting)}）")
        effect = remedied.ask_card(view.ledger, found, shown, card)
        if effect:
            effects[card.id] = effect
    bar.empty()
    return effects


def summary(shown: Board, effects: dict[str, Effect], today: dt.date) -> None:
    working = [c for c in shown.cards if c.open]
    late = [c for c in working if c.overdue_days(today)]
    verdicts = pd.Series([e.verdict for e in effects.values()], dtype=object).value_counts()
    told = [
        ("在治理（类）", len(working)),
        ("已超期（类）", len(late)),
        ("明显见效（类）", int(verdicts.get(WORKED, 0))),
        ("可能见效（类）", int(verdicts.get(MAYBE, 0))),
        ("尚看不出（类）", int(verdicts.get(UNTOLD, 0))),
        ("适得其反（类）", int(verdicts.get(HARMED, 0))),
    ]
    with st.container(horizontal=True, gap="large"):
        for name, value in told:
            big_number(name, f"{value:,}", width="content")


def kanban(view: View, found: Findings, shown: Board) -> None:
    today = as_of_day(view.ledger)
    effects = measured(view, found, shown)
    summary(shown, effects, today)
    if view.slice.where:
        st.caption("台账列出全部立项的一类问题，不随筛选变化；成效按每项措施自己的适用范围测算。")
    with st.container(key="board"):
        places = st.columns(len(COLUMNS), gap="small")
    for place, (name, stages) in zip(places, COLUMNS.items(), strict=True):
        mine = by_urgency([c for c in shown.cards if c.stage in stages], today)
        with place:
            st.markdown(f"**{name}** {len(mine)}")
            for card in mine[:MOST_CLOSED] if name == "销号" else mine:
                on_board(card, shown, effects.get(card.id), today)
    dropped = [c for c in shown.cards if c.stage == "dropped"]
    if dropped or len([c for c in shown.cards if c.stage == "closed"]) > MOST_CLOSED:
        with st.expander("全部销号与不立项的"):
            for card in [c for c in shown.cards if c.stage in ("closed", "dropped")]:
                carding.card_link(card, f"{card.id} {shown.names[card.id]}（{STAGES[card.stage]}）")
    offer_workbook(
        "导出台账",
        "一类问题治理台账.xlsx",
        lambda: {"治理台账": telling.table(by_urgency(list(shown.cards), today), shown.names, effects, today)},
        [*notes_of(view.ledger, view.slice), "成效口径：受理量与“若无措施应有”之比，见手册「一类问题治理」"],
    )
    carding.take_up(view, found, shown)


def on_board(card: Card, shown: Board, effect: Effect | None, today: dt.date) -> None:
    with st.container(border=True, gap="small"):
        carding.card_link(card, shown.names[card.id])
        late, due = card.overdue_days(today), card.day("due")
        with st.container(horizontal=True, gap="small"):
            if late:
                st.badge(f"超期 {late} 个工作日", color="red", icon=":material/alarm:")
            if card.stage == "ineffective":
                st.badge("未见效", color="orange")
            if effect:
                st.badge(effect.verdict, color=COLOURS[effect.verdict])
        facts = [card.text("owner") or "牵头部门未定"]
        facts += [f"{due:%Y-%m-%d} 前"] if due and card.open and not late else []
        facts += [f"{effect.step.ratio:.2f} 倍（{effect.step.low:.2f}–{effect.step.high:.2f}）"] if effect and effect.step else []  # fmt: skip
        st.caption(escaped(" · ".join(facts)))


def opened(view: View, found: Findings, shown: Board, card: Card) -> None:
    today = as_of_day(view.ledger)
    links.to(links.BOARD, "回到看板", icon=links.BACK)
    st.subheader(escaped(shown.names[card.id]), anchor=False)
    type_id = shown.types[card.id]
    facts = [f"{card.id} · {STAGES[card.stage]}", card.text("owner") or "牵头部门未定"]
    facts += [f"责任人 {card.text('people')}"] if card.text("people") else []
    facts += [f"期限 {card.text('due')}"] if card.text("due") else []
    st.caption(escaped("　".join(facts)))
    if late := card.overdue_days(today):
        st.badge(f"超期 {late} 个工作日", color="red", icon=":material/alarm:")
    _identity(card, found, type_id)
    carding.changed_since(card)
    with st.container(horizontal=True):
        if type_id:
            links.to(links.ISSUES, "看这一类问题", icon=":material/hub:", type=type_id)
            to_cases("看统计期内的这些工单", issue_type=type_id)
    with st.spinner("正在测算成效……"):
        effect = remedied.ask_card(view.ledger, found, shown, card)
    with st.container(border=True):
        st.subheader("下一步", anchor=False)
        if card.text("measures"):
            st.text(f"整改措施：{mask_text(card.text('measures'))}")
        carding.move(view, card, effect)
    if card.in_force:
        worked(view, shown, card, effect)
    with st.expander("填写与修改", icon=":material/edit:", expanded=card.stage in ("identified", "consulting")):
        if acting.may(GOVERN):
            carding.edit(view, card)
    if type_id:
        rooting.spread(view, found, type_id)
        rooting.roots(view, type_id, saving.known_year(view.ledger, view.slice.where))
    with st.expander(f"经过（{len(card.steps)} 步）", icon=":material/history:", expanded=False):
        carding.history(card)


def _identity(card: Card, found: Findings, type_id: str | None) -> None:
    """Say where the type of a card is called otherwise now."""
    if type_id is None:
        st.warning(
            f"立项时的类型「{escaped(card.name)}」（{card.type_id}）的工单现在不在任何类型里，成效暂时测算不了；卡片和经过都在。",
            icon=":material/link_off:",
        )
    elif type_id != card.type_id:
        st.info(
            f"立项时叫「{escaped(card.name)}」（{card.type_id}），重新归类后对应 {type_id}。",
            icon=":material/sync_alt:",
        )


def worked(view: View, shown: Board, card: Card, effect: Effect | None) -> None:
    """Show what the remedy did: verdict, figure, checks, and quality beside demand."""
    with section("整改见效了吗", view, help="由系统按台账测算，不能手填。"):
        remedy = shown.remedy(card)
        if remedy is None or effect is None:
            st.caption(f"措施 {card.text('effective_on')} 生效，满四周后开始测算。")
            return
        st.badge(effect.verdict, color=COLOURS[effect.verdict])
        st.markdown(escaped(telling.reason(effect)) + "。")
        if wait := telling.waiting(effect):
            st.caption(wait + "。")
        if effect.step is None:
            return
        rows = remedied.ask_weekly(view.ledger, remedy, shown.treated)
        chart(
            figures.before_after(rows),
            "before_after",
            lambda p: {"issue_type": remedy.type_id, **seven_days(str(p["x"])), **only(remedy.where)},
            alt=f"{shown.names[card.id]}：{telling.reason(effect)}",
        )
        st.caption(
            f"每七天受理量（件，重复提出的照计），从生效日 {remedy.day:%Y-%m-%d} 往前往后数；橙线与带：若无措施应有量及其 95% 区间。"
            f"方法：{telling.design(effect)}；范围：{escaped(telling.scope(remedy.where))}；其他整改中的类型不作对照。"
        )
        _checks(effect)
        with st.spinner("正在比较办理时长、按期与满意……"):
            rows = remedied.ask_quality(view.ledger, remedy)
        _quality(rows)


def seven_days(first: str) -> dict[str, str]:
    """Return the query of the seven days from one."""
    day = dt.date.fromisoformat(first[:10])
    return {"period": "own", "from": day.isoformat(), "to": (day + dt.timedelta(days=6)).isoformat()}


def only(where: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, str]:
    """Return the query of a remedy's scope."""
    return {name: "|".join(values) for name, values in where}


def _checks(effect: Effect) -> None:
    st.markdown("**会不会是别的缘故**")
    table = pd.DataFrame(
        {
            "查什么": [c.name for c in effect.checks],
            "结果": [c.outcome for c in effect.checks],
            "看到的": [escaped(c.told) for c in effect.checks],
        }
    )
    st.table(table.set_index("查什么").style.map(lambda v: DOUBTED if v == FAILED else ""))
    st.caption("有一项存疑，判断降一级；两项以上存疑，一律“尚看不出”。")


def _quality(rows: pd.DataFrame) -> None:
    if rows.empty:
        return
    st.markdown("**办得更快、更好了吗**")
    told = []
    for row in rows.itertuples():
        metric = CATALOGUE[row.metric]
        told.append(
            {
                "指标": metric.name,
                "生效前": f"{SMALL if row.small else number(row.before, metric.unit)}（{row.n_before:,.0f} 件）",
                "生效后": f"{SMALL if row.small else number(row.after, metric.unit)}（{row.n_after:,.0f} 件）",
                "变化": _change(row, metric.is_rate),
                "同期其他诉求": change(row.others, 0.0, "%") or "已除去",
            }
        )
    st.table(pd.DataFrame(told).set_index("指标"))
    st.caption(
        "生效日前后同样长的时间（至多半年）。办理时长的变化：办结速度之比（Cox 回归，未办结的按删失计，已除去同期其他诉求的变化），大于 1 为更快；"
        "比率之差附 95% 区间（Newcombe）。样本不足的不比较。"
    )


def _change(row: object, is_rate: bool) -> str:
    if row.small:
        return SMALL
    if pd.isna(row.change) or pd.isna(row.low):
        return EMPTY
    if is_rate:
        return f"{row.change * 100:+.1f} 个百分点（{row.low * 100:+.1f} 到 {row.high * 100:+.1f}）"
    return f"办结速度为 {row.change:.2f} 倍（{row.low:.2f}–{row.high:.2f}）"


# -- what to solve next -----------------------------------------------------------------------


def next_to_solve(view: View, found: Findings, shown: Board) -> None:
    """Rank types by what solving them would save, and name the fewest things to mend."""
    left, middle, right = st.columns(3)
    with left:
        share = inputs.amount("假定一项措施能减少（%）", "share", 10, 90, 40, 5) / 100
    with middle:
        hours = inputs.amount("假定一件花专员（小时）", "hours", 0.5, 8.0, 1.5, 0.5)
    with right:
        order = inputs.choose("按什么排", "order", list(saving.ORDERS), words=saving.ORDERS.get)
    given = saving.Assumptions(share, hours)
    with section("先解决哪几类", view):
        with st.spinner("正在数过去一年的诉求……"):
            behind = remedied.ask_behind(view.ledger, found.token, view.slice.where)
            grounds = remedied.ask_common(view.ledger, found.token, view.slice.where).groupby("id")
        table = saving.ranked(behind, given, order, shown.taken)
        if table.empty:
            st.info("过去一年、这些筛选下没有还未列入台账的类型。", icon=":material/inbox:")
            return
        words = {str(i): "；".join(_ground(r) for r in rows.head(3).itertuples()) for i, rows in grounds}
        told = pd.DataFrame(
            {
                "一类问题": [found.name_of(i) for i in table.index],
                "过去一年（件）": table["demand"],
                **{saving.ORDERS[c]: table[c].round(0) for c in saving.ORDERS},
                "共同之处": [words.get(str(i), "没有超过三成的共同点") for i in table.index],
            }
        )
        id = choices.row(
            told, "next", table.index, placeholder="—", height=420, column_config={"共同之处": st.column_config.TextColumn(width="large")}
        )  # fmt: skip
        if id is not None:
            links.to(links.BOARD, f"把「{found.name_of(id)}」列入台账", icon=":material/add_task:", take=id)
        span = saving.last_year(view.ledger)
        st.caption(
            f"过去一年 {span.start:%Y-%m-%d} 至 {span.end:%Y-%m-%d} 的数乘以 {share:.0%}；工时 = 件数 × {hours:g} 小时。"
            f"这是假定，不是预测；已列入台账的 {len(shown.taken)} 类不在此列。共同之处：占这一类 {COMMON:.0%} 以上的事项、部门衔接、政策、材料或系统。"
        )
        offer_workbook("导出 Excel", "先解决哪几类.xlsx", lambda: {"先解决哪几类": told}, notes_of(view.ledger, span))
    smallest(view, found, shown)


def _ground(row: object) -> str:
    return f"{row.share:.0%} 是{KINDS[row.kind]}「{row.name}」"


def smallest(view: View, found: Findings, shown: Board) -> None:
    with section(
        "最少动几处", view, help="把事项、部门衔接、政策文件、材料、系统看作可以改的“一处”，用整数规划找最少的几处。"
    ):
        goal = inputs.amount("覆盖过去一年这些诉求的（%）", "goal", 5, 60, 20, 5) / 100
        with st.spinner("正在找最少的几处……"):
            chosen = remedied.ask_fewest(view.ledger, found.token, view.slice.where, goal, tuple(sorted(shown.taken)))
        if chosen.empty:
            st.caption("没有哪一处占得到某一类的三成以上。")
            return
        reached = float(chosen["reached"].iloc[-1])
        st.markdown(f"**改 {len(chosen)} 处，背后是 {reached:.1%} 的诉求**" + ("" if reached >= goal - 1e-9 else f"，达不到 {goal:.0%}"))  # fmt: skip
        told = pd.DataFrame(
            {
                "改哪里": [KINDS[k] for k in chosen["kind"]],
                "名称": chosen["name"],
                "背后的诉求（件）": chosen["cases"],
                "其中前面未覆盖（件）": chosen["added"],
                "累计覆盖": chosen["reached"],
                "是几类的共同点": chosen["types"],
            }
        )
        st.dataframe(
            told, hide_index=True, height=min(420, 36 * (len(told) + 1) + 3),
            column_config={"累计覆盖": st.column_config.NumberColumn(format="percent")},
        )  # fmt: skip
        st.caption("分母：过去一年已归类、还未列入台账的诉求。覆盖不等于都能减少，能减少多少看上面的假定。")


def main(view: View) -> None:
    try:
        found = asking.findings(view.ledger)
    except StoreError as error:
        st.error(escaped(str(error)), icon=":material/broken_image:")
        return
    if found is None:
        st.info("还没有归过类。请先在「一类问题」页归类，再把要治理的类型列入台账。", icon=":material/hub:")
        return
    shown = remedied.ask_board(view.ledger, found)
    asked = parameters.value("card")
    card = next((c for c in shown.cards if c.id == asked), None)
    if card:
        opened(view, found, shown, card)
        return
    if asked:
        st.warning("没有这张卡片，可能在另一份数据里。", icon=":material/search_off:")
    look = inputs.choose(
        "看法", "board_look", list(LOOKS), words=LOOKS.get, draw=st.segmented_control, label_visibility="collapsed"
    )
    {"next": next_to_solve}.get(look, kanban)(view, found, shown)


main(st.session_state["view"])
