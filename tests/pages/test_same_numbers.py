"""The five numbers of 总览, 截至日 set to a briefing's end, are that briefing's: value, value compared with, change."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from analytics.briefing import words
from analytics.briefing.compose import Request
from analytics.briefing.facts import Briefing, Table
from analytics.briefing.office import Office
from analytics.briefing.period import parse
from analytics.metrics import CATALOGUE
from analytics.store import Store
from analytics.wording import EMPTY, SMALL
from pages.common.opening import FIVE
from tests.pages.test_pages import open_page

WEEKS = ("2026-W45", "2026-W47", "2026-W07")
MONTHS = ("2026-10", "2026-02")


def main_table(briefing: Briefing) -> Table:
    return words.mixed(next(t for t in briefing.tables() if t.id == "main"))


def told(app: AppTest) -> dict[str, tuple[str, str, str]]:
    """Return of each of the five its value, the value before and the change, as the page shows them."""
    notes = [c.value for c in app.caption if "前值 " in c.value]
    before = [n.split("前值 ")[1].split("（")[0] for n in notes]
    large = {m.label: (m.value, m.delta or "") for m in app.metric}
    plain = dict(m.value.removeprefix(":small[").split("]  \n") for m in app.markdown if m.value.startswith(":small["))
    assert len(large) + len(plain) == len(FIVE)
    names = {code: CATALOGUE[code].name for code in FIVE}
    seen = {code: large.get(name) or (plain[name], "") for code, name in names.items()}
    return {code: (seen[code][0], b, seen[code][1]) for code, b in zip(FIVE, before, strict=True)}


@pytest.mark.parametrize("period", [*WEEKS, *MONTHS])
@pytest.mark.parametrize("comparison", ["上一期", "去年同期"])
def test_the_overview_and_the_briefing_say_the_same(
    period: str, comparison: str, demo_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Office(demo_store).compose(Request(parse(period)))
    table = main_table(made)
    named = {c.name: i for i, c in enumerate(table.columns)}
    place = named.get("环比" if comparison == "上一期" else "同比")
    grain = "本周" if "W" in period else "本月"
    app = open_page("overview", demo_store, monkeypatch, as_of=f"{made.end}", period=grain, compare=comparison)
    assert place is not None
    shown = told(app)
    for code in FIVE:
        metric = CATALOGUE[code]
        row = next(r for r in table.rows if r[0] == f"{metric.name}（{metric.unit}）")
        value, before, moved = (str(c) if c is not None else EMPTY for c in (row[1], row[place - 1], row[place]))
        assert shown[code] == (value, before, moved.replace(EMPTY, "")), code
    assert any(v != SMALL for v, _, _ in shown.values())
