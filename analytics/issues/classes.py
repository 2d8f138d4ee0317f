"""An office's own classes: a tree that is imported, types hung under its leaves, each by a person or as suggested.

A suggestion rests on the words alone: how much of what a leaf and the classes above it are called (pairs of characters, the rarer the
weightier) the cases of a type say. A person's word stands instead of it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import scipy.sparse as sp

from analytics.store import StoreError
from analytics.store.decisions import Decision

#: Decisions: the tree in force, and the leaf that a type was put under.
TREE, CLASS = "classes", "class"
BETWEEN = "/"
#: Marks a class that nobody has confirmed.
SUGGESTED = "（建议）"
MOST_LEAVES, DEEPEST = 5000, 4
#: A leaf's own name weighs so much against each of those above it.
OWN_NAME = 2.0
#: So many types are compared with all leaves at once.
AT_ONCE = 5000
_SAYS_NOTHING = frozenset({"其他", "其它"})


@dataclass(frozen=True)
class ClassTree:
    """``leaves``: each by its path from the top; a path is shown with BETWEEN."""

    leaves: tuple[tuple[str, ...], ...]

    @cached_property
    def names(self) -> list[str]:
        return [BETWEEN.join(path) for path in self.leaves]

    @cached_property
    def paths(self) -> list[str]:
        """Return the path of every node, those above before those below."""
        return list(dict.fromkeys(BETWEEN.join(p[:d]) for p in self.leaves for d in range(1, len(p) + 1)))

    @cached_property
    def nodes(self) -> dict[str, str]:
        """Return the path of every node by its name alone, where only one node has that name."""
        return _unique(self.paths)

    def named_at(self, depth: int) -> dict[str, str]:
        """Return the path of the nodes of one depth (1: the top) by name, where only one of them has it."""
        return _unique([p for p in self.paths if p.count(BETWEEN) + 1 == depth])


def _unique(paths: Sequence[str]) -> dict[str, str]:
    """Return path by last name, of names that one path alone has."""
    told: dict[str, list[str]] = {}
    for path in paths:
        told.setdefault(path.rsplit(BETWEEN, 1)[-1], []).append(path)
    return {name: held[0] for name, held in told.items() if len(held) == 1}


def read_tree(name: str, data: bytes) -> ClassTree:
    """Read a tree from a sheet (xlsx or csv): a row a leaf, a column a level, the top first; an empty cell ends a path.

    Raises StoreError, in Chinese, with file and row.
    """
    try:
        frame = (
            pd.read_csv(io.BytesIO(data), dtype=str)
            if name.lower().endswith(".csv")
            else pd.read_excel(io.BytesIO(data), dtype=str, engine="calamine")
        )
    except Exception as error:  # the readers' errors come in many types
        raise StoreError(
            f"{name} 读不出来（{type(error).__name__}）；请用 .xlsx，或 UTF-8 的 .csv，首行为各级分类的列名"
        ) from None
    frame = frame.iloc[:, :DEEPEST].fillna("")
    leaves: dict[tuple[str, ...], None] = {}
    for place, row in enumerate(frame.itertuples(index=False), 2):
        path = [str(cell).strip().replace(BETWEEN, "／") for cell in row]
        while path and not path[-1]:
            path.pop()
        if not path:
            continue
        if not all(path):
            raise StoreError(f"{name} 第 {place} 行：上级分类空着而下级填了“{path[-1]}”；请补上上级")
        leaves[tuple(path)] = None
    above = {path[:depth] for path in leaves for depth in range(1, len(path))}
    found = tuple(path for path in leaves if path not in above)
    if not found:
        raise StoreError(f"{name} 里没有分类；首行应为列名（一级分类、二级分类……），以下每行一个最细的分类")
    if len(found) > MOST_LEAVES:
        raise StoreError(f"{name} 有 {len(found):,} 个最细的分类，最多 {MOST_LEAVES:,} 个")
    return ClassTree(found)


def tree_of(decisions: Sequence[Decision]) -> ClassTree | None:
    """Return the tree in force: the one imported last, None where there is none."""
    trees = [d.detail["leaves"] for d in decisions if d.kind == TREE]
    last = trees[-1] if trees else None
    return ClassTree(tuple(tuple(map(str, path)) for path in last)) if isinstance(last, list) else None


def class_of_types(
    tree: ClassTree,
    types: Sequence[str],
    decisions: Sequence[Decision],
    counts: sp.csr_matrix,
    vocabulary: Sequence[str],
    kind: np.ndarray,
) -> dict[str, str]:
    """Return the class of each type: as people said, else as suggested, which is marked.

    ``counts`` (cases × words of ``vocabulary``) and each case's type (``kind``: its place among ``types``, -1: none).
    """
    said = {d.target: str(d.detail["value"]) for d in decisions if d.kind == CLASS}
    suggested = suggested_leaves(tree, counts, vocabulary, kind, len(types))
    return {
        id: said[id] if said.get(id) in tree.names else leaf + SUGGESTED
        for id, leaf in zip(types, suggested, strict=True)
    }


def suggested_leaves(
    tree: ClassTree, counts: sp.csr_matrix, vocabulary: Sequence[str], kind: np.ndarray, types: int
) -> list[str]:
    """Return for each type the leaf whose names its cases say most of."""
    leaves, pairs = _names_by_pairs(tree)
    words = _words_by_pairs(vocabulary, pairs)
    inside = np.flatnonzero(kind >= 0)
    sizes = np.maximum(np.bincount(kind[inside], minlength=types), 1)
    share = sp.csr_matrix((1 / sizes[kind[inside]], (kind[inside], inside)), (types, counts.shape[0]))
    said = (counts @ words).tocsr()
    said.data = np.log1p(said.data)
    usual = np.asarray(said.mean(axis=0)).ravel()
    told = (share @ said).tocsr() @ sp.diags_array(1 / np.sqrt(usual + 1 / max(counts.shape[0], 1))).tocsr()
    best = [(told[start : start + AT_ONCE] @ leaves.T).toarray().argmax(axis=1) for start in range(0, types, AT_ONCE)]
    return [tree.names[i] for part in best for i in part]


def _names_by_pairs(tree: ClassTree) -> tuple[sp.csr_matrix, dict[str, int]]:
    """Return unit rows (leaves × pairs of characters of their names, weighted by rarity), and the pairs' columns."""
    pairs: dict[str, int] = {}
    row, column, weight = [], [], []
    for leaf, path in enumerate(tree.leaves):
        for depth, name in enumerate(path, 1):
            for pair in {} if name in _SAYS_NOTHING else {name[i : i + 2] for i in range(len(name) - 1)}:
                row.append(leaf)
                column.append(pairs.setdefault(pair, len(pairs)))
                weight.append(OWN_NAME if depth == len(path) else 1.0)
    names = sp.csr_matrix((weight, (row, column)), (len(tree.leaves), max(len(pairs), 1)))
    rarity = np.log(len(tree.leaves) / np.maximum(np.bincount(names.indices, minlength=names.shape[1]), 1)) + 1
    weighed = (names @ sp.diags_array(rarity)).tocsr()
    length = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    return (sp.diags_array(1 / np.maximum(length, 1e-9)) @ weighed).tocsr(), pairs


def _words_by_pairs(vocabulary: Sequence[str], pairs: Mapping[str, int]) -> sp.csr_matrix:
    """Return which of the pairs stand in each word."""
    found = [
        (w, pairs[p])
        for w, word in enumerate(vocabulary)
        for p in {word[i : i + 2] for i in range(len(word) - 1)}
        if p in pairs
    ]
    row, column = ([f[k] for f in found] for k in (0, 1))
    return sp.csr_matrix((np.ones(len(found)), (row, column)), (len(vocabulary), max(len(pairs), 1)))
