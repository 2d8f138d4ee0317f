"""Models of the step in a type's demand on the day of effect: generalised linear models of counts (statsmodels).

A remedy in force everywhere: interrupted time series (Bernal, Cummins & Gasparrini 2017), Poisson with level, trend, a
yearly season where two years are seen, the step, and all other demand as offset, so that holidays, seasons and growth
of the whole centre are part of the expectation; standard errors allow for overdispersion and autocorrelation
(``fluctuation``). A remedy in force somewhere: difference in differences, a binomial model of the type's cases inside
among those inside and outside, week by week, which equals the Poisson model with an effect of each week.

See docs/decisions/0011.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from analytics.remedies.fluctuation import error_of
from analytics.remedies.series import BIN_DAYS, MOST_AFTER, Series

LEAST_BEFORE, LEAST_AFTER, LEAST_CASES = 8, 4, 20
#: An own trend can be told from so many bins on; an own season from two years.
TREND_BINS, SEASON_BINS = 12, 104
BINS_A_YEAR = 365.25 / BIN_DAYS
BINS_A_MONTH = BINS_A_YEAR / 12
#: Spread of the log that good and bad spells of a type are taken to leave between inside and outside.
LEFT_OF_SPELLS = 0.15
POWER = 0.8
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Step:
    """The estimated step: ``ratio`` of observed to expected demand, with 95% and 80% intervals.

    ``design``: its (interrupted time series), did (difference in differences), or exact (no case at all after). ``spread``:
    variance ÷ mean. ``expected``: cases expected without the remedy (see :func:`weekly`).
    """

    design: str
    ratio: float
    low: float
    high: float
    low80: float
    high80: float
    error: float
    spread: float
    expected: float

    @property
    def certainty(self) -> float:
        """One minus the one-sided p-value of the step, in its direction."""
        return float(_NORMAL.cdf(abs(np.log(max(self.ratio, 1e-9))) / self.error)) if self.error > 0 else 1.0

    def avoided(self, months: float) -> tuple[float, float, float]:
        """Return cases avoided a month with its 95% bounds: observed × (1 ÷ ratio − 1)."""
        if self.ratio == 0:
            return self.expected / months, self.expected / months * max(0.0, 1 - self.high), self.expected / months
        observed = self.expected * self.ratio
        middle, low, high = (observed / months * (1 / r - 1) for r in (self.ratio, self.high, self.low))
        return middle, low, high


def enough(series: Series) -> str | None:
    """Return in Chinese why the series cannot be evaluated yet, None where it can."""
    if series.before_bins < LEAST_BEFORE:
        return f"生效前只有 {series.before_bins} 周的记录，至少要 {LEAST_BEFORE} 周"
    if series.after_bins < LEAST_AFTER:
        return f"生效才满 {series.after_bins} 周，至少要 {LEAST_AFTER} 周"
    before = int(series.inside[~series.after].sum())
    if before < LEAST_CASES:
        return f"生效前（最近 {series.before_bins} 周）只有 {before} 件，至少要 {LEAST_CASES} 件"
    return None


def fit(series: Series) -> Step:
    """Return the step of a series; the series must be ``enough``."""
    if series.inside[series.after].sum() == 0:
        return _exact(series)
    params, errors, scale = _fitted(_model(series, _columns(series)))
    beta, error = float(params[1]), float(errors[1])
    low, high, low80, high80 = (
        float(np.exp(beta + z * error)) for z in (-1.96, 1.96, _NORMAL.inv_cdf(0.1), _NORMAL.inv_cdf(0.9))
    )
    return Step(
        "did" if _has_outside(series) else "its",
        float(np.exp(beta)),
        low,
        high,
        low80,
        high80,
        error,
        scale,
        float(series.inside[series.after].sum() / np.exp(beta)),
    )


def strength(step: Step) -> float:
    """Return the log of a step's ratio divided by its standard error (a z statistic), negative for a fall."""
    return float(np.log(max(step.ratio, 1e-9)) / max(step.error, 1e-9))


def most_strength(series: Series) -> float:
    """Return the ``strength`` of a series by its overdispersion alone: never less clear than the true one, since that error is the smaller."""
    if series.inside[series.after].sum() == 0:
        return strength(_exact(series))
    plain, scale = _by_counts(_model(series, _columns(series)))
    return float(plain.params[1] / (plain.bse[1] * np.sqrt(scale)))


