"""The same group has the same id from run to run: new groups are matched to old by their cases."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

#: Old and new are one when they share so much of all that either holds (Jaccard).
LEAST_SHARED = 0.25
#: An old group has split when another new one took so much of it too.
SPLIT_OFF = 0.25
#: A new group has merged old ones of which it took so much each.
SWALLOWED = 0.5


@dataclass
class Matched:
    """``ids`` by new group number, and what became of the old: ids, by kind of change."""

    ids: list[str]
    born: list[str] = field(default_factory=list)
    grown: list[str] = field(default_factory=list)
    split: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    #: New id → old id that most of its old cases came from.
    came_from: dict[str, str] = field(default_factory=dict)


def match(old: pd.Series, new: np.ndarray, prefix: str, highest: int) -> Matched:
    """Give every new group (0 …) an id.

    ``old`` holds the id of each case in the run before (None: new case, or 未归类), aligned
    with ``new`` (-1: 未归类). Unmatched groups take ids after ``highest``.
    """
    groups = int(new.max()) + 1 if len(new) else 0
    pairs = pd.DataFrame({"old": old.to_numpy(dtype=object), "new": new})
    sizes = np.bincount(new[new >= 0], minlength=groups)
    both = pairs[(pairs["new"] >= 0) & pairs["old"].notna()]
    overlap = both.groupby(["old", "new"], sort=True).size().rename("n").reset_index()
    old_size = pairs["old"].value_counts()
    known = both["new"].value_counts()
    overlap["of_old"] = overlap["n"] / overlap["old"].map(old_size)
    overlap["of_new"] = overlap["n"] / overlap["new"].map(known)
    overlap["jaccard"] = overlap["n"] / (overlap["old"].map(old_size) + overlap["new"].map(known) - overlap["n"])
    ids: dict[int, str] = {}
    taken: set[str] = set()
    candidates = overlap[overlap["jaccard"] >= LEAST_SHARED]
    for row in candidates.sort_values(
        ["n", "jaccard", "old", "new"], ascending=[False, False, True, True]
    ).itertuples():
        if row.new not in ids and row.old not in taken:
            ids[row.new] = row.old
            taken.add(row.old)
    result = Matched([])
    for group in range(groups):
        if group not in ids:
            highest += 1
            ids[group] = f"{prefix}{highest:0{4 if prefix == 'T' else 5}d}"
            result.born.append(ids[group])
        elif sizes[group] > old_size[ids[group]]:
            result.grown.append(ids[group])
    result.ids = [ids[g] for g in range(groups)]
    pieces = overlap[overlap["of_old"] >= SPLIT_OFF].groupby("old").size()
    result.split = sorted(pieces[pieces > 1].index)
    parts = overlap[overlap["of_old"] >= SWALLOWED].groupby("new").size()
    result.merged = [ids[int(g)] for g in sorted(parts[parts > 1].index)]
    result.vanished = sorted(set(old_size.index) - taken)
    main = overlap.sort_values(["n", "old"], ascending=[False, True]).drop_duplicates("new")
    result.came_from = {ids[int(r.new)]: r.old for r in main[main["of_new"] >= 0.5].itertuples()}
    return result
