"""The ledger as one viewer may see it on one day: what everything above the store asks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property

import ibis
import pandas as pd
from ibis.expr import types as ir

from analytics.privacy import mask_frame
from analytics.store import Reader, Snapshot, Store, StoreError, open_reader

#: What a figure may need → (how a person calls it, the counts of which one must be positive).
NEEDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "due": ("「承诺时限」「办理期限」列，或事项清单", ("facts.due_at",)),
    "closed": ("「办结时间」列", ("facts.closed_at",)),
    "module": ("「服务模块」列", ("facts.module",)),
    "department": ("「承办部门」列", ("facts.department",)),
    "first_department": ("「首接部门」列", ("cases.first_department",)),
    "channel": ("「来源渠道」列", ("facts.channel",)),
    "street": ("「所属街道」列，或企业名录", ("facts.street",)),
    "item": ("「事项编码」列", ("facts.item_no",)),
    "items": ("增值服务事项清单", ("items",)),
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

_FACTS = (
    "due_at", "closed_at", "module", "department", "channel", "street", "industry", "size", "item_no", "chain", "lifecycle",
)  # fmt: skip


@dataclass(frozen=True)
class Viewer:
    """Who asks: a department's viewer sees that department; personal data only if allowed."""

    name: str = "本机"
    department: str | None = None
    sees_personal: bool = False


LOCAL = Viewer()


@dataclass(frozen=True)
class Ledger:
    """One snapshot before ``as_of`` for one viewer; hashable, so it is a cache key."""

    folder: str
    snapshot: Snapshot
    viewer: Viewer
    as_of: dt.datetime
    #: Dimension → table (case_no, the dimension …) that a higher room has put beside the snapshot's.
    attached: tuple[tuple[str, str], ...] = ()

    def attach(self, table: str, *dimensions: str) -> Ledger:
        """Return the ledger with further dimensions of cases, from a table of its reader."""
        return replace(self, attached=tuple(sorted((dict(self.attached) | dict.fromkeys(dimensions, table)).items())))

    @property
    def issues(self) -> str:
        """The table of the types and problems that were found, '' before the first run."""
        return dict(self.attached).get("issue_type", "")

    @property
    def reader(self) -> Reader:
        return open_reader(Store(self.folder), self.snapshot, self.as_of)

    def table(self, name: str) -> ir.Table:
        """Return a table as an Ibis expression, scoped to the viewer's department."""
        table = ibis.table(self.reader.schema(name), name=name)
        if self.viewer.department and "department" in table.columns:
            table = table.filter(table.department == self.viewer.department)
        return table

    def run(self, query: ir.Table) -> pd.DataFrame:
        """Run an Ibis query and return its rows, personal columns masked for the viewer."""
        return self.run_sql(ibis.to_sql(query, dialect="duckdb"))

    def run_sql(self, sql: str, parameters: dict[str, object] | None = None) -> pd.DataFrame:
        """Run a compiled query over this ledger's tables; rows are masked as those of ``run``."""
        frame = self.reader.frame(sql, parameters)
        return frame if self.viewer.sees_personal else mask_frame(frame)

    @cached_property
    def counts(self) -> dict[str, int]:
        """Return how many rows, filled cells and events there are, by name (see NEEDS)."""
        return self.reader.counts(_FACTS)

    @cached_property
    def first_day(self) -> dt.date | None:
        """The day of the first case, None where there is none."""
        facts = self.table("case_facts")
        first = self.run(facts.aggregate(first=facts.accepted_at.min()))["first"].iloc[0]
        return first.date() if pd.notna(first) else None

    def lacks(self, needs: tuple[str, ...]) -> list[str]:
        """Return what of ``needs`` this ledger does not hold, as people call it."""
        return [NEEDS[n][0] for n in needs if not any(self.counts.get(c, 0) for c in NEEDS[n][1])]

    def share_filled(self, column: str) -> float:
        """Return the share of cases in which a column of the facts is filled (0 to 1)."""
        cases = self.counts["cases"]
        return self.counts[f"facts.{column}"] / cases if cases else 0.0


def open_ledger(
    store: Store, viewer: Viewer = LOCAL, as_of: dt.datetime | None = None, snapshot_id: str | None = None
) -> Ledger:
    """Open a snapshot (the current one by default) as it stood before ``as_of``.

    ``as_of`` defaults to just after the newest event. Raises StoreError for an empty store.
    """
    snapshot = store.describe(snapshot_id) if snapshot_id else store.current()
    if snapshot is None:
        raise StoreError("还没有台账。请先在「数据管理」页导入，或运行 python -m analytics demo 生成演示数据。")
    instant = min(as_of or snapshot.as_of, snapshot.as_of)
    return Ledger(str(store.folder.resolve()), snapshot, viewer, instant)
