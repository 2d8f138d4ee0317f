"""What people do, in a real Chromium: start, import, filter, drill down, download, on a phone."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from urllib.parse import unquote

import openpyxl
import pytest
from playwright.sync_api import Download, Page, expect

from analytics.demo import DemoLedger, generate, world, write_store
from analytics.demo.texts import Writer
from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.metrics import Slice, compute
from analytics.remedies.cards import CardBook
from analytics.store import Store
from tests.browser.conftest import serving
from tests.conftest import AS_OF
from tests.ingest.books import HEADS, book
from tests.small import publish

PAGES = (
    "", "demand-load", "time-limits", "ratings", "closed-loop", "teams-rota", "service-list", "reform-plan", "recurring", "remedies-board", "exploration", "case-list", "suggestions", "briefings", "city-view", "ledger",
    "definitions", "system",
)  # fmt: skip


def settle(page: Page) -> None:
    """Wait until the footer (or the page's last box) stands and nothing is running."""
    page.wait_for_selector("h1")
    page.wait_for_function("() => !document.querySelector('[data-testid=\"stStatusWidget\"]')")
    page.wait_for_timeout(400)


def saved(download: Download, folder: Path) -> openpyxl.Workbook:
    path = folder / download.suggested_filename
    download.save_as(path)
    return openpyxl.load_workbook(path)


#: The words a person sees: not those of a label shrunk to nothing.
VISIBLE = """() => [...document.querySelectorAll('[data-testid="stMain"] *')]
  .filter(e => e.children.length === 0 && parseFloat(getComputedStyle(e).fontSize) > 0 && e.offsetParent
    && !getComputedStyle(e).fontFamily.includes('Material'))
  .map(e => e.textContent).join(' ')"""


def dirty_ledger(folder: Path) -> Path:
    """Write a workbook as an office would send it: 40 good rows, one with a date nobody can read."""
    rows = [
        [
            f"G{i:03d}",
            f"2024.7.{i % 28 + 1}",
            f"第{i}件诉求",
            "金融服务",
            "区金融工作局",
            dt.datetime(2024, 8, 1, 9),
            "满意",
        ]
        for i in range(40)
    ]
    rows.append(["G999", "昨天下午", "坏日期", "金融服务", "区金融工作局", None, None])
    path = folder / "七月台账.xlsx"
    path.write_bytes(book(rows, HEADS, above=[["企业综合服务中心服务台账"], []]))
    return path


def test_from_an_empty_store_to_the_first_numbers(page: Page, tmp_path: Path) -> None:
    with serving(tmp_path / "store") as address:
        page.goto(address)
        expect(page.get_by_text("还没有台账")).to_be_visible()
        page.get_by_role("link", name="去导入台账").click()
        page.locator("input[type=file]").set_input_files(dirty_ledger(tmp_path))
        expect(page.get_by_text("认作「诉求台账」，41 行，对上 7 列")).to_be_visible()
        page.get_by_role("button", name="先核对").click()
        expect(page.get_by_text("核对完成（未写入）：读入 41 行，新增 40")).to_be_visible()
        page.get_by_role("button", name="导入", exact=True).click()
        expect(page.get_by_text("导入完成：读入 41 行，新增 40")).to_be_visible()
        with page.expect_download() as caught:
            page.get_by_role("button", name="下载隔离的行，改好后再导入").click()
        kept_out = saved(caught.value, tmp_path).active
        assert kept_out.cell(2, 2).value == "昨天下午"
        assert "七月台账.xlsx" in kept_out.cell(2, 8).value
        page.get_by_role("link", name="总览").first.click()
        page.goto(f"{address}/?period=自选&from=2024-07-01&to=2024-07-31")
        expect(page.get_by_test_id("stMetricValue").first).to_have_text("40")
        expect(page.get_by_text("演示数据")).to_have_count(0)


def test_filter_drill_down_and_download(page: Page, demo_site: str, tmp_path: Path) -> None:
    page.goto(f"{demo_site}/?period=本季")
    settle(page)
    page.get_by_label("模块").first.click()
    page.get_by_role("option", name="法治服务").click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("模块：法治服务")).to_be_visible()
    shown = page.get_by_test_id("stMetricValue").first.inner_text().replace(",", "")
    page.get_by_role("link", name="案件明细").first.click()
    settle(page)
    assert "法治服务" in unquote(page.url)
    expect(page.get_by_text(f"受理量：{int(shown):,} 件")).to_be_visible()
    with page.expect_download() as caught:
        page.get_by_role("button", name="导出 Excel").click()
    made = saved(caught.value, tmp_path)
    assert made["工单"].max_row == int(shown) + 1
    assert {c.value for c in made["工单"]["D"]} == {"服务模块", "法治服务"}
    assert "演示数据" in made["说明"]["A1"].value


