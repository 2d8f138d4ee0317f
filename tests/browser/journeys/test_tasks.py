"""The main tasks of each role, from the first page to the result, each in one session."""

from __future__ import annotations

import datetime as dt
import io
import re
from pathlib import Path

import docx
import openpyxl
from playwright.sync_api import Browser, Download, expect

from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.remedies.cards import CardBook
from analytics.store import Store
from tests.browser.conftest import serving
from tests.browser.journeys import sight
from tests.browser.journeys.journey import PATIENCE, Journey, travelled
from tests.browser.journeys.oracle import Oracle
from tests.ingest.books import HEADS, book


def saved(download: Download, folder: Path) -> Path:
    path = folder / download.suggested_filename
    download.save_as(path)
    return path


def open_row(journey: Journey, row: int) -> str:
    """Open a case from the list by its row; returns its number."""
    table = journey.page.get_by_test_id("stDataFrame").first
    case_no = sight.rows(table)[1 + row][0]
    y = sight.HEAD + sight.ROW * row + sight.ROW // 2
    journey.insist(f"open row {row + 1}, case {case_no}", lambda: table.click(position={"x": 18, "y": y}))
    journey.says(re.compile(f"工单 {case_no}"))
    return case_no


# -- a leader ---------------------------------------------------------------------------------------


def test_from_decision_to_decision(browser: Browser, found_site: str, found_store: Store, folder: Path) -> None:
    """A leader opens what is to be decided, reads a case, goes back, and takes the next."""
    oracle = Oracle(found_store)
    with travelled(browser, found_site, folder) as journey:
        journey.open("/")
        first = sight.numbers(journey.page)
        ways = [x for x in sight.links(journey.page) if x.label.startswith("看工单（")]
        assert len(ways) >= 2, "the demo has two decisions with cases"
        for way in ways[:2]:
            journey.follow(
                sight.located(journey.page, next(x for x in sight.links(journey.page) if x.href == way.href))
            )
            assert journey.listed() == way.promised == oracle.cases(journey.address)
            address = journey.address
            one = open_row(journey, 0)
            journey.link("下一件")
            two = re.search(r"case=(\w+)", journey.address)[1]
            assert two != one
            journey.says(re.compile(f"工单 {two}"))
            journey.link("上一件")
            journey.says(re.compile(f"工单 {one}"))
            for _ in range(3):
                journey.back()
            assert journey.address == address
            assert journey.listed() == way.promised
            open_row(journey, 1)
            journey.link("回到清单")
            assert (journey.address, journey.listed()) == (address, way.promised)
            for _ in range(3):
                journey.back()
            assert journey.address == "/"
            assert sight.numbers(journey.page) == first


def test_why_a_department_is_late(browser: Browser, found_site: str, found_store: Store, folder: Path) -> None:
    """Who is late, for how long, which cases: the filters go along, and come back."""
    oracle = Oracle(found_store)
    with travelled(browser, found_site, folder) as journey:
        journey.open("/")
        journey.choose("统计期", "本季")
        journey.menu("时限合规")
        assert "period=this_quarter" in journey.address
        address = journey.address
        bar = next(f for f in sight.figures(journey.page) if "超期未办" in sight.heading(f))
        mark = sight.marks(bar)[0]
        said = sight.pointed_at(journey.page, bar, mark)
        department = said.split("：")[0]

        def click() -> None:
            sight.pointed_at(journey.page, bar, mark)
            journey.page.mouse.click(mark.x, mark.y, delay=60)

        journey.insist(f"click “{said}”", click)
        chosen = journey.address
        assert chosen.startswith(address)
        journey.link(re.compile("看所选的工单"))
        assert journey.listed() == oracle.cases(journey.address)
        assert journey.listed() in sight.counts(said)
        open_row(journey, 0)
        journey.says(department)
        journey.back()
        journey.back()
        assert journey.address == chosen
        journey.back()
        assert journey.address == address
        journey.menu("闭环流程")
        journey.link(re.compile("全部列出"))
        assert "sort=overdue_days" in journey.address
        assert journey.listed() == oracle.cases(journey.address)


# -- an analyst -------------------------------------------------------------------------------------


