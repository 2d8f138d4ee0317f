"""全市汇总: a district hands on its figures, a city adds up what districts sent; no case leaves its district."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st

from analytics import figures, model
from analytics.exporting import city_notes, city_table, exchange_for, exchange_name
from analytics.federation import City, Exchange, Shelf, combine
from analytics.federation.city import CITY
from analytics.federation.shelf import Damaged
from analytics.metrics import CATALOGUE, Slice, period
from analytics.store import StoreError
from analytics.viewer import EXPORT, IMPORT
from analytics.wording import EMPTY, SMALL, days, minute, number, short
from pages.address import drafts, inputs
from pages.common import acting, asking
from pages.common.drawing import big_number, chart, empty, offer_workbook
from pages.common.foreign import escaped
from pages.common.opening import FIVE

SPANS = {"last_month": "上月", "this_month": "本月", "this_quarter": "本季", "this_year": "本年", "own": "自选"}


def shelf() -> Shelf:
    return Shelf(asking.store(), asking.viewer())


@asking.cached_few
def contents(mark: str) -> tuple[list[Exchange], list[Damaged]]:
    """Return what lies on the shelf; asked anew when a file came or went."""
    return shelf().contents()


@asking.cached_few
def added_up(mark: str, start: dt.date, end: dt.date) -> City:
    """Add up the files of a period."""
    return combine([e for e in contents(mark)[0] if (e.start, e.end) == (start, end)])


def handing_on() -> None:
    """Offer this district's figures of a period as a file."""
    with st.container(border=True):
        st.subheader("本区县：导出交换文件", anchor=False)
        st.caption("只含件数、比例的分子分母和时长的分箱计数，没有任何一件工单；小的计数已隐去。可直接交给市里。")
        if not acting.only_for(EXPORT):
            return
        ledger = asking.ledger()
        name, span, days_ = st.columns([2, 1, 2])
        with name:
            district = drafts.write(st.text_input, "区县名称", "district", max_chars=20, placeholder="如：雁塔区")
        with span:
            chosen = inputs.choose("统计期", "span", list(SPANS), words=SPANS.get)
        start, end = period("last_month" if chosen == "own" else chosen, ledger.as_of)
        if chosen == "own":
            own = days_.date_input("起止日", (start, end), key="city_days", format="YYYY-MM-DD")
            if not isinstance(own, tuple) or len(own) != 2:
                st.info("请选起日和止日。", icon=":material/date_range:")
                return
            start, end = own
        slice = Slice(start, end)
        st.caption(f"统计期：{days(start, end)}；统计时刻 {minute(ledger.as_of)}；数据快照 {ledger.snapshot.id}。")
        if not district.strip():
            st.info("填好区县名称后可以导出。", icon=":material/edit:")
            return
        here, file = asking.viewer(), exchange_name(district, slice)
        st.download_button(
            "导出交换文件",
            lambda: exchange_for(here, ledger, district, slice),
            file,
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
        st.caption(escaped(f"文件名：{file}"))


def receiving() -> None:
    """Take in districts' files, and list what lies there."""
    with st.container(border=True):
        st.subheader("全市：收到的交换文件", anchor=False)
        if acting.only_for(IMPORT):
            taken = st.file_uploader(
                "把各区县的交换文件拖到这里",
                ["json"],
                accept_multiple_files=True,
                key=f"exchanges{st.session_state.get('city_round', 0)}",
            )
            if taken:
                _take(taken)
        for name, fault in st.session_state.pop("city_faults", []):
            st.error(escaped(f"{name} 没有收下：{fault}"), icon=":material/block:")
        kept, damaged = contents(shelf().mark)
        for one in damaged:
            st.error(escaped(f"{one.file} 读不了：{one.fault}"), icon=":material/broken_image:")
            if asking.viewer().may(IMPORT):
                st.button("移除这个文件", key=f"remove {one.file}", on_click=shelf().remove_file, args=(one.file,))
        listed(kept)


def _take(files: list) -> None:
    """Keep each file that is one; the others are told after the page has run again."""
    faults = []
    for file in files:
        try:
            shelf().put(file.name, file.getvalue())
        except StoreError as error:
            faults.append((file.name, str(error).removeprefix(f"{file.name}：")))
    st.session_state["city_faults"] = faults
    st.session_state["city_round"] = st.session_state.get("city_round", 0) + 1
    st.rerun()


def listed(kept: list[Exchange]) -> None:
    """Show what lies there; who may import can take one away."""
    if not kept:
        st.info("还没有收到交换文件。各区县在本页或用 exchange 命令导出。", icon=":material/inbox:")
        return
    table = pd.DataFrame(
        {
            "区县": [e.district for e in kept],
            "统计期": [days(e.start, e.end, (e.as_of - dt.timedelta(microseconds=1)).date()) for e in kept],
            "统计时刻": [minute(e.as_of) for e in kept],
            "数据快照": [e.snapshot for e in kept],
            "数据": ["演示数据" if e.synthetic else "真实台账" for e in kept],
        }
    )
    st.dataframe(table, hide_index=True)
    if not acting.may(IMPORT):
        return
    with st.popover("移除一份", icon=":material/delete:"):
        number_ = st.selectbox(
            "哪一份",
            range(len(kept)),
            format_func=lambda i: f"{kept[i].district} {days(kept[i].start, kept[i].end)}",
            key="city_gone",
        )
        if acting.pressed(st.button, "移除", "city_remove"):
            shelf().remove(kept[number_])
            st.rerun()


def told(row: pd.Series, code: str) -> str:
    """Write a number with what it is out of, 样本不足 for a small one."""
    metric = CATALOGUE[code]
    if row["small"]:
        return f"样本不足（{row['n']:,.0f}）"
    share = f"（{row['numerator']:,.0f}/{row['denominator']:,.0f}）" if metric.is_rate and row["denominator"] else ""
    return number(row["value"], metric.unit) + share


def numbers(city: City) -> None:
    """Show the five numbers of the city and of every district."""
    rows = city.rows[(city.rows["module"] == "") & (city.rows["period"] == "")].set_index(["district", "metric"])
    for box, code in zip(st.columns(len(FIVE)), FIVE, strict=True):
        metric, row = CATALOGUE[code], rows.loc[(CITY, code)] if (CITY, code) in rows.index else None
        unit = "" if metric.is_rate else f"，{metric.unit}"
        shown = EMPTY if row is None else SMALL if row["small"] else short(row["value"], metric.unit)
        with box:
            big_number(f"{metric.name}（{CITY}{unit}）", shown)
        if row is not None and row["without"]:
            box.caption(f"未计入：{row['without']}")
    names = [*(d.district for d in city.districts), CITY]
    table = {"区县": names}
    for code in FIVE:
        table[f"{CATALOGUE[code].name}"] = [
            told(rows.loc[(n, code)], code) if (n, code) in rows.index else "—" for n in names
        ]
    st.dataframe(pd.DataFrame(table), hide_index=True)
    st.caption("比例后面是分子/分母；区县按名称排列，不排名次。“—”：没有这个数，或小的计数已隐去。")


def cuts(city: City) -> None:
    """Show one metric by module and by month, district by district."""
    known = [c for c in CATALOGUE if c in set(city.rows["metric"])]
    if not known:
        return
    code = inputs.choose("指标", "metric", known, words=lambda c: CATALOGUE[c].name)
    metric = CATALOGUE[code]
    rows = city.rows[city.rows["metric"] == code]
    if metric.unit == "件":  # beside their sum the districts would all be pale
        rows = rows[rows["district"] != CITY]
    rows = rows.assign(value=rows["value"] * (100 if metric.is_rate else 1))
    by_module = rows[(rows["module"] != "") & (rows["period"] == "")]
    by_month = rows[(rows["module"] == "") & (rows["period"] != "")]
    left, right = st.columns(2)
    with left:
        st.markdown("**服务模块 × 区县**")
        order = {m: i for i, m in enumerate(model.MODULES)}
        ordered = by_module.sort_values("module", key=lambda c: c.map(order))
        if not empty(ordered, "没有按服务模块拆分的数。"):
            chart(figures.heat(ordered, "module", "district", metric.unit), "city_modules")
    with right:
        st.markdown("**区县 × 月份**")
        if not empty(by_month, "没有按月拆分的数（存量指标只有期末的数）。"):
            months = by_month.assign(period=by_month["period"].str[:7])
            chart(figures.heat(months, "district", "period", metric.unit), "city_months")
    st.caption(
        f"{metric.name}（{metric.unit}）：{metric.formula if metric.numerator == '—' else metric.numerator}"
        f"{'，分母：' + metric.denominator if metric.denominator != '—' else ''}；已隐去的格空着。"
    )


def combined() -> None:
    """Show the figures of a period that districts sent."""
    mark = shelf().mark
    spans = {f"{e.start}~{e.end}": (e.start, e.end) for e in contents(mark)[0]}
    if not spans:
        return
    with st.container(border=True):
        st.subheader("全市的数", anchor=False)
        chosen = spans[inputs.choose("统计期", "days", tuple(spans), words=lambda s: days(*spans[s]))]
        try:
            with st.spinner("正在合并……"):
                city = added_up(mark, *chosen)
        except StoreError as error:
            st.error(escaped(str(error)), icon=":material/block:")
            return
        here = asking.store().current()
        if city.synthetic and not (here and here.synthetic):  # else the page says so already
            st.warning("**演示数据**：有区县的文件由合成数据生成。", icon=":material/science:")
        numbers(city)
        cuts(city)
        for note in city_notes(city):
            st.caption(note)
        offer_workbook("导出 Excel", "全市汇总.xlsx", lambda: {"全市汇总": city_table(city)}, city_notes(city))


combined()
receiving()
if asking.store().current():
    handing_on()
else:
    st.info("还没有台账，导入后可以导出本区县的交换文件。", icon=":material/inbox:")