def test_a_district_hands_on_its_figures_and_the_city_adds_them_up(page: Page, tmp_path: Path) -> None:
    store, demo = Store(tmp_path / "store"), generate(AS_OF, cases=1500, enterprises=200)
    write_store(store, demo, AS_OF)
    with serving(store.folder) as address:
        page.goto(f"{address}/city-view")
        settle(page)
        files, names = [], [f"交换-{d}-20261001-20261031.json" for d in ("东区", "西区")]
        for district, name in zip(("东区", "西区"), names, strict=True):
            fill(page, "区县名称", district)
            # The button of the district before stands until this line, below it, has been drawn anew.
            expect(page.get_by_text(f"文件名：{name}")).to_be_visible()
            settle(page)
            with page.expect_download() as caught:
                page.get_by_role("button", name="导出交换文件").click()
            files.append(tmp_path / caught.value.suggested_filename)
            caught.value.save_as(files[-1])
        assert [f.name for f in files] == names
        (tmp_path / "坏的.json").write_text("{", "utf-8")
        page.locator("input[type=file]").set_input_files([*files, tmp_path / "坏的.json"])
        expect(page.get_by_text("坏的.json 没有收下：不是交换文件")).to_be_visible()
        october = Slice(dt.date(2026, 10, 1), dt.date(2026, 10, 31))
        cases = int(compute("demand", open_ledger(store), october)["value"].iloc[0])
        expect(page.get_by_test_id("stMetricValue").first).to_have_text(f"{2 * cases:,}")
        with page.expect_download() as caught:
            page.get_by_role("button", name="导出 Excel").click()
        sheet = saved(caught.value, tmp_path)["全市汇总"]
        assert {c.value for c in sheet["C"]} == {"区县", "东区", "西区", "全市"}


def click_widest_bar(page: Page, chart: int) -> None:
    """Click the widest bar of a figure once the figure answers the mouse."""
    figure = page.locator(".js-plotly-plot").nth(chart)
    figure.scroll_into_view_if_needed()
    widest = """g => [...g.querySelectorAll('.bars .point path')].map(e => e.getBoundingClientRect())
      .reduce((a, b) => a.width > b.width ? a : b, {width: 0})"""
    for _ in range(40):
        box = figure.evaluate(widest)
        x, y = box.get("x", 0) + box["width"] / 2, box.get("y", 0) + box.get("height", 0) / 2
        page.mouse.move(x - 3, y)
        page.mouse.move(x, y, steps=3)
        page.wait_for_timeout(250)
        if figure.locator(".hoverlayer .hovertext").count():
            page.mouse.click(x, y, delay=60)
            return
    raise AssertionError("the figure never answered the mouse")


def test_a_mark_leads_to_its_cases(page: Page, demo_site: str) -> None:
    page.goto(f"{demo_site}/ratings?period=本年")
    settle(page)
    click_widest_bar(page, 1)
    page.get_by_role("link", name="看所选的工单").click()
    page.wait_for_url(re.compile("case-list"))
    settle(page)
    expect(page.get_by_text(re.compile("参评率·分母中未达到的：.* 件"))).to_be_visible()


def test_a_decision_leads_to_its_cases(page: Page, demo_site: str) -> None:
    page.goto(demo_site)
    settle(page)
    page.get_by_role("link", name="看工单").first.click()
    page.wait_for_url(re.compile("case-list"))
    settle(page)
    expect(page.get_by_role("button", name="导出 Excel")).to_be_visible()


def test_one_case_with_its_timeline(page: Page, demo_site: str) -> None:
    page.goto(f"{demo_site}/case-list?q=贷款&period=本年")
    settle(page)
    grid = page.get_by_test_id("stDataFrame").first
    grid.click(position={"x": 18, "y": 55})
    expect(page.get_by_text("诉求内容")).to_be_visible()
    expect(page.get_by_text(re.compile("工单 YT"))).to_be_visible()


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_shows_each_page_without_sideways_scrolling(name: str, page: Page, demo_site: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{demo_site}/{name}")
    settle(page)
    width = page.evaluate("() => document.querySelector('[data-testid=\"stMain\"]').scrollWidth")
    assert width <= 390


@pytest.mark.parametrize("name", PAGES)
def test_each_page_says_nothing_in_english_and_logs_no_error(name: str, page: Page, demo_site: str) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda e: errors.append(str(e)))
    page.goto(f"{demo_site}/{name}")
    settle(page)
    text = page.evaluate(VISIBLE)
    assert errors == []
    for leftover in (
        "Upload",
        "Browse",
        "Drag and drop",
        "No results",
        "Choose",
        "Select",
        "Running",
        "error",
        "None",
        "nan",
        "NaT",
    ):
        assert leftover not in text, leftover


