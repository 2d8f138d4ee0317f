"""Files that no office would send, or would: mutated bytes, broken structure, hostile cells. `python -m tests.trust.fuzzing 20000`."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
import re
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

import pandas as pd
import xlsxwriter

from analytics import ingest
from analytics.ingest import RefusedFile
from analytics.ingest.validation import validate
from analytics.model import TABLES
from analytics.settings import Settings, load_settings
from analytics.store import Store
from tests.ingest.books import book, old_book
from tests.ingest.test_formats import BODY, ods, packed, page, spreadsheet_2003, table
from tests.ingest.test_formats import HEADS as HEADS_OF_THREE

NOW = dt.datetime(2026, 11, 25, 9)
#: No file may take longer (seconds), whatever is in it.
BOUND = 20
HOSTILE = [
    "", " ", "\t", "\u3000", "\x00", "\ufeff", "\u202e反", "=1+1", "@SUM(A1)", "+1", "-1", "=cmd|'/c calc'!A1", "'", '"', '"""', "\n",
    "\r\n", "a\x00b", "<script>alert(1)</script>", "{{7*7}}", "${x}", "../../etc/passwd", "C:\\x", "NULL", "nan", "NaT", "inf", "-inf",
    "1e309", "1e15", "99999999999999999999", "0", "-0", "１２３", "2024-7-5", "2024.7.5", "2024年7月5日 9时", "20240705", "45478", "45478.39",
    "2024-02-30", "0000-00-00", "9999-12-31", "2024-13-01", "25:61", "2024-07-05T09:00:00+08:00", "昨天", "满意", "5", "六", "金融服务",
    "区税务局", "A1", "重复", "示例公司", "13812345678", "91610113MA6TX00X1N", "\U0001f600", "é" * 50, "字" * 5000, "\ud7ff", "\x1b[31m",
]  # fmt: skip
HEADS = sorted({c.label for t in TABLES.values() for c in t.columns})
NAMES = ["台账.csv", "台账.tsv", "台账.txt", "台账.xlsx", "台账.xls", "../../x.csv", "a/b\\c.xlsx", "..", "台账", "台账.csv.exe", "演示数据.csv", "x" * 300 + ".csv", "\u202ecsv.xlsx"]  # fmt: skip


def rows(rng: random.Random) -> tuple[list[str], list[list[object]]]:
    """Return heads and rows of a table: some right, some hostile."""
    table = rng.choice(list(TABLES.values()))
    heads = [c.label for c in table.columns if c.required or rng.random() < 0.5]
    heads += rng.choices([*HEADS, *HOSTILE], k=rng.randrange(4))
    rng.shuffle(heads)
    body: list[list[object]] = []
    for number in range(rng.choice([0, 1, 2, 5, 20, 60])):
        width = max(0, len(heads) + rng.choice([0, 0, 0, -1, 1, 3, -len(heads)]))
        row: list[object] = [_cell(rng, heads[i % len(heads)] if heads else "", number) for i in range(width)]
        body.append(row)
    return heads, body


def _cell(rng: random.Random, head: str, number: int) -> object:
    if rng.random() < 0.35:
        return rng.choice(HOSTILE)
    if "时间" in head or "日期" in head or "期限" in head:
        return rng.choice(["2024-7-5 09:00", "2026.1.3", dt.datetime(2025, 3, 4, 5), 45500, 45500.5])
    return rng.choice([f"A{number}", f"词{number}", number, number + 0.5, "金融服务", True, None])


def text_file(rng: random.Random) -> bytes:
    """Return a table as a CSV of some delimiter, quoting and encoding."""
    heads, body = rows(rng)
    buffer = io.StringIO()
    writer = csv.writer(
        buffer,
        delimiter=rng.choice([",", "\t", ";", "|"]),
        quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        lineterminator=rng.choice(["\n", "\r\n", "\r"]),
    )
    for row in ([["某区台账"], []] if rng.random() < 0.2 else []) + [heads] + body:
        writer.writerow(["" if c is None else str(c).replace("\x00", "") for c in row])
    encoding = rng.choice(["utf-8", "utf-8-sig", "gb18030", "utf-16", "latin-1"])
    return buffer.getvalue().encode(encoding, "replace")


