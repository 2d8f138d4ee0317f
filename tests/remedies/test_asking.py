"""Root signs, quality, alike cases, savings, the fewest levers: by hand, and on the demo."""

from __future__ import annotations

import datetime as dt
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from scipy.sparse import csr_matrix
from scipy.stats import fisher_exact
from statsmodels.stats.proportion import confint_proportions_2indep

from analytics import model
from analytics.issues import IssueDesk
from analytics.ledger import Ledger
from analytics.metrics import Slice, compute
from analytics.remedies import quality, saving
from analytics.remedies.alike import alike
from analytics.remedies.effect import Remedy
from analytics.remedies.levers import Ground, common, fewest, ground
from analytics.remedies.signs import CONTACT, FIRST, REPEATED, contacts, signs
from tests.remedies.cases import typed

OCTOBER = Slice(dt.date(2024, 10, 1), dt.date(2024, 10, 31))


@pytest.fixture
def streets(tmp_path: Path) -> Ledger:
    """Type A: 30 of 40 cases in 东街; type B: 20 of 100 there, and one of no street. One firm writes again and again."""
    cases, types = [], {}
    for name, many, there in (("A", 40, 30), ("B", 101, 20)):
        for i in range(many):
            number = f"{name}{i:03d}"
            street = "东街" if i < there else "西街" if i < 100 else None
            firm = "常来公司" if name == "A" and i < 10 else f"{name}{i}公司"
            cases.append(
                {"case_no": number, "accepted_at": f"2024-10-{i % 28 + 1:02d} 10:{i % 60:02d}", "street": street, "enterprise": firm}
            )  # fmt: skip
            types[number] = name
    return typed(tmp_path, cases, types)


def test_signs_are_fishers_and_corrected_for_all_looks(streets: Ledger) -> None:
    found = signs(streets, OCTOBER, "A")
    assert found["code"].tolist() == ["东街", REPEATED]
    east, again = found.iloc[0], found.iloc[1]
    assert (east["mine"], east["mine_all"], east["rest"], east["rest_all"]) == (30, 40, 20, 100)
    assert east["ratio"] == pytest.approx(0.75 / 0.2)
    assert east["excess"] == pytest.approx(30 - 0.2 * 40)
    looks = 4  # two streets, first and repeated contact
    assert east["chance"] == pytest.approx(looks * fisher_exact([[30, 10], [20, 80]], "greater")[1])
    assert (again["mine"], again["rest"]) == (9, 0)


def test_a_type_like_all_others_has_no_signs(streets: Ledger) -> None:
    assert signs(streets, OCTOBER, "none").empty
    assert "东街" not in set(signs(streets, OCTOBER, "B")["code"])


def test_a_contact_is_repeated_whenever_the_first_was(streets: Ledger) -> None:
    late = Slice(
        dt.date(2024, 10, 10), dt.date(2024, 10, 10)
    )  # A009, B009, B037 …: the first of 常来公司 came on the 1st
    rows = contacts(streets, late).set_index(["type", "code"])["n"]
    assert rows["A", REPEATED] == 1
    assert rows["A", FIRST] == 1
    assert ("B", REPEATED) not in rows.index
    assert set(contacts(streets, late)["attribute"]) == {CONTACT}


def test_closing_speed_is_coxs() -> None:
    """Against another implementation of the same regression (lifelines)."""
    rng = np.random.default_rng(3)
    rows = pd.DataFrame({"mine": np.repeat([False, True], 300), "after": np.tile([False, True], 300)})
    scale = np.where(rows["mine"] & rows["after"], 3.0, np.where(rows["mine"], 6.0, 4.0))
    drawn = rng.exponential(scale)
    rows["elapsed"], rows["happened"] = np.minimum(drawn, 8).round(2), drawn < 8
    other = rows.assign(mine=rows["mine"] * 1.0, after=rows["after"] * 1.0, both=rows["mine"] & rows["after"])
    fitted = CoxPHFitter().fit(other.assign(both=other["both"] * 1.0), "elapsed", "happened", strata=["mine"])
    ratio, low, high = quality.closing_speed(rows)
    assert ratio == pytest.approx(fitted.hazard_ratios_["both"], rel=1e-3)
    assert (low, high) == pytest.approx(np.exp(fitted.confidence_intervals_.loc["both"]).tolist(), rel=1e-2)
    assert np.isnan(quality.closing_speed(rows[~rows["mine"]])).all()


