"""Rows of a database become the sheet that a reader of files gives."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from hashlib import blake2b

from analytics.ingest.readers import Sheet

SHANGHAI = dt.timezone(dt.timedelta(hours=8))


def cell(value: object) -> object:
    """Return a value as a workbook's cell would hold it: text, number, naive time in Shanghai, None."""
    if hasattr(value, "read"):  # a long text that the driver hands over piece by piece
        value = value.read()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dt.datetime):
        return naive(value)
    if value is None or isinstance(value, str | int | float | dt.date | dt.time | dt.timedelta):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return None  # a picture or a signature: nothing that a ledger has
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def naive(moment: dt.datetime) -> dt.datetime:
    """Return a time as everything in the ledger is: in Shanghai, without a zone."""
    return moment.astimezone(SHANGHAI).replace(tzinfo=None) if moment.tzinfo else moment


def sheet_of(name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Sheet:
    """Return heads and rows as a sheet of a file of that name."""
    return Sheet(name, "", [list(heads), *(list(row) for row in rows)])


def digest(row: Sequence[object]) -> bytes:
    """Return a short mark of a row's content; equal rows have equal marks, in every process."""
    return blake2b(repr([(type(c).__name__, c) for c in row]).encode(), digest_size=16).digest()
