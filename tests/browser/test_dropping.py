"""Files dropped on 数据管理 as a clerk drops them: a report that says what to do next, whatever they are."""

from __future__ import annotations

import csv
from pathlib import Path

from playwright.sync_api import Page, expect

from analytics.ledger import open_ledger
from analytics.store import Store
from tests.browser.conftest import serving
from tests.browser.test_browser import settle

HEADS = ["Unique Key", "Created Date", "Complaint Type", "Descriptor"]


def choose(page: Page, label: str, words: str) -> None:
    """Choose an option of a select box by typing."""
    page.get_by_test_id("stSelectbox").filter(has_text=label).first.get_by_role("combobox").click()
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    settle(page)


def test_heads_of_another_system_are_pointed_out_and_a_picture_is_no_hindrance(page: Page, tmp_path: Path) -> None:
    """The form of New York's 311 service, made up; every day could be a month, so the order is asked."""
    foreign, picture = tmp_path / "311_Service_Requests.csv", tmp_path / "照片.png"
    with foreign.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [HEADS, *([f"6100{n}", f"05/0{n}/2024 12:10:00 AM", "Noise", f"Loud music {n}"] for n in range(1, 5))]
        )
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    store = tmp_path / "store"
    with serving(store) as address:
        page.goto(f"{address}/ledger")
        settle(page)
        page.locator("input[type=file]").first.set_input_files([foreign, picture])
        expect(page.get_by_text("照片.png 没有读入")).to_be_visible()
        expect(page.get_by_text("还缺：工单编号、受理时间、诉求主题或诉求内容")).to_be_visible()
        for label, head in (("工单编号", "Unique"), ("受理时间", "Created"), ("诉求内容", "Descriptor")):
            choose(page, label, head)
        page.get_by_role("button", name="导入", exact=True).click()
        expect(page.get_by_text("请选定「日期写法」后再导入")).to_be_visible()
        choose(page, "日期写法", "月/日/年")
        page.get_by_role("button", name="导入", exact=True).click()
        expect(page.get_by_text("导入完成：读入 4 行，新增 4")).to_be_visible()
        expect(page.get_by_text("全部进去，不用再做什么")).to_be_visible()
    ledger = open_ledger(Store(store))
    times = ledger.run(ledger.table("cases").order_by("case_no"))["accepted_at"]
    assert [(t.month, t.day, t.hour) for t in times] == [(5, n, 0) for n in range(1, 5)]


def test_a_table_without_heads_is_checked_and_then_imported(page: Page, tmp_path: Path) -> None:
    """Its first row is a case; checking first changes nothing of what was pointed out."""
    file = tmp_path / "无表头.csv"
    file.write_text("A1,13800138000,2026-05-01 09:00,漏水\nA2,13900139000,2026-05-02 09:00,贷款\n", "utf-8")
    store = tmp_path / "store"
    with serving(store) as address:
        page.goto(f"{address}/ledger")
        settle(page)
        page.locator("input[type=file]").first.set_input_files([file])
        expect(page.get_by_text("没有用到的列：（第一行像是数据，没有表头）")).to_be_visible()
        for label, head in (("工单编号", "1. "), ("受理时间", "3. "), ("诉求内容", "4. ")):
            choose(page, label, head)
        page.get_by_role("button", name="先核对").click()
        expect(page.get_by_text("核对完成（未写入）：读入 2 行，新增 2")).to_be_visible()
        page.get_by_role("button", name="导入", exact=True).click()
        expect(page.get_by_text("导入完成：读入 2 行，新增 2")).to_be_visible()
    ledger = open_ledger(Store(store))
    assert list(ledger.run(ledger.table("cases").order_by("case_no"))["case_no"]) == ["A1", "A2"]
