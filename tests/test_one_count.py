"""One count: wherever a number of cases stands with a way to its cases, the list has exactly as many."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from analytics import attention, model
from analytics.caselist import ListRequest, count_cases, counted_behind
from analytics.issues import IssueDesk, alarm_list, counts, looking, ranking, searching, trends
from analytics.issues.crossing import OTHERS, crossed
from analytics.items.usage import uncovered, used
from analytics.ledger import Ledger, open_ledger
from analytics.loop.rules import MAIN_LINE, RULES, SIDE_STEPS
from analytics.metrics import CATALOGUE, Slice, compute, unmet
from analytics.metrics.comparison import basis
from analytics.metrics.measures import Duration, Flow, Stock
from analytics.ratings import bad_ratings
from analytics.remedies.saving import demand_behind, last_year
from analytics.remedies.signs import CONTACT, signs
from analytics.settings import Settings
from analytics.store import Store
from tests.conftest import AS_OF

TYPE, PROBLEM = "issue_type", "issue_problem"
#: What links narrow a list of accepted cases by.
CUTS = (
    "module", "department", "channel", "street", "weekday", "hour", "size", "first_department", "industry", "chain", "lifecycle", "item_no", TYPE, PROBLEM,
)  # fmt: skip
Counted = tuple[str, float, int]


@pytest.fixture(scope="module", params=["demo", "real"])
def desk_and_ledger(request: pytest.FixtureRequest) -> tuple[IssueDesk, Ledger]:
    """A store with types found: the demo's, and one of real messages."""
    if request.param == "demo":
        desk, ledger = request.getfixturevalue("demo_found"), request.getfixturevalue("demo_ledger")
    else:
        store: Store = request.getfixturevalue("real_store")
        desk, ledger = IssueDesk(store), open_ledger(store)
        if desk.findings(ledger) is None:
            desk.discover(ledger)
    return desk, desk.attach(ledger)


def listed(ledger: Ledger, slice: Slice, metric: str = "demand", part: str = "denominator", **where: object) -> int:
    """Count the cases that 工单明细 lists for a link's query."""
    codes = {k: model.UNKNOWN if v is None or v != v else str(v) for k, v in where.items()}
    return count_cases(ledger, slice.narrowed(**codes), ListRequest(metric, part))


def whole(ledger: Ledger) -> Slice:
    return Slice(ledger.first_day, ledger.as_of.date())


def lately(ledger: Ledger) -> Slice:
    """The newest quarter in which cases came."""
    newest = ledger.run(ledger.table("case_facts").aggregate(at=lambda t: t.accepted_at.max()))["at"].iloc[0].date()
    return Slice(newest - dt.timedelta(days=90), newest)


def of_attention(desk: IssueDesk, ledger: Ledger) -> Iterator[Counted]:
    slice = lately(ledger)
    for one in attention.findings(ledger, slice, 20, Settings(targets={"on_time_rate": 0.99})):
        own = slice.over(*one.days) if one.days else slice
        where = {k: tuple(v.split("|")) for k, v in one.where}
        among = alarm_list.cases_of(alarm_list.alarms(ledger), one.alarm) if one.alarm else None
        request = ListRequest(one.metric, one.part, among=among)
        yield one.sentence, one.cases, count_cases(ledger, own.narrowed(**where), request)
        # A number that leads to cases stands in words; of a card of the board the card is where it leads.
        assert one.card or f"{one.cases:,}" in one.sentence + one.evidence


