"""JSON becomes a sheet: a list of records, a record a line, a list inside an answer, or a table of heads and rows."""

from __future__ import annotations

import json

from analytics.ingest.characters import signs_in
from analytics.ingest.encodings import decoded
from analytics.ingest.refusing import RefusedFile
from analytics.ingest.sheets import Sheet

BROKEN = "JSON 格式有误（第 {} 行附近），多半没有传完；请重新导出后再导入"
NO_RECORDS = "JSON 里没有找到工单列表；请导出成记录的数组，或 CSV、XLSX"
HEADS = ("columns", "fields", "header", "headers", "heads")


def read_json(name: str, content: bytes) -> list[Sheet]:
    """Return the one sheet of a JSON file; raises RefusedFile."""
    text = decoded(name, content)[0].lstrip("\ufeff").strip()
    try:
        found = _rows(_parsed(name, text))
    except RecursionError:
        raise RefusedFile(name, NO_RECORDS) from None
    if not found:
        raise RefusedFile(name, NO_RECORDS)
    return [Sheet(name, "", found, signs=signs_in(found))]


def _parsed(name: str, text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        place = getattr(error, "lineno", 1)
        lines = [line for line in text.split("\n") if line.strip()]
        try:
            return [json.loads(line) for line in lines]
        except ValueError:
            raise RefusedFile(name, BROKEN.format(place)) from None


def _rows(value: object) -> list[list[object]]:
    """Return heads and rows of the longest list of records, at most two levels down."""
    if isinstance(value, dict) and (table := _table(value)):
        return table
    lists = [found for found in _lists(value, 0) if found]
    records = max(lists, key=len, default=[])
    if records and all(isinstance(r, list) for r in records):
        return [[_cell(c) for c in r] for r in records if isinstance(r, list)]
    flat = [_flat(r) for r in records if isinstance(r, dict)]
    heads = list(dict.fromkeys(head for record in flat for head in record))
    shown: list[object] = [*_shortened(heads)]
    return [shown, *([record.get(head) for head in heads] for record in flat)] if heads else []


def _table(value: dict) -> list[list[object]]:
    """Return a table whose heads stand once: {"columns": […], "data": [[…], …]}."""
    heads = next((value[k] for k in HEADS if isinstance(value.get(k), list)), None)
    if heads is None:
        return []
    names = [h.get("name", h.get("title")) if isinstance(h, dict) else h for h in heads]
    for rows in value.values():
        if isinstance(rows, list) and rows is not heads and rows and all(isinstance(r, list) for r in rows):
            return [names, *([_cell(c) for c in r] for r in rows)]
    return []


def _lists(value: object, depth: int) -> list[list[object]]:
    """Return the lists of records or of rows in an answer."""
    if isinstance(value, list):
        return [value] if value and all(isinstance(v, dict | list) for v in value) else []
    if isinstance(value, dict) and depth < 2:
        inner = [found for v in value.values() for found in _lists(v, depth + 1)]
        return inner or ([[value]] if depth == 0 else [])
    return []


def _flat(record: dict) -> dict[str, object]:
    """Return a record with what lies one level down beside it, “企业.名称”."""
    found: dict[str, object] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            found |= {f"{key}.{inner}": _cell(v) for inner, v in value.items()}
        else:
            found[str(key)] = _cell(value)
    return found


def _cell(value: object) -> object:
    if isinstance(value, list):
        return (
            "；".join(str(v) for v in value)
            if not any(isinstance(v, dict | list) for v in value)
            else json.dumps(value, ensure_ascii=False)
        )
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value) if isinstance(value, int) and abs(value) >= 10**15 else value


def _shortened(heads: list[str]) -> list[str]:
    """Return heads without what they lie in, where that leaves them different."""
    last = [h.rsplit(".", 1)[-1] for h in heads]
    return [short if last.count(short) == 1 else head for head, short in zip(heads, last, strict=True)]
