"""The class of each case in an office's tree: as the ledger gives it, as a person put its type, else as suggested.

Where the ledger gives a class to some cases, the others' is suggested from three kinds of evidence, added as log-odds:
a logistic regression on the words of the cases that have one (its scores made probabilities on cases it had not seen), and
two votes, each weighing by how often it is right on those cases: the leaf of the case's type and the leaf whose names the case
itself says most of. Votes are right without having seen a label, so few labels do. Where the ledger gives none, the type's leaf
is the suggestion. A suggestion is marked (``classes.SUGGESTED``) and is of the depth that the ledger's own classes have.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from analytics.issues.calibrating import fitted_sharpness, softmax, two_sided, unseen_scores
from analytics.issues.classes import BETWEEN, SUGGESTED, ClassTree, suggested_leaves
from analytics.issues.space import weighted
from analytics.issues.thinning import evenly
from analytics.store.runs import Run

#: So many cases with a class are learnt from, evenly taken; of more without one, the type's leaf is the suggestion.
LEARNT, MOST = 6000, 200_000
#: A class of fewer cases is not learnt; the votes may still name it.
FEWEST, FOLDS = 2, 5
STRENGTH, TRUSTED = 10.0, 2.0


@dataclass(frozen=True)
class Given:
    """The class (a node's path) that the ledger gives each case of a run, None where it gives none; equal for equal snapshots."""

    snapshot: str
    paths: np.ndarray = field(compare=False, repr=False)


def given_classes(tree: ClassTree, told: pd.DataFrame) -> np.ndarray:
    """Return the node that each row names, None where it names none: by its path or by a name that one node alone has.

    ``told``: own_class and module, texts or empty, as the ledger has them.
    """
    own, module = (_nodes_named(tree, told[c]) for c in ("own_class", "module"))
    given = own.where(own.notna(), module).astype(object)
    found: np.ndarray = given.where(given.notna(), None).to_numpy(object)
    return found


def _nodes_named(tree: ClassTree, words: pd.Series) -> pd.Series:
    """Return the nodes of a column; a name that several have means the one of the depth that the column's others have."""
    named = words.map(tree.nodes | {path: path for path in tree.paths if BETWEEN in path})
    known = named.dropna()
    depth = int(known.str.count(BETWEEN).mode().iloc[0]) + 1 if len(known) else 1
    return named.where(named.notna(), words.map(tree.named_at(depth)))


def classes_of_cases(
    tree: ClassTree, run: Run, given: Given, type_of: np.ndarray, of_type: dict[str, str], confirmed: set[str]
) -> np.ndarray:
    """Return each case's class, a suggested one marked; None where nothing tells.

    ``type_of``: each case's type (None: none); ``of_type``: type → leaf, marked where nobody put it there; ``confirmed``: the
    types that a person put under their leaf.
    """
    by_type = np.array([of_type.get(t) if t is not None else None for t in type_of], dtype=object)
    mark = len(SUGGESTED)
    leaf = np.array([c[:-mark] if c and c.endswith(SUGGESTED) else c for c in by_type], dtype=object)
    said = np.array([t in confirmed for t in type_of])
    suggested = _suggested(tree, run, given, leaf)
    marked = np.array([None if c is None else c + SUGGESTED for c in suggested], dtype=object)
    found: np.ndarray = np.where(pd.isna(given.paths), np.where(said, leaf, marked), given.paths)
    return found


def _suggested(tree: ClassTree, run: Run, given: Given, leaf: np.ndarray) -> np.ndarray:
    learnt = _learnt(run, tree, given)
    if learnt is None:
        return leaf
    suggested = leaf.copy()
    votes = np.array([_cut(c, learnt.depth) for c in leaf[learnt.rows]], dtype=object)
    scores = learnt.scores.copy()
    _vote(scores, learnt.nodes, votes, _weights(_cut_all(leaf[learnt.seen], learnt.depth), learnt.true, learnt.nodes))
    best = np.array(learnt.nodes, dtype=object)[scores.argmax(axis=1)]
    suggested[learnt.rows] = best
    return suggested


@dataclass(frozen=True)
class Learnt:
    """What words say of the cases without a class: ``scores`` (``rows`` × ``nodes``, log-odds), and the cases learnt from."""

    depth: int
    nodes: list[str]
    rows: np.ndarray
    scores: np.ndarray
    seen: np.ndarray
    true: np.ndarray


@lru_cache(maxsize=2)
def _learnt(run: Run, tree: ClassTree, given: Given) -> Learnt | None:
    """Learn the classes that the ledger gives, by words and by the case's own vote; None where they are too few or too many lack one."""
    rows, labelled = np.flatnonzero(pd.isna(given.paths)), np.flatnonzero(~pd.isna(given.paths))
    if not len(rows) or len(rows) > MOST or not len(labelled):
        return None
    depth = int(pd.Series([p.count(BETWEEN) + 1 for p in given.paths[labelled]]).mode().iloc[0])
    labels = _cut_all(given.paths[labelled], depth)
    times = pd.Series(labels).map(pd.Series(labels).value_counts())
    fit = np.array([p is not None and p.count(BETWEEN) + 1 == depth for p in labels]) & (times >= FEWEST).to_numpy(bool)
    seen, true = labelled[fit], labels[fit]
    seen, true = (x[evenly(len(seen), LEARNT)] for x in (seen, true))
    if len(set(true)) < 2:
        return None
    nodes = list(dict.fromkeys(_cut(name, depth) or "" for name in tree.names))
    scores = _by_words(run, rows, seen, true, nodes)
    asked = np.concatenate([rows, seen])
    own = _cut_all(_own_leaves(tree, run, asked), depth)
    _vote(scores, nodes, own[: len(rows)], _weights(own[len(rows) :], true, nodes))
    return Learnt(depth, nodes, rows, scores, seen, true)


def _cut(path: str | None, depth: int) -> str | None:
    return None if path is None else BETWEEN.join(path.split(BETWEEN)[:depth])


def _cut_all(paths: np.ndarray, depth: int) -> np.ndarray:
    return np.array([_cut(p, depth) for p in paths], dtype=object)


def _own_leaves(tree: ClassTree, run: Run, rows: np.ndarray) -> np.ndarray:
    """Return the leaf that each case itself says most of."""
    told = suggested_leaves(tree, run.counts[rows], run.vocabulary, np.arange(len(rows)), len(rows))
    return np.array(told, dtype=object)


def _by_words(run: Run, rows: np.ndarray, seen: np.ndarray, true: np.ndarray, nodes: list[str]) -> np.ndarray:
    """Return the logarithm of the probability of each node for ``rows``, learnt from the words of ``seen``."""
    known, place = np.unique(true.astype(str), return_inverse=True)
    fit, asked = _features(run, seen), _features(run, rows)
    folds = min(FOLDS, int(np.bincount(place).min()))
    sharpness = fitted_sharpness(unseen_scores(_model, fit, place, folds), place)
    chances = softmax(two_sided(_model().fit(fit, place).decision_function(asked)), sharpness)
    # A node of which no case is known is as unlikely as one case in all that are.
    least = 1 / (len(seen) + 1)
    scores = np.full((len(rows), len(nodes)), np.log(least), dtype=np.float32)
    scores[:, [nodes.index(k) for k in known]] = np.log(chances + least)
    return scores


def _features(run: Run, rows: np.ndarray) -> sp.csr_matrix:
    """Return the words of some cases, by rarity, and beside them their place in the latent space."""
    placed = sp.csr_matrix(np.asarray(run.vectors[rows], dtype=np.float32))
    return sp.hstack([weighted(run.counts[rows], run.model["weights"]), placed]).tocsr()


def _model() -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, max_iter=2000, class_weight="balanced")


def _weights(votes: np.ndarray, true: np.ndarray, nodes: list[str]) -> np.ndarray:
    """Return, by node, the log-odds that a vote for it adds: of how often such votes are right on known cases, at least 0.

    The share of all votes stands for TRUSTED further ones of each node, so that a node seldom named is not judged by one case.
    """
    cast = (
        pd.Series(votes == true).groupby(pd.Series(votes, dtype=object)).agg(["sum", "size"]).reindex(nodes).fillna(0)
    )
    usual = ((votes == true).sum() + 1) / (len(true) + 2)
    right = (cast["sum"] + TRUSTED * usual) / (cast["size"] + TRUSTED)
    weights: np.ndarray = np.log((right * max(len(nodes) - 1, 1) / (1 - right)).to_numpy(float)).clip(0)
    return weights


def _vote(scores: np.ndarray, nodes: list[str], votes: np.ndarray, weights: np.ndarray) -> None:
    """Add votes to the scores, in place."""
    place = pd.Index(nodes).get_indexer(pd.Index(votes, dtype=object))
    cast = np.flatnonzero(place >= 0)
    scores[cast, place[cast]] += weights[place[cast]]
