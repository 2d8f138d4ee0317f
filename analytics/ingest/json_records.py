"""JSON becomes sheets: lists of records, a record a line, lists inside an answer or a record, a table of heads and rows."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analytics.ingest.characters import named, signs_in
from analytics.ingest.encodings import decoded
from analytics.ingest.heads import count_known, fold, synonyms
from analytics.ingest.refusing import RefusedFile
from analytics.ingest.sheets import Part, Sheet
from analytics.privacy import mask_text
from analytics.untrusted.bounds import is_too_large

BROKEN = "JSON 格式有误（第 {} 行附近），多半没有传完；请重新导出后再导入"
NO_LIST = "接口只返回了一条答复{}，里面没有工单列表，多半是登录过期、没有权限或没有数据；请在原系统里重新登录，查到工单后再导出"
#: Keys under which interfaces say whether a request went well.
CODES = ("code", "errcode", "errorCode", "status", "resultCode", "retcode")
BESIDE = (
    "data",
    "result",
    "success",
    "ok",
    "timestamp",
    "path",
    "rows",
    "list",
    "records",
    "total",
    "traceId",
    "requestId",
)
MESSAGES = ("msg", "message", "errmsg", "errorMsg", "error", "info", "resultMsg")
#: How JavaScript begins that holds JSON: a call of a function, or a value of a variable.
SCRIPT = re.compile(
    r"\s*+(?:/\*\*/\s*+)?(?:(?:(?:export\s+)?(?:var|let|const)\s+)?[\w$.]{1,80}\s*=|(?:export\s+default|module\.exports\s*=)|[\w$.]{1,80}\s*\()\s*(?=\{\s*\"|\[\s*[\[{])"
)
BROKEN_LINE = "这一行不是完整的 JSON 记录，读不出来；请从原系统重新导出，或补全这一行后再导入"
UNALIKE = "JSON 里各条记录的字段名很少相同，合起来有 {} 列，不是工单列表；请导出成字段一致的记录，或 CSV、XLSX"
NO_RECORDS = "JSON 里没有找到工单列表；请导出成记录的数组，或 CSV、XLSX"
#: So many first lines may be comments.
MOST_COMMENTS = 20
HEADS = ("columns", "fields", "header", "headers", "heads")


@dataclass(frozen=True)
class _Broken:
    """A line, or a member of a list of records, that is no record."""

    text: str


def read_json(name: str, content: bytes) -> list[Sheet]:
    """Return the sheets of a JSON file, one a list of records; raises RefusedFile."""
    text = _without_script(_without_comments(decoded(name, content)[0].lstrip("\ufeff")))
    try:
        value, unit = _parsed(name, text)
        if isinstance(value, dict) and _is_bare_answer(value):
            raise RefusedFile(name, _answered(value))
        found = _sheets(name, value, unit)
    except RecursionError:
        raise RefusedFile(name, NO_RECORDS) from None
    if not found:
        raise RefusedFile(name, NO_RECORDS)
    return found


def _without_comments(text: str) -> str:
    """Return a text without comments in its first lines; the lines stay, so that rows keep their numbers."""
    lines = text.split("\n", MOST_COMMENTS)
    for place, line in enumerate(lines[:MOST_COMMENTS]):
        if line.strip() and not line.lstrip().startswith(("//", "#")):
            break
        lines[place] = ""
    return "\n".join(lines)


def _without_script(text: str) -> str:
    """Return the JSON in a text of JavaScript: an argument, callback({…}); or a value, var data = […];"""
    begins = SCRIPT.match(text)
    if not begins:
        return text
    rest = text[begins.end() :].rstrip().rstrip(";").rstrip()
    return rest.removesuffix(")") if begins[0].rstrip().endswith("(") else rest


def _is_bare_answer(value: dict) -> bool:
    """Tell whether an object is what an interface wraps its records in, without any: {"code": 401, "msg": "…", "data": null}."""
    said = {*CODES, *MESSAGES}
    if (
        not value.keys() & said
        or 2 * len(value.keys() & {*said, *BESIDE}) < len(value)
        or _table(value)
        or _columns(value)
    ):
        return False
    found = _lists(value, 0, "")
    is_alone = bool(found) and len(found) == 1 and len(found[0][1]) == 1 and found[0][1][0] is value
    return is_alone and not count_known([h for h in _shortened(list(_flat(value))) if h not in said])


def _answered(value: dict) -> str:
    """Say that an interface gave no list, with the code and the message that it gave."""
    code = next((value[k] for k in CODES if isinstance(value.get(k), str | int)), None)
    told = next((value[k] for k in MESSAGES if isinstance(value.get(k), str) and value[k].strip()), "")
    said = "，".join(
        filter(None, (f"代码 {code}" if code is not None else "", f"“{named(mask_text(told)[:60])}”" if told else ""))
    )
    return NO_LIST.format(f"（{said}）" if said else "")


def _parsed(name: str, text: str) -> tuple[object, str]:
    """Return what a text says, and what its records are counted in: 条 of a list, or lines, of which empty ones are None."""
    try:
        return json.loads(text, strict=False), "条"
    except ValueError as error:
        place = getattr(error, "lineno", 1)
    lines = [_line(line) for line in text.split("\n")]
    records = sum(isinstance(v, dict | list) for v in lines)
    if not records or records < sum(isinstance(v, _Broken) for v in lines):
        raise RefusedFile(name, BROKEN.format(place))
    return lines, "行"


def _line(line: str) -> object:
    """Return what a line says by itself; None where it is empty, or a bracket of the list around the records."""
    bare = line.strip("\x00 \t\r,")
    if bare in ("", "[", "]"):
        return None
    for text in (bare, bare.removeprefix("["), bare.removesuffix("]")):
        try:
            value = json.loads(text, strict=False)
        except ValueError:
            continue
        return value if isinstance(value, dict | list) else _Broken(bare)
    return _Broken(bare)


def _sheets(name: str, value: object, unit: str) -> list[Sheet]:
    """Return a sheet for each list of records, at most two levels down, and for lists inside its records."""
    if isinstance(value, dict) and (table := _table(value)):
        _check_size(name, max(map(len, table)), table)
        return [_sheet(name, "", table, "条")]
    if isinstance(value, dict) and (table := _columns(value)):
        _check_size(name, len(table[0]), table)
        return [_sheet(name, "", table, "条")]
    if isinstance(value, dict) and _are_numbered(value):
        value = list(value.values())
    lists = [(title, found) for title, found in _lists(value, 0, "") if found]
    return [s for title, records in lists for s in _of_records(name, title if len(lists) > 1 else "", records, unit)]


def _of_records(name: str, title: str, records: Sequence[object], unit: str) -> list[Sheet]:
    members = [r for r in records if r is not None and not isinstance(r, _Broken)]
    if members and all(isinstance(r, list) for r in members):
        _check_size(name, max(len(r) for r in members if isinstance(r, list)), records)
        rows = [[_cell(c) for c in r] if isinstance(r, list) else [] for r in records]
        return [Sheet(name, title, rows, signs=signs_in(rows), parts=[Part(0, unit=unit)])]
    flat: list[Any] = [_flat(r) if isinstance(r, dict) else r for r in records]
    inner: dict[str, list[tuple[dict, dict]]] = {}
    for record in flat:
        for key in [k for k, v in record.items() if _is_list_of_records(v)] if isinstance(record, dict) else ():
            inner.setdefault(key, []).extend((record, step) for step in record.pop(key))
    heads = list(
        dict.fromkeys(h for r in flat if isinstance(r, dict) for h, v in r.items() if v != [] or h not in inner)
    )
    if not heads:
        return []
    _check_size(name, len(heads), flat)
    rows = [_row(record, heads) for record in flat]
    sheet = _sheet(name, title, [[*_shortened(heads)], *rows], unit)
    sheet.doubtful = {i + 1: BROKEN_LINE for i, r in enumerate(flat) if r is not None and not isinstance(r, dict)}
    return [sheet, *(_of_inner(name, key, heads, pairs) for key, pairs in inner.items())]


def _check_size(name: str, columns: int, rows: Sequence[object]) -> None:
    """Refuse records that have few keys in common: as a table they would be far larger than the file."""
    held = sum(len(r) for r in rows if isinstance(r, dict | list))
    if is_too_large(columns, len(rows), held):
        raise RefusedFile(name, UNALIKE.format(columns))


def _sheet(name: str, title: str, rows: list[list[object]], unit: str) -> Sheet:
    return Sheet(name, title, rows, signs=signs_in(rows), parts=[Part(1, unit=unit)])


def _row(record: object, heads: list[str]) -> list[object]:
    if isinstance(record, dict):
        return [_cell(record.get(head)) for head in heads]
    return [] if record is None else [record.text if isinstance(record, _Broken) else _cell(record)]


def _is_list_of_records(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)


def _of_inner(name: str, key: str, heads: list[str], pairs: list[tuple[dict, dict]]) -> Sheet:
    """Return the lists inside records as a sheet of their own, each row with the number of the record it lies in."""
    folded = {fold(h): h for h in reversed(heads)}
    number = next((folded[word] for word in synonyms()["case_no"] if word in folded), heads[0])
    inner = [_flat(step) for _, step in pairs]
    columns = list(dict.fromkeys(h for step in inner for h in step if h != number))
    _check_size(name, 1 + len(columns), inner)
    rows: list[list[object]] = [[number, *_shortened(columns)]]
    for (record, _), step in zip(pairs, inner, strict=True):
        rows.append([step.get(number) or _cell(record.get(number)), *(_cell(step.get(h)) for h in columns)])
    sheet = _sheet(name, key, rows, "条")
    sheet.inner = True
    return sheet


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


def _columns(value: dict) -> list[list[object]]:
    """Return a table written column by column: {"工单编号": ["A1", …], …}, or by the rows' names: {"工单编号": {"0": "A1", …}, …}."""
    columns = [list(v.values()) if isinstance(v, dict) else v for v in value.values()]
    if count_known(list(value)) < 2 or not all(isinstance(c, list) and len(c) == len(columns[0]) for c in columns):
        return []
    named = [v.keys() for v in value.values() if isinstance(v, dict)]
    if named and (len(named) < len(value) or any(keys != named[0] for keys in named)):
        return []
    return [list(value), *([_cell(c) for c in row] for row in zip(*columns, strict=True))]


