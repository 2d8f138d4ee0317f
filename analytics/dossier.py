"""Everything that is held about one enterprise, for whoever has a right to it (个人信息保护法第四十五条)."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pandas as pd

from analytics import model
from analytics.exporting import workbook_for
from analytics.store import Reader, Store, StoreError, open_duckdb
from analytics.store.audit import AuditLog
from analytics.viewer import ADMINISTER, LOCAL, Viewer

_CASES = "SELECT case_no FROM cases WHERE credit_code = $who OR enterprise = $who"


def everything(store: Store, enterprise: str, viewer: Viewer = LOCAL) -> dict[str, pd.DataFrame]:
    """Return sheet name → rows about an enterprise (its credit code or whole name), in clear.

    Register entry, cases, events, ratings, former versions, rows in quarantine, and who looked at its cases.
    Raises StoreError where nothing is held, NotAllowed for who may not ask.
    """
    viewer.require(ADMINISTER)
    current = store.current()
    if current is None:
        raise StoreError("还没有台账")
    reader, given = open_duckdb(store, current, current.as_of), {"who": enterprise.strip()}
    found = {
        model.TABLES[name].label: _headed(name, reader.frame(f"SELECT * FROM {name} WHERE {where}", given))
        for name, where in {
            "enterprises": "credit_code = $who OR enterprise = $who",
            "cases": "credit_code = $who OR enterprise = $who",
            "events": f"case_no IN ({_CASES})",
            "ratings": f"case_no IN ({_CASES})",
        }.items()
    }
    found["历次版本"] = reader.frame(
        f"SELECT table_name AS 表, key AS 键, batch AS 批次, old_row AS 原内容 FROM versions WHERE split_part(key, '|', 1) IN ({_CASES})"
        " OR key = $who",
        given,
    )
    found["隔离的行"] = _quarantined(reader, given["who"])
    numbers = set(reader.frame(_CASES, given)["case_no"])
    found["查看记录"] = pd.DataFrame(
        [(e.at, e.who, e.act, e.target) for e in AuditLog(store.folder).entries(most=10**9) if e.target in numbers],
        columns=["时间", "谁", "做了什么", "工单编号"],
    )
    if not any(len(frame) for frame in found.values()):
        raise StoreError("系统里没有这家企业的数据；请用完整的企业名称或统一社会信用代码再查")
    return found


def workbook_of(store: Store, found: Mapping[str, pd.DataFrame], viewer: Viewer, name: str) -> bytes:
    """Return the rows as a workbook; the export is audited."""
    current = store.current()
    mark = ["演示数据：本文件由合成数据生成，企业与人员均为虚构"] if current and current.synthetic else []
    notes = [*mark, f"数据快照：{current.id if current else ''}", "含个人信息，请妥善保管，用后删除"]
    return workbook_for(viewer.revealing(), store.folder, name, dict(found), notes)


def _headed(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    labels = {c.name: c.label for c in model.TABLES[table].columns} | {"batch": "导入批次"}
    return frame.rename(columns=labels)


def _quarantined(reader: Reader, who: str) -> pd.DataFrame:
    rows = reader.frame(
        "SELECT batch, file, row_no, reason, cells FROM quarantine WHERE contains(cells, $who)", {"who": who}
    )
    rows = rows[[who in map(str, json.loads(cells)) for cells in rows["cells"]]] if len(rows) else rows
    return rows.rename(
        columns={"batch": "导入批次", "file": "文件", "row_no": "行", "reason": "原因", "cells": "原内容"}
    )
