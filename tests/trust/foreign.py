"""A store whose every text means harm, made from the vocabulary itself: a column that is added is covered by itself."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from pathlib import Path

from analytics.briefing.compose import Request
from analytics.briefing.office import Office
from analytics.briefing.period import parse
from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.model import ACTIVITY_KINDS, GRADES, MODULES, ROLES, STAGES, TABLES, Column
from analytics.remedies.cards import CardBook
from analytics.store import Store
from tests.small import publish

NOW = dt.datetime(2026, 11, 24, 17)
#: An image, a link, an element, a formula of mathematics, an icon, a colour, an address, a turn of direction, a cell's formula.
HARM = (
    "![x](http://evil.example/i) [y](http://evil.example/l) <img src=http://evil.example/e onerror=window.hacked=1>"
    "<script>window.hacked=1</script> $\\frac{1}{2}$ :material/home: :red[z] http://evil.example/a \u202e \u2066=1+1"
)
#: Parts that Markdown, or what Streamlit makes of it, would take for more than text.
RAW = ("![x]", "[y](", "<img src", "<script>", "$\\frac", ":material/home:", ":red[z]", "\u202e")
CODES = {
    "module": list(MODULES), "stage": list(STAGES), "grade": list(GRADES), "role": list(ROLES), "follow_result": ["solved", "unsolved"],
}  # fmt: skip
CASES = 240
_TOPICS = ("贷款续期难请协调银行", "厂房漏水物业不维修", "人才子女入学学位不足", "商标被抢注需要维权", "社保系统不能批量导入", "奖励资金迟迟未拨付")  # fmt: skip


def harmful(label: object) -> str:
    """Return a text that means harm and tells which one it is."""
    return f"{label}{HARM}"


def _value(column: Column, row: int) -> object:
    if column.kind in CODES:
        return CODES[column.kind][row % len(CODES[column.kind])]
    if column.kind in ("time", "day"):
        return dt.datetime(2026, 10 + row % 2, row % 19 + 1, 9) + dt.timedelta(days=2 * (column.name in _LATE))
    if column.kind == "integer":
        return row % 5 + 1
    return harmful(f"{column.label}{row % 6}") if column.name not in _TOPICAL else f"{_TOPICS[row % 6]}{HARM}"


_LATE = ("closed_at", "rated_at", "happened_at", "in_force_to")
_TOPICAL = ("title", "content")


def rows_of(name: str, many: int) -> list[dict[str, object]]:
    """Return rows of a table with every one of its columns filled; texts mean harm, keys are told apart."""
    table, rows = TABLES[name], []
    for row in range(many):
        made = {c.name: _value(c, row) for c in table.columns if not c.name.endswith("event_key")}
        rows.append(made | {k: harmful(f"{k}{row}") for k in table.key if table.column(k).kind == "text"})
    return rows


def _tables() -> Iterator[tuple[str, list[dict[str, object]]]]:
    cases = rows_of("cases", CASES)
    for number, case in enumerate(cases):
        if number % 3 == 0:
            case["closed_at"] = None
    numbers = [case["case_no"] for case in cases]
    yield "cases", cases
    for name in TABLES:
        if name == "cases":
            continue
        rows = rows_of(name, 60 if name in ("events", "ratings") else 8)
        for row, case_no in zip(rows, itertools.cycle(numbers), strict=False):
            row |= {"case_no": case_no} if "case_no" in row else {}
            row |= {"activity_kind": ACTIVITY_KINDS[0]} if "activity_kind" in row else {}
        yield name, rows


def harmful_store(folder: Path) -> Store:
    """Publish the store; types found, decisions, a card, a profile, a view and a sentence in words of harm too."""
    store = publish(folder, dict(_tables()), NOW)  # type: ignore[arg-type]
    desk = IssueDesk(store)
    desk.discover(open_ledger(store))
    found = desk.findings(open_ledger(store))
    assert found is not None
    type_id = str(found.types.index[0])
    desk.rename(type_id, harmful("名"), harmful("谁"), harmful("为何"))
    for kind in ("note", "owner"):
        desk.mark(kind, type_id, harmful(kind), harmful("谁"), harmful("为何"))
    desk.keep_view(harmful("视图"), {"find": [harmful("找")]}, harmful("谁"))
    found = desk.findings(open_ledger(store))
    assert found is not None
    book = CardBook(store)
    book.take_up(found, type_id, harmful("谁"), NOW, harmful("为何"))
    fields = {"measures": harmful("措施"), "note": harmful("备注"), "people": harmful("人"), "papers": [harmful("文")]}
    book.edit(book.cards()[0], fields, harmful("谁"), NOW)
    office, request = Office(store), Request(parse("2026-W46"), title=harmful("题"), recipient=harmful("报"), issuer=harmful("单"))  # fmt: skip
    office.keep_profile(harmful("案"), request, harmful("谁"))
    office.edit(request, office.compose(request).sections[0].sentences[0], harmful("句"), harmful("谁"))
    office.deliver(request, ("html",), harmful("谁"))
    return store
