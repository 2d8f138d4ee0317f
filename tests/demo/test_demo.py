"""The demo ledger: deterministic, plausible, invented, its truths planted."""

import datetime as dt
import json
import re

import pandas as pd

from analytics import workdays
from analytics.demo import DemoLedger, generate
from analytics.ledger import Ledger
from analytics.metrics import Slice, compute
from analytics.metrics.funnel import funnel
from analytics.store import Store
from tests.conftest import AS_OF

YEAR = Slice(dt.date(2025, 1, 1), dt.date(2026, 11, 24))


def test_the_same_seed_and_day_give_the_same_ledger() -> None:
    first, second = (generate(AS_OF, cases=300, enterprises=60) for _ in range(2))
    for name, frame in first.tables.items():
        pd.testing.assert_frame_equal(frame, second.tables[name])
    assert not first.tables["cases"].equals(generate(AS_OF, cases=300, enterprises=60, seed=1).tables["cases"])


def test_nothing_happens_at_or_after_the_as_of(demo: DemoLedger) -> None:
    assert demo.tables["cases"]["accepted_at"].max() < AS_OF
    assert demo.tables["events"]["happened_at"].max() < AS_OF
    assert demo.tables["ratings"]["rated_at"].max() < AS_OF


def test_it_has_what_a_district_has(demo: DemoLedger) -> None:
    tables = demo.tables
    assert tables["cases"]["module"].nunique() == 9
    assert len(tables["departments"]) >= 30
    assert tables["items"]["item_no"].nunique() >= 120
    assert tables["items"]["version"].nunique() == 2
    assert set(tables["officers"]["role"]) == {"leader", "chief", "officer"}
    stages = set(tables["events"]["stage"])
    assert {
        "transferred",
        "received",
        "returned",
        "processing",
        "paused",
        "consulted",
        "supervised",
        "replied",
        "closed",
        "followed_up",
        "reopened",
    } <= stages


def test_events_never_run_backwards(demo: DemoLedger) -> None:
    events = demo.tables["events"].merge(demo.tables["cases"][["case_no", "accepted_at"]], on="case_no")
    assert (events["happened_at"] > events["accepted_at"]).all()
    assert (
        events.sort_values(["case_no", "event_key"])
        .groupby("case_no")["happened_at"]
        .apply(lambda t: t.is_monotonic_increasing)
        .all()
    )


def test_enterprises_and_people_are_invented(demo: DemoLedger) -> None:
    firms = demo.tables["enterprises"]
    assert firms["enterprise"].str.startswith("示例").all()
    assert firms["credit_code"].str.startswith("00").all()  # no register uses department code 0
    assert demo.tables["cases"]["contact_phone"].str.startswith("154").all()  # a number range nobody has


def test_texts_vary(demo: DemoLedger) -> None:
    texts = demo.tables["cases"]["content"]
    assert texts.nunique() > 0.97 * len(texts)
    assert texts.str.len().quantile(0.95) > 2 * texts.str.len().quantile(0.05)
    assert demo.truth["problem"].nunique() > 300


def test_work_is_brought_on_working_days(demo: DemoLedger) -> None:
    days = demo.tables["cases"]["accepted_at"].dt.date
    assert sum(workdays.is_workday(d) for d in days) > 0.9 * len(days)


def test_the_overloaded_team_and_the_hard_department_can_be_found(demo: DemoLedger, demo_ledger: Ledger) -> None:
    load = compute("load_open", demo_ledger, YEAR, by=("module",)).set_index("module")["value"]
    assert load.idxmax() == demo.plants["overloaded_team"]
    plain, _, _ = funnel("on_time_rate", demo_ledger, YEAR, "department")
    fair, _, _ = funnel("on_time_rate", demo_ledger, YEAR, "department", "item_no")
    plain, fair = plain.set_index("department")["value"], fair.set_index("department")["value"]
    hard, slow = demo.plants["hard_department"], demo.plants["slow_department"]
    assert fair[hard] > plain[hard]
    assert fair[slow] < fair.median()


def test_emergences_and_remedies_lie_in_the_truth_file(demo: DemoLedger, demo_store: Store) -> None:
    plants = json.loads((demo_store.folder / "demo_truth" / "plants.json").read_text("utf-8"))
    assert len(plants["emergences"]) >= 10
    assert {r["share_left"] == 1.0 for r in plants["remedies"]} == {True, False}
    first = demo.truth.merge(demo.tables["cases"][["case_no", "accepted_at"]], on="case_no")
    for plant in plants["emergences"][:5]:
        mine = first[first["problem_no"] == plant["problem_no"]]["accepted_at"]
        assert (mine >= plant["first_day"]).mean() > 0.85


def test_no_truth_leaks_into_the_ledger(demo: DemoLedger) -> None:
    assert not {"problem_no", "type_no", "hardness"} & set(demo.tables["cases"].columns)
    assert not demo.tables["cases"]["content"].map(lambda t: bool(re.search(r"[{}]", t))).any()
