"""Effects on series made by hand whose answer is known."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from scipy.stats import binomtest

from analytics.remedies import checks
from analytics.remedies.checks import FAILED, IDLE, PASSED, UNKNOWN, Check
from analytics.remedies.effect import HARMED, MAYBE, UNTOLD, WORKED, Remedy, judge, measure
from analytics.remedies.series import MOST_AFTER, binned
from analytics.remedies.step import (
    BINS_A_MONTH,
    _columns,
    _model,
    enough,
    fit,
    has_fallen,
    slope,
    strength,
    weekly,
    weeks_to_tell,
)
from analytics.remedies.untreated import Untreated
from tests.remedies.series import DAY, FIRST, days_of, made


def noisy(mean: float, bins: int, seed: int = 1) -> list[float]:
    return np.random.default_rng(seed).poisson(mean, bins).tolist()


def spells(seed: int, factor: float = 1.0) -> tuple[list[float], list[float]]:
    """Return 64 weeks and 24 after them whose mean goes up and down by eight weeks, times ``factor`` after."""
    draw = np.random.default_rng(seed)
    mean = 20 * np.repeat(np.exp(draw.normal(0, 0.3, 11)), 8) * np.where(np.arange(88) < 64, 1, factor)
    counts = draw.poisson(mean).tolist()
    return counts[:64], counts[64:]


def test_half_is_left_and_as_many_are_avoided() -> None:
    series = made([20] * 60, [10] * 20)
    step = fit(series)
    assert (step.design, step.ratio) == ("its", pytest.approx(0.5, abs=1e-6))
    assert step.low < 0.5 < step.high < 1
    assert step.expected == pytest.approx(20 * 20)
    middle, low, high = step.avoided(20 / BINS_A_MONTH)
    assert middle == pytest.approx(10 * BINS_A_MONTH)
    assert low == pytest.approx(10 * BINS_A_MONTH * (1 / step.high - 1))
    assert low < middle < high


def test_poisson_counts_without_trend_have_the_textbook_error() -> None:
    """Under 12 bins before there is no own trend: the error of the log ratio is √(1/a + 1/b), or wider.

    Ten weeks cannot show that a type has no good and bad spells; many can.
    """
    series = made([20] * 11, [10] * 10)
    assert 1 < fit(series).error / np.sqrt(1 / 220 + 1 / 100) < 1.2
    rng = np.random.default_rng(23)
    errors = []
    for _ in range(40):
        drawn = made(rng.poisson(20, 100).tolist(), rng.poisson(20, 26).tolist())
        plain = _model(drawn, _columns(drawn)).fit()
        errors.append(fit(drawn).error / plain.bse[1])
    assert 1 <= np.median(errors) < 1.15


def test_what_the_whole_centre_does_is_no_effect() -> None:
    series = made([20] * 60, [10] * 20, others=[1000] * 60 + [500] * 20)
    assert fit(series).ratio == pytest.approx(1.0, abs=1e-6)
    assert checks.whole_centre(series).outcome == FAILED
    assert checks.whole_centre(made([20] * 60, [10] * 20)).outcome == PASSED


def test_a_trend_that_was_there_before_is_no_effect() -> None:
    falling = [200 * 0.98**i for i in range(80)]
    series = made(falling[:60], falling[60:])
    assert fit(series).ratio == pytest.approx(1.0, abs=0.05)
    assert slope(series)[0] == pytest.approx(0.98**BINS_A_MONTH, rel=0.02)
    assert checks.trend_before(series).outcome == FAILED
    assert checks.trend_before(made([20] * 60, [10] * 20)).outcome == PASSED
    assert checks.trend_before(made([20] * 9, [10] * 20)).outcome == UNKNOWN


def test_a_yearly_season_of_its_own_is_no_effect() -> None:
    season = [100 + 40 * np.sin(2 * np.pi * i / (365.25 / 7)) for i in range(130)]
    series = made(season[:104], season[104:])
    assert fit(series).ratio == pytest.approx(1.0, abs=0.06)


def test_a_comparison_group_takes_out_what_happens_to_both() -> None:
    halved = made([20] * 40, [10] * 20, outside=np.array([40] * 60), others_outside=np.full(60, 1000))
    both = made([20] * 40, [10] * 20, outside=np.array([40] * 40 + [20] * 20), others_outside=np.full(60, 1000))
    step = fit(halved)
    assert (step.design, step.ratio) == ("did", pytest.approx(0.5, abs=1e-6))
    assert step.expected == pytest.approx(400)
    assert fit(both).ratio == pytest.approx(1.0, abs=1e-6)
    rows = weekly(halved)
    assert rows.loc[rows["after"], "expected"].to_numpy() == pytest.approx(20)


def test_a_comparison_of_binomial_counts_has_the_textbook_error() -> None:
    """Inside and outside drawn of the same weeks: the error of the log odds ratio is that of the counts, or little wider."""
    rng, errors = np.random.default_rng(23), []
    for _ in range(20):
        inside, outside = rng.poisson(8, 120), rng.poisson(20, 120)
        drawn = made(inside[:100].tolist(), inside[100:].tolist(), outside=outside, others_outside=np.full(120, 1000))
        a, b, c, d = inside[:100].sum(), inside[100:].sum(), outside[:100].sum(), outside[100:].sum()
        errors.append(fit(drawn).error / np.sqrt(1 / a + 1 / b + 1 / c + 1 / d))
    assert 1 <= np.median(errors) < 1.1


def test_growth_of_all_demand_where_the_remedy_applies_is_no_effect() -> None:
    more_here = made(
        [20] * 40, [40] * 20, others=[1000] * 40 + [2000] * 20, outside=np.array([40] * 60), others_outside=np.full(60, 1000)
    )  # fmt: skip
    assert fit(more_here).ratio == pytest.approx(1.0, abs=1e-6)


def test_too_small_a_comparison_group_is_not_compared_with() -> None:
    alone = made([20] * 40, [10] * 20, outside=np.array([0] * 59 + [3]), others_outside=np.full(60, 1000))
    assert fit(alone).design == "its"


def test_no_case_after_has_an_exact_interval() -> None:
    series = made([2] * 40, [0] * 10)
    step = fit(series)
    share = binomtest(0, 80).proportion_ci(0.95, "exact").high
    assert (step.design, step.ratio, step.low) == ("exact", 0.0, 0.0)
    assert step.high == pytest.approx(share / (1 - share) * 40 / 10)
    assert step.avoided(10 / BINS_A_MONTH)[0] == pytest.approx(2 * BINS_A_MONTH)
    assert judge(step, ()) == WORKED


def test_weeks_alike_in_a_row_widen_the_interval() -> None:
    """The same weeks, once shuffled and once in long good and bad spells."""
    shuffled = [28, 12] * 30
    spells = ([28] * 6 + [12] * 6) * 5
    assert fit(made(spells, [20] * 20)).error > 1.3 * fit(made(shuffled, [20] * 20)).error


def test_the_expected_line_follows_the_whole_centre() -> None:
    others = [1000, 2000] * 40
    rows = weekly(made([20, 40] * 30, [10, 20] * 10, others=others))
    assert rows["expected"].to_numpy() == pytest.approx(np.array(others) / 50, rel=1e-3)
    assert (rows["low"] <= rows["expected"]).all()
    assert (rows["expected"] <= rows["high"]).all()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ([20] * 7, [10] * 9, "生效前只有 7 周"),
        ([20] * 30, [10] * 3, "生效才满 3 周"),
        ([0, 1] * 10, [0] * 9, "只有 10 件"),
    ],
)
def test_too_little_is_said_not_judged(before: list[float], after: list[float], words: str) -> None:
    assert words in (enough(made(before, after)) or "")


def test_more_demand_needs_fewer_weeks() -> None:
    few, many = made([4] * 100, [4] * 4), made([40] * 100, [40] * 4)
    rare = made([1] * 100, [1] * 4)
    assert weeks_to_tell(rare, 0.7) is None
    assert weeks_to_tell(many, 0.7) == 0
    assert weeks_to_tell(few, 0.5) in range(1, 23)
    assert weeks_to_tell(made([4] * 100, [4] * 14), 0.5) <= weeks_to_tell(few, 0.5)


def test_the_weeks_foreseen_are_the_weeks_it_takes() -> None:
    """With so many more weeks the very model has the error that four in five effects need."""
    series = made([10] * 100, [10] * 4)
    more = weeks_to_tell(series, 0.6)
    assert more
    later = fit(made([10] * 100, [10] * (4 + more))).error
    needed = abs(np.log(0.6)) / (1.96 + 0.8416)
    assert later == pytest.approx(needed, rel=0.25)


# -- what could look like an effect -----------------------------------------------------------


def test_cases_that_moved_to_a_neighbour_are_found() -> None:
    step = fit(made([20] * 60, [10] * 20))
    swollen, calm = made([15] * 60, [25] * 20), made([15] * 60, [15] * 20)
    found = checks.substitution(step, [("相邻", swollen), ("平静", calm)])
    assert found.outcome == FAILED
    assert "「相邻」为应有的 1.67 倍" in found.told
    assert "多出约 200 件" in found.told
    assert checks.substitution(step, [("平静", calm)]).outcome == PASSED
    assert checks.substitution(step, []).outcome == UNKNOWN


def test_a_type_that_often_falls_is_doubted() -> None:
    steps = [40] * 25 + [22] * 25 + [40] * 25 + [20] * 25
    assert checks.placebo_dates(made(steps, [10] * 20)).outcome == FAILED
    assert checks.placebo_dates(made(noisy(20, 100), [10] * 20)).outcome == PASSED
    assert checks.placebo_dates(made([20] * 12, [10] * 20)).outcome == UNKNOWN


def test_an_effect_must_stand_out_among_other_types() -> None:
    step = fit(made([20] * 60, [14] * 20))
    calm = [made(noisy(20, 60, i), noisy(20, 20, 100 + i)) for i in range(20)]
    falling = [made([20] * 60, [10] * 20)] * 5
    assert checks.placebo_types(step, Untreated(calm)).outcome == PASSED
    assert checks.placebo_types(step, Untreated(calm + falling)).outcome == FAILED
    assert checks.placebo_types(step, Untreated(calm[:5])).outcome == UNKNOWN
    assert checks.placebo_types(fit(made([20] * 60, [20] * 20)), Untreated(calm)).outcome == IDLE


@pytest.mark.parametrize("own", [-3.0, -2.0, -1.0, -0.3, 0.3, 1.0, 2.0, 3.0])
def test_types_as_clear_are_counted_as_if_each_were_fitted_whole(own: float) -> None:
    """Good and bad spells of eight weeks make errors larger than the counts alone would."""
    series = [made(*spells(i)) for i in range(12)]
    side = np.sign(own)
    assert Untreated(series).as_clear(own) == sum(side * strength(fit(s)) >= side * own for s in series)


def test_a_fall_is_one_whatever_error_was_needed_to_tell() -> None:
    series = [made(*spells(i, factor)) for i in range(6) for factor in (0.4, 0.6, 0.8, 1.0)]
    assert [has_fallen(s) for s in series] == [fit(s).high < 1 for s in series]
    assert 0 < sum(has_fallen(s) for s in series) < len(series)


def test_an_effect_that_fades_is_seen() -> None:
    lasts, fades = made([20] * 60, [10] * 52), made([20] * 60, [10] * 26 + [20] * 26)
    step = fit(made([20] * 60, [10] * 26))
    assert checks.lasting(step, lasts).outcome == PASSED
    assert checks.lasting(step, fades).outcome == FAILED
    assert checks.lasting(step, made([20] * 60, [10] * 30)).outcome == IDLE


# -- the verdict ------------------------------------------------------------------------------


def test_doubts_lower_the_verdict() -> None:
    worked, harmed = fit(made([20] * 60, [10] * 20)), fit(made([20] * 60, [40] * 20))
    nothing, maybe = fit(made([20] * 60, [20] * 20)), fit(made([20] * 60, [17] * 10))
    doubt = Check("甲", FAILED, "")
    assert [judge(worked, [doubt] * n) for n in range(3)] == [WORKED, MAYBE, UNTOLD]
    assert [judge(harmed, [doubt] * n) for n in range(2)] == [HARMED, UNTOLD]
    assert judge(nothing, ()) == UNTOLD
    assert maybe.high80 < 1 <= maybe.high
    assert [judge(maybe, [doubt] * n) for n in range(2)] == [MAYBE, UNTOLD]


def test_a_remedy_is_judged_from_daily_counts() -> None:
    """61 weeks before DAY, 20 after; the last days do not fill a bin; another treated type is no comparison."""
    weeks = (DAY - FIRST).days // 7
    others = {f"B{i}": noisy(30, weeks + 20, 10 + i) for i in range(20)}
    daily = days_of({"A": [20] * weeks + [10] * 20, "treated": [500] * weeks + [5] * 20, **others})
    effect = measure(Remedy("A", DAY), daily, treated={"A", "treated"})
    assert (effect.verdict, effect.weeks, effect.observed) == (WORKED, 20, 200)
    assert effect.step
    assert effect.step.ratio == pytest.approx(0.5, abs=0.05)
    assert [c.outcome for c in effect.checks] == [PASSED, PASSED, UNKNOWN, PASSED, PASSED, IDLE]
    with_it = measure(Remedy("A", DAY), daily)
    assert with_it.step
    assert with_it.step.ratio > 0.75  # the other remedy would make this one look worse


def test_bins_are_counted_from_the_day_of_effect() -> None:
    daily = days_of({"A": list(range(1, 31)), "B": [100] * 30})
    series = binned(["A"], FIRST + dt.timedelta(days=7 * 20), daily)
    assert series.inside.tolist() == list(range(1, 31))
    assert (series.before_bins, series.after_bins) == (20, 10)
    later = binned(["A"], FIRST + dt.timedelta(days=7 * 20 + 3), daily)
    assert later.inside.tolist() == list(
        range(2, 31)
    )  # three days before the first bin and four after the last are left out
    assert (later.before_bins, later.after_bins) == (20, 9)
    long = days_of({"A": [1] * 200, "B": [9] * 200})
    assert binned(["A"], FIRST + dt.timedelta(weeks=110), long).after_bins == MOST_AFTER


def test_an_effect_before_the_first_count_has_what_came_after_and_no_before() -> None:
    daily = days_of({"A": list(range(1, 31)), "B": [100] * 30})
    series = binned(["A"], FIRST - dt.timedelta(days=10), daily, most_after=100)
    assert (series.before_bins, series.after_bins) == (0, 29)
    assert series.start[0] == np.datetime64(FIRST + dt.timedelta(days=4))  # of its second week, three days are unknown
    assert series.inside.tolist() == list(range(2, 31))
    effect = measure(Remedy("A", FIRST - dt.timedelta(days=10)), daily)
    assert (effect.verdict, effect.step) == (UNTOLD, None)
    assert binned(["A"], FIRST - dt.timedelta(weeks=300), daily).inside.tolist() == []