def test_rates_before_and_after_are_the_catalogues(demo_found: IssueDesk, demo_ledger: Ledger) -> None:
    ledger = demo_found.attach(demo_ledger)
    found = demo_found.findings(ledger)
    assert found
    remedy = Remedy(str(found.types.index[0]), dt.date(2026, 7, 1))
    spans = quality.periods(ledger, remedy)
    assert spans
    before, after = spans
    assert (before.end, after.start) == (dt.date(2026, 6, 30), dt.date(2026, 7, 1))
    assert (before.end - before.start) == (after.end - after.start)
    rows = quality.compared(ledger, remedy).set_index("metric")
    assert rows.index.tolist() == ["handling_median", "on_time_rate", "satisfaction"]
    old, new = (compute("on_time_rate", ledger, s.narrowed(issue_type=remedy.type_id)).iloc[0] for s in spans)
    mine = rows.loc["on_time_rate"]
    assert (mine["before"], mine["after"]) == (old["value"], new["value"])
    bounds = confint_proportions_2indep(
        new["numerator"], new["denominator"], old["numerator"], old["denominator"], compare="diff", method="newcomb"
    )
    assert (mine["low"], mine["high"]) == pytest.approx(bounds)


def test_alike_cases_are_open_and_their_models_solved(demo_found: IssueDesk, demo_ledger: Ledger) -> None:
    ledger = demo_found.attach(demo_ledger)
    found = demo_found.findings(ledger)
    assert found
    facts = ledger.run(ledger.table("case_facts")).set_index("case_no")
    for id in found.types.index[:6]:
        rows = alike(ledger, found, str(id))
        own = set(found.cases.loc[found.cases["type_id"] == id, "case_no"])
        still_open = {c for c in own if pd.isna(facts.loc[c, "closed_at"])}
        assert set(rows["case_no"]) == still_open
        models = facts.loc[rows["model"].dropna()]
        assert set(models.index) <= own
        assert (models["closed_at"] <= models["due_at"]).all()
        assert (models["grade"].fillna(5) >= 3).all()
        assert (models["follow_result"].fillna("") != "unsolved").all()
        assert rows["reply"].notna().all()
    assert not set(rows["case_no"]) & set(rows["model"])


def test_savings_are_last_years_numbers_times_the_assumption(demo_found: IssueDesk, demo_ledger: Ledger) -> None:
    ledger = demo_found.attach(demo_ledger)
    found = demo_found.findings(ledger)
    assert found
    behind = saving.demand_behind(ledger, found)
    span = saving.last_year(ledger)
    assert (span.start, span.end) == (dt.date(2025, 11, 24), dt.date(2026, 11, 23))
    id = str(behind["demand"].idxmax())
    whole = compute("demand", ledger, span.narrowed(issue_type=id)).iloc[0]["value"]
    table = saving.ranked(behind, saving.Assumptions(0.5, 2.0), "cases", taken=[id])
    assert id not in table.index
    assert table["cases"].is_monotonic_decreasing
    every = saving.ranked(behind, saving.Assumptions(0.5, 2.0), "hours")
    assert every.loc[id, "cases"] == pytest.approx(whole / 2)
    assert every.loc[id, "hours"] == pytest.approx(whole)
    late = compute("days_late", ledger, span.narrowed(issue_type=id)).iloc[0]["value"]
    assert every.loc[id, "days_late"] == pytest.approx(late / 2)


def by_hand(hits: list[list[int]], types: list[str]) -> Ground:
    matrix = csr_matrix(np.array(hits, dtype=float))
    names = [f"L{i}" for i in range(matrix.shape[1])]
    return Ground(pd.Series(types), pd.DataFrame({"kind": "item", "value": names, "name": names}), matrix)


