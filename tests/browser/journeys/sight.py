"""What a page shows, found without being told: its links, the figures and tables that answer a choice, its numbers.

See docs/decisions/0023.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from playwright.sync_api import Locator, Page, expect

#: The filter bar's parameters: every link may carry them.
SHARED = {"period", "from", "to", "compare", "module", "department", "channel", "street", "as_of"}
#: Streamlit's own description of an element: it alone says whether a choice is answered.
_ASKED = """e => {
  let f = e[Object.keys(e).find(k => k.startsWith('__reactFiber'))];
  for (let i = 0; f && i < 30; i++, f = f.return)
    if (f.memoizedProps?.element?.selectionMode) return f.memoizedProps.element.selectionMode.length;
  return 0;
}"""
_SECTION = "e => e.closest('[data-testid=\"stVerticalBlock\"]')"
LINKS = """() => [...document.querySelectorAll('[data-testid="stMain"] a[href]')]
  .filter(a => a.offsetParent && !a.closest('.st-key-menu_wide, .st-key-menu_narrow') && a.origin === location.origin)
  .map((a, i) => { a.dataset.seen = i; return [i, a.innerText.trim().split('\\n').pop(), a.getAttribute('href')]; })"""
#: The words around a link that are its own: up to the next link, and no further than its box.
BESIDE = """a => {
  const said = e => [...e.querySelectorAll('[data-testid="stMarkdown"], [data-testid="stCaptionContainer"], [data-testid="stMetric"], [data-testid="stText"]')]
    .filter(x => !x.closest('a')).map(x => x.innerText).join('\\n');
  for (let e = a.parentElement; e && e.dataset.testid !== 'stMain'; e = e.parentElement) {
    const others = [...e.querySelectorAll('a[href*="case-list"]')].filter(x => x !== a && !x.href.includes('case='));
    if (others.length || e.querySelector('.js-plotly-plot, [data-testid="stDataFrame"]')) return '';
    if (/\\d/.test(said(e))) return said(e);
  }
  return '';
}"""
#: One row a mark: kind of trace, how large, and where it lies in the window.
MARKS = """g => {
  const box = g.getBoundingClientRect(), all = g._fullLayout, found = [];
  const add = (kind, size, x, y) => { if (isFinite(x) && isFinite(y)) found.push({kind, size, x, y}); };
  const axes = t => [all[(t.xaxis || 'x').replace('x', 'xaxis')], all[(t.yaxis || 'y').replace('y', 'yaxis')]];
  g._fullData.forEach((t, n) => {
    if (t.visible !== true || t.hoverinfo === 'skip') return;
    const [xa, ya] = axes(t), at = (x, y) => [box.left + xa._offset + xa.d2p(x), box.top + ya._offset + ya.d2p(y)];
    if (t.type === 'heatmap') add('heatmap', 0, box.left + xa._offset + xa._length / 2, box.top + ya._offset + ya._length / 2);
    else if (t.type.startsWith('scatter') && (t.mode || '').includes('markers'))
      t.x.forEach((x, i) => {
        const y = t.y[i], size = isNaN(y) ? parseFloat(String(t.text?.[i]).replace(/,/g, '')) || 0 : +y;
        if (y !== null && !(typeof y === 'number' && isNaN(y))) add(t.type, size, ...at(x, y));
      });
  });
  for (const trace of g.querySelectorAll('.trace.bars')) for (const bar of trace.querySelectorAll('.point path')) {
    const b = bar.getBoundingClientRect();
    if (b.width >= 4 && b.height >= 4) add('bar', b.width * b.height, b.left + b.width / 2, b.top + b.height / 2);
  }
  return found;
}"""
CELLS = """e => [...e.querySelectorAll('[role="row"]')].map(r => [...r.querySelectorAll('[role="columnheader"], [role="gridcell"]')].map(c => c.textContent))"""
NUMBERS = """() => {
  const main = document.querySelector('[data-testid="stMain"]'), all = s => [...main.querySelectorAll(s)].map(e => e.innerText.trim());
  return [...all('h1, h2, h3'), ...all('[data-testid="stMetric"]')];
}"""
TOTAL = re.compile(r"：([\d,]+) 件")
ROW, HEAD = 35, 35
#: Rows that 工单明细 shows of a list.
SHOWN = 500
#: Milliseconds that a busy machine is waited for: never reached where all is well.
PATIENCE = 400_000


@dataclass(frozen=True)
class Link:
    """A link as it stands on a page."""

    number: int
    label: str
    href: str

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.href).query)

    @property
    def lists_cases(self) -> bool:
        return urlsplit(self.href).path.endswith("case-list") and "case" not in self.query

    @property
    def kind(self) -> tuple[str, frozenset[str]]:
        """The page it leads to and what it says beyond the filters."""
        return urlsplit(self.href).path.lstrip("./"), frozenset(self.query) - SHARED

    @property
    def promised(self) -> int | None:
        """The number of cases that its label names."""
        told = re.search(r"（([\d,]+) 件）$", self.label)
        return int(told[1].replace(",", "")) if told else None

    def __str__(self) -> str:
        return f"“{self.label}” → {unquote(self.href)}"


@dataclass(frozen=True)
class Mark:
    """A mark of a figure: its trace's kind, and its middle in the window."""

    kind: str
    size: float
    x: float
    y: float