def test_a_type_is_renamed_merged_and_taken_back(
    browser: Browser, found_store: Store, found_site: str, folder: Path
) -> None:
    """From the first page to a type, through its forms, and back to where it was; text is kept on the way."""
    desk = IssueDesk(found_store)
    with travelled(browser, found_site, folder) as journey:
        journey.open("/")
        journey.menu("一类问题")
        way = next(x for x in sight.links(journey.page) if "type" in x.query)
        journey.follow(sight.located(journey.page, way))
        address = journey.address
        assert "type=" in address
        id = re.search(r"type=(\w+)", address)[1]
        found = desk.findings(open_ledger(found_store))
        old, before = str(found.types.loc[id, "name"]), len(desk.history())
        other = next(i for i in found.types.index if i != id)
        other_name = str(found.types.loc[other, "name"])
        journey.page.get_by_text("整理这一类").click()
        journey.write("新名称", "账户冻结与维权")
        tab(journey, "牵头部门与备注")
        journey.write("备注", "先问银行")
        tab(journey, "改名")
        expect(journey.page.get_by_label("新名称")).to_have_value("账户冻结与维权", timeout=PATIENCE)
        journey.menu("时限合规")
        journey.back()
        assert journey.address == address
        journey.page.get_by_text("整理这一类").click()
        tab(journey, "牵头部门与备注")
        expect(journey.page.get_by_label("备注", exact=True)).to_have_value("先问银行", timeout=PATIENCE)
        tab(journey, "改名")
        expect(journey.page.get_by_label("新名称")).to_have_value("账户冻结与维权", timeout=PATIENCE)
        journey.press("改名")
        expect(journey.page.get_by_role("heading", name="账户冻结与维权")).to_be_visible(timeout=PATIENCE)
        assert "type=" in journey.address
        tab(journey, "合并")
        choose_among(journey, "并入这一类的还有", other_name)
        journey.page.get_by_role("button", name=re.compile("合并这 2 类")).click()
        both = int(found.types.loc[[id, other], "cases"].sum())
        expect(journey.page.get_by_text(f"合并后共 {both:,} 件")).to_be_visible(timeout=PATIENCE)
        journey.press("确认合并")
        journey.says(re.compile(f"共 {both:,} 件"))
        journey.press("撤销")  # the last one is the oldest: the rename
        expect(journey.page.get_by_role("heading", name=old, exact=True)).to_be_visible(timeout=PATIENCE)
        journey.act("take the merging back", journey.page.get_by_role("button", name="撤销").first.click)
        journey.says(re.compile(f"共 {int(found.types.loc[id, 'cases']):,} 件"))
        made = [(d.kind, d.undone) for d in desk.history()][before:]
        assert made == [("rename", True), ("merge", True), ("undo", False), ("undo", False)]
        journey.link("回到全部类型")
        assert "type=" not in journey.address


def tab(journey: Journey, name: str) -> None:
    """Choose a tab: the segmented control's button of that name."""
    button = journey.page.get_by_test_id("stButtonGroup").get_by_role("button", name=name, exact=True)
    if button.count() == 0:
        button = journey.page.get_by_test_id("stButtonGroup").get_by_role("radio", name=name, exact=True)
    journey.act(f"tab “{name}”", button.first.click)


def choose_among(journey: Journey, label: str, option: str) -> None:
    def do() -> None:
        field = journey.page.get_by_label(label, exact=True).first
        field.click()
        field.fill(option)
        journey.page.get_by_role("option", name=option).first.click()
        journey.page.keyboard.press("Escape")

    journey.act(f"choose “{option}” among “{label}”", do)


def test_from_a_search_to_what_is_like_it(browser: Browser, found_site: str, folder: Path) -> None:
    """Search, like this one, a case, and back: the search stands as it was."""
    with travelled(browser, found_site, folder) as journey:
        journey.open("/")
        journey.menu("需求探索")
        journey.write("找什么", "贷款")
        journey.says(re.compile("找到.* 件"))
        searched = journey.address
        found = sight.numbers(journey.page)
        journey.link("找像这一件的")
        like = journey.address
        case_no = re.search(r"like=(\w+)", like)[1]
        journey.says(re.compile(f"像工单 {case_no} 的"))
        journey.link("看这一件")
        opened = re.search(r"case=(\w+)", journey.address)[1]
        journey.says(re.compile(f"工单 {opened}"))
        journey.back()
        assert journey.address == like
        journey.says(re.compile(f"像工单 {case_no} 的"))
        journey.back()
        assert journey.address == searched
        assert sight.numbers(journey.page) == found
        expect(journey.page.get_by_label("找什么")).to_have_value("贷款", timeout=PATIENCE)


# -- the governance office --------------------------------------------------------------------------