def test_html_in_a_ledger_is_shown_as_text(page: Page, tmp_path: Path) -> None:
    evil = "<img src=x onerror=\"document.title='owned'\"><b>粗</b>"
    path = tmp_path / "坏.csv"
    path.write_text(
        f'工单编号,受理时间,标题,内容,承办部门\nA,2024-7-5,"{evil.replace(chr(34), chr(34) * 2)}","$x^2$ **星** {evil.replace(chr(34), chr(34) * 2)}",<i>局</i>\n',
        "utf-8",
    )
    from analytics.cli import main

    assert main(["import", str(path), "--store", str(tmp_path / "s")]) == 0
    with serving(tmp_path / "s") as address:
        page.goto(f"{address}/case-list?case=A&period=自选&from=2024-07-01&to=2024-07-31")
        settle(page)
        expect(page.get_by_text("<img src=x").first).to_be_visible()
        assert page.title() != "owned"
        assert page.locator("img[src=x]").count() == 0


def test_types_are_found_renamed_merged_and_taken_back(page: Page, demo: DemoLedger, tmp_path: Path) -> None:
    write_store(Store(tmp_path / "store"), demo, AS_OF)
    with serving(tmp_path / "store") as address:
        page.goto(f"{address}/recurring")
        page.get_by_role("button", name="开始归类").click()
        expect(page.get_by_text("正在抬头")).to_be_visible(timeout=90_000)
        desk = IssueDesk(Store(tmp_path / "store"))
        found = desk.findings(open_ledger(desk.store))
        first, second = found.types.index[:2]
        page.goto(f"{address}/recurring?type={first}")
        page.get_by_text("整理这一类").click()
        page.get_by_label("新名称").fill("账户冻结与维权")
        page.get_by_role("button", name="改名").last.click()
        expect(page.get_by_role("heading", name="账户冻结与维权")).to_be_visible()
        page.get_by_text("合并", exact=True).first.click()
        settle(page)  # a list opened while the page still runs closes again
        page.get_by_label("并入这一类的还有").click()
        page.get_by_label("并入这一类的还有").fill(str(found.types.loc[second, "name"]))
        page.get_by_role("option", name=str(found.types.loc[second, "name"])).first.click()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="合并").last.click()
        both = int(found.types.loc[[first, second], "cases"].sum())
        expect(page.get_by_text(f"共 {both:,} 件")).to_be_visible()
        page.goto(f"{address}/recurring")
        page.get_by_text("人工调整的经过").click()
        page.get_by_role("button", name="撤销").first.click()
        expect(page.get_by_text("（已撤销）").first).to_be_visible()
        kinds = [(d.kind, d.undone) for d in desk.history()]
        assert kinds == [("rename", False), ("merge", True), ("undo", False)]
        page.goto(f"{address}/recurring?type={first}")
        expect(page.get_by_role("heading", name="账户冻结与维权")).to_be_visible()
        expect(page.get_by_text(f"共 {int(found.types.loc[first, 'cases']):,} 件")).to_be_visible()


