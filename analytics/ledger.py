"""A snapshot of the ledger for one viewer at one instant: the interface to the store of everything above it.

See docs/decisions/0004.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis.expr import types as ir

from analytics.privacy import TEXTS_OF_CASES, mask_frame
from analytics.settings import Settings
from analytics.store import Reader, Snapshot, Store, StoreError, open_duckdb, open_reader
from analytics.store.audit import REVEALED, AuditLog
from analytics.store.counting import values_in
from analytics.viewer import LOCAL, Viewer, admit

if TYPE_CHECKING:
    from analytics.store.clickhouse import ClickHouseReader
    from analytics.store.spark import SparkReader

#: What a figure may need → (how a person calls it, the counts of which one must be positive).
NEEDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "due": ("「承诺时限」「办理期限」列，或事项清单", ("facts.due_at",)),
    "closed": ("「办结时间」列", ("facts.closed_at",)),
    "module": ("「服务模块」列", ("facts.module",)),
    "department": ("「承办部门」列", ("facts.department",)),
    "first_department": ("「首接部门」列", ("cases.first_department",)),
    "channel": ("「来源渠道」列", ("facts.channel",)),
    "street": ("「所属街道」列，或企业名录", ("facts.street",)),
    "lifecycle": ("「全生命周期阶段」列，或企业名录", ("facts.lifecycle",)),
    "chain": ("「产业链」列，或企业名录", ("facts.chain",)),
    "item": ("「事项编码」列", ("facts.item_no",)),
    "items": ("增值服务事项清单", ("items",)),
    "steps": ("环节记录或各环节的时间", ("events",)),
    "response": ("接收、办理等环节记录", ("stage.received", "stage.processing", "stage.replied")),
    "replies": ("反馈环节记录或「反馈时间」列", ("stage.replied",)),
    "transfers": ("转办环节记录或「转办时间」列", ("stage.transferred",)),
    "receipts": ("接收环节记录", ("stage.received",)),
    "consultations": ("会商环节记录或「会商时间」列", ("stage.consulted",)),
    "chases": ("督办环节记录或「督办时间」列", ("stage.supervised",)),
    "follow_ups": ("回访环节记录或「回访结果」列", ("stage.followed_up",)),
    "reopenings": ("重办环节记录或「重办时间」列", ("stage.reopened",)),
    "ratings": ("好差评表或「评价等级」列", ("ratings",)),
    "called_back": ("「差评回访时间」列", ("ratings.called_back_at",)),
    "rectified": ("「差评整改时间」列", ("ratings.rectified_at",)),
    "rota": ("轮值表", ("rota",)),
    "officer": ("「首接专员编号」列", ("cases.officer_no",)),
    "officers": ("队伍人员", ("officers",)),
    "activities": ("政企活动表", ("activities",)),
    "scenes": ("“一类事”场景表", ("scenes",)),
}


@dataclass(frozen=True)
class Ledger:
    """A snapshot before the instant ``as_of`` for one viewer; hashable, so it serves as a cache key."""

    folder: str
    snapshot: Snapshot
    viewer: Viewer
    as_of: dt.datetime
    #: Dimension → table (case_no, the dimension …) that a higher layer has put beside the snapshot's.
    attached: tuple[tuple[str, str], ...] = ()
    #: The first day of acceptance of which the attached dimensions say anything, None for all.
    attached_since: dt.date | None = None

    def attach(self, table: str, *dimensions: str, since: dt.date | None = None) -> Ledger:
        """Return the ledger with further dimensions of cases (accepted from a day on), from a table of its reader."""
        attached = dict(self.attached) | dict.fromkeys(dimensions, table)
        return replace(self, attached=tuple(sorted(attached.items())), attached_since=since)

    @property
    def issues(self) -> str:
        """The table of the types and problems that were found, '' before the first run."""
        return dict(self.attached).get("issue_type", "")

    @property
    def settings(self) -> Settings:
        """What is set for the store that it lies in."""
        return Store(self.folder).settings

    @property
    def reader(self) -> Reader | SparkReader | ClickHouseReader:
        return open_reader(Store(self.folder), self.snapshot, self.as_of)

    @property
    def duckdb(self) -> Reader:
        """The reader of the store's own engine, whatever the settings say: for statements written in its SQL."""
        return open_duckdb(Store(self.folder), self.snapshot, self.as_of)

    @property
    def working(self) -> Reader | SparkReader:
        """The reader that tells what a function says of rows (``mapped``): Spark's executors where it answers, else here."""
        reader = self.reader
        return self.duckdb if reader.dialect == "clickhouse" else reader  # type: ignore[return-value]

    @property
    def whole(self) -> Ledger:
        """The ledger for counting: every department's rows, personal data masked.

        Rows of it must not leave the function that asked for them; what is counted of them may.
        """
        return replace(self, viewer=replace(self.viewer, department=None, sees_personal=False))

    def table(self, name: str) -> ir.Table:
        """Return a table as an Ibis expression, of all departments: counting is for everybody."""
        return ibis.table(self.reader.schema(name), name=name)

    def own(self, table: ir.Table) -> ir.Table:
        """Return the rows (by ``case_no``) of cases that the viewer may see in full."""
        mine = _own(self.table("case_facts"), self.viewer.department)
        return table if mine is None else table.semi_join(mine, "case_no")

    def run(self, query: ir.Table) -> pd.DataFrame:
        """Run an Ibis query and return its rows, with the query's columns, as the viewer may see them.

        Of a frame with a column ``case_no`` a department's viewer gets the rows of that department; in a frame without it the
        texts of cases are emptied. Personal data is masked unless the viewer sees it. Raises NotAllowed for the default viewer
        where signing in is required, and StoreError for a snapshot that cannot be read.
        """
        admit(self.viewer)
        sql = ibis.to_sql(query, dialect=self.reader.dialect)
        return self._shown(self.reader.frame(sql, returns=query.columns))

    def run_sql(
        self, sql: str, parameters: dict[str, object] | None = None, returns: Collection[str] | None = None
    ) -> pd.DataFrame:
        """Run a query in the store's own SQL (DuckDB), with named ``parameters``; rows are limited and masked as by ``run``.

        ``returns``: the columns of the result, where the caller knows them: a large ledger is then read for them alone.
        """
        admit(self.viewer)
        return self._shown(self.duckdb.frame(sql, parameters, returns))

    def _shown(self, frame: pd.DataFrame) -> pd.DataFrame:
        if self.viewer.department is not None:
            frame = self._allowed(frame)
        return frame if self.viewer.sees_personal else mask_frame(frame)

    def _allowed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Drop rows and texts that a department's viewer may not see."""
        if "case_no" in frame:
            mine = _own_cases(self.folder, self.snapshot, self.as_of, str(self.viewer.department))
            return frame[frame["case_no"].isin(mine)].reset_index(drop=True)
        return frame.assign(**{c: None for c in frame.columns if c in TEXTS_OF_CASES})

    def may_see(self, case_no: str) -> bool:
        """Tell whether the viewer may see a case in full (also where there is no such case)."""
        if self.viewer.department is None:
            return True
        return case_no in _own_cases(self.folder, self.snapshot, self.as_of, self.viewer.department)

    @cached_property
    def counts(self) -> dict[str, int]:
        """Return how many rows, filled cells and events there are, by name (see NEEDS)."""
        return self.reader.counts()

    def values(self, column: str) -> list[str]:
        """Return the values (str) of a column of ``case_facts``, the most frequent first and then by name."""
        admit(self.viewer)
        if (published := values_in(self.counts, column)) is not None:
            return published
        facts = self.table("case_facts")
        counted = facts.filter(facts[column].notnull()).group_by(column).aggregate(n=lambda t: t.count())
        return self.run(counted.order_by(counted.n.desc(), column))[column].astype(str).tolist()

    @cached_property
    def first_day(self) -> dt.date | None:
        """The day of the first case, None where there is none."""
        facts = self.table("case_facts")
        first = self.run(facts.aggregate(first=facts.accepted_at.min()))["first"].iloc[0]
        return first.date() if pd.notna(first) else None

    def lacks(self, needs: tuple[str, ...]) -> list[str]:
        """Return which of ``needs`` (keys of NEEDS) this ledger does not hold, in Chinese; empty where it holds all."""
        return [NEEDS[n][0] for n in needs if not any(self.counts.get(c, 0) for c in NEEDS[n][1])]

    def share_filled(self, column: str) -> float:
        """Return the share of cases in which a column of the facts is filled (0 to 1)."""
        cases = self.counts["cases"]
        return self.counts[f"facts.{column}"] / cases if cases else 0.0


