"""Standard error of a step under autocorrelated fluctuation of a type.

The log of the expected count is taken to follow a first-order autoregression with unknown standard deviation and
correlation, and its covariance enters the sandwich estimator of the estimating equations (Liang & Zeger 1986). The
variance is averaged over a grid of both parameters, each weighted by its restricted likelihood (Harville 1974) in the
working residuals of the fitted model, because a short series does not determine them.

See docs/decisions/0011.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

#: What is tried: standard deviations of the log, and correlations of neighbouring bins.
SPREADS = np.array([0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65])
LASTING = np.array([0, 0.3, 0.5, 0.7, 0.85])


def error_of(exog: np.ndarray, weights: np.ndarray, residuals: np.ndarray, which: int, usual: float = np.inf) -> float:
    """Return the standard error of one parameter of a fitted generalised linear model with canonical link.

    ``weights`` and ``residuals``: the working ones at the fit, a bin each, oldest first. ``usual``: how large the
    spread is beforehand taken to be (half-normal; inf: every one of SPREADS alike).
    """
    root = np.sqrt(weights)
    scaled = exog * root[:, None]
    both = np.column_stack([scaled, residuals * root])
    shares = scaled @ np.linalg.pinv(scaled.T @ scaled)[which]
    variances, before, forms, sizes = [shares @ shares], [0.0], [both.T @ both], [0.0]
    for lasting in LASTING:
        spells = (root * shares) @ _alike(len(root), lasting) @ (root * shares)
        for spread in SPREADS[1:]:
            variances.append(shares @ shares + spread**2 * spells)
            before.append(-0.5 * (spread / usual) ** 2 - np.log(len(LASTING)))
            form, size = _whitened(root, both, lasting, spread)
            forms.append(form)
            sizes.append(size)
    chances = np.array(before) + _restricted(np.array(forms), np.array(sizes))
    return float(np.sqrt(np.average(variances, weights=np.exp(chances - chances.max()))))


@lru_cache(maxsize=64)
def _alike(bins: int, lasting: float) -> np.ndarray:
    """Return the correlation of each two of so many bins."""
    at = np.arange(bins)
    return np.asarray(lasting ** np.abs(at[:, None] - at[None, :]))


def _whitened(root: np.ndarray, both: np.ndarray, lasting: float, spread: float) -> tuple[np.ndarray, float]:
    """Return the products of the columns under the inverse of their covariance, and the log of its determinant.

    The covariance is I + spread² R C R (R: ``root`` on the diagonal, C: the correlation). The inverse of an
    autoregression's C is tridiagonal, so by Woodbury's identity one banded system is solved instead of a full one.
    """
    from scipy.linalg import cho_solve_banded, cholesky_banded

    bins = len(root)
    precision = np.zeros((2, bins))
    precision[0] = (1 + lasting**2) / (1 - lasting**2)
    precision[0, [0, -1]] = 1 / (1 - lasting**2)
    precision[1, :-1] = -lasting / (1 - lasting**2)
    precision /= spread**2
    precision[0] += root**2
    factor = cholesky_banded(precision, lower=True, check_finite=False)
    weighed = both * root[:, None]
    form = both.T @ both - weighed.T @ cho_solve_banded((factor, True), weighed, check_finite=False)
    size = 2 * np.log(factor[0]).sum() + 2 * bins * np.log(spread) + (bins - 1) * np.log(1 - lasting**2)
    return form, float(size)


def _restricted(forms: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the logs of the restricted likelihood, but for a constant (``forms``: of design and error, the error last)."""
    inner, missed, left = forms[:, :-1, :-1], forms[:, :-1, -1], forms[:, -1, -1]
    explained = np.einsum("ki,kij,kj->k", missed, np.linalg.pinv(inner), missed)
    return np.asarray(-0.5 * (sizes + np.linalg.slogdet(inner)[1] + left - explained))
