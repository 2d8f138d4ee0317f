"""How far a type goes up and down by itself, and what that leaves of a step's certainty.

Weeks of one type are not independent: a good or a bad spell lasts. The log of what is to be expected is taken to
fluctuate by a first-order autoregression (its spread and how long it lasts are unknown), and its covariance stands in
the sandwich of the estimating equations (Liang & Zeger 1986). No single estimate of the two is trusted: the variance is
averaged over what they may be, each weighted by its restricted likelihood (Harville 1974) in the fitted model's working
residuals. So a short series, which cannot tell, is as uncertain as it is.
"""

from __future__ import annotations

import numpy as np

#: What is tried: standard deviations of the log, and correlations of neighbouring bins.
SPREADS = np.array([0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65])
LASTING = np.array([0, 0.3, 0.5, 0.7, 0.85])


def error_of(exog: np.ndarray, weights: np.ndarray, residuals: np.ndarray, which: int, usual: float = np.inf) -> float:
    """Return the standard error of one parameter of a fitted generalised linear model with canonical link.

    ``weights`` and ``residuals``: the working ones at the fit, a bin each, oldest first. ``usual``: how large the
    spread is beforehand taken to be (half-normal; inf: every one of SPREADS alike).
    """
    scaled = exog * np.sqrt(weights)[:, None]
    bread = np.linalg.pinv(scaled.T @ scaled)[which]
    chances, variances = [], []
    for lasting in LASTING:
        values, vectors = _axes(weights, lasting)
        design, error = vectors.T @ scaled, vectors.T @ (residuals * np.sqrt(weights))
        for spread in SPREADS if lasting == 0 else SPREADS[1:]:
            wide = 1 + spread**2 * values
            variances.append(bread @ (design.T @ (wide[:, None] * design)) @ bread)
            before = -0.5 * (spread / usual) ** 2 - (np.log(len(LASTING)) if spread else 0.0)
            chances.append(before + _restricted(design, error, wide))
    chance = np.exp(np.array(chances) - max(chances))
    return float(np.sqrt(np.average(variances, weights=chance)))


def _axes(weights: np.ndarray, lasting: float) -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues and eigenvectors of the fluctuation's correlation, scaled by the root of the weights."""
    if lasting == 0:
        return weights, np.eye(len(weights))
    bins, root = np.arange(len(weights)), np.sqrt(weights)
    alike = lasting ** np.abs(bins[:, None] - bins[None, :])
    values, vectors = np.linalg.eigh(root[:, None] * alike * root[None, :])
    return np.maximum(values, 0), vectors


def _restricted(design: np.ndarray, error: np.ndarray, wide: np.ndarray) -> float:
    """Return the log of the restricted likelihood, but for a constant, where the variances are ``wide`` on the axes."""
    inner = design.T @ (design / wide[:, None])
    left = error / wide
    missed = design.T @ left
    known: float = np.linalg.slogdet(inner)[1]
    squares = error @ left - missed @ np.linalg.pinv(inner) @ missed
    return float(-0.5 * (np.log(wide).sum() + known + squares))