def has_fallen(series: Series) -> bool:
    """Tell whether the step's 95% interval lies below 1; the larger error is found only where the smaller would say so."""
    if series.inside[series.after].sum() and most_strength(series) > -1.95:
        return False
    return fit(series).high < 1


def slope(series: Series, bins: int = 26) -> tuple[float, float, float]:
    """Return the type's own monthly change in the last bins before the effect: ratio, low, high (95%).

    Relative to all other demand or, with a comparison group, relative to that group.
    """
    chosen = ~series.after & (np.cumsum(~series.after) > series.before_bins - bins)
    past = series.cut(chosen, series.after)
    months = (np.arange(len(past.inside)) - len(past.inside) / 2) / BINS_A_MONTH
    params, errors, _ = _fitted(_model(past, {"level": np.ones(len(months)), "trend": months}))
    low, middle, high = np.exp(params[1] + np.array([-1.96, 0, 1.96]) * errors[1])
    return float(middle), float(low), float(high)


def _has_outside(series: Series) -> bool:
    return series.outside is not None and int(series.outside[~series.after].sum()) >= LEAST_CASES


def _columns(series: Series) -> dict[str, np.ndarray]:
    """Return the columns of the design matrix, with ``step`` second."""
    bins = len(series.inside)
    years = (np.arange(bins) - bins / 2) / BINS_A_YEAR
    columns = {"level": np.ones(bins), "step": series.after.astype(float)}
    if _has_outside(series):
        return columns
    if series.before_bins >= TREND_BINS:
        columns["trend"] = years
    if bins >= SEASON_BINS:
        columns |= {"sin": np.sin(2 * np.pi * years), "cos": np.cos(2 * np.pi * years)}
    return columns


def _offset(series: Series) -> np.ndarray:
    offset: np.ndarray = np.log(np.maximum(series.others, 0.5))
    if _has_outside(series):
        assert series.others_outside is not None
        offset = offset - np.log(np.maximum(series.others_outside, 0.5))
    return offset


def _model(series: Series, columns: dict[str, np.ndarray]) -> Any:
    from statsmodels.genmod.families import Binomial, Poisson  # two seconds that most commands need not wait
    from statsmodels.genmod.generalized_linear_model import GLM

    exog, offset = np.column_stack(list(columns.values())), _offset(series)
    if series.outside is None or not _has_outside(series):
        return GLM(series.inside, exog, family=Poisson(), offset=offset)
    seen = series.inside + series.outside > 0
    both = np.column_stack([series.inside, series.outside])[seen]
    return GLM(both, exog[seen], family=Binomial(), offset=offset[seen])


def _fitted(model: Any) -> tuple[np.ndarray, np.ndarray, float]:
    """Return parameters, their errors and the scale (variance ÷ mean, at least 1).

    The scale is that of the counts or, if that widens the error of the second column more, what a type's own good and
    bad spells make of it (see ``fluctuation``). Cases inside and outside share most of these, so that little of them is
    taken to be left in a comparison of the two.
    """
    from statsmodels.genmod.families import Binomial

    plain, scale = _by_counts(model)
    compared = isinstance(model.family, Binomial)
    weights = model.family.weights(plain.mu) * model.n_trials
    residuals = (model.endog - plain.mu) * model.family.link.deriv(
        plain.mu
    )  # statsmodels' own are times the trials, twice
    own = error_of(model.exog, weights, residuals, 1, LEFT_OF_SPELLS if compared else np.inf)
    if np.isfinite(own):
        scale = max(scale, float(own / plain.bse[1]) ** 2)
    return plain.params, plain.bse * np.sqrt(scale), scale