def workbook_file(rng: random.Random) -> bytes:
    """Return a table as an XLSX: several sheets, merged cells, hidden rows, formulas."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as made:
        for number in range(rng.choice([1, 1, 2])):
            sheet = made.add_worksheet(f"表{number}")
            heads, body = rows(rng)
            for r, row in enumerate([heads, *body]):
                for c, cell in enumerate(row):
                    _write(sheet, rng, r, c, cell)
                if rng.random() < 0.05:
                    sheet.set_row(r, None, None, {"hidden": True})
            if body and rng.random() < 0.3:
                sheet.merge_range(1, 0, min(len(body), 4) + 1, 0, "合并")
    return buffer.getvalue()


def _write(sheet: xlsxwriter.worksheet.Worksheet, rng: random.Random, r: int, c: int, cell: object) -> None:
    if isinstance(cell, dt.datetime):
        sheet.write_datetime(r, c, cell)
    elif rng.random() < 0.03:
        sheet.write_formula(r, c, "=1/0", value=rng.choice(["#DIV/0!", 3, "x"]))
    elif cell is not None:
        sheet.write(r, c, cell)


def odd_zip(rng: random.Random) -> bytes:
    """Return an XLSX whose parts were edited: sizes that lie, wild dimensions, missing or doubled parts."""
    source, target = io.BytesIO(workbook_file(rng)), io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            content = old.read(part)
            kind = rng.random()
            if part.endswith(".xml") and kind < 0.25:
                content = _edited(rng, content)
            if kind > 0.97:
                continue
            new.writestr(part, content)
            if kind > 0.95:
                new.writestr(rng.choice(["xl/worksheets/sheet9.xml", "../../evil.xml", part + "x"]), content)
    return target.getvalue()


def _edited(rng: random.Random, content: bytes) -> bytes:
    edits = [
        (rb'<dimension ref="[^"]*"/>', b'<dimension ref="A1:XFD1048576"/>'),
        (rb'r="([A-Z]+)2"', b'r="XFD1048576"'),
        (rb'r="([A-Z]+)1"', b'r="A0"'),
        (rb"<v>\d+</v>", b"<v>99999999</v>"),
        (rb"<v>\d+</v>", b"<v>-1</v>"),
        (rb"<v>", b"<v>&unknown;"),
        (rb"<sheetData>", b"<sheetData><sheetData>"),
        (rb"</row>", b""),
        (rb"<mergeCell ref=\"[^\"]*\"/>", b'<mergeCell ref="A1:XFD1048576"/>'),
        (rb"\?>", b'?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
        (rb"UTF-8", b"UTF-16"),
    ]
    pattern, instead = rng.choice(edits)
    return re.sub(pattern, instead, content, count=rng.choice([1, 3]))


def mutated(rng: random.Random, content: bytes) -> bytes:
    """Change bytes: flips, cuts, doubles, insertions, another file's tail."""
    data = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 5, 20])):
        if not data:
            break
        at, kind = rng.randrange(len(data)), rng.randrange(6)
        if kind == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at] = rng.randrange(256)
        elif kind == 2:
            del data[at : at + rng.choice([1, 2, 10, 1000])]
        elif kind == 3:
            data[at:at] = rng.choice([b"\x00", b"\xff\xfe", b'"', b"\r", b"\n" * 50, b",", bytes(rng.randbytes(8))])
        elif kind == 4:
            data[at:at] = data[at : at + 200]
        else:
            data = data[:at]
    return bytes(data)


