"""总览: five numbers, three things to decide, nine modules. One minute, three metres."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analytics import figures, model
from analytics.attention import unchecked
from analytics.metrics import CATALOGUE, Metric
from analytics.metrics.comparison import is_flow
from analytics.wording import SAME, SMALL, clock, number, short
from pages.address import choices, links
from pages.common import asking, discovered, lacking, opening, remedied
from pages.common.asking import ask, ask_findings, findings, settings
from pages.common.drawing import big_number, picture, section, to_cases
from pages.common.filters import View
from pages.common.foreign import escaped
from pages.common.opening import FIVE, SPARK_WEEKS
from pages.common.periods import own, whole_weeks_back

MOST_WAITING = 3
MOST_TYPES = 8


def five_numbers(view: View) -> None:
    """Draw the numbers, and when all stand the lines under them: they are asked after the numbers."""
    frame = opening.five_numbers(view).set_index("metric")
    known = [code for code in FIVE if not lacking.noted(view.ledger, CATALOGUE[code].name, code)]
    places: dict[str, DeltaGenerator] = {}
    for column, code in zip(st.columns(len(known), gap="small"), known, strict=True):
        with column, st.container(border=True, height="stretch"):
            places[code] = one_number(view, frame.loc[code])
    if view.basis.reason:
        st.caption(f"{view.basis.reason}，不作比较。")
    weekly = opening.five_weekly(view)
    for code, place in places.items():
        if weeks := sparkline(weekly, code):
            told = f"近 {len(weeks)} 个完整周：{'、'.join(short(w, CATALOGUE[code].unit) for w in weeks)}"
            with place:  # a picture: with a chart the first number waits for a library of its own
                picture(figures.small_line(weeks), told, 56)


def one_number(view: View, row: pd.Series) -> DeltaGenerator:
    """Draw a number with what is said of it; return the place for its line."""
    metric = CATALOGUE[str(row.name)]
    moved, by_day = row["moved"], "每工作日，" if row["per_day"] else ""
    big_number(
        metric.name,
        SMALL if row["small"] else short(row["value"], metric.unit),
        delta=moved,
        delta_color={"up": "normal", "down": "inverse"}.get(metric.good, "off") if row["changed"] else "off",
        delta_arrow="off" if moved == SAME else "auto",
        delta_description=f"{by_day}比{view.before_name}" if moved else None,
        help=f"{metric.described(settings())}。折线为近 {SPARK_WEEKS} 个完整周；变化在随机波动范围内时不着色。",
    )
    place = st.container(key=f"line_{metric.code}")
    st.caption(footnote(view, metric, row))
    return place


def footnote(view: View, metric: Metric, row: pd.Series) -> str:
    """Say the unit, the denominator, the moment or the working days, the target and the value compared with."""
    basis, target = view.basis, settings().targets.get(metric.code)
    share = f"{row['numerator']:,.0f}/{row['denominator']:,.0f} 件" if metric.is_rate else metric.unit
    then = ""
    if is_flow(metric):
        share = f"件（{basis.days} 个工作日）"
        then = f"（{basis.days_before} 个）"
    if metric.is_stock:
        share = f"件，截至 {clock(basis.at)}"
        then = f"（{clock(basis.at_before, basis.at)}）" if basis.at_before else ""
    if row["n"] > 0 and not row["small"] and pd.isna(row["value"]):
        share = f"{row['n']:,.0f} 件中办结的不到一半，中位数还说不出"
    before = SMALL if row["before_small"] else short(row["before"], metric.unit)
    parts = [
        f"只有 {row['n']:.0f} 件" if row["small"] else share,
        f"目标 {number(target, metric.unit)}" if target is not None else "",
        f"前值 {before}{then}" if basis.flows else "",
    ]
    return " · ".join(p for p in parts if p)


def sparkline(frame: pd.DataFrame, code: str) -> list[float] | None:
    """Return a metric's values of the weeks that have one, small samples left out; None where no line can be drawn."""
    values = frame[(frame["metric"] == code) & ~frame["small"].astype(bool)]["value"].dropna()
    return values.round(4).tolist() if len(values) > 1 else None


def decisions(view: View) -> None:
    with section("今天需要拿主意的事", view, help="按统计时刻前四周的情况自动找出，最多三件；点开看背后的工单。"):
        found = ask_findings(view.ledger, view.slice)
        blind = [code for code in unchecked(view.ledger) if lacking.noted(view.ledger, CATALOGUE[code].name, code)]
        if not found:
            scope = "能检查的几条规则里，" if blind else ""
            st.success(f"{scope}没有发现需要立即决定的事项。", icon=":material/check_circle:")
        for number_, finding in enumerate(found, start=1):
            with st.container(horizontal=True, vertical_alignment="center"):
                told, why = escaped(finding.sentence), escaped(finding.evidence)
                st.markdown(f"**{number_}. {told}**  \n:gray[依据：{why}]", width="stretch")
                # A stock is one of the as-of, as is the running month's, whatever period the page shows.
                days = own(*finding.days) if finding.days else dict.fromkeys(("period", "from", "to"))
                if finding.card:
                    links.to(links.BOARD, "看卡片", card=finding.card)
                else:
                    asked = {"metric": finding.metric, "part": finding.part, "alarm": finding.alarm}
                    to_cases("看工单", **asked, **dict(finding.where), **days)


