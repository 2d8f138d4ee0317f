"""A large ledger: types are found among its newest weeks, and no number by type says more than that."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from analytics.briefing.compose import Request, compose
from analytics.briefing.evidence import Evidence
from analytics.briefing.period import Period
from analytics.caselist import ListRequest, list_cases
from analytics.issues import IssueDesk
from analytics.issues.ranking import measured
from analytics.issues.reach import since
from analytics.issues.trends import weekly_counts
from analytics.ledger import Ledger, open_ledger
from analytics.metrics import NotMeasurable, Slice, compute
from analytics.metrics.comparison import basis
from analytics.remedies.effect import Remedy
from analytics.remedies.levers import ground
from analytics.remedies.quality import periods
from analytics.remedies.saving import demand_behind, known_year
from analytics.remedies.series import daily
from analytics.settings import load_settings
from analytics.store import Store
from tests.issues.test_discovery import texts_of_three_kinds
from tests.small import ledger_of, publish

MONDAY = dt.date(2024, 2, 5)
SETTINGS = replace(load_settings(), most_texts=30)
LATE, EARLY = Slice(MONDAY, dt.date(2024, 2, 29)), Slice(MONDAY - dt.timedelta(days=1), dt.date(2024, 2, 29))


@pytest.fixture
def desk(tmp_path: Path) -> IssueDesk:
    """Sixty cases, one a day from 1 January to 29 February, of which the newest weeks with thirty are looked at."""
    desk = IssueDesk(Store(tmp_path), SETTINGS)
    desk.discover(ledger_of(tmp_path, texts_of_three_kinds()))
    return desk


@pytest.fixture
def ledger(desk: IssueDesk) -> Ledger:
    return desk.attach(open_ledger(desk.store))


def test_whole_weeks_of_the_newest_cases_are_looked_at(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, texts_of_three_kinds())
    assert since(ledger, 60) is None
    assert since(ledger, 59) == dt.date(2024, 1, 8)
    assert since(ledger, 30) == MONDAY
    assert since(ledger, 1) == dt.date(2024, 2, 26)  # the newest week, whatever it has


def test_what_is_older_has_no_type_and_is_not_new_either(desk: IssueDesk, ledger: Ledger) -> None:
    found = desk.findings(ledger)
    assert found.run.since == MONDAY
    assert sorted(found.cases["case_no"]) == [f"C{i:04d}" for i in range(35, 60)]
    assert desk.fresh(ledger) == 0
    more = [
        *texts_of_three_kinds(),
        {**texts_of_three_kinds()[0], "case_no": "N1", "accepted_at": dt.datetime(2024, 2, 29, 10)},
    ]
    publish(desk.store.folder, {"cases": more}, dt.datetime(2025, 1, 1))
    grown = open_ledger(desk.store)
    assert desk.fresh(grown) == 1
    assert desk.join_new(grown) == 1
    assert desk.fresh(grown) == 0
    assert len(desk.findings(grown).cases) == 26
    assert desk.findings(grown).run.since == MONDAY


def test_a_period_that_begins_earlier_is_refused_by_type_alone(ledger: Ledger) -> None:
    assert compute("demand", ledger, LATE, by=("issue_type",))["value"].sum() == 25
    assert compute("demand", ledger, EARLY)["value"].sum() == 26
    type_id = str(compute("demand", ledger, LATE, by=("issue_type",))["issue_type"].iloc[0])
    for slice, by in ((EARLY, ("issue_type",)), (EARLY.narrowed(issue_type=type_id), ()), (EARLY, ("issue_problem",))):
        with pytest.raises(NotMeasurable, match="2024-02-05"):
            compute("demand", ledger, slice, by=by)
    # A shape that was compiled before is refused as well.
    with pytest.raises(NotMeasurable, match="2024-02-05"):
        compute("demand", ledger, EARLY, by=("issue_type",))
    with pytest.raises(NotMeasurable, match="2024-02-05"):
        list_cases(ledger, EARLY.narrowed(issue_type=type_id), ListRequest(metric="demand"))


def test_what_looks_back_looks_no_further(ledger: Ledger) -> None:
    weeks = weekly_counts(ledger, "issue_type")
    assert (weeks.index[0].date(), weeks.to_numpy().sum()) == (MONDAY, 25)
    assert daily(ledger).first == MONDAY
    assert "" not in daily(ledger).counts  # the column of cases without a type
    before, after = periods(ledger, Remedy("T0001", dt.date(2024, 2, 15)))
    assert (before.start, before.end, after.start) == (MONDAY, dt.date(2024, 2, 14), dt.date(2024, 2, 15))
    assert periods(ledger, Remedy("T0001", MONDAY)) is None
    assert measured(ledger, basis(ledger, LATE, "previous"))["growth"].isna().all()


def test_what_a_year_would_bring_is_not_told_of_weeks(desk: IssueDesk, ledger: Ledger) -> None:
    for ask in (demand_behind, ground):
        with pytest.raises(NotMeasurable, match="不足一年"):
            ask(ledger, desk.findings(ledger))
    assert known_year(ledger).start == MONDAY


def test_a_briefing_of_an_earlier_period_says_why_it_has_no_types(desk: IssueDesk, ledger: Ledger) -> None:
    for start, end, told in ((dt.date(2024, 2, 1), dt.date(2024, 2, 29), True), (MONDAY, dt.date(2024, 2, 11), False)):
        made = compose(ledger, Request(Period("own", start, end)), desk.findings(ledger), SETTINGS)
        text = " ".join(sentence.text for section in made.sections for sentence in section.sentences)
        assert ("只在 2024-02-05 起受理的工单里找" in text) is told
        assert ("受理较多的一类问题" in text) is not told
    assert Evidence(ledger, Period("week", MONDAY, dt.date(2024, 2, 11)), SETTINGS).first_day() == dt.date(2024, 1, 1)
    typed = (("issue_type", "T0001"),)
    assert Evidence(ledger, Period("week", MONDAY, dt.date(2024, 2, 11)), SETTINGS, typed).before is None
