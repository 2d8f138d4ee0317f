"""A sheet while it is read: its plan, its cells by column of the ledger, and what is made of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analytics.ingest import parsing
from analytics.ingest.characters import named
from analytics.ingest.mapping import SheetPlan
from analytics.ingest.reasons import Reasons
from analytics.ingest.report import LeftEmpty, Repair
from analytics.model import Column
from analytics.privacy import mask_text, mask_value


@dataclass
class Parsed:
    """Rows of one sheet: ``frame`` has the ledger's columns, ``row_no``, ``reason`` ('' if good) and its ``kind``."""

    plan: SheetPlan
    frame: pd.DataFrame
    warnings: list[str] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    left_empty: list[LeftEmpty] = field(default_factory=list)
    to_check: list[str] = field(default_factory=list)

    @property
    def good(self) -> pd.DataFrame:
        fine = self.frame["reason"] == ""
        return self.frame if fine.all() else self.frame[fine]

    @property
    def bad(self) -> pd.DataFrame:
        return self.frame[self.frame["reason"] != ""]


@dataclass
class Reading:
    """The plan, the cells by ledger column, the reasons so far, and what is made of them."""

    plan: SheetPlan
    cells: dict[str, parsing.Cells]
    reasons: Reasons
    parsed: Parsed
    #: Column → place → error of the formula that stood there.
    failed: dict[str, dict[int, str]] = field(default_factory=dict)
    #: Column → mask of the cells that could not be read.
    unread: dict[str, np.ndarray] = field(default_factory=dict)
    #: Columns of times in which month and day stand in both orders.
    mixed: set[str] = field(default_factory=set)

    def head(self, column: str) -> str:
        return self.plan.heads[self.plan.mapping[column]]

    def shown(self, column: Column, i: int) -> str:
        """Return a cell as a message may show it: masked, with what deceives the eye named."""
        raw = str(parsing.plain(self.cells[column.name][i]))
        return named(mask_value(raw) if column.personal else mask_text(raw)[:40])