def remedies(view: View) -> None:
    """Say what waits on the board of remedies, where there is one; it is the whole district's."""
    found = findings(view.ledger)
    if not remedied.ask_board(view.ledger, found).cards:
        return
    with section("一类问题治理", view, help="治理台账上等着拿主意的：超期的、可以销号的、反而增多或回升的。"):
        with st.spinner("正在测算成效……"):
            shown, waiting = remedied.ask_waiting(view.ledger, found)
        cards = shown.cards
        working = sum(c.open for c in cards)
        st.markdown(f"在治理 **{working} 类**，已销号 **{sum(c.stage == 'closed' for c in cards)} 类**。")
        for one in waiting[:MOST_WAITING]:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(escaped(one.sentence) + f"  \n:gray[依据：{escaped(one.evidence)}]", width="stretch")
                links.to(links.BOARD, "看卡片", card=one.card.id)
        if len(waiting) > MOST_WAITING:
            st.caption(f"另有 {len(waiting) - MOST_WAITING} 类。")
        links.to(links.BOARD, "看治理台账", icon=":material/view_kanban:")


def modules(view: View) -> None:
    with section("九个模块", view, "module") as ready:
        if not ready:
            return
        codes = tuple(c for c in (*FIVE, "backlog") if not lacking.of(view.ledger, c))
        frame = ask(codes, view.ledger, view.slice, by=("module",))
        moved = asking.ask_compared(("demand",), view.ledger, view.basis, by=("module",))
        weeks = ask(("demand",), view.ledger, whole_weeks_back(view, SPARK_WEEKS), by=("module",), grain="week")
        table = module_table(frame, weeks, moved if view.basis.flows else moved[:0], view)
        listed = [model.UNKNOWN if pd.isna(m) else str(m) for m in frame[frame["metric"] == "demand"]["module"]]
        chosen = choices.row(
            table,
            "modules",
            listed,
            placeholder="—",
            height=35 * (len(table) + 1) + 3,
            column_config={
                "模块": st.column_config.TextColumn(pinned=True),
                "近12周受理": st.column_config.AreaChartColumn(y_min=0),
            },
        )
        st.caption(
            f"括号内为分子/分母；评价少于 {settings().minimum_rated} 件或到期少于 {settings().minimum_cases} 件的标“样本不足”，不参与比较。"
            f"超期未办与积压截至 {clock(view.basis.at)}。选中一行看该模块的工单。"
        )
        if chosen is not None:
            to_cases(f"看{model.label_of('module', chosen)}的工单", module=chosen)


def matters(view: View) -> None:
    """Where the ledger knows no modules: what its cases are about."""
    found = findings(view.ledger)
    if found is None or not view.ledger.lacks(("module",)):
        return
    with section("反映最多的一类问题", view):
        if not discovered.reached(view.ledger, view.slice):
            return
        table = discovered.ask_measured(view.ledger, view.basis, "issue_type")
        table = table[(table["demand"] > 0) & table.index.isin(found.types.index[~found.types["dismissed"]])]
        for id, row in table.sort_values("demand", ascending=False).head(MOST_TYPES).iterrows():
            then = "" if pd.isna(row["before"]) else f"，{view.before_name} {row['before']:,.0f} 件"
            links.to(links.ISSUES, f"{found.name_of(str(id))}：{row['demand']:,.0f} 件{then}", type=str(id))
        if table.empty:
            st.caption("这段时间、这些筛选下没有已归类的诉求。")


def module_table(frame: pd.DataFrame, weeks: pd.DataFrame, moved: pd.DataFrame, view: View) -> pd.DataFrame:
    """Return the table that is shown: one row a module, numbers in words."""
    steps = {row.module: row for row in moved.itertuples()}
    rows = []
    for code in frame[frame["metric"] == "demand"]["module"]:
        mine = frame[frame["module"].isna()] if code is None or code != code else frame[frame["module"] == code]
        mine, spark = mine.set_index("metric"), weeks[weeks["module"] == code]["value"]
        row = {"模块": model.label_of("module", code)}
        for metric in (CATALOGUE[c] for c in (*FIVE, "backlog") if not lacking.of(view.ledger, c)):
            cell = mine.loc[metric.code] if metric.code in mine.index else None
            row[f"{metric.name}（{metric.unit}）"] = worded(cell, metric.unit)
            if metric.code == "demand" and steps:
                row[f"受理比{view.before_name}" + ("（每工作日）" if view.basis.uneven else "")] = in_words(
                    steps.get(code)
                )
        rows.append(row | {"近12周受理": spark.tolist()})
    return pd.DataFrame(rows)


def in_words(row: object) -> str:
    """Say how a module's demand moved; what chance would give is no change."""
    if row is None or row.moved is None:
        return "—"
    return row.moved if row.changed else f"{row.moved}（正常波动）"


def worded(cell: pd.Series | None, unit: str) -> str:
    if cell is None:
        return "—" if unit == "%" else "0"
    if cell["small"]:
        return f"{SMALL}（{cell['n']:,.0f} 件）"
    text = short(cell["value"], unit)
    if unit == "%" and cell["denominator"] > 0:
        text += f"（{cell['numerator']:,.0f}/{cell['denominator']:,.0f}）"
    return text


view: View = st.session_state["view"]
five_numbers(view)
decisions(view)
modules(view)
matters(view)
remedies(view)