def test_a_problem_from_its_alarm_to_its_closing(page: Page, tmp_path: Path) -> None:
    """A type rises, is taken up, remedied, measured and closed; the effect is computed, nobody types it."""
    store, day = rising_then_remedied(tmp_path / "store")
    desk = IssueDesk(store)
    with serving(store.folder) as address:
        page.goto(f"{address}/recurring?as_of={day - dt.timedelta(days=60)}")
        page.get_by_role("link", name=re.compile("类型「.*」自 .*当周起")).first.click()
        page.get_by_role("link", name="列入治理台账").click()
        page.get_by_label("经办（单位、姓名）").last.fill("综合科 王")
        page.get_by_role("button", name="列入台账").click()
        expect(page.get_by_text("· 识别")).to_be_visible()
        page.goto(page.url.replace("as_of", "was"))  # back to today
        step(page, store, "立项")
        expect(page.get_by_text("先填：牵头部门、完成期限")).to_be_visible()
        page.get_by_label("牵头部门", exact=True).click()
        page.get_by_role("option", name="区市场监管局").click()
        fill(page, "或：从今天起多少个工作日", "20")
        save(page, store)
        for stage in ("立项", "会商"):
            step(page, store, stage)
            expect(page.get_by_text(f"· {stage}")).to_be_visible()
        whole(page, store)
        expect(page.get_by_label("整改措施", exact=True)).to_have_count(1)  # the form before is gone
        fill(page, "整改措施", "材料一次性告知")
        page.get_by_label("生效日期", exact=True).get_by_role("spinbutton").first.click()
        page.keyboard.type(f"{day:%Y%m%d}")
        fill(page, "附件（每行一个文件名）", "会商纪要.docx")
        save(page, store)
        for stage in ("整改措施", "实施", "评估"):
            step(page, store, stage)
            expect(page.get_by_text(f"· {stage}")).to_be_visible()
        expect(page.get_by_text("明显见效", exact=True).first).to_be_visible()
        expect(page.get_by_text(re.compile("受理量为应有量的 0\\.[2-5]"))).to_be_visible()
        step(page, store, "销号")
        expect(page.get_by_text("· 销号")).to_be_visible()
        whole(page, store)
        page.get_by_text("经过（").click()
        expect(page.get_by_text("评估 → 销号（明显见效：")).to_be_visible()
        page.get_by_role("link", name="回到看板").click()
        with page.expect_download() as caught:
            page.get_by_role("button", name="导出台账").click()
        rows = list(saved(caught.value, tmp_path)["治理台账"].values)
        line = dict(zip(rows[0], rows[1], strict=True))
        assert (line["阶段"], line["成效判断"], line["附件"]) == ("销号", "明显见效", "会商纪要.docx")
    (card,) = CardBook(store).cards()
    way = ["chartered", "consulting", "planned", "implementing", "evaluating", "closed"]
    assert [s.detail["to"] for s in card.steps if s.kind == "move"] == way
    assert desk.findings(open_ledger(store)).types.index.isin([card.type_id]).any()


def fill(page: Page, label: str, value: str) -> None:
    page.get_by_label(label, exact=True).fill(value)
    page.keyboard.press("Tab")


def whole(page: Page, store: Store) -> None:
    """Wait until the card stands to its last line as it is now, and nothing is running.

    The last line of the run before stays until the new one takes its place: it says how many steps it knows of.
    """
    steps = len(CardBook(store).cards()[0].steps)
    expect(page.get_by_text(f"经过（{steps} 步）")).to_be_visible()
    settle(page)


def save(page: Page, store: Store) -> None:
    page.locator(".st-key-edit_who input").fill("综合科 王")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存")).to_be_visible()
    whole(page, store)


def step(page: Page, store: Store, stage: str) -> None:
    whole(page, store)
    page.locator(".st-key-move_who input").fill("综合科 王")
    page.keyboard.press("Tab")
    settle(page)
    page.wait_for_timeout(800)
    page.get_by_role("button", name=f"进入「{stage}」").click()


def rising_then_remedied(folder: Path) -> tuple[Store, dt.date]:
    """Write a ledger of a hundred weeks in which one of 24 matters triples and, after a day, all but goes.

    Types are found; returns the store and the day.
    """
    writer, kinds, problems = Writer(5), world.problem_types(), world.problems(5)
    last = dt.date(2026, 11, 20)
    first, day = last - dt.timedelta(weeks=100), last - dt.timedelta(weeks=24)
    rows = []
    for week in range(100):
        monday = first + dt.timedelta(weeks=week)
        for place, type_no in enumerate(range(0, 48, 2)):
            many = (4 if week < 60 else 13 if monday < day else 3) if place == 3 else 4 + (week + place) % 2
            for i in range(many):
                problem = problems[type_no * world.PROBLEMS_A_TYPE + (week + i) % world.PROBLEMS_A_TYPE]
                title, text = writer.case(kinds[type_no], problem, f"示例企业{week}号", "制造业", problem.street)
                at = dt.datetime.combine(monday + dt.timedelta(days=i % 5), dt.time(9, i))
                rows.append(
                    {
                        "case_no": f"R{week:03d}{place}{i:02d}",
                        "accepted_at": at,
                        "closed_at": at + dt.timedelta(days=1),
                        "title": title,
                        "content": text,
                        "module": kinds[type_no].module,
                        "department": "区市场监管局",
                        "promised_days": 5,
                    }
                )
    store = publish(folder, {"cases": rows}, dt.datetime(2026, 11, 21))
    IssueDesk(store).discover(open_ledger(store))
    return store, day
