"""Runs of discovery: folders of files that nobody writes again, and a pointer to the newest.

See docs/decisions/0007.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import scipy.sparse as sp

from analytics.store.files import StoreError, move_pointer, sync_folder

KEPT = 3
#: The two levels of what is found: 类型 and 问题.
TYPE, PROBLEM = "type", "problem"
#: Columns of a run's cases of which many rows share one value.
_IDS = ("kind", "matter")


@dataclass(frozen=True)
class Run:
    """One run: ``card`` (numbers and the snapshot it read) and, read when asked for, its tables and model."""

    folder: Path
    card: dict[str, object] = field(compare=False)

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def since(self) -> dt.date | None:
        """The first day of which it read cases; None for all, as where an older program made it."""
        told = self.card.get("since")
        return dt.date.fromisoformat(str(told)) if told else None

    @cached_property
    def cases(self) -> pd.DataFrame:
        """One row a case: case_no, kind, matter (ids or None), confidence, repeat_of, x, y."""
        table = pq.read_table(self.folder / "cases.parquet", read_dictionary=list(_IDS))
        rows = table.to_pandas(deduplicate_objects=False)  # numbers of a million cases all differ
        for name in _IDS:
            rows[name] = _spelled(rows[name])
        return rows

    @cached_property
    def groups(self) -> pd.DataFrame:
        """One row a type or problem: id, level, name, keywords, typical, joined."""
        return pd.read_parquet(self.folder / "groups.parquet")

    @cached_property
    def counts(self) -> sp.csr_matrix:
        """Cases (in the order of ``cases``) × words of ``vocabulary``."""
        return sp.load_npz(self.folder / "counts.npz").tocsr()

    @cached_property
    def vectors(self) -> np.ndarray:
        """Unit vectors of the cases, float16."""
        return np.load(self.folder / "vectors.npy", mmap_mode="r")

    @cached_property
    def vocabulary(self) -> list[str]:
        return (self.folder / "vocabulary.txt").read_text("utf-8").split("\n")

    @cached_property
    def model(self) -> dict[str, np.ndarray]:
        """The fitted space and centres: weights, axes, centres, kinds, sharpness, everywhere."""
        with np.load(self.folder / "model.npz", allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}


def _spelled(ids: pd.Series) -> np.ndarray:
    """Return the ids of a column of categories, one object for all cases of one id, None where there is none."""
    known = ids.astype("category").cat  # of a run without any, the file has no categories
    spelled: np.ndarray = np.array([*known.categories, None], dtype=object)[known.codes]
    return spelled


def _opened(folder: Path) -> Run:
    return Run(folder, json.loads((folder / "card.json").read_text("utf-8")))


@dataclass(frozen=True)
class RunFiles:
    """What a run leaves behind, to be written."""

    card: dict[str, object]
    cases: pd.DataFrame
    groups: pd.DataFrame
    counts: sp.csr_matrix
    vectors: np.ndarray
    vocabulary: list[str]
    model: dict[str, np.ndarray]


class RunBook:
    """The runs in a folder: ``runs/ID`` and ``CURRENT``."""

    def __init__(self, folder: Path):
        self.folder, self.pointer = folder / "runs", folder / "CURRENT"

    def current(self) -> Run | None:
        """Return the newest run, or None when there was none."""
        if not self.pointer.exists():
            return None
        try:
            return _opened(self.folder / self.pointer.read_text("utf-8").strip())
        except (OSError, ValueError):
            raise StoreError(
                "上次归类的结果打不开（文件缺失或损坏），请重新归类：python -m analytics discover"
            ) from None

    def of(self, snapshot: str) -> Run | None:
        """Return the newest run that knew no later snapshot than this one; the newest of all where none is kept.

        While a new snapshot is not shown yet, or after a return to an older one, types are those of what is shown.
        """
        newest = self.current()
        if newest is None or str(newest.card["snapshot"]) <= snapshot:
            return newest
        for folder in sorted(self.folder.glob("R[0-9]*"), reverse=True):
            with suppress(OSError, ValueError):  # deleted meanwhile
                run = _opened(folder)
                if str(run.card["snapshot"]) <= snapshot:
                    return run
        return newest

    def forget(self, case_nos: set[str]) -> None:
        """Publish the newest run without the words of some cases, and delete the runs before it.

        What they belong to stays: it is counted. The caller holds the writer's lock.
        """
        run = self.current()
        if run is None:
            for damaged in (*self.folder.glob("R[0-9]*"), *self.folder.glob(".draft-*")):
                shutil.rmtree(damaged, ignore_errors=True)
            return
        gone = np.flatnonzero(run.cases["case_no"].isin(case_nos).to_numpy())
        kept = sp.eye(len(run.cases), format="csr", dtype=run.counts.dtype).tolil()
        kept[gone, gone] = 0
        vectors = np.array(run.vectors)
        vectors[gone] = 0
        counts = (kept.tocsr() @ run.counts).tocsr()
        counts.eliminate_zeros()
        files = RunFiles(run.card, run.cases, run.groups, counts, vectors, run.vocabulary, run.model)
        fresh = self.publish(files)
        for old in self.folder.glob("R[0-9]*"):
            if old.name != fresh.id:
                shutil.rmtree(old, ignore_errors=True)

    def publish(self, made: RunFiles) -> Run:
        """Write a run wholly beside the others, then point to it; the caller holds the writer's lock."""
        self.folder.mkdir(parents=True, exist_ok=True)
        number = 1 + max((int(p.name[1:]) for p in self.folder.glob("R[0-9]*")), default=0)
        target, draft = self.folder / f"R{number:06d}", self.folder / f".draft-{os.getpid()}"
        for left in self.folder.glob(".draft-*"):  # of a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        draft.mkdir()
        made.cases.to_parquet(draft / "cases.parquet", index=False)
        made.groups.to_parquet(draft / "groups.parquet", index=False)
        sp.save_npz(draft / "counts.npz", made.counts, compressed=False)
        np.save(draft / "vectors.npy", made.vectors)
        (draft / "vocabulary.txt").write_text("\n".join(made.vocabulary), "utf-8")
        np.savez(draft / "model.npz", allow_pickle=False, **made.model)
        (draft / "card.json").write_text(json.dumps(made.card, ensure_ascii=False, indent=1), "utf-8")
        for file in draft.iterdir():
            with file.open("rb+") as opened:
                os.fsync(opened.fileno())
        os.replace(draft, target)
        sync_folder(self.folder)
        move_pointer(self.pointer, target.name)
        for old in sorted(self.folder.glob("R[0-9]*"))[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
        return Run(target, made.card)
