"""The address and the browser's history: what is chosen, sent, left and come back to is the same page."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from analytics.store import Store
from tests.browser.journeys import sight
from tests.browser.journeys.journey import PATIENCE, WIDE, Journey, new_context, travelled
from tests.browser.journeys.oracle import Oracle


def test_filters_stand_in_the_address_alone(
    browser: Browser, found_site: str, found_store: Store, folder: Path
) -> None:
    """Period, filter and as-of are changed, reloaded, sent to a colleague, and undone with Back, one entry each."""
    with travelled(browser, found_site, folder) as journey:
        context = new_context(browser, WIDE)
        colleague = Journey(context.new_page(), found_site)
        colleague.page.set_default_timeout(PATIENCE)
        journey.open("/")
        shown = [(journey.place, sight.numbers(journey.page))]

        def note() -> None:
            assert journey.place[0] == shown[-1][0][0] + 1, "one step is one entry of the history"
            shown.append((journey.place, sight.numbers(journey.page)))

        journey.choose("统计期", "本季")
        note()
        journey.choose("模块", "法治服务")
        journey.says(re.compile("模块：法治服务"))
        note()
        journey.choose("对比", "去年同期")
        note()
        journey.page.get_by_role("button", name=re.compile("截至日")).click()
        journey.type("统计截至哪一天", "20261110")
        journey.says(re.compile("统计时刻 2026年11月11日 00:00|统计时刻 2026年11月10日"))
        note()
        for title in ("时限合规", "满意度", "工单明细"):
            journey.menu(title)
            assert all(p in journey.address for p in ("period=this_quarter", "module=legal", "as_of=2026-11-10"))
            note()
        assert journey.listed() == Oracle(found_store).cases(journey.address)
        journey.reload()
        assert (journey.place, sight.numbers(journey.page)) == shown[-1]
        colleague.open(journey.address)
        assert sight.numbers(colleague.page) == shown[-1][1]
        for place, numbers in shown[-2::-1]:
            journey.back()
            assert (journey.place, sight.numbers(journey.page)) == (place, numbers)
        for place, numbers in shown[1:]:
            journey.forward()
            assert (journey.place, sight.numbers(journey.page)) == (place, numbers)
        context.close()


def test_back_returns_to_where_a_page_was_left(browser: Browser, found_site: str, folder: Path) -> None:
    """Back shows what stood before the reader; a type opened on the same page is read from its top."""
    with travelled(browser, found_site, folder) as journey:
        journey.open("/recurring")
        below = [x for x in sight.links(journey.page) if "type" in x.query][-1]
        sight.located(journey.page, below).scroll_into_view_if_needed()
        left = journey.scrolled()
        assert left > 300
        journey.follow(sight.located(journey.page, below))
        journey.is_scrolled_to(0)
        journey.back()
        journey.is_scrolled_to(left)
        journey.forward()
        journey.is_scrolled_to(0)


def test_what_is_chosen_on_a_page_is_sent_and_come_back_to(browser: Browser, found_site: str, folder: Path) -> None:
    """A mark of a figure and a row of a table: reloaded, sent to a colleague, left for its cases, taken back."""
    with travelled(browser, found_site, folder) as journey:
        context = new_context(browser, WIDE)
        colleague = Journey(context.new_page(), found_site)
        colleague.page.set_default_timeout(PATIENCE)

        def offered(of: Journey) -> list[tuple[str, str]]:
            return [(x.label, x.href) for x in sight.links(of.page)]

        def choose_mark() -> None:
            figure = next(f for f in sight.figures(journey.page) if "超期未办" in sight.heading(f))
            mark = sight.marks(figure)[0]

            def click() -> None:
                sight.pointed_at(journey.page, figure, mark)
                journey.page.mouse.click(mark.x, mark.y, delay=60)

            journey.insist("click a bar", click)

        def choose_row() -> None:
            table = sight.tables(journey.page)[0]
            y = sight.HEAD + sight.ROW // 2
            journey.insist("click a row", lambda: table.click(position={"x": 18, "y": y}))

        for path, choose in (("/time-limits", choose_mark), ("/", choose_row)):
            journey.open(path)
            place, before = journey.place, offered(journey)
            choose()
            chosen, after = journey.place, offered(journey)
            assert chosen[0] == place[0] + 1
            [more] = [x for x in after if x not in before]
            journey.reload()
            assert (journey.place, offered(journey)) == (chosen, after)
            colleague.open(journey.address)
            assert offered(colleague) == after
            link = next(x for x in sight.links(journey.page) if (x.label, x.href) == more)
            journey.follow(sight.located(journey.page, link), link.label)
            assert journey.listed() == link.promised
            journey.back()
            assert (journey.place, offered(journey)) == (chosen, after)
            journey.back()
            assert (journey.place, offered(journey)) == (place, before)
            choose()  # once is enough: the figure does not think that it is chosen still
            assert offered(journey) == after
        journey.choose("统计期", "本季")
        assert "mark=" not in journey.address
        context.close()


def test_back_and_forward_in_quick_turn_make_no_entry(browser: Browser, found_site: str, folder: Path) -> None:
    with travelled(browser, found_site, folder) as journey:
        journey.open("/")
        journey.menu("时限合规")
        journey.menu("模块负荷")
        entries = "navigation.entries().length"
        before, place = journey.page.evaluate(entries), journey.place
        for _ in range(5):
            journey.say("go back and forward at once")
            journey.page.evaluate("history.back()")
            journey.page.wait_for_function("location.pathname.endsWith('time-limits')")
            journey.page.evaluate("history.forward()")
            journey.page.wait_for_function("location.pathname.endsWith('demand-load')")
        journey.settle()
        expect(journey.page.locator("h1")).to_have_text("模块负荷", timeout=PATIENCE)
        journey.settle()
        assert (journey.page.evaluate(entries), journey.place) == (before, place)
        journey.back()
        expect(journey.page.locator("h1")).to_have_text("时限合规", timeout=PATIENCE)


def test_old_and_unknown_addresses_lead_to_the_first_page(browser: Browser, found_site: str, folder: Path) -> None:
    with travelled(browser, found_site, folder) as journey:
        for path in ("/home", "/no-such-page"):
            journey.open(path)
            expect(journey.page.locator("h1")).to_have_text("总览", timeout=PATIENCE)
            assert "Page not found" not in journey.page.inner_text("body")
        journey.says(re.compile("没有“/no-such-page”这个地址"))
        journey.menu("时限合规")
        assert "unknown" not in journey.address
