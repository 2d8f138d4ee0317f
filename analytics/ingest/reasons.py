"""Why a row is kept out: a kind, by which a report counts, and a Chinese sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

NUMBER, ACCEPTED, SILENT, CONTRADICTION = "编号缺失或受损", "受理时间缺失或认不出", "没有诉求文字", "前后矛盾"
REQUIRED, SHIFTED, ORPHAN = "必填项缺失或认不出", "各列错位", "台账里没有这件工单"
#: A line of a file that holds no record.
BROKEN = "整行读不出"
#: Which kind a required column's fault is.
OF_COLUMN = {"case_no": NUMBER, "accepted_at": ACCEPTED}


class Reasons:
    """For each row the reasons so far (``text``, '' for none) and the kind of the first (``kind``)."""

    def __init__(self, rows: int) -> None:
        self.text = pd.Series([""] * rows, dtype=object)
        self.kind = pd.Series([""] * rows, dtype=object)

    def add(self, rows: pd.Series, kind: str, why: Callable[[int], str]) -> None:
        """Give every row of a mask a reason, behind those it has."""
        for i in map(int, np.flatnonzero(rows.to_numpy(dtype=bool))):
            self.text.iat[i] = "；".join(filter(None, [self.text.iat[i], why(i)]))
            self.kind.iat[i] = self.kind.iat[i] or kind

    def replace(self, rows: pd.Series, kind: str, why: Callable[[int], str]) -> None:
        """Give every row of a mask one reason instead of those it has, which follow from it."""
        for i in map(int, np.flatnonzero(rows.to_numpy(dtype=bool))):
            self.text.iat[i], self.kind.iat[i] = why(i), kind
