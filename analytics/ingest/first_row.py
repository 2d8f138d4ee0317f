"""The first row of a table that has no heads: it is a case, and what stands in it is nobody's business."""

from __future__ import annotations

from collections.abc import Iterable

from analytics.ingest.characters import named
from analytics.ingest.dates import times
from analytics.privacy import mask_text

MOST_HEADS = 12
NO_HEADS = "（第一行像是数据，没有表头）"


def is_data(heads: Iterable[str]) -> bool:
    """Tell whether heads are rather a row of data: a time, a telephone, a number of a register among them."""
    words = [h for h in heads if h]
    return bool(words) and (any(mask_text(w) != w for w in words) or bool(times(words)[0].notna().any()))


def shown(heads: Iterable[str]) -> str:
    """Return heads as a message may show them; of a row of data, that it is one."""
    words = [h for h in heads if h]
    if not words:
        return "（没有表头）"
    return NO_HEADS if is_data(words) else "、".join(named(h) for h in words[:MOST_HEADS])
