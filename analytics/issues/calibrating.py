"""Scores become probabilities that mean what they say: a softmax as sharp as the log loss asks for."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar

#: Where the logarithm of the sharpness is looked for.
BOUNDS = (-3.0, 5.0)


def softmax(scores: np.ndarray, sharpness: float) -> np.ndarray:
    """Return rows that add up to one (cases × classes)."""
    raised = np.exp(sharpness * (scores - scores.max(axis=1, keepdims=True)))
    shares: np.ndarray = raised / raised.sum(axis=1, keepdims=True)
    return shares


def fitted_sharpness(scores: np.ndarray, true: np.ndarray) -> float:
    """Return the sharpness at which the softmax of the scores has the least log loss for the ``true`` columns."""

    def loss(log_sharpness: float) -> float:
        told = softmax(scores, float(np.exp(log_sharpness)))[np.arange(len(true)), true]
        return float(-np.log(np.maximum(told, 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=BOUNDS, method="bounded").x))