def _are_numbered(value: dict) -> bool:
    """Tell whether an object is records by their places: {"0": {…}, "1": {…}}."""
    return bool(value) and all(k.isdecimal() and isinstance(v, dict) for k, v in value.items())


def _lists(value: object, depth: int, title: str) -> list[tuple[str, list[object]]]:
    """Return the lists of records or of rows in an answer, and what they are called there."""
    if isinstance(value, list) and depth == 0 and (pages := _pages(value)):
        return [(title, pages)]
    if isinstance(value, list):
        return [(title, value)] if any(isinstance(v, dict | list) for v in value) else []
    if isinstance(value, dict) and "schema" in value and isinstance(value.get("data"), list):  # a table of pandas
        return _lists(value["data"], depth, title)
    if isinstance(value, dict) and depth < 2:
        inner = [found for key, v in value.items() for found in _lists(v, depth + 1, str(key))]
        return inner or ([("", [value])] if depth == 0 else [])
    return []


def _pages(value: list) -> list[object]:
    """Return the records of a list of answers, each with its page of them: [{"data": {"rows": […]}}, …]; [] for any other list."""
    if len(value) < 2 or any(not isinstance(v, dict) or count_known(list(v)) for v in value):
        return []
    pages = [_lists(answer, 0, "") for answer in value]
    if any(len(page) != 1 or not _is_list_of_records(page[0][1]) for page in pages):
        return []
    return [record for page in pages for record in page[0][1]]