def links(page: Page) -> list[Link]:
    """Return the links of a page that lead on within the dashboard, those of the menu left out."""
    return [Link(*found) for found in page.evaluate(LINKS)]


def located(page: Page, link: Link) -> Locator:
    return page.locator(f'a[data-seen="{link.number}"]')


def figures(page: Page) -> list[Locator]:
    """Return the figures that answer the choice of a mark."""
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-testid=\"stPlotlyChart\"]')].every(e => e.querySelector('.js-plotly-plot .main-svg'))"
    )
    return [g for g in page.locator(".js-plotly-plot").all() if g.evaluate(_ASKED)]


def options(page: Page) -> list[Locator]:
    """Return the buttons of a page that choose another view of it, those chosen left out."""
    return page.get_by_test_id("stMain").locator("button[role=radio][aria-checked=false]").all()


def tables(page: Page) -> list[Locator]:
    """Return the tables whose rows can be chosen."""
    return [t for t in page.get_by_test_id("stDataFrame").all() if t.evaluate(_ASKED)]


def heading(place: Locator) -> str:
    """Return the heading of the box that a figure or table stands in."""
    told = place.evaluate(
        """e => { for (let x = e; x; x = x.parentElement) { const h = x.querySelector?.('h3, h2, h1'); if (h) return h.innerText; } return ''; }"""
    )
    return str(told)


def marks(figure: Locator) -> list[Mark]:
    """Return the marks that lie within the window, of every kind of trace the largest and one other."""
    figure.scroll_into_view_if_needed()
    found = [Mark(**m) for m in figure.evaluate(MARKS)]
    chosen = []
    for kind in dict.fromkeys(m.kind for m in found):
        mine = sorted((m for m in found if m.kind == kind), key=lambda m: -m.size)
        chosen += [mine[0]] if len(mine) == 1 else [mine[0], mine[len(mine) // 2]]
    return chosen


def pointed_at(page: Page, figure: Locator, mark: Mark) -> str:
    """Move the mouse onto a mark and return what the figure then says; it is asked again until it answers."""
    tip = figure.locator(".hoverlayer .hovertext")
    for _ in range(400):
        page.mouse.move(mark.x - 3, mark.y)
        page.mouse.move(mark.x, mark.y, steps=2)
        page.wait_for_timeout(100)
        if tip.count():
            return "\n".join(tip.all_text_contents())
    raise AssertionError(f"the figure “{heading(figure)}” never answered the mouse")


def rows(table: Locator) -> list[list[str]]:
    """Return heads and visible rows of a table as they stand, once it is drawn: it follows its page a moment later."""
    table.scroll_into_view_if_needed()
    table.locator('[role="gridcell"]').first.wait_for(state="attached")
    before, found = None, table.evaluate(CELLS)
    while found != before:
        table.page.wait_for_timeout(500)
        before, found = found, table.evaluate(CELLS)
    return [list(r) for r in found]


def row_count(table: Locator) -> int:
    """Return how many rows a table has, its head left out."""
    grid = table.locator('[role="grid"]')
    grid.wait_for(state="attached")
    return int(grid.get_attribute("aria-rowcount") or 0) - 1


def numbers(page: Page) -> list[str]:
    """Return headings, big numbers and links of a page, to tell whether it is the same again."""
    return [*page.evaluate(NUMBERS), *(x.label for x in links(page))]


def counts(text: str) -> set[int]:
    """Return every number of cases that a text says, and what follows from its shares (met and not met)."""
    number = lambda told: int(told.replace(",", ""))  # noqa: E731
    plain = {number(n) for n in re.findall(r"(?<![\d.,])(\d[\d,]*) ?件(?!/)", text)}
    plain |= {number(n) for n in re.findall(r"（件）\s*(\d[\d,]*)", text)}
    for met, whole in re.findall(r"(\d[\d,]*)/(\d[\d,]*)", text):
        plain |= {number(met), number(whole), number(whole) - number(met)}
    for share, whole in re.findall(r"([\d.]+)%（分母 (\d[\d,]*) 件）", text):
        plain.add(round(number(whole) * (1 - float(share) / 100)))
    return plain


def counts_of_row(heads: list[str], cells: list[str]) -> set[int]:
    """Return the numbers of cases that stand in a row of a table."""
    found: set[int] = set()
    for head, cell in zip(heads, cells, strict=False):
        if "件" in head and (told := re.fullmatch(r"[-+]?([\d,]+)(\.0+)?", cell.strip())):
            found.add(int(told[1].replace(",", "")))
        found |= counts(cell)
    return found


def told(page: Page) -> tuple[int, int]:
    """Return how many cases 工单明细 says there are, and how many rows it lists."""
    main = page.get_by_test_id("stMain")
    none, bold = main.get_by_text("没有符合条件的工单"), main.locator("strong").filter(has_text=TOTAL)
    expect(none.or_(bold).first).to_be_visible(timeout=PATIENCE)
    if none.count():
        return 0, 0
    total = int(TOTAL.search(bold.first.inner_text())[1].replace(",", ""))
    return total, row_count(page.get_by_test_id("stDataFrame").first)