SEEDS = [
    ("台账.xlsx", book([["A1", "2024.7.5", "x", "金融服务", "甲局", None, "满意"]] * 5)),
    ("台账.xls", old_book([["A1", "2024.7.5", "x", "金融服务", "甲局", "", "满意"]] * 5)),
    ("台账.csv", '工单编号,受理时间,诉求内容,评价等级\nA1,2024-7-5,x,满意\nA2,2024.7.6,"多\n行",不满意\n'.encode()),
    ("台账.csv", "工单编号\t受理时间\t诉求内容\nA1\t2024年7月5日\tx\n".encode("gb18030")),
    ("台账.xls", page(table([HEADS_OF_THREE, *BODY * 3]), "gb18030")),
    ("台账.xls", spreadsheet_2003("<Row><Cell><Data>工单编号</Data></Cell><Cell><Data>受理时间</Data></Cell><Cell><Data>内容</Data></Cell></Row>" * 3)),
    ("台账.json", json.dumps({"data": [dict(zip(HEADS_OF_THREE, row, strict=True)) for row in BODY]}, ensure_ascii=False).encode()),
    ("台账.zip", packed({"a.csv": "工单编号,受理时间,诉求内容\nA1,2024-7-5,x\n".encode(), "b.xlsx": book([["A1", "2024.7.5", "x"]])})),
    ("台账.ods", ods([HEADS_OF_THREE, *BODY])),
]  # fmt: skip


#: A workbook is read by a process of its own, which takes its time.
SEED_WEIGHTS = (4, 1, 10, 8, 6, 6, 6, 4, 1)


def made(rng: random.Random) -> tuple[str, bytes]:
    """Return one file: its name and content."""
    kind = rng.random()
    if kind < 0.45:
        name, content = rng.choices(SEEDS, SEED_WEIGHTS)[0]
        return (rng.choice(NAMES) if rng.random() < 0.1 else name), mutated(rng, content)
    if kind < 0.85:
        content = text_file(rng)
        return rng.choice(NAMES[:3]) if rng.random() < 0.9 else rng.choice(NAMES), mutated(
            rng, content
        ) if rng.random() < 0.3 else content
    if kind < 0.95:
        return "台账.xlsx", workbook_file(rng)
    return "台账.xlsx", odd_zip(rng)


class TooLong(BaseException):
    """A file took longer than the bound."""


def _alarm(*_: object) -> None:
    raise TooLong


def tried(name: str, content: bytes, settings: Settings, store: Store | None) -> str:
    """Read a file as an import does and return what became of it; with a store, import it.

    Anything but a refusal in Chinese or rows that add up is raised.
    """
    signal.signal(signal.SIGPROF, _alarm)
    signal.setitimer(signal.ITIMER_PROF, BOUND)  # of a processor: load on the machine makes no file longer
    try:
        plans = ingest.plan_files([(name, content)], settings)
        if store is not None:
            result = ingest.run_import(store, plans, settings, NOW)
            assert result.accepted + result.updated + result.unchanged + result.quarantined == result.read
            assert all("行" in q.reason for q in result.quarantine)
            return "imported"
        for plan in plans:
            if not plan.missing:
                parsed = validate(plan, NOW)
                assert len(parsed.good) + len(parsed.bad) == len(parsed.frame)
                assert parsed.frame["row_no"].is_unique
                assert all(any(c not in ("", None) for c in plan.sheet.rows[n - 1]) for n in parsed.frame["row_no"])
                assert (parsed.bad["reason"].str.len() > 5).all()
        return "read" if any(not p.missing for p in plans) else "heads missing"
    except RefusedFile as error:
        if not re.search("[一-龥]{4}", error.reason):
            raise AssertionError(f"refused without words: {error.reason}") from error
        return "refused"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def run(files: int, seed: int, every: int = 100) -> Counter[str]:
    """Try so many files, one in ``every`` of them into a store; returns how many ended how."""
    settings, rng, ends = load_settings(), random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        for number in range(files):
            name, content = made(rng)
            Path(tempfile.gettempdir(), "fuzz-last").write_bytes(content)
            try:
                ends[tried(name, content, settings, store if number % every == 0 else None)] += 1
            except (Exception, TooLong) as error:
                kept = Path(tempfile.gettempdir()) / f"fuzz-{seed}-{number}{Path(name).suffix[:6]}"
                kept.write_bytes(content)
                raise AssertionError(f"file {number} of seed {seed} ({name!r}, kept as {kept}): {error!r}") from error
    return ends


if __name__ == "__main__":
    begun = time.perf_counter()
    how_many, first_seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    found = run(how_many, first_seed)
    pd.Series(found).to_string(sys.stdout)
    print(f"\n{how_many} files in {time.perf_counter() - begun:.0f} s")
