"""A walk through every page that finds every way to cases by itself and holds each number against its list."""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
from playwright.sync_api import Browser, Locator, Page, expect

from analytics.store import Store
from tests.browser.journeys import sight
from tests.browser.journeys.journey import PATIENCE, WIDE, Journey, new_context, travelled
from tests.browser.journeys.oracle import Oracle
from tests.browser.journeys.sight import Link

#: So many lists of one kind are followed on one page; WALK=every follows each one.
ALIKE = 10_000 if os.environ.get("WALK") == "every" else 2
#: Pages of the menu without any way to cases, on a full ledger.
SILENT = {"简报", "分派建议", "数据管理", "全市汇总", "指标口径", "系统管理"}


@dataclass
class Walk:
    """What was used on the way, and what was found wrong."""

    journey: Journey
    colleague: Journey
    oracle: Oracle
    thorough: bool = True
    lists: int = 0
    #: Ways to cases used so far: lists, single cases, and types and cards that have such.
    ways: int = 0
    compared: int = 0
    faults: list[str] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    #: Kinds of links within a page (a type, a card, what is alike) whose goals were walked too.
    within: set[tuple] = field(default_factory=set)
    #: Kinds of links used so far, and views that pages offer beside the one they open with.
    used: set[tuple] = field(default_factory=set)
    views_seen: list[str] = field(default_factory=list)

    @property
    def page(self) -> Page:
        return self.journey.page

    def hold(self, right: bool, told: str) -> None:
        """Note a fault; the walk goes on, so that all are told at once."""
        if not right:
            self.faults.append(f"step {len(self.journey.steps)}: {told}")

    # -- pages ----------------------------------------------------------------------------------

    def everywhere(self) -> None:
        for title in self.journey.titles():
            self.journey.menu(title)
            before = self.ways
            self.here(title)
            self.views(title)
            if self.ways == before:
                self.silent.add(title)

    def views(self, title: str) -> None:
        """Choose every other view that a page offers (排行, 分布图, 层级树), and use its ways of kinds not used so far."""
        for option in [o.inner_text().strip() for o in sight.options(self.page)]:
            at, address = self.journey.place
            button = next((o for o in sight.options(self.page) if o.inner_text().strip() == option), None)
            self.hold(button is not None, f"{title}: the view {option} is gone after Back")
            if button is None:
                continue
            self.journey.act(f"{title}: choose {option}", button.click)
            self.hold(self.journey.place[0] == at + 1, f"{title}: the view {option} is no step of its own")
            self.views_seen.append(f"{title}/{option}")
            self.here(f"{title}/{option}", depth=1, anew=True)
            self.journey.back()
            self.hold(self.journey.place == (at, address), f"{title}/{option}: Back leads to {self.journey.address}")

    def here(self, title: str, depth: int = 0, *, anew: bool = False) -> None:
        """Use every way that a page offers; ``anew``: only the kinds not used so far."""
        followed: Counter[tuple] = Counter()
        for link in sight.links(self.page):
            if anew and link.kind in self.used:
                continue
            followed[link.kind] += 1
            if followed[link.kind] > (ALIKE if link.lists_cases else 1):
                continue
            self.use(title, link, self._beside(link) if link.lists_cases else set(), depth)
        if not depth or anew:  # the figures of a type are the same for each: its lists and tables tell enough
            self.figures(title, depth)
        self.tables(title, depth)

    def _beside(self, link: Link) -> set[int]:
        return sight.counts(sight.located(self.page, link).evaluate(sight.BESIDE))

    def figures(self, title: str, depth: int) -> None:
        for number in range(len(sight.figures(self.page))):
            for order in range(2 * 3):
                figure = sight.figures(self.page)[number]
                found = sight.marks(figure)
                self.hold(bool(found) or not self.thorough, f"{title}/{sight.heading(figure)}: no mark to choose")
                if order >= min(len(found), len(found) if self.thorough and not depth else 1):
                    break
                self.mark(title, figure, found[order], depth)

    def mark(self, title: str, figure: Locator, mark: sight.Mark, depth: int) -> None:
        before = {(x.label, x.href) for x in sight.links(self.page)}
        name = f"{title}/{sight.heading(figure)}"
        place = self.journey.place
        said = sight.pointed_at(self.page, figure, mark)

        def click() -> None:
            sight.pointed_at(self.page, figure, mark)
            self.page.mouse.click(mark.x, mark.y, delay=60)

        self.journey.insist(f"{name}: click the {mark.kind} “{said}”", click)
        new = [x for x in sight.links(self.page) if (x.label, x.href) not in before]
        self.hold(bool(new), f"{name}: the mark “{said}” offers nothing")
        for link in new:
            self.use(name, link, sight.counts(said), depth)
        self.unchosen(name, place)

    def unchosen(self, name: str, place: tuple[int, str]) -> None:
        """What was chosen on a page is one entry of the history, and Back takes it back."""
        self.hold(self.journey.place[0] == place[0] + 1, f"{name}: what is chosen is one entry of the history")
        self.journey.back()
        self.hold(self.journey.place == place, f"{name}: Back leads to {self.journey.address}")

    def tables(self, title: str, depth: int) -> None:
        for number in range(len(sight.tables(self.page))):
            buttons = self.page.get_by_role("button").count()
            for last in (False, True) if self.thorough and not depth else (False,):
                self.row(title, sight.tables(self.page)[number], last, depth, buttons)

    def row(self, title: str, table: Locator, last: bool, depth: int, buttons: int) -> None:
        before = {(x.label, x.href) for x in sight.links(self.page)}
        heads, *cells = sight.rows(table)
        height = table.bounding_box()["height"]
        row = min(len(cells), int((height - sight.HEAD) // sight.ROW)) - 1 if last else 0
        name = f"{title}/{sight.heading(table)}"
        at, address = self.journey.place
        y = sight.HEAD + sight.ROW * row + sight.ROW // 2

        def click() -> None:
            table.click(position={"x": 18, "y": y})

        self.journey.insist(f"{name}: choose row {row + 1} {cells[row][:2]}", click)
        if self.journey.address != address and "mark=" not in self.journey.address:
            self.hold(self.journey.place[0] == at + 1, f"{name}: a row opened is one entry of the history")
            if "case=" in self.journey.address:
                self.one_case(name, cells[row][0])
            else:
                self.row_opened(name, heads, cells[row])
            self.journey.back()
            return
        new = [x for x in sight.links(self.page) if (x.label, x.href) not in before]
        self.hold(
            bool(new) or self.page.get_by_role("button").count() > buttons, f"{name}: row {row + 1} offers nothing"
        )
        for link in new:
            self.use(name, link, sight.counts_of_row(heads, cells[row]), depth)
        if self.journey.address != address:
            self.unchosen(name, (at, address))
        else:  # one of several that can be chosen: the next row is to be chosen alone
            self.journey.insist(f"{name}: take row {row + 1} back", click)

    def row_opened(self, name: str, heads: list[str], cells: list[str]) -> None:
        """A row opened what it tells of; the first way to cases there has as many as the row says."""
        told = next(cell for head, cell in zip(heads, cells, strict=True) if head != "序号")
        expect(self.journey.main.get_by_role("heading", name=told).first).to_be_visible(timeout=PATIENCE)
        ways = [x for x in sight.links(self.page) if x.lists_cases]
        self.hold(bool(ways), f"{name}: {cells[:2]} opened leads to no cases")
        for way in ways[:1]:
            self.use(name, way, sight.counts_of_row(heads, cells), 1)

    # -- one way --------------------------------------------------------------------------------

    def use(self, name: str, link: Link, said: set[int], depth: int) -> None:
        """Follow a link, hold what it leads to, and come back."""
        at, address = self.journey.place
        self.used.add(link.kind)
        before = [x for x in sight.numbers(self.page) if x != link.label]
        self.journey.follow(sight.located(self.page, link), link.label)
        self.colleague.say(f"open the copied address of {link}")
        self.colleague.page.goto(self.page.url, wait_until="commit")
        if link.lists_cases:
            self.lists, self.ways = self.lists + 1, self.ways + 1
            self.a_list(name, link, said)
        elif "case" in link.query:
            self.one_case(name, link.query["case"][0])
        else:
            self.another_page(name, link)
            if depth == 0 and link.kind[1] and link.kind not in self.within:
                self.within.add(link.kind)
                self.here(f"{name}/{link.label}", depth + 1)
            self.ways += link.kind in self.within
        self.journey.back()
        self.hold(self.journey.place == (at, address), f"{name}: {link}: Back leads to {self.journey.address}")
        after = [x for x in sight.numbers(self.page) if x != link.label]
        self.hold(after == before, f"{name}: {link}: after Back {_differing(before, after)}")

    def a_list(self, name: str, link: Link, said: set[int]) -> None:
        address = self.journey.address
        total, listed = sight.told(self.page)
        right, measured = self.oracle.cases(address), self.oracle.measured(address)
        self.colleague.settle()
        fresh, _ = sight.told(self.colleague.page)
        what = f"{name}: {link}"
        self.hold(link.promised == total, f"{what}: the link says {link.promised}, the page {total}")
        self.hold(total == right, f"{what}: the page says {total}, the ledger {right}")
        self.hold(measured in (None, total), f"{what}: the page says {total}, the metric {measured}")
        self.hold(listed == min(total, sight.SHOWN), f"{what}: {total} said, {listed} listed")
        self.hold(fresh == total, f"{what}: opened afresh {fresh}, in this session {total}")
        if self.lists == 1:
            self.exported(what, total)
        if said:
            self.compared += 1
            self.hold(total in said, f"{what}: {total} listed, where it was chosen stands {sorted(said)}")

    def exported(self, what: str, total: int) -> None:
        """Hold that the export has as many rows."""
        with self.page.expect_download() as caught:
            self.page.get_by_role("button", name="导出 Excel").click()
        rows = openpyxl.load_workbook(io.BytesIO(caught.value.path().read_bytes()))["工单"].max_row - 1
        self.hold(rows == total, f"{what}: {total} said, {rows} exported")

    def one_case(self, name: str, case_no: str) -> None:
        shown = self.page.get_by_text(re.compile(f"工单 {case_no}"))
        expect(shown.first).to_be_visible(timeout=PATIENCE)
        self.ways += 1

    def another_page(self, name: str, link: Link) -> None:
        own = sight.numbers(self.page)
        self.colleague.settle()
        others = sight.numbers(self.colleague.page)
        self.hold(own == others, f"{name}: {link}: opened afresh {_differing(own, others)}")


def _differing(before: list[str], after: list[str]) -> str:
    gone, come = [x for x in before if x not in after], [x for x in after if x not in before]
    return f"gone: {gone[:6]}, come: {come[:6]}" if gone or come else "another order"


def walked(browser: Browser, site: str, store: Store, folder: Path, thorough: bool) -> Walk:
    with travelled(browser, site, folder) as journey:
        context = new_context(browser, WIDE)
        colleague = Journey(context.new_page(), site)
        colleague.page.set_default_timeout(PATIENCE)
        walk = Walk(journey, colleague, Oracle(store), thorough)
        journey.open("/")
        walk.everywhere()
        context.close()
    return walk


def test_every_way_to_cases_leads_to_as_many_as_it_says(
    browser: Browser, found_site: str, found_store: Store, folder: Path
) -> None:
    walk = walked(browser, found_site, found_store, folder, thorough=True)
    print(
        f"{len(walk.journey.steps)} steps, {walk.lists} lists, {walk.compared} numbers beside a list",
        *walk.views_seen,
        *walk.journey.steps,
        sep="\n",
    )
    assert walk.faults == [], "\n".join(walk.faults)
    assert walk.silent == SILENT
    assert {"type", "card"} <= {name for _, names in walk.within for name in names}
    assert len(walk.views_seen) >= 8
    assert walk.lists >= 45
    assert walk.compared >= 30
    assert len(walk.journey.steps) >= 120


def test_every_way_of_real_messages_leads_to_as_many_as_it_says(
    browser: Browser, messages_site: str, messages_store: Store, folder: Path
) -> None:
    """A ledger without limits, ratings and modules offers less; what it offers holds as well."""
    walk = walked(browser, messages_site, messages_store, folder, thorough=False)
    assert walk.faults == [], "\n".join(walk.faults)
    assert walk.lists >= 3