def of_groups(desk: IssueDesk, ledger: Ledger) -> Iterator[Counted]:
    found, slice = desk.findings(ledger), lately(ledger)
    for level, table in ((TYPE, found.types), (PROBLEM, found.problems)):
        totals = counts.totals(ledger, level)
        now = ranking.measured(ledger, basis(ledger, slice, "none"), level)
        for id in table.index[:25]:
            yield f"all of {id}", totals.loc[id, "cases"], listed(ledger, whole(ledger), **{level: id})
            yield f"found {id}", table.loc[id, "cases"], totals.loc[id, "cases"]
            period = now["demand"].get(id, 0)
            yield f"{id} in the period", period, listed(ledger, slice, **{level: id})
            assert period <= totals.loc[id, "cases"]
    cases, repeats, outside = counts.account(ledger)
    yield "looked at", cases, listed(ledger, whole(ledger))
    yield "outside", outside, listed(ledger, whole(ledger), issue_type=None)
    assert repeats == found.cases["repeat_of"].notna().sum() > 0


def of_tree(desk: IssueDesk, ledger: Ledger) -> Iterator[Counted]:
    for slice in (whole(ledger), lately(ledger)):
        nodes = looking.tree_nodes(ledger, slice, desk.findings(ledger))
        for node in nodes.sample(min(60, len(nodes)), random_state=1).itertuples():
            if node.parent.startswith("T") and not node.id.endswith(OTHERS):
                problem = node.id.split("/")[1]
                yield f"leaf {node.id}", node.cases, listed(ledger, slice, issue_problem=problem)
            elif node.id.startswith("T") and node.parent and not node.parent.startswith("T"):
                yield f"node {node.id}", node.cases, listed(ledger, slice, issue_type=node.id)


def of_alarms(desk: IssueDesk, ledger: Ledger) -> Iterator[Counted]:
    for level in (TYPE, PROBLEM):
        seen = trends.watched(ledger, level)
        episodes = seen.episodes().tail(12)
        for one in counts.between(ledger, level, episodes).itertuples():
            weeks = Slice(one.start.date(), one.last.date() + dt.timedelta(days=6))
            yield f"episode of {one.id}", one.cases, listed(ledger, weeks, **{level: one.id})
    told = alarm_list.alarms(ledger)
    for one in told.itertuples():
        since = Slice(one.since.date(), ledger.as_of.date())
        among = alarm_list.cases_of(told, one.id)
        yield f"alarm {one.id}", one.cases, count_cases(ledger, since, ListRequest(among=among))
        assert one.observed + one.repeats == one.cases
    for week, row in counts.by_week(ledger, TYPE, seen_type(ledger), seen.counts.index[-8:]).iterrows():
        days = Slice(week.date(), week.date() + dt.timedelta(days=6))
        yield f"week {week}", row["cases"], listed(ledger, days, issue_type=seen_type(ledger))


def seen_type(ledger: Ledger) -> str:
    return str(counts.totals(ledger, TYPE)["cases"].idxmax())


def of_search(desk: IssueDesk, ledger: Ledger) -> Iterator[Counted]:
    found = desk.findings(ledger)
    words = [w for k in found.types["keywords"].head(6) for w in k[:2]]
    for query in (*words, f"{words[0]} {words[1]}", "贷款", "a"):
        for slice in (whole(ledger), lately(ledger)):
            hits = searching.search(ledger, found, query, slice).exact
            yield f"search {query}", len(hits), count_cases(ledger, slice, ListRequest(words=query))
        everything = searching.search(ledger, found, query).exact
        yield f"search {query}", len(everything), count_cases(ledger, whole(ledger), ListRequest(words=query))


def of_dimensions(desk: IssueDesk, ledger: Ledger) -> Iterator[Counted]:
    slice = lately(ledger)
    for name in CUTS:
        for row in compute("demand", ledger, slice, by=(name,)).head(8).to_dict("records"):
            yield f"{name}={row[name]}", row["value"], listed(ledger, slice, **{name: row[name]})
    for row in crossed(ledger, slice, TYPE, "weekday").head(40).itertuples():
        if OTHERS not in (row.row_code, row.column_code) and row.value:
            cell = {TYPE: row.row_code, "weekday": row.column_code}
            yield f"cell {row.row_code}", row.value, listed(ledger, slice, **cell)


