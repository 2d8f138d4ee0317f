"""Mutated and generated files: refused in words or accounted for, never a traceback, never a hang."""

from __future__ import annotations

import io
import zipfile
import zlib

import pytest

from analytics.ingest import RefusedFile
from analytics.ingest.readers import read_file
from analytics.settings import load_settings
from tests.ingest.books import book
from tests.trust.fuzzing import run

ROW = ["A1", "2024.7.5", "x", "金融服务", "甲局", None, "满意"]


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_a_file_holds(seed: int) -> None:
    """Three hundred a seed; `python -m tests.trust.fuzzing 20000` tries the lot (see docs/trust.md)."""
    ends = run(300, seed, every=50)
    assert sum(ends.values()) == 300
    assert min(ends["refused"], ends["read"], ends["imported"]) > 0


def edited(change: dict[str, bytes]) -> bytes:
    """Return a workbook with parts replaced."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book([ROW]))) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change.get(part, old.read(part)))
    return target.getvalue()


def sheet(cells: str) -> bytes:
    return (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f"{cells}</sheetData></worksheet>"
    ).encode()


FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


@pytest.mark.parametrize(
    "cells", [FAR, FAR.replace('"', "'"), FAR.replace("<c r", "<c s='0' r"), FAR.replace('r="1048576"', "")]
)
def test_a_cell_far_outside_is_refused(cells: str) -> None:
    with pytest.raises(RefusedFile, match="表外"):
        read_file("远.xlsx", edited({"xl/worksheets/sheet1.xml": sheet(cells)}), load_settings())


def test_a_wide_head_row_is_no_bomb() -> None:
    many = [f"列{i}" for i in range(800)]
    read = read_file("宽.xlsx", book([["x"] * 800] * 50, many), load_settings())
    assert len(read[0].rows[0]) == 800


def test_an_archive_that_lies_about_its_size_is_refused() -> None:
    """The directory says 1,000 bytes, and their checksum is right; 50 MB come out."""
    honest = edited({"xl/worksheets/sheet1.xml": sheet("<row/>" * 9_000_000)})
    with zipfile.ZipFile(io.BytesIO(honest)) as archive:
        part = archive.getinfo("xl/worksheets/sheet1.xml")
        first, size, crc = archive.read(part)[:1000], part.file_size, part.CRC
    lying = honest
    for truth, lie in ((size, 1000), (crc, zlib.crc32(first))):
        lying = lying.replace(truth.to_bytes(4, "little"), lie.to_bytes(4, "little"))
    assert lying != honest
    with pytest.raises(RefusedFile, match="炸弹"):
        read_file("谎.xlsx", lying, load_settings())
