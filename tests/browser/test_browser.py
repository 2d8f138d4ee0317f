"""What the journeys do not do, in a real Chromium: the city, hostile text, types found, a problem to its closing."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import openpyxl
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
from tests.small import publish


def settle(page: Page) -> None:
    """Wait until the footer (or the page's last box) stands and nothing is running."""
    page.wait_for_selector("h1")
    page.wait_for_timeout(400)  # until a click has reached the server; what follows waits for what it expects
    page.wait_for_function(
        "() => document.querySelector('[data-testid=\"stApp\"]').dataset.testScriptState === 'notRunning'"
        ' && !document.querySelector(\'[data-testid="stSkeleton"], [data-stale="true"]\')'
    )


def saved(download: Download, folder: Path) -> openpyxl.Workbook:
    path = folder / download.suggested_filename
    download.save_as(path)
    return openpyxl.load_workbook(path)


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


def test_types_are_found_from_the_page(page: Page, demo: DemoLedger, tmp_path: Path) -> None:
    write_store(Store(tmp_path / "store"), demo, AS_OF)
    with serving(tmp_path / "store") as address:
        page.goto(f"{address}/recurring")
        page.get_by_role("button", name="开始归类").click()
        expect(page.get_by_text("正在抬头")).to_be_visible(timeout=600_000)
        store = Store(tmp_path / "store")
        cases, types = IssueDesk(store).findings(open_ledger(store)).cases, page.get_by_text("件诉求归为")
        expect(types).to_contain_text(f"{len(cases):,} 件诉求归为")


def test_a_problem_from_its_alarm_to_its_closing(page: Page, tmp_path: Path) -> None:
    """A type rises, is taken up, remedied, measured and closed; the effect is computed, nobody types it."""
    store, day = rising_then_remedied(tmp_path / "store")
    desk = IssueDesk(store)
    with serving(store.folder) as address:
        page.goto(f"{address}/recurring?as_of={day - dt.timedelta(days=60)}")
        expect(page.get_by_text(re.compile("「.*」自 .*当周起")).first).to_be_visible()
        page.get_by_role("link", name="看这一类").first.click()
        page.get_by_role("link", name="列入治理台账").click()
        page.get_by_label("经办（单位、姓名）").last.fill("综合科 王")
        page.get_by_role("button", name="列入台账").click()
        expect(page.get_by_text("· 识别")).to_be_visible()
        page.goto(page.url.replace("as_of", "was"))  # back to today
        step(page, store, "立项")
        expect(page.get_by_text("到「立项」之前要先填：牵头部门、完成期限")).to_be_visible()
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
