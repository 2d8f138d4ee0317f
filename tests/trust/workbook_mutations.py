"""Workbooks whose structure was changed: part names, references, counts, entities. `python -m tests.trust.workbook_mutations 5000`."""

from __future__ import annotations

import io
import random
import re
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable

import xlsxwriter

from analytics.settings import load_settings
from tests.ingest.books import HEADS
from tests.trust.fuzzing import tried

Parts = dict[str, bytes]
#: A change of a workbook's parts.
Change = Callable[[random.Random, Parts], None]

SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
NUMBERS = (
    "-1",
    "0",
    "1",
    "65536",
    "1048576",
    "4000000000",
    "4294967296",
    "18446744073709551615",
    "1e9",
    "9" * 40,
    "",
    "x",
)
CELLS = ("XFD1048576", "xfd1048576", "XFD9999999", "A0", "0", "", "A", "ZZZZZ1", "$A$1", "A1:XFD1048576", " A1 ", "A\n1", "AA" * 99 + "1")  # fmt: skip


def parts_of(content: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(rng: random.Random, parts: Parts) -> bytes:
    """Return parts as an archive, now and then stored without compression, in another order or twice."""
    target, names = io.BytesIO(), list(parts)
    if rng.random() < 0.1:
        rng.shuffle(names)
    with zipfile.ZipFile(
        target, "w", rng.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
    ) as new:
        for name in names:
            new.writestr(name, parts[name])
    return target.getvalue()


def _swap(rng: random.Random, parts: Parts, name: str, pattern: bytes, instead: str) -> None:
    if name in parts:
        count = rng.choice([1, 1, 3, 0])
        parts[name] = re.sub(pattern, lambda _: instead.encode(), parts[name], count=count)


def far_cell(rng: random.Random, parts: Parts) -> None:
    reference, blank = rng.choice(CELLS), rng.choice(["", " ", "\n", "\t"])
    _swap(rng, parts, _a_sheet(parts), rb'r="[A-Z]+\d+"', f'r{blank}={blank}"{reference}"')


def far_row(rng: random.Random, parts: Parts) -> None:
    _swap(rng, parts, _a_sheet(parts), rb'<row r="\d+"', f'<row r="{rng.choice(NUMBERS)}"')


def dimension(rng: random.Random, parts: Parts) -> None:
    _swap(rng, parts, _a_sheet(parts), rb'<dimension ref="[^"]*"', f'<dimension ref="{rng.choice(CELLS)}"')


def merged(rng: random.Random, parts: Parts) -> None:
    cells = "".join(f'<mergeCell ref="{rng.choice(CELLS)}"/>' for _ in range(rng.choice([1, 3, 2000])))
    _swap(rng, parts, _a_sheet(parts), rb"</sheetData>", f'</sheetData><mergeCells count="{rng.choice(NUMBERS)}">{cells}</mergeCells>')  # fmt: skip


def string_counts(rng: random.Random, parts: Parts) -> None:
    _swap(
        rng,
        parts,
        STRINGS,
        rb'(uniqueCount|count)="\d+"',
        f'{rng.choice(["uniqueCount", "count"])}="{rng.choice(NUMBERS)}"',
    )


def string_index(rng: random.Random, parts: Parts) -> None:
    _swap(rng, parts, _a_sheet(parts), rb"<v>[^<]*</v>", f"<v>{rng.choice(NUMBERS)}</v>")


def cell_type(rng: random.Random, parts: Parts) -> None:
    _swap(
        rng,
        parts,
        _a_sheet(parts),
        rb't="\w+"',
        f't="{rng.choice(["s", "b", "e", "d", "n", "str", "inlineStr", "", "zz"])}"',
    )


def cell_style(rng: random.Random, parts: Parts) -> None:
    _swap(rng, parts, _a_sheet(parts), rb"<c r", f'<c s="{rng.choice(NUMBERS)}" r')


def formats(rng: random.Random, parts: Parts) -> None:
    _swap(
        rng,
        parts,
        "xl/styles.xml",
        rb'(count|numFmtId|xfId)="\d+"',
        f'{rng.choice(["count", "numFmtId"])}="{rng.choice(NUMBERS)}"',
    )


def entity(rng: random.Random, parts: Parts) -> None:
    name = rng.choice([n for n in parts if n.endswith((".xml", ".rels"))])
    kind = rng.randrange(4)
    if kind == 0:
        begin = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
        parts[name] = re.sub(rb"(\?>)?\s*<", lambda m: (m[1] or b"") + begin + b"<", parts[name], count=1)
    elif kind == 1:
        far = "".join(f"&#{ord(c)};" for c in rng.choice(CELLS))
        _swap(rng, parts, _a_sheet(parts), rb'r="[A-Z]+\d+"', f'r="{far}"')
    elif kind == 2:
        _swap(
            rng,
            parts,
            name,
            rb">([^<]+)<",
            f">&{rng.choice(['b', 'c', 'unknown', '#0', '#x110000', '#999999999999'])};<",
        )
    else:
        parts[name] = parts[name][:5000] + b" " * 5000 + b"<!DOCTYPE y [<!ENTITY z 'z'>]>" + parts[name][5000:]


def part_name(rng: random.Random, parts: Parts) -> None:
    """Call a sheet something else, with or without telling the relations."""
    old = _a_sheet(parts)
    new = rng.choice(["xl/worksheets/data.xml", "xl/worksheets/Sheet1.xml", "xl/../evil.xml", "/xl/worksheets/sheet1.xml", "xl\\worksheets\\sheet1.xml", "表.xml", "xl/worksheets/sheet99999999999999999999.xml"])  # fmt: skip
    parts[new] = parts.pop(old)
    if rng.random() < 0.7:
        _swap(
            rng,
            parts,
            "xl/_rels/workbook.xml.rels",
            re.escape(old.removeprefix("xl/")).encode(),
            new.removeprefix("xl/"),
        )


def relation(rng: random.Random, parts: Parts) -> None:
    target = rng.choice(["", "#", "workbook.xml", "../../../etc/passwd", "http://127.0.0.1/x.xml", "worksheets/none.xml", "styles.xml", "/"])  # fmt: skip
    _swap(
        rng, parts, rng.choice(["xl/_rels/workbook.xml.rels", "_rels/.rels"]), rb'Target="[^"]*"', f'Target="{target}"'
    )


def sheets_listed(rng: random.Random, parts: Parts) -> None:
    one = '<sheet name="%s" sheetId="%s" r:id="rId%s"/>'
    many = "".join(one % (rng.choice(["表", "", "x" * 300, "&lt;b&gt;"]), rng.choice(NUMBERS), rng.randrange(9)) for _ in range(rng.choice([0, 1, 60])))  # fmt: skip
    _swap(rng, parts, "xl/workbook.xml", rb"<sheets>.*?</sheets>", f"<sheets>{many}</sheets>")


def nested(rng: random.Random, parts: Parts) -> None:
    tag = rng.choice(["row", "c", "is", "sheetData", "si", "r"])
    deep = rng.choice([10, 1000, 100_000])
    _swap(rng, parts, rng.choice([_a_sheet(parts), STRINGS]), rb"</(sheetData|sst)>", f"<{tag}>" * deep)


def lost(rng: random.Random, parts: Parts) -> None:
    del parts[rng.choice(list(parts))]


def doubled(rng: random.Random, parts: Parts) -> None:
    parts[rng.choice(["xl/workbook.bin", "content.xml", "xl/worksheets/sheet2.xml", "META-INF/manifest.xml", STRINGS])] = parts[_a_sheet(parts)]  # fmt: skip


def encoding(rng: random.Random, parts: Parts) -> None:
    name = _a_sheet(parts)
    declared = rng.choice(["UTF-16", "gb2312", "utf-7", "x" * 100])
    parts[name] = f'<?xml version="1.0" encoding="{declared}"?>'.encode() + re.sub(
        rb"^<\?xml[^>]*\?>", b"", parts[name]
    )
    if rng.random() < 0.3:
        parts[name] = parts[name].decode("utf-8", "replace").encode("utf-16")


CHANGES: tuple[Change, ...] = (
    far_cell, far_row, dimension, merged, string_counts, string_index, cell_type, cell_style, formats, entity, part_name,
    relation, sheets_listed, nested, lost, doubled, encoding,
)  # fmt: skip


def _a_sheet(parts: Parts) -> str:
    """Return the name of the first sheet's part, wherever a change has put it."""
    return next((n for n in (SHEET, *parts) if n in parts and b"sheetData" in parts[n]), next(iter(parts)))


def mutated(rng: random.Random) -> tuple[bytes, list[str]]:
    """Return a workbook with one to three changes of its structure, and their names."""
    parts, names = parts_of(SEED), []
    for change in rng.sample(CHANGES, rng.choice([1, 1, 1, 2, 3])):
        if parts:
            change(rng, parts)
            names.append(change.__name__)
    return packed(rng, parts), names


def _seed() -> bytes:
    """Return a workbook whose texts stand in a part of their own, as Excel writes them."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as made:
        sheet = made.add_worksheet("台账")
        for at, row in enumerate(
            [HEADS, *(["A", "2024.7.5", "漏水", "金融服务", "甲局", None, "满意"] for _ in range(6))]
        ):
            sheet.write_row(at, 0, row if not at else [f"A{at}", *row[1:]])
    return target.getvalue()


SEED = _seed()


def run(files: int, seed: int) -> Counter[str]:
    """Try so many workbooks; returns how many ended how. What is neither refused in words nor read is raised."""
    rng, ends, settings = random.Random(seed), Counter[str](), load_settings()
    for number in range(files):
        content, names = mutated(rng)
        try:
            ends[tried("台账.xlsx", content, settings, None)] += 1
        except BaseException as error:
            raise AssertionError(f"workbook {number} of seed {seed} ({'、'.join(names)}): {error!r}") from error
    return ends


if __name__ == "__main__":
    begun = time.perf_counter()
    print(
        dict(run(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)),
        f"{time.perf_counter() - begun:.0f} s",
    )
