"""数据管理: drop a ledger in, see what went in and what did not, mend it, or go back."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analytics import ingest, model
from analytics.ingest import RefusedFile, SheetPlan
from analytics.ingest.characters import named
from analytics.ingest.date_orders import ORDER_NAMES
from analytics.ingest.first_row import shown as heads_shown
from analytics.ingest.mapping import SEVERAL
from analytics.ledger import NEEDS
from analytics.store import StoreError
from analytics.viewer import IMPORT, ROLL_BACK
from analytics.wording import minute
from pages.common import acting, asking
from pages.common.foreign import escaped
from pages.common.import_report import kept_out, outcome, refused
from pages.common.sources_box import sources_box

NONE = "（不导入）"
#: A table of fewer columns stands without empty rows below it.
MOST_UNSCROLLED = 8


def importing() -> None:
    with st.container(border=True):
        st.subheader("导入台账", anchor=False)
        files = st.file_uploader(
            "把文件拖到这里，可一次放多个",
            accept_multiple_files=True,
            key=f"files{st.session_state.get('round', 0)}",
            help="CSV、XLSX、XLS、ODS、网页表格、JSON、Parquet，或装着它们的 ZIP。表头不在第一行、合并单元格、多个工作表都可以。",
        )
        if not files:
            if done := st.session_state.pop("imported", None):
                outcome(done)
            st.caption("只有诉求台账是必需的，其中只需工单编号、受理时间和一段文字；其余列有了就多看到一些图。")
            return
        with st.spinner("正在读取文件……"):
            plans = planned(files)
        for error in st.session_state["refused"]:
            refused(error)
        if not plans:
            return
        for number, plan in enumerate(plans):
            correct(plan, number)
        profile = st.text_input(
            "把这次的列对应存为",
            value=plans[0].profile or plans[0].sheet.file.rsplit(".", 1)[0],
            help="下次同样表头的文件会自动用上。",
        )
        act(plans, profile)


def planned(files: list) -> list[SheetPlan]:
    """Read the files once and keep their plans, and why some were refused, in the session until other files come."""
    mark = tuple(f.file_id for f in files)
    if st.session_state.get("plans_of") != mark:
        plans, errors = [], []
        for file in files:  # one that cannot be read leaves the others as they are
            try:
                plans += ingest.plan_files(
                    [(file.name, file.getvalue())], asking.settings(), ingest.kept_profiles(asking.store())
                )
            except RefusedFile as error:
                errors.append(error)
        st.session_state["plans"], st.session_state["refused"], st.session_state["plans_of"] = plans, errors, mark
        st.session_state["asked"], st.session_state["unsettled"] = {}, None
    return st.session_state["plans"]


def correct(plan: SheetPlan, number: int) -> None:
    """Show how a sheet was understood, and let its table and columns be corrected."""
    name = plan.sheet.file + (f"「{plan.sheet.sheet}」" if plan.sheet.sheet else "")
    used = f"，套用列对应“{plan.profile}”" if plan.profile else ""
    open_ = bool(
        plan.missing
        or plan.rests_on_one_head
        or st.session_state["asked"].get((number, plan.table))
        or st.session_state["unsettled"]
    )
    with st.expander(
        escaped(
            f"{name}：认作「{model.TABLES[plan.table].label}」，{len(plan.body):,} 行，对上 {len(plan.mapping)} 列{used}"
        ),
        expanded=open_,
        icon=":material/table:",
        key=f"plan{number}{open_}",  # what is asked opens it again
    ):
        on_its_side = ingest.remedy(plan.sheet) if plan.missing or plan.rests_on_one_head else ""
        if on_its_side:
            st.warning(escaped(f"{on_its_side}。"), icon=":material/rule:")
        tables = tuple(model.TABLES)
        table = st.selectbox(
            "这是哪张表",
            tables,
            index=tables.index(plan.table),
            format_func=lambda t: model.TABLES[t].label,
            key=f"table{number}",
        )
        if table != plan.table:
            plan.use_table(table)
        for told in plan.sheet.left_out:
            st.warning(escaped(f"没有读入：{told}"), icon=":material/rule:")
        for note in plan.notes:
            st.caption(escaped(f"提示：{note}"))
        heads = [f"{i + 1}. {named(h)}" for i, h in enumerate(plan.heads)]
        asked = ask_for_lacking(plan, number, heads)
        columns = [c for c in ingest.columns_of(model.TABLES[plan.table]) if c.name not in asked]
        current = {c.name: heads[plan.mapping[c.name]] if c.name in plan.mapping else NONE for c in columns}
        shown = pd.DataFrame(
            {
                "台账的列": [c.label + ("（必填）" if c.required else "") for c in columns],
                "文件里的列": [current[c.name] for c in columns],
                "前三行": [sample(plan, plan.mapping.get(c.name)) for c in columns],
            }
        )
        edited = st.data_editor(
            shown,
            hide_index=True,
            key=f"map{number}{plan.table}",
            disabled=["台账的列", "前三行"],
            column_config={"文件里的列": st.column_config.SelectboxColumn(options=[NONE, *heads], required=True)},
            height="content" if len(shown) < MOST_UNSCROLLED else 300,
        )
        chosen = {c.name: heads.index(h) for c, h in zip(columns, edited["文件里的列"], strict=True) if h != NONE}
        plan.mapping = asked_of(asked, heads) | chosen
        spelling(plan, number)
        if plan.missing and not on_its_side:
            st.warning(still_lacking(plan), icon=":material/rule:")
        if plan.rests_on_one_head:
            label = model.TABLES[plan.table].label
            if not on_its_side:
                st.warning(
                    f"{len(plan.heads)} 列里只对上一列，不一定是「{label}」。是别的表，请改「这是哪张表」。",
                    icon=":material/rule:",
                )
            plan.said = st.checkbox(f"确是「{label}」，照此导入", plan.said, key=f"said{number}{plan.table}")
        if plan.unused:
            st.caption(escaped(f"没有用到的列：{heads_shown(plan.unused)}"))


def ask_for_lacking(plan: SheetPlan, number: int, heads: list[str]) -> dict[str, str]:
    """Ask, column by column, for what the table requires and no head was known for; returns column → what was chosen.

    What was asked for stays asked for, also once it is answered.
    """
    kept = st.session_state.setdefault("asked", {})
    if (number, plan.table) not in kept:
        required = [c.name for c in model.TABLES[plan.table].columns if c.required and c.name not in plan.mapping]
        silent = plan.table == "cases" and not {"title", "content"} & set(plan.mapping)
        kept[number, plan.table] = required + ["content"] * silent
    wanted = kept[number, plan.table]
    if not wanted:
        return {}
    labels = {c.name: c.label for c in model.TABLES[plan.table].columns}
    samples = {h: sample(plan, i) for i, h in enumerate(heads)}
    st.markdown("**请指出这几列在文件里是哪一列**")
    with st.container(horizontal=True):
        return {
            name: st.selectbox(
                labels[name],
                [NONE, *heads],
                format_func=lambda h: f"{h}（{samples[h][:40]}）" if samples.get(h) else h,
                key=f"asked {number} {plan.table} {name}",
            )
            for name in wanted
        }


def asked_of(asked: dict[str, str], heads: list[str]) -> dict[str, int]:
    return {name: heads.index(head) for name, head in asked.items() if head != NONE}


def still_lacking(plan: SheetPlan) -> str:
    """Say what a sheet lacks, and where on this page to say it."""
    if told := ingest.remedy(plan.sheet):
        return escaped(told + "。")
    day = "没有受理时间的文件，可以选「整个文件的受理日期」。" if "受理时间" in plan.missing else ""
    return (
        f"最像「{model.TABLES[plan.table].label}」，还缺：{'、'.join(plan.missing)}。请在上面指出对应的列。{day}"
        "如果是别的表，先改「这是哪张表」。"
    )


def spelling(plan: SheetPlan, number: int) -> None:
    """Let a person say what a file may leave open: the order of dates, what several rows are, the day of acceptance."""
    with st.container(horizontal=True):
        orders = ("", *ORDER_NAMES)
        plan.order = st.selectbox(
            "日期写法", orders, orders.index(plan.order), lambda o: ORDER_NAMES.get(o, "自动判断"), key=f"order{number}"
        )
        if plan.table == "cases":
            several = tuple(SEVERAL)
            plan.several = st.selectbox(
                "一件工单有几行时", several, several.index(plan.several), SEVERAL.__getitem__, key=f"several{number}"
            )
            if "accepted_at" not in plan.mapping:
                plan.accepted_on = st.date_input("整个文件的受理日期", plan.accepted_on, key=f"day{number}")


def sample(plan: SheetPlan, position: int | None) -> str:
    if position is None:
        return ""
    rows = [plan.sheet.rows[i] for i in plan.body[:3]]
    return "；".join(
        ingest.plain(r[position])[:24] if position < len(r) and ingest.plain(r[position]) else "（空）" for r in rows
    )


def act(plans: list[SheetPlan], profile: str) -> None:
    with st.container(horizontal=True):
        check = st.button("先核对", icon=":material/fact_check:", key="check")
        publish = st.button("导入", type="primary", icon=":material/publish:", key="publish")
    if error := st.session_state["unsettled"]:
        refused(error)
        st.session_state["unsettled"] = None
    lacking = [plan for plan in plans if plan.missing]
    if (check or publish) and lacking:
        for plan in lacking:
            st.error(f"**{escaped(plan.sheet.place)} 没有导入**  \n{still_lacking(plan)}", icon=":material/block:")
    elif check or publish:
        bar = st.progress(0.0, "正在开始……")
        try:
            result = ingest.run_import(
                asking.store(),
                plans,
                asking.settings(),
                asking.now(),
                profile=profile,
                dry_run=not publish,
                progress=lambda share, text: bar.progress(min(share, 1.0), text),
                viewer=asking.viewer(),
            )
        except RefusedFile as error:  # said with the sheets open, where it can be settled
            st.session_state["unsettled"] = error
            st.rerun()
        except StoreError as error:
            bar.empty()
            st.error(escaped(str(error)), icon=":material/block:")
            return
        if publish and result.published:
            asking.pin_own()
            bar.progress(1.0, "正在把新工单归入已有的一类问题")
            result.warnings += joined()
        bar.empty()
        if publish:
            st.session_state["imported"] = result
            st.session_state["round"] = st.session_state.get("round", 0) + 1
            st.session_state.pop("plans_of", None)
            st.rerun()
        outcome(result, dry_run=True)


def joined() -> list[str]:
    """Let new cases join the types found before; what goes wrong there leaves the import as it is."""
    try:
        count = asking.desk().join_new(asking.ledger())
    except StoreError as error:
        return [f"新工单没有归入一类问题：{error}"]
    return [f"{count:,} 件新工单归入了已有的一类问题"] if count else []


def coverage() -> None:
    with st.container(border=True):
        st.subheader("现有台账", anchor=False)
        try:
            ledger = asking.ledger()
        except StoreError as error:
            st.info(escaped(str(error)), icon=":material/inbox:")
            return
        counts = ledger.counts
        st.markdown(
            "、".join(f"{t.label} {counts[n]:,} 行" for n, t in model.TABLES.items() if counts[n])
            + f"。快照 {ledger.snapshot.id}，{'演示数据，' if ledger.snapshot.synthetic else ''}最新记录 {minute(ledger.as_of)}。"
        )
        lacking = [NEEDS[n][0] for n in NEEDS if ledger.lacks((n,))]
        if lacking:
            st.caption(
                "还没有：" + "；".join(dict.fromkeys(lacking)) + "。补上后相应的图会自动出现，详见「指标口径」。"
            )


def history() -> None:
    with st.container(border=True):
        st.subheader(
            "快照与撤回",
            anchor=False,
            help="每次导入产生一个快照。回到前一个快照就是撤回这次导入；被撤回的快照仍保留，可再回来。",
        )
        store = asking.store()
        current = store.current_id()
        for snapshot in store.snapshots()[:15]:
            with st.container(horizontal=True, vertical_alignment="center"):
                mark = " **当前**" if snapshot.id == current else ""
                st.markdown(
                    f"{snapshot.id}{mark}  \n:gray[{minute(snapshot.made_at)} · {snapshot.cases:,} 件 · {snapshot.note}]",
                    width="stretch",
                )
                if (
                    snapshot.id == current
                    and snapshot.batch
                    and acting.may(IMPORT)
                    and (rows := ingest.read_quarantine(store, snapshot.batch, asking.viewer()))
                ):
                    st.download_button(
                        f"隔离的 {len(rows)} 行",
                        kept_out(f"隔离-{snapshot.batch}.xlsx", rows),
                        f"隔离-{snapshot.batch}.xlsx",
                        key=f"q{snapshot.id}",
                        on_click="ignore",
                    )
                if (
                    snapshot.id != current
                    and acting.may(ROLL_BACK)
                    and st.button("回到这个快照", key=f"back{snapshot.id}")
                ):
                    store.rollback(snapshot.id, asking.viewer())
                    asking.pin_own()
                    st.toast(f"已回到快照 {snapshot.id}")
                    st.rerun()


def templates() -> None:
    with st.container(border=True):
        st.subheader("空白模板", anchor=False, help="带下拉选项与填写说明。")
        with st.container(horizontal=True):
            for table in model.TABLES.values():
                st.download_button(
                    table.label,
                    lambda t=table: ingest.template(t),
                    f"模板-{table.label}.xlsx",
                    key=f"t{table.name}",
                    icon=":material/download:",
                    on_click="ignore",
                )


if acting.only_for(IMPORT):
    importing()
sources_box()
coverage()
history()
templates()