def test_the_fewest_levers_are_found_where_the_greedy_choice_is_not() -> None:
    """Greedy takes the broad lever (6 of 10) and then needs both others; two are enough."""
    rows = [[1, 1, 0]] * 3 + [[1, 0, 1]] * 3 + [[0, 1, 0]] * 2 + [[0, 0, 1]] * 2
    found = fewest(by_hand(rows, ["A"] * 10), 1.0)
    assert sorted(found["name"]) == ["L1", "L2"]
    assert found["reached"].iloc[-1] == 1.0
    assert fewest(by_hand(rows, ["A"] * 10), 0.6)["name"].tolist() == ["L0"]


@pytest.mark.parametrize("seed", range(6))
def test_no_smaller_set_reaches_as_much(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = (rng.random((80, 7)) < 0.35).astype(int)
    made = by_hand(rows.tolist(), ["A"] * 80)
    share = 0.75
    found = fewest(made, share)
    assert found["reached"].iloc[-1] >= share
    allowed = set(common(made)["lever"])
    fewer = combinations(sorted(allowed), len(found) - 1)
    assert max((rows[:, list(c)].any(axis=1).mean() for c in fewer), default=0.0) < share


def test_what_cannot_be_reached_is_not_claimed() -> None:
    rows = [[1]] * 6 + [[0]] * 4
    found = fewest(by_hand(rows, ["A"] * 10), 0.9)
    assert found["reached"].tolist() == [0.6]
    assert fewest(by_hand([[0]] * 10, ["A"] * 10), 0.5).empty
    assert fewest(by_hand(rows, ["A"] * 10), 0.5, without=["A"]).empty


def test_common_ground_is_what_three_tenths_share() -> None:
    rows = [[1, 0, 1]] * 6 + [[0, 1, 0]] * 14 + [[1, 0, 0]] * 20
    found = common(by_hand(rows, ["A"] * 20 + ["B"] * 20))
    shares = {(r.id, r.name): r.share for r in found.itertuples(index=False)}
    assert shares == {("A", "L1"): 0.7, ("A", "L0"): 0.3, ("A", "L2"): 0.3, ("B", "L0"): 1.0}


def test_levers_of_the_demo_are_its_own_items_and_texts(demo_found: IssueDesk, demo_ledger: Ledger) -> None:
    ledger = demo_found.attach(demo_ledger)
    found = demo_found.findings(ledger)
    assert found
    made = ground(ledger, found)
    assert {"item", "interface", "policy"} <= set(made.levers["kind"])
    facts = ledger.run(ledger.table("case_facts"))
    span = saving.last_year(ledger)
    year = facts[facts["accepted_at"].dt.date.between(span.start, span.end)]
    item = made.levers[made.levers["kind"] == "item"].iloc[0]
    typed_cases = set(found.cases.loc[found.cases["type_id"].notna(), "case_no"])
    expected = ((year["item_no"] == item["value"]) & year["case_no"].isin(typed_cases)).sum()
    assert made.hits[:, [item.name]].sum() == expected


def test_levers_and_demand_count_the_same_cases_under_a_filter(streets: Ledger) -> None:
    """The filter bar's （未填） too: both go through the catalogue's own filtering."""

    class Two:
        """Findings of the two types by hand."""

        types = pd.DataFrame({"dismissed": [False, False]}, index=["A", "B"])

    everything = streets.run(streets.table("case_facts"))
    Two.cases = pd.DataFrame({"case_no": everything["case_no"], "type_id": everything["case_no"].str[0]})
    Two.run = type("Run", (), {"vocabulary": [], "counts": None})
    for where in ((), (("street", ("东街",)),), (("street", (model.UNKNOWN, "西街")),)):
        demand = saving.demand_behind(streets, Two, where)["demand"].sum()  # type: ignore[arg-type]
        assert len(ground(streets, Two, where).cases) == demand  # type: ignore[arg-type]
