"""Suggesting a module for cases that have none, with a probability that means what it says.

Words (the title weighing three times), letter pairs of the title, and latent semantics learnt
from labelled and unlabelled texts together; logistic regression, its confidence scaled on cases
it had not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.preprocessing import normalize

from analytics.issues.calibrating import fitted_sharpness, softmax, two_sided, unseen_scores
from analytics.issues.corpus import TITLE_WEIGHT
from analytics.issues.texts import plain, words
from analytics.ledger import Ledger

Texts = Sequence[tuple[str | None, str | None]]
DIMENSIONS = 300
PAIRS_WEIGHT = 0.5
STRENGTH = 10.0
FOLDS = 5
#: So many labelled and unlabelled cases, evenly chosen, are read at most.
MOST_LABELLED, MOST_UNLABELLED = 6000, 6000
FEWEST_OF_CLASS = FOLDS
BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def _words(pair: tuple[str | None, str | None]) -> list[str]:
    return words(pair[0]) * TITLE_WEIGHT + words(pair[1])


def _pairs(pair: tuple[str | None, str | None]) -> list[str]:
    title = plain(pair[0])
    return [title[i : i + 2] for i in range(len(title) - 1)]


class Features:
    """Texts as sparse rows; fitted on all texts there are, labelled or not."""

    def __init__(self, texts: Texts):
        least = 2 if len(texts) > 50 else 1
        self.words = TfidfVectorizer(analyzer=_words, min_df=least, max_df=0.3, sublinear_tf=True)
        self.pairs = TfidfVectorizer(analyzer=_pairs, min_df=least, sublinear_tf=True)
        counted = self.words.fit_transform(texts)
        self.pairs.fit(texts)
        self.axes = TruncatedSVD(max(1, min(DIMENSIONS, counted.shape[1] - 1, counted.shape[0] - 1)), random_state=0)
        self.axes.fit(counted)

    def of(self, texts: Texts) -> sp.csr_matrix:
        counted = self.words.transform(texts)
        meaning = sp.csr_matrix(normalize(self.axes.transform(counted)))
        return sp.hstack([counted, PAIRS_WEIGHT * self.pairs.transform(texts), meaning]).tocsr()


@dataclass(frozen=True)
class Triage:
    """A fitted model: ``classes``, how sharply to take its scores, and how it did on unseen cases."""

    features: Features
    model: LogisticRegression
    sharpness: float
    macro_f1: float
    #: Columns: told (mean probability), right (share), n; by band of probability.
    calibration: pd.DataFrame

    def suggest(self, texts: Texts) -> pd.DataFrame:
        """Return suggestion and probability of every text, in order."""
        chances = softmax(two_sided(self.model.decision_function(self.features.of(texts))), self.sharpness)
        best = chances.argmax(axis=1)
        return pd.DataFrame(
            {"suggestion": self.model.classes_[best], "probability": chances[np.arange(len(best)), best]}
        )


def fit_triage(texts: Texts, labels: Sequence[str], unlabelled: Texts = ()) -> Triage:
    """Learn labels from texts; raises ValueError when fewer than two classes have enough cases."""
    label = np.asarray(labels, dtype=object)
    names, counts = np.unique(label.astype(str), return_counts=True)
    known = np.isin(label, names[counts >= FEWEST_OF_CLASS])
    if len(set(label[known])) < 2:
        raise ValueError("fewer than two classes with enough labelled cases")
    texts, label = [t for t, k in zip(texts, known, strict=True) if k], label[known]
    features = Features([*texts, *unlabelled])
    rows = features.of(texts)
    unseen = unseen_scores(_model, rows, label.astype(str), FOLDS)
    classes = np.unique(label.astype(str))
    true = np.searchsorted(classes, label.astype(str))
    sharpness = fitted_sharpness(unseen, true)
    chances = softmax(unseen, sharpness)
    told = chances.argmax(axis=1)
    f1 = float(f1_score(true, told, average="macro"))
    return Triage(features, _model().fit(rows, label.astype(str)), sharpness, f1, _calibration(chances, told == true))


def _model() -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, max_iter=3000, class_weight="balanced")


def _calibration(chances: np.ndarray, right: np.ndarray) -> pd.DataFrame:
    told = chances.max(axis=1)
    band = np.clip(np.digitize(told, BINS) - 1, 0, len(BINS) - 2)
    frame = pd.DataFrame({"band": band, "told": told, "right": right})
    return frame.groupby("band").agg(told=("told", "mean"), right=("right", "mean"), n=("told", "size")).reset_index()


def module_triage(ledger: Ledger) -> tuple[Triage, pd.DataFrame]:
    """Learn modules from the ledger; return the model and the newest cases without one, with suggestions.

    Columns: case_no, accepted_at, title, suggestion, probability; the surest first. Raises
    ValueError when the ledger has too few cases with a module to learn from.
    """
    labelled = _even(ledger, "module IS NOT NULL", MOST_LABELLED)
    missing = _even(ledger, "module IS NULL", MOST_UNLABELLED)
    pairs = lambda frame: list(zip(frame["title"], frame["content"], strict=True))  # noqa: E731
    model = fit_triage(pairs(labelled), labelled["module"].tolist(), pairs(missing))
    if missing.empty:
        return model, missing.assign(suggestion=None, probability=0.0)
    told = model.suggest(pairs(missing))
    found = missing[["case_no", "accepted_at", "title"]].reset_index(drop=True).join(told)
    return model, found.sort_values(["probability", "case_no"], ascending=[False, True], ignore_index=True)


def _even(ledger: Ledger, condition: str, most: int) -> pd.DataFrame:
    """Return at most so many cases that meet a condition, evenly spaced in time, the newest first."""
    return ledger.run_sql(
        "WITH placed AS (SELECT case_no, accepted_at, module, count(*) OVER () AS n,"
        " row_number() OVER (ORDER BY accepted_at DESC, case_no) - 1 AS place"
        f" FROM case_facts WHERE {condition})"
        " SELECT p.case_no, p.accepted_at, p.module, c.title, c.content FROM placed p JOIN cases c USING (case_no)"
        " WHERE place = 0 OR place * $most // n <> (place - 1) * $most // n ORDER BY place",
        {"most": most},
    )