def test_an_opinion_outlives_other_clicks(browser: Browser, found_site: str, found_store: Store, folder: Path) -> None:
    """An opinion is typed into a card, other links are followed, and it is still there; then the card moves on."""
    cards = CardBook(found_store).cards()
    card = next(c for c in cards if c.stage == "identified")
    with travelled(browser, found_site, folder) as journey:
        journey.open("/")
        journey.menu("治理台账")
        way = next(x for x in sight.links(journey.page) if x.query.get("card") == [card.id])
        journey.follow(sight.located(journey.page, way))
        address = journey.address
        journey.write("意见", "先摸清有多少家")
        journey.link("看这一类问题")
        journey.link(re.compile("看统计期内的这些工单"))
        journey.back()
        journey.back()
        assert journey.address == address
        expect(journey.page.get_by_label("意见", exact=True)).to_have_value("先摸清有多少家", timeout=PATIENCE)
        journey.link("回到看板")
        journey.menu("总览")
        for _ in range(2):
            journey.back()
        expect(journey.page.get_by_label("意见", exact=True)).to_have_value("先摸清有多少家", timeout=PATIENCE)
        assert CardBook(found_store).cards() == cards


# -- the desk that keeps the ledger -----------------------------------------------------------------


def test_a_ledger_is_dropped_in_mended_and_dropped_in_again(browser: Browser, tmp_path: Path) -> None:
    """From an empty store to a ledger, its one bad row mended in the file of rows kept out."""
    rows = [
        [f"G{i:03d}", f"2024.7.{i % 28 + 1}", f"第{i}件诉求", "金融服务", "区金融工作局", dt.datetime(2024, 8, 1, 9), "满意"]
        for i in range(40)
    ]  # fmt: skip
    rows.append(["G999", "昨天下午", "坏日期", "金融服务", "区金融工作局", None, None])
    path = tmp_path / "七月台账.xlsx"
    path.write_bytes(book(rows, HEADS, above=[["企业综合服务中心服务台账"], []]))
    with serving(tmp_path / "store") as site, travelled(browser, site, tmp_path) as journey:
        journey.open("/")
        journey.says(re.compile("还没有台账"))
        journey.link("去导入台账")
        give(journey, path)
        journey.says("认作「诉求台账」，41 行，对上 7 列")
        journey.press("先核对")
        journey.says(re.compile("核对完成（未写入）：读入 41 行，新增 40"))
        journey.press("导入", exact=True)
        journey.says(re.compile("导入完成：读入 41 行，新增 40"))
        kept = tmp_path / "隔离.xlsx"
        with journey.page.expect_download() as caught:
            journey.page.get_by_role("button", name="下载隔离的行，改好后再导入").click()
        caught.value.save_as(kept)
        mended = openpyxl.load_workbook(kept)
        assert mended.active.cell(2, 2).value == "昨天下午"
        mended.active.cell(2, 2).value = "2024-07-31"
        mended.save(kept)
        give(journey, kept)
        journey.says(re.compile("隔离.xlsx.*1 行"))
        journey.press("导入", exact=True)
        journey.says(re.compile("导入完成：读入 1 行，新增 1"))
        journey.menu("工单明细")
        journey.choose("统计期", "自选")
        for label, day in (("从", "20240701"), ("到", "20240731")):
            journey.type(label, day)
        assert journey.listed() == 41
        cells = {r[0] for r in sight.rows(journey.page.get_by_test_id("stDataFrame").first)}
        assert "G999" in cells
        journey.menu("总览")
        expect(journey.page.get_by_test_id("stMetricValue").first).to_have_text("41", timeout=PATIENCE)


def give(journey: Journey, path: Path) -> None:
    journey.act(f"drop {path.name}", lambda: journey.page.locator("input[type=file]").first.set_input_files(path))


# -- who writes the report --------------------------------------------------------------------------


def test_a_sentence_of_the_weekly_report_is_changed_and_stands_in_word(
    browser: Browser, found_site: str, folder: Path
) -> None:
    said = "本周诉求总体平稳，重点仍是贷款与账户。"
    with travelled(browser, found_site, folder) as journey:
        journey.open("/")
        journey.menu("简报")
        journey.page.get_by_text("改一句话").click()
        journey.write("改成（留空则删去这句）", said)
        journey.write("修改人", "综合科 王")
        journey.press("保存这句")
        written = journey.main.locator("p").filter(has_text=said)
        expect(written.first).to_be_visible(timeout=PATIENCE)
        journey.press("生成")
        journey.says(re.compile("已生成："))
        with journey.page.expect_download(timeout=PATIENCE) as caught:
            journey.main.get_by_test_id("stDownloadButton").filter(has_text="Word").first.click()
        document = docx.Document(io.BytesIO(saved(caught.value, folder).read_bytes()))
        assert any(said in p.text for p in document.paragraphs)
        journey.menu("总览")
        journey.back()
        expect(written.first).to_be_visible(timeout=PATIENCE)