def _own(facts: ir.Table, department: str | None) -> ir.Table | None:
    """Return the cases that a department handles or was the first to receive; None for all."""
    if department is None:
        return None
    return facts.filter((facts.department == department) | (facts.first_department == department)).select("case_no")


@lru_cache(maxsize=64)
def _own_cases(folder: str, snapshot: Snapshot, as_of: dt.datetime, department: str) -> frozenset[str]:
    everything = Ledger(folder, snapshot, LOCAL, as_of)
    mine = _own(everything.table("case_facts"), department)
    assert mine is not None
    return frozenset(everything.reader.frame(ibis.to_sql(mine, dialect=everything.reader.dialect))["case_no"])


def open_ledger(
    store: Store, viewer: Viewer = LOCAL, as_of: dt.datetime | None = None, snapshot_id: str | None = None
) -> Ledger:
    """Open a snapshot (the current one by default) as it stood before ``as_of``.

    ``as_of`` defaults to just after the newest event. Raises StoreError for an empty store, NotAllowed for
    a viewer who has not signed in where that is required, or who claims to see what the role may not. Seeing
    personal data in clear is audited.
    """
    admit(viewer)
    if viewer.sees_personal:
        AuditLog(store.folder).record_once(viewer, REVEALED, "")
    snapshot = store.describe(snapshot_id) if snapshot_id else store.current()
    if snapshot is None:
        raise StoreError("还没有台账。请先在「数据管理」页导入，或运行 python -m analytics demo 生成演示数据。")
    instant = min(as_of or snapshot.as_of, snapshot.as_of)
    return Ledger(str(store.folder.resolve()), snapshot, viewer, instant)
