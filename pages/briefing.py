"""简报: choose a period and parts, read it, mend a sentence, download it; and every briefing made before."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from analytics.briefing import words
from analytics.briefing.compose import PARTS, SUBJECTS, Request
from analytics.briefing.drawing import png
from analytics.briefing.facts import Briefing, Sentence, Table
from analytics.briefing.office import FORMATS, Delivery, Office, unknown_numbers
from analytics.briefing.period import NAMES, Period, containing, last_whole
from analytics.store import StoreError
from analytics.wording import minute
from pages.address import drafts, inputs, parameters
from pages.common import acting, asking
from pages.common.foreign import escaped
from pages.common.listing import EARLIEST, LATEST
from pages.common.remembered import ask_briefing

FORMAT_NAMES = {"docx": "Word", "pdf": "PDF", "xlsx": "Excel", "html": "网页"}
MIME = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
    "json": "application/json",
}
SHOWN = 20
SCREEN_DPI = 130


def choose_period() -> Period:
    newest = asking.ledger().as_of
    grain = inputs.choose("种类", "grain", tuple(NAMES), words=lambda g: NAMES[g][0], closes=("day",), width=110)
    if grain == "own":
        today = (newest - dt.timedelta(microseconds=1)).date()
        start = inputs.day("从", "from", default=today.replace(day=1), least=EARLIEST, most=LATEST, width=140)
        end = inputs.day("到", "to", default=today, least=EARLIEST, most=LATEST, width=140)
        return Period("own", min(start, end), max(start, end))
    last = last_whole(grain, newest)
    day = inputs.day(
        "其中任一天", "day", default=last.start, least=EARLIEST, most=LATEST, width=150,
        help=f"默认最近一个完整的{NAMES[grain][0].removesuffix('报')}",
    )  # fmt: skip
    return containing(day, grain)


def choose(office: Office) -> Request:
    """Draw the choices and return the request they make."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        request = Request(choose_period())
        subjects = {"": "全部工作", **SUBJECTS}
        about = inputs.choose(
            "写什么", "about", tuple(subjects), words=subjects.get, closes=("subject",), width=160,
            help="选部门或一类问题，出一页专报",
        )  # fmt: skip
        request = _about(request, about)
        profiles = office.profiles()
        if profiles and not request.subject:
            chosen = inputs.choose("方案", "profile", ("", *profiles), words=lambda p: p or "（不用方案）", width=180)
            request = office.with_profile(request, chosen) if chosen else request
    with st.expander("部分与版头", icon=":material/tune:"):
        if not request.subject:
            parts = drafts.write(
                st.pills, "包含的部分", f"parts {','.join(request.parts)}", list(request.parts), options=tuple(PARTS),
                selection_mode="multi", format_func=lambda k: PARTS[k][0],
            )  # fmt: skip
            request = replace(request, parts=tuple(k for k in PARTS if k in (parts or ())))
            request = replace(
                request,
                with_appendix=drafts.write(st.checkbox, "附表与口径", "with_appendix", request.with_appendix),
            )
        fields = {}
        columns = st.columns(3)
        for place, (field, label) in enumerate(
            (("title", "标题（空则自动）"), ("recipient", "报送"), ("issuer", "落款单位"), ("secrecy", "密级"), ("number", "编号"), ("signer", "签发人"))
        ):  # fmt: skip
            with columns[place % 3]:
                key = f"head {field} {parameters.value('profile')}"
                fields[field] = drafts.write(st.text_input, label, key, getattr(request, field), max_chars=60)
        request = replace(request, **fields)
        _keep_profile(office, request)
    return request


def _about(request: Request, about: str) -> Request:
    ledger = asking.ledger()
    if about == "department":
        departments = asking.values_of(ledger, "department")
        if not departments:
            st.info("台账里没有「承办部门」列，出不了部门专报。", icon=":material/add_notes:")
            return request
        return replace(request, subject=(("department", inputs.choose("部门", "subject", departments, width=220)),))
    if about == "issue_type":
        found = asking.findings(ledger)
        if found is None:
            st.info("还没有归类过，先在「一类问题」页归类。", icon=":material/hub:")
            return request
        names = {i: found.name_of(str(i)) for i in found.types.index}
        return replace(
            request,
            subject=(("issue_type", inputs.choose("哪一类", "subject", tuple(names), words=names.get, width=320)),),
        )
    return request


def _keep_profile(office: Office, request: Request) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = drafts.write(
            st.text_input, "存为方案", "profile_name", max_chars=30, placeholder="如：每周报区政府办", width=240
        )
        if st.button("保存方案", disabled=not name.strip()):
            office.keep_profile(name, request, asking.ledger().viewer.name)
            drafts.drop("profile_name")
            st.toast(f"已保存方案「{escaped(name)}」", icon=":material/check:")
            st.rerun()