def _by_counts(model: Any) -> tuple[Any, float]:
    """Return the fitted model and the scale (variance ÷ mean, at least 1) of its counts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = model.fit()
    return plain, max(1.0, float(plain.pearson_chi2 / max(plain.df_resid, 1)))


def weekly(series: Series) -> pd.DataFrame:
    """Return observed counts and those expected without the step, with 95% bounds of their mean.

    Columns: start, observed, expected, low, high, after. Where there is no case after the
    step: the rate before it, without bounds.
    """
    frame = pd.DataFrame({"start": pd.to_datetime(series.start), "observed": series.inside, "after": series.after})
    if series.inside[series.after].sum() == 0:
        usual = _usual(series)
        return frame.assign(expected=usual, low=usual, high=usual)
    columns = _columns(series)
    model = _model(series, columns)
    result = model.fit(scale=_fitted(model)[2])
    exog = np.column_stack(list((columns | {"step": np.zeros(len(series.inside))}).values()))
    summary = result.get_prediction(exog, offset=_offset(series)).summary_frame()
    mean, low, high = (summary[c].to_numpy() for c in ("mean", "mean_ci_lower", "mean_ci_upper"))
    if _has_outside(series):  # the share inside becomes odds, times the cases outside
        mean, low, high = (p / np.maximum(1 - p, 1e-9) * series.outside for p in (mean, low, high))
    return frame.assign(expected=mean, low=low, high=high)


def _usual(series: Series) -> np.ndarray:
    before = ~series.after
    usual: np.ndarray = series.inside[before].sum() / max(series.others[before].sum(), 1) * series.others
    return usual


def _exact(series: Series) -> Step:
    """No case after: the exact conditional interval of two Poisson rates (scipy's binomial test)."""
    from scipy.stats import binomtest

    before = int(series.inside[~series.after].sum())
    exposed = float(series.others[~series.after].sum()), float(max(series.others[series.after].sum(), 1))

    def bound(level: float) -> float:
        share = binomtest(0, before).proportion_ci(level, "exact").high
        return share / (1 - share) * exposed[0] / exposed[1]

    high = bound(0.95)
    chance = binomtest(0, before, exposed[1] / sum(exposed), "less").pvalue
    error = abs(np.log(1e-9)) / max(-_NORMAL.inv_cdf(min(max(chance, 1e-12), 1 - 1e-12)), 1e-6)
    return Step("exact", 0.0, 0.0, high, 0.0, bound(0.8), float(error), 1.0, float(_usual(series)[series.after].sum()))


def weeks_to_tell(series: Series, ratio: float, spread: float = 1.0) -> int | None:
    """Return the number of further weeks until a step to ``ratio`` would be significant (5%, two-sided) with 80% power.

    From the information the same model would have with more weeks like the last ones; 0 where it has it already, None where
    it would take more than MOST_AFTER weeks.
    """
    left = max(0, MOST_AFTER - series.after_bins)
    needed = abs(np.log(ratio)) / (_NORMAL.inv_cdf(0.975) + _NORMAL.inv_cdf(POWER))
    return next((more for more in range(left + 1) if _error_with(series, more, ratio, spread) <= needed), None)


def _error_with(series: Series, more: int, ratio: float, spread: float) -> float:
    longer = _longer(series, more)
    columns = _columns(longer)
    usual = longer.inside[~longer.after].sum() / max(_exposure(longer)[~longer.after].sum(), 1e-9)
    params = np.zeros(len(columns))
    params[:2] = np.log(max(usual, 1e-9)), np.log(ratio)
    information = -_model(longer, columns).hessian(params, scale=spread, observed=False)
    error: float = np.sqrt(np.linalg.pinv(information)[1, 1])
    return error


def _exposure(series: Series) -> np.ndarray:
    """Return what the level multiplies: other demand, or (beside a comparison group) its odds."""
    exposure: np.ndarray = np.exp(_offset(series))
    if _has_outside(series):
        assert series.outside is not None
        exposure = exposure * series.outside
    return exposure


def _longer(series: Series, more: int) -> Series:
    """Return the series with so many more bins after, each like the mean of the last year."""

    def grown(counts: np.ndarray | None) -> np.ndarray | None:
        return None if counts is None else np.concatenate([counts, np.full(more, max(counts[-52:].mean(), 1.0))])

    start = np.concatenate([series.start, series.start[-1] + BIN_DAYS * np.arange(1, more + 1)])
    after = np.concatenate([series.after, np.ones(more, dtype=bool)])
    inside, others = grown(series.inside), grown(series.others)
    assert inside is not None
    assert others is not None
    return Series(start, inside, others, after, grown(series.outside), grown(series.others_outside))