def _flat(record: dict) -> dict[str, object]:
    """Return a record with what lies one level down beside it, “企业.名称”."""
    found: dict[str, object] = {}
    for key, held in record.items():
        value = _unwrapped(held)
        if isinstance(value, dict):
            found |= {_sound(f"{key}.{inner}"): v for inner, v in value.items()}
        else:
            found[_sound(key)] = value
    return found


def _unwrapped(value: object) -> object:
    """Return what MongoDB wraps by its kind: {"$date": …}, {"$numberLong": "…"}."""
    while isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith("$"):
        value = next(iter(value.values()))
    return value


def _cell(value: object) -> object:
    cell = _as_cell(value)
    return _sound(cell) if isinstance(cell, str) else cell


def _sound(text: str) -> str:
    """Return a text without halves of surrogate pairs, which JSON may hold and which are no characters."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _as_cell(value: object) -> object:
    if (
        isinstance(value, list)
        and 3 <= len(value) <= 7
        and all(type(v) is int for v in value)
        and 1900 < value[0] < 2200
    ):
        day, clock = value[:3], [*value[3:6], 0, 0, 0][:3]  # how Java's libraries write a time
        return "{:04}-{:02}-{:02} {:02}:{:02}:{:02}".format(*day, *clock)
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
    counts = Counter(last)
    return [short if counts[short] == 1 else head for head, short in zip(heads, last, strict=True)]
