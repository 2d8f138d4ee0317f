"""What a fitted run says of texts it has not seen: a function of rows alone, so that it runs wherever the rows lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from analytics.issues.corpus import count_words_in
from analytics.issues.embedding import Embed
from analytics.issues.kinds import Kinds
from analytics.issues.likeness import rarity
from analytics.issues.problems import means, nearest, said
from analytics.issues.space import Space, centred
from analytics.store.runs import Run

#: What is told of a row, with the types that another engine gives them.
COLUMNS = {
    "case_no": "string",
    "kind": "string",
    "matter": "string",
    "confidence": "float",
    "words": "array<int>",
    "times": "array<int>",
    "vector": "binary",
}


@dataclass(frozen=True)
class Assigner:
    """The fitted part of a run: its words, its kinds, and its problems with the words of their cases.

    Pickled, it is what another machine needs beside the program itself.
    """

    vocabulary: list[str]
    kinds: Kinds
    ids: list[str]
    rarity: np.ndarray
    #: The problems' mean words (problems × words), their ids, and the kind (-1: none) of each.
    matters: sp.csr_matrix
    matter_ids: np.ndarray
    home: np.ndarray
    meaning_centre: np.ndarray | None = None
    embed: Embed | None = None

    @classmethod
    def of(cls, run: Run, embed: Embed | None = None) -> Assigner:
        """Take the fitted part out of a run."""
        ids = [str(i) for i in run.model["kinds"]]
        matter, known = pd.factorize(run.cases["matter"], sort=True)
        weights = rarity(run.counts)
        rows = means(said(run.counts, weights), matter)
        home = _homes(run.cases["kind"], matter, ids)
        return cls(
            run.vocabulary, kinds_of(run), ids, weights, rows, np.asarray(known, dtype=object), home,
            run.model.get("meaning_centre"), embed,
        )  # fmt: skip

    def __call__(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return for rows (case_no, title, content) what COLUMNS names: word counts and vector (float16) as the run keeps them."""
        pairs = list(zip(rows["title"], rows["content"], strict=True))
        counts = count_words_in(pairs, self.vocabulary)
        meaning = centred(self.embed(pairs) if self.embed else None, self.meaning_centre)
        kind, confidence, vectors = self.kinds.tell(counts, meaning)
        matter = nearest(said(counts, self.rarity), self.matters)
        # A case of a known problem is of that problem's kind.
        kind = np.where(matter >= 0, np.append(self.home, -1)[matter], kind)
        confidence = self.kinds.confidence_in(vectors, kind)
        pieces = [slice(a, b) for a, b in zip(counts.indptr[:-1], counts.indptr[1:], strict=True)]
        return pd.DataFrame(
            {
                "case_no": rows["case_no"].to_numpy(object),
                "kind": np.array([*self.ids, None], dtype=object)[kind],
                "matter": np.array([*self.matter_ids, None], dtype=object)[matter],
                "confidence": np.where(kind >= 0, confidence, 0).astype(np.float32),
                "words": [counts.indices[p].astype(np.int32) for p in pieces],
                "times": [counts.data[p].astype(np.int32) for p in pieces],
                "vector": [v.tobytes() for v in vectors.astype(np.float16)],
            }
        )


def _homes(kind: pd.Series, matter: np.ndarray, ids: list[str]) -> np.ndarray:
    """Return the kind (its place among ``ids``, -1: none) that most cases of each problem are of."""
    number = kind.map({id: i for i, id in enumerate(ids)}).fillna(-1).astype(int).to_numpy()
    problems = int(matter.max(initial=-1)) + 1
    inside = matter >= 0
    votes = np.zeros((problems, len(ids) + 1), dtype=np.int64)
    np.add.at(votes, (matter[inside], number[inside]), 1)  # the last column counts those of none
    best = votes.argmax(axis=1) if problems else np.zeros(0, dtype=np.int64)
    homes: np.ndarray = np.where(best < len(ids), best, -1)
    return homes


def kinds_of(run: Run) -> Kinds:
    """Return the fitted kinds of a run."""
    kept = run.model
    space = Space(kept["weights"], kept["axes"].astype(np.float32))
    return Kinds(space, kept["centres"], float(kept["sharpness"][0]))


def unpacked(told: pd.DataFrame, run: Run) -> tuple[sp.csr_matrix, np.ndarray]:
    """Return word counts and vectors of told rows, as the run keeps those of its own."""
    ends = np.cumsum([0, *(len(w) for w in told["words"])])
    indices = np.concatenate([np.empty(0, np.int32), *told["words"]])
    data = np.concatenate([np.empty(0, np.int32), *told["times"]])
    counts = sp.csr_matrix((data, indices, ends), shape=(len(told), len(run.vocabulary)), dtype=run.counts.dtype)
    width = run.vectors.shape[1]
    vectors = np.frombuffer(b"".join(told["vector"]), np.float16).reshape(len(told), width)
    return counts, vectors