def of_metrics(desk: IssueDesk, ledger: Ledger) -> Iterator[Counted]:
    """Every metric of the catalogue: its list, or, where it counts times and not cases, both numbers."""
    slice = lately(ledger)
    for code, metric in CATALOGUE.items():
        if unmet(code, ledger) or not isinstance(metric.measure, Flow | Stock | Duration):
            continue
        for part in ("denominator", "numerator", "rest") if metric.is_rate else ("denominator",):
            request = ListRequest(code, part)
            number, cases = counted_behind(ledger, slice, request), count_cases(ledger, slice, request)
            times = getattr(metric.measure, "table", "") in ("spells", "transfers", "receipts", "stages")
            yield f"{code} {part}", min(number, cases) if times else number, cases


def of_loop(desk: IssueDesk, ledger: Ledger) -> Iterator[Counted]:
    slice = lately(ledger)
    for code in [r.metric for r in RULES] + [c for c, _ in (*MAIN_LINE, *SIDE_STEPS)]:
        if not unmet(code, ledger) and code not in ("demand", "timely_receipt_rate"):
            row = compute(code, ledger, slice).iloc[0]
            yield code, row["numerator"], listed(ledger, slice, code, "numerator")
            yield code, row["denominator"] - row["numerator"], listed(ledger, slice, code, "rest")


def of_items(desk: IssueDesk, ledger: Ledger) -> Iterator[Counted]:
    slice, found = lately(ledger), desk.findings(ledger)
    if not ledger.lacks(("items",)):
        for row in used(ledger, slice).head(20).itertuples():
            yield f"item {row.item_no}", row.demand, listed(ledger, slice, item_no=row.item_no)
    if not unmet("off_list_rate", ledger):
        for row in uncovered(ledger, slice, found.types["name"].to_dict()).head(20).itertuples():
            cases = listed(ledger, slice, "off_list_rate", "numerator", issue_type=row.type_id)
            yield f"uncovered {row.type_id}", row.cases, cases


def of_ratings(desk: IssueDesk, ledger: Ledger) -> Iterator[Counted]:
    if not unmet("bad_ratings", ledger):
        yield "bad ratings", len(bad_ratings(ledger, lately(ledger))), listed(ledger, lately(ledger), "bad_ratings")
        for row in compute("ratings", ledger, lately(ledger), by=("grade",)).itertuples():
            yield f"grade {row.grade}", row.value, listed(ledger, lately(ledger), "ratings", grade=int(row.grade))


def of_remedies(desk: IssueDesk, ledger: Ledger) -> Iterator[Counted]:
    found = desk.findings(ledger)
    for id, row in demand_behind(ledger, found).head(20).iterrows():
        yield f"year of {id}", row["demand"], listed(ledger, last_year(ledger), issue_type=id)
    for id in found.types.index[:3]:
        for sign in signs(ledger, whole(ledger), str(id)).itertuples():
            if sign.attribute != CONTACT:
                where = {TYPE: id, sign.attribute: sign.code}
                yield f"sign {sign.attribute} of {id}", sign.mine, listed(ledger, whole(ledger), **where)


@pytest.mark.parametrize(
    "numbers",
    [
        of_attention, of_groups, of_tree, of_alarms, of_search, of_dimensions, of_metrics, of_loop, of_items, of_ratings, of_remedies,
    ],
)  # fmt: skip
def test_the_list_is_as_long_as_the_number_says(numbers, desk_and_ledger: tuple[IssueDesk, Ledger]) -> None:
    wrong = [(what, n, cases) for what, n, cases in numbers(*desk_and_ledger) if n != cases]
    assert not wrong


def test_some_of_these_numbers_have_repeats_in_them(demo_found: IssueDesk, demo_ledger: Ledger) -> None:
    assert counts.totals(demo_found.attach(demo_ledger), PROBLEM)["repeats"].sum() > 0
    assert demo_ledger.as_of <= AS_OF
