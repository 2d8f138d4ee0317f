"""Scores become probabilities that mean what they say: a softmax as sharp as the log loss asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize_scalar
from sklearn.model_selection import StratifiedKFold

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


def two_sided(scores: np.ndarray) -> np.ndarray:
    """Return a column a class also where there are two classes and one column of scores."""
    return np.c_[-scores, scores] if scores.ndim == 1 else scores


def unseen_scores(make: Callable[[], Any], rows: sp.csr_matrix, label: np.ndarray, folds: int) -> np.ndarray:
    """Return every case's scores (cases × classes in their order) by a classifier that has not seen its label."""
    scores = np.zeros((len(label), len(set(label))))
    for seen, unseen in StratifiedKFold(folds, shuffle=True, random_state=0).split(rows, label):
        scores[unseen] = two_sided(make().fit(rows[seen], label[seen]).decision_function(rows[unseen]))
    return scores