def preview(office: Office, request: Request, briefing: Briefing) -> None:
    """Show the text as it will be written, with its tables, and a way to mend each sentence."""
    head = briefing.head
    with st.container(border=True):
        st.subheader(escaped(head.title), anchor=False)
        st.caption(head.subtitle)
        for notice in briefing.notices:
            st.info(escaped(notice), icon=":material/info:")
        for place, section in enumerate(briefing.sections):
            st.markdown(f"**{words.heading(place, section.title)}**")
            for line in words.lines(section):
                st.markdown(escaped(line))
            for figure in section.figures:
                st.image(png(figure, dpi=SCREEN_DPI), caption=escaped(figure.title))
            for table in section.tables:
                show_table(table)
        st.caption(escaped(f"{head.issuer}　{head.date}"))
        st.caption(briefing.footer)
    stale = office.stale(briefing, request)
    if stale:
        st.warning(
            f"有 {len(stale)} 处改动对应的原句已经变了，没有采用："
            + "；".join(escaped(str(d.detail["text"])) for d in stale),
            icon=":material/history:",
        )
    mend(office, request, briefing)


def show_table(table: Table) -> None:
    told = words.mixed(table)
    rows = [[words.shown(c, col) for c, col in zip(r, told.columns, strict=True)] for r in told.rows]
    st.caption(escaped(table.title))
    st.dataframe(pd.DataFrame(rows, columns=[words.head(c) for c in told.columns]), hide_index=True)
    if table.note:
        st.caption(escaped(f"注：{table.note}"))


def mend(office: Office, request: Request, briefing: Briefing) -> None:
    """Let a sentence be changed before export; the original and who changed it are kept."""
    with st.expander("改一句话", icon=":material/edit:", expanded=bool(parameters.value("sentence"))):
        sentences = {s.id: s for section in briefing.sections for s in section.sentences}
        id = inputs.choose("哪一句", "sentence", tuple(sentences), words=lambda i: _short(sentences[i]))
        sentence = sentences[id]
        if sentence.edited_by:
            st.caption(escaped(f"已由{sentence.edited_by}改过；原句：{sentence.original}"))
        mark = f"sentence {id} {sentence.text}"
        text = drafts.write(st.text_area, "改成（留空则删去这句）", mark, sentence.text, height=120)
        who = acting.name("修改人", "editor")
        new = unknown_numbers(text, briefing)
        if new:
            st.warning(f"数字 {escaped('、'.join(new))} 不在本期的事实里，请核对。", icon=":material/rule:")
        if st.button("保存这句", type="primary", disabled=text == sentence.text):
            try:
                office.edit(request, sentence, text, who)
            except StoreError as error:
                st.error(escaped(str(error)))
            else:
                drafts.drop(mark)
                st.rerun()


def _short(sentence: Sentence) -> str:
    return sentence.text[:40] + ("…" if len(sentence.text) > 40 else "") or "（已删去）"


def make(office: Office, request: Request) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        formats = st.pills(
            "格式", FORMATS, selection_mode="multi", default=list(FORMATS), format_func=FORMAT_NAMES.get, key="formats"
        )
        template = st.file_uploader("本单位 Word 模板（可不选）", type=["docx"], key="template", max_upload_size=20)
        if st.button("生成", type="primary", disabled=not formats, icon=":material/description:"):
            try:
                with st.spinner("正在生成……"):
                    made = office.deliver(
                        request,
                        formats,
                        asking.ledger().viewer.name,
                        template=template.getvalue() if template else None,
                    )
            except StoreError as error:
                st.error(escaped(str(error)))
            else:
                st.session_state["made"] = str(made.folder)
                st.toast("已生成", icon=":material/check:")
    latest = next((d for d in office.deliveries() if str(d.folder) == st.session_state.get("made")), None)
    if latest:
        st.success(f"已生成：{escaped(latest.title)}", icon=":material/check_circle:")
        downloads(office, latest, "latest")


def downloads(office: Office, delivery: Delivery, key: str) -> None:
    with st.container(horizontal=True):
        for name in delivery.files:
            kind = name.rsplit(".", 1)[1]
            st.download_button(
                "事实" if name == "facts.json" else FORMAT_NAMES[kind],
                partial(office.content, delivery, name),
                name,
                mime=MIME[kind],
                icon=":material/download:",
                on_click="ignore",
                key=f"{key}_{delivery.folder.name}_{name}",
            )


def history(office: Office) -> None:
    made = office.deliveries()
    with st.container(border=True):
        st.subheader("做过的简报", anchor=False)
        if not made:
            st.caption("还没有做过。做过的每一份都留在这里，可再次下载。")
        for delivery in made[:SHOWN]:
            st.markdown(f"**{escaped(delivery.name)}** {escaped(delivery.title)}")
            st.caption(f"{minute(delivery.at)} {escaped(delivery.who)}；数据快照 {delivery.snapshot}")
            downloads(office, delivery, "past")


def page() -> None:
    ledger = asking.ledger()
    office = Office(asking.store(), viewer=asking.viewer())
    try:
        request = choose(office)
        with st.spinner("正在汇总……"):
            found = asking.findings(ledger)
            briefing = ask_briefing(ledger, request, found.token if found else "")
    except StoreError as error:
        st.info(escaped(str(error)), icon=":material/inbox:")
        history(office)
        return
    make(office, request)
    preview(office, request, briefing)
    history(office)


if asking.store().current() is None:
    st.info("还没有台账，导入后可生成简报。", icon=":material/inbox:")
else:
    page()
