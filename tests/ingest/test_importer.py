"""An import from file to snapshot: every row accounted for, nothing lost, nothing twice."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import ingest
from analytics.demo import DemoLedger
from analytics.demo.spreadsheets import write_spreadsheets
from analytics.ingest import ImportResult, RefusedFile
from analytics.ledger import LOCAL, Ledger, open_ledger
from analytics.metrics import Slice, compute
from analytics.settings import load_settings
from analytics.store import Store
from tests.ingest.books import HEADS, ROWS, book

NOW = dt.datetime(2024, 12, 31, 12)
ALL = Slice(dt.date(2004, 1, 1), dt.date(2035, 1, 1))


def load(store: Store, *files: tuple[str, bytes], now: dt.datetime = NOW, **more) -> ImportResult:
    plans = ingest.plan_files(files, load_settings(), ingest.kept_profiles(store))
    result = ingest.run_import(store, plans, load_settings(), now, **more)
    assert result.accepted + result.updated + result.unchanged + result.quarantined == result.read
    return result


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    return result.accepted, result.updated, result.unchanged, result.quarantined


def csv(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def cases(store: Store) -> pd.DataFrame:
    ledger = open_ledger(store, LOCAL.revealing())
    return ledger.run(ledger.table("cases").order_by("case_no")).set_index("case_no")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_title_rows_above_the_header_and_mixed_dates(store: Store) -> None:
    content = book(ROWS, above=[["服务台账"], ["填报单位：甲", None, "2024年7月"], []])
    assert counts(load(store, ("台账.xlsx", content))) == (2, 0, 0, 0)
    frame = cases(store)
    assert frame["accepted_at"].tolist() == [pd.Timestamp("2024-07-05 09:32"), pd.Timestamp("2024-07-05")]
    assert frame["module"].tolist() == ["finance", "project"]


def test_a_wide_ledger_is_split_into_cases_events_and_ratings(store: Store) -> None:
    heads = ["编号", "受理时间", "内容", "转办时间", "办结时间", "回访时间", "回访结果", "评价"]
    rows = [["A", "2024-7-5", "x", "2024-7-5", "2024-7-9", "2024-7-10", "已解决", "满意"]]
    load(store, ("宽表.xlsx", book(rows, heads)))
    ledger = open_ledger(store)
    stages = ledger.run(ledger.table("events"))["stage"].tolist()
    assert sorted(stages) == ["followed_up", "transferred"]
    assert compute("solved_rate", ledger, ALL)["value"].iloc[0] == 1
    assert ledger.run(ledger.table("ratings"))["grade"].tolist() == [4]


def test_the_same_file_twice_changes_nothing(store: Store) -> None:
    content = book(ROWS)
    first = load(store, ("台账.xlsx", content))
    again = load(store, ("台账.xlsx", content))
    assert counts(again) == (0, 0, 2, 0)
    assert again.snapshot == first.snapshot == store.current_id()
    assert not again.published


def test_a_later_version_updates_and_the_old_one_is_kept(store: Store) -> None:
    head = "工单编号,受理时间,内容,办结时间,更新时间"
    load(store, ("一.csv", csv(head, "A,2024-7-5,旧,,2024-7-6", "B,2024-7-5,不变,,2024-7-6")))
    result = load(store, ("二.csv", csv(head, "A,2024-7-5,新,2024-7-9,2024-7-9", "B,2024-7-5,不变,,2024-7-6")))
    assert counts(result) == (0, 1, 1, 0)
    assert cases(store).loc["A", "content"] == "新"
    ledger = open_ledger(store)
    old = ledger.reader.frame("SELECT old_row FROM versions")["old_row"]
    assert "旧" in old.iloc[0]


def test_an_older_version_changes_nothing(store: Store) -> None:
    head = "工单编号,受理时间,内容,更新时间"
    load(store, ("一.csv", csv(head, "A,2024-7-5,新,2024-7-9")))
    assert counts(load(store, ("二.csv", csv(head, "A,2024-7-5,旧,2024-7-6")))) == (0, 0, 1, 0)
    assert cases(store).loc["A", "content"] == "新"


def test_a_blank_cell_never_erases_what_is_known(store: Store) -> None:
    load(store, ("一.csv", csv("工单编号,受理时间,内容,街道", "A,2024-7-5,x,小寨路街道")))
    load(store, ("二.csv", csv("工单编号,受理时间,内容,街道,渠道", "A,2024-7-5,x,,12345热线")))
    row = cases(store).loc["A"]
    assert (row["street"], row["channel"]) == ("小寨路街道", "12345热线")


def test_a_number_twice_in_one_file_is_one_case(store: Store) -> None:
    lines = ("A,2024-7-5,x,", "A,2024-7-5,x,", "A,2024-7-5,x,小寨路街道")
    result = load(store, ("一.csv", csv("工单编号,受理时间,内容,街道", *lines)))
    assert counts(result) == (1, 1, 1, 0)
    assert cases(store)["street"].tolist() == ["小寨路街道"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("A,昨天,x,", ["第 2 行", "受理时间", "昨天", "请写成"]),
        (",2024-7-5,x,", ["第 2 行", "工单编号", "空的"]),
        ("A,2024-7-5,,", ["至少填一个"]),
        ("A,2024-7-5,x,2024-7-1", ["办结时间", "2024-07-01", "早于受理时间", "核对"]),
        ("A,2025-7-5,x,", ["受理时间", "晚于导入当天"]),
        ("A,1024-7-5,x,", ["受理时间", "1024-7-5", "2004 到 2035"]),
        ("A,2024-7-5,x,,y,z", ["6 格", "4 格", "引号"]),
    ],
)
def test_a_bad_row_is_kept_out_with_where_what_and_how_to_mend_it(store: Store, line: str, words: list[str]) -> None:
    result = load(store, ("坏.csv", csv("工单编号,受理时间,内容,办结时间", line, "B,2024-7-5,好,")))
    assert counts(result) == (1, 0, 0, 1)
    for word in ("坏.csv", *words):
        assert word in result.quarantine[0].reason


def test_a_closing_on_the_day_of_acceptance_without_a_clock_is_no_error(store: Store) -> None:
    result = load(store, ("一.csv", csv("工单编号,受理时间,内容,办结时间", "A,2024-7-5 15:00,x,2024-7-5")))
    assert counts(result) == (1, 0, 0, 0)
    assert any("按受理时刻计" in w for w in result.warnings)


def test_the_quarantine_can_be_mended_and_dropped_in_again(store: Store) -> None:
    result = load(store, ("坏.csv", csv("工单编号,受理时间,内容", "A,昨天,x", "B,2024-7-5,好")))
    made = openpyxl.load_workbook(io.BytesIO(ingest.quarantine_workbook(result.quarantine)))
    sheet = made.active
    assert [c.value for c in sheet[2]][:3] == ["A", "昨天", "x"]
    assert "认不出" in sheet.cell(2, 4).value
    sheet.cell(2, 2).value = "2024-7-6"
    buffer = io.BytesIO()
    made.save(buffer)
    assert counts(load(store, ("隔离.xlsx", buffer.getvalue()))) == (1, 0, 0, 0)
    assert len(cases(store)) == 2


def test_the_quarantine_of_a_batch_is_kept_in_the_store(store: Store) -> None:
    result = load(store, ("坏.csv", csv("工单编号,受理时间,内容", "A,昨天,x", "B,2024-7-5,好")))
    kept = ingest.read_quarantine(store, result.batch)
    assert [(q.row_no, q.cells) for q in kept] == [(2, ["A", "昨天", "x"])]


def test_personal_values_are_masked_in_reasons(store: Store) -> None:
    result = load(store, ("坏.csv", csv("工单编号,受理时间,内容,评价", "A,13812345678,x,", "B,2024-7-5,x,13912345678")))
    assert (len(result.quarantine), len(result.left_empty)) == (1, 1)
    assert "3812345678" not in result.quarantine[0].reason
    assert "3912345678" not in str(result.account().as_json())


def test_a_long_number_that_excel_has_cut_is_refused(store: Store) -> None:
    result = load(store, ("表.xlsx", book([[123456789012345678, "2024-7-5", "x", None, None, None, None]])))
    assert "截断" in result.quarantine[0].reason


def test_without_a_required_column_the_file_is_refused_and_the_store_untouched(store: Store) -> None:
    load(store, ("一.csv", csv("工单编号,受理时间,内容", "A,2024-7-5,x")))
    before = store.current_id()
    with pytest.raises(RefusedFile, match=r"二\.csv.*最像「诉求台账」，只是找不到：受理时间；读到的表头是"):
        load(store, ("二.csv", csv("工单编号,说明,内容", "B,y,x")))
    assert store.current_id() == before


def test_heads_are_matched_whatever_their_width_case_and_ornament(store: Store) -> None:
    result = load(store, ("一.csv", csv("*Ｃａｓｅ＿ＩＤ,受理时间（北京时间）,问题 描述：", "A,2024-7-5,x")))
    assert counts(result) == (1, 0, 0, 0)


def test_a_corrected_mapping_is_kept_as_a_profile(store: Store) -> None:
    content = csv("甲,乙,丙", "A,2024-7-5,x")
    plan = ingest.plan_files([("怪.csv", content)], load_settings())[0]
    plan.table, plan.mapping = "cases", {"case_no": 0, "accepted_at": 1, "content": 2}
    ingest.run_import(store, [plan], load_settings(), NOW, profile="怪系统")
    again = ingest.plan_files(
        [("下周.csv", content.replace(b"A,", b"B,"))], load_settings(), ingest.kept_profiles(store)
    )[0]
    assert (again.profile, again.mapping) == ("怪系统", plan.mapping)


def test_events_of_an_unknown_case_are_kept_out(store: Store) -> None:
    load(store, ("一.csv", csv("工单编号,受理时间,内容", "A,2024-7-5 09:00,x")))
    lines = csv(
        "工单编号,环节,发生时间",
        "A,转办,2024-7-5 10:00",
        "Z,转办,2024-7-5 10:00",
        "A,飞走,2024-7-5 10:00",
        "A,办结,2024-7-4 10:00",
    )
    result = load(store, ("环节.csv", lines))
    assert counts(result) == (1, 0, 0, 3)
    reasons = "\n".join(q.reason for q in result.quarantine)
    assert "台账里没有" in reasons
    assert "飞走" in reasons
    assert "早于该工单的受理时间" in reasons


def test_a_preview_changes_nothing(store: Store) -> None:
    result = load(store, ("一.csv", csv("工单编号,受理时间,内容", "A,2024-7-5,x")), dry_run=True)
    assert counts(result) == (1, 0, 0, 0)
    assert store.current_id() is None


def test_an_import_is_undone_by_rolling_back(store: Store) -> None:
    first = load(store, ("一.csv", csv("工单编号,受理时间,内容", "A,2024-7-5,x")))
    load(store, ("二.csv", csv("工单编号,受理时间,内容", "B,2024-7-5,x")))
    store.rollback(first.snapshot)
    assert cases(store).index.tolist() == ["A"]


def test_the_demo_ledger_written_as_dirty_spreadsheets_comes_back_the_same(
    tmp_path: Path, demo: DemoLedger, demo_ledger: Ledger
) -> None:
    store = Store(tmp_path / "store")
    paths = write_spreadsheets(demo, tmp_path / "files")
    result = load(store, *((p.name, p.read_bytes()) for p in paths), now=dt.datetime(2026, 11, 25))
    assert result.quarantined == 0, result.quarantine[:3]
    assert result.read == result.accepted
    ledger = open_ledger(store, as_of=demo_ledger.as_of)
    for metric in (
        "demand",
        "on_time_rate",
        "overdue_open",
        "satisfaction",
        "handling_median",
        "timely_receipt_rate",
        "load_accepted",
        "list_coverage",
    ):
        ours, theirs = (
            compute(metric, x, Slice(dt.date(2024, 7, 1), dt.date(2026, 11, 24))).iloc[0] for x in (ledger, demo_ledger)
        )
        assert ours["value"] == pytest.approx(theirs["value"]), metric


CELL = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.integers(-10, 10**9),
    st.sampled_from(["2024-7-5", "A1", "满意", "金融服务", "=1+1", "2024.7.5 9时"]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CELL, min_size=7, max_size=7), min_size=1, max_size=12))
def test_whatever_stands_in_the_rows_they_add_up(tmp_path_factory: pytest.TempPathFactory, rows: list[list]) -> None:
    store = Store(tmp_path_factory.mktemp("any"))
    clean = [[c if not isinstance(c, str) else "".join(ch for ch in c if ch.isprintable()) for c in r] for r in rows]
    result = load(store, ("任意.xlsx", book(clean, HEADS)))
    assert result.read <= len(rows)


def test_templates_can_be_filled_in_and_imported(store: Store) -> None:
    from analytics.model import TABLES

    for table in TABLES.values():
        made = openpyxl.load_workbook(io.BytesIO(ingest.template(table)))
        assert [c.value for c in made[table.label][1]] == [c.label for c in table.columns]
        assert "填写说明" in made.sheetnames
    made = openpyxl.load_workbook(io.BytesIO(ingest.template(TABLES["cases"])))
    made["诉求台账"].append(["A", "2024-07-05 09:00", "标题"])
    buffer = io.BytesIO()
    made.save(buffer)
    assert counts(load(store, ("模板.xlsx", buffer.getvalue()))) == (1, 0, 0, 0)


def test_a_real_ledger_takes_the_place_of_demo_data(tmp_path: Path, demo: DemoLedger) -> None:
    from analytics.demo import write_store

    store = Store(tmp_path / "store")
    before = write_store(store, demo, dt.datetime(2026, 11, 24, 17, 30))
    result = load(store, ("台账.csv", csv("工单编号,受理时间,内容", "A,2024-7-5,x")))
    assert cases(store).index.tolist() == ["A"]
    assert not store.current().synthetic
    assert any("演示数据已由真实台账取代" in w for w in result.warnings)
    store.rollback(before.id)
    assert store.current().synthetic


def test_what_comes_from_demo_spreadsheets_is_marked_again(store: Store) -> None:
    load(store, ("演示数据-台账.csv", csv("工单编号,受理时间,内容", "A,2024-7-5,x")))
    assert store.current().synthetic


def test_the_same_layout_again_with_another_bad_row(store: Store) -> None:
    """The mapping is known by then, and the row must still be kept out (found by fuzzing)."""
    heads, bad = "工单编号,受理时间,内容\n", "昨天"
    settings = load_settings()
    for number in range(3):
        file = (f"第{number}周.csv", f"{heads}A{number},2024-7-5,x\nB{number},{bad}{number},x\n".encode())
        plans = ingest.plan_files([file], settings, ingest.kept_profiles(store))
        result = ingest.run_import(store, plans, settings, NOW, profile="周报")
        assert (result.accepted, result.quarantined) == (1, 1)
