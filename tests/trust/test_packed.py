"""What is small as it is sent and large as it is read is read in a process of its own, and bounded before it comes back."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Callable

import openpyxl
import pytest

from analytics.ingest import RefusedFile, readers, written_files
from analytics.ingest.readers import read_file
from analytics.settings import load_settings
from analytics.untrusted import bounds
from analytics.untrusted.bounds import Room, TooLargeError
from tests.ingest.books import packed

HEADS = ["工单编号", "受理时间", "诉求内容"]
CASE = ["A1", "2026-05-01 09:00", "园区路灯不亮"]
LINE = ",".join(CASE) + "\n"


def merged(ranges: int, rows: int, text: str = "x") -> bytes:
    book, target = openpyxl.Workbook(), io.BytesIO()
    for row in (HEADS, CASE, ["A2", "2026-05-01 09:00", text]):
        book.active.append(row)
    book.active.cell(rows, 1, "A3")
    book.save(target)
    inserted = f'<mergeCells count="{ranges}">' + f'<mergeCell ref="C3:C{rows}"/>' * ranges + "</mergeCells>"
    source, out = zipfile.ZipFile(target), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            part = source.read(name)
            archive.writestr(
                name, part.replace(b"</sheetData>", b"</sheetData>" + inserted.encode()) if "sheet1" in name else part
            )
    return out.getvalue()


MAIL = b"MIME-Version: 1.0\r\nContent-Type: text/html; %s\r\n\r\n<table><tr><td>a</table>"
HOSTILE = {
    "行.zip": lambda: packed({"a.csv": (",".join(HEADS) + "\n").encode() + b"\n" * 20_000_000}),
    "空列表.zip": lambda: packed({"a.json": b"[" + b"[]," * 10_000_000 + b"[]]"}),
    "空记录.zip": lambda: packed({"a.json": b"[" + b"{}," * 10_000_000 + b"{}]"}),
    "合并.xlsx": lambda: merged(100, 60_000),
    "长文.xlsx": lambda: merged(1, 15_000, "长" * 32_000),
    "零件.zip": lambda: hidden_parts(5_500),
}  # fmt: skip


def hidden_parts(number: int) -> bytes:
    return packed({f".{place}": b"" for place in range(number)} | {"a.csv": LINE.encode()})


@pytest.mark.parametrize("name", HOSTILE)
def test_what_unpacks_to_too_much_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written_files, "_read", lambda *_: pytest.fail("read in the caller's own process"))
    with pytest.raises(RefusedFile, match=r"超出了限度|超过|太大|空行"):
        read_file(name, HOSTILE[name](), load_settings())


LARGE = [dict(zip(HEADS, [f"A{i}", *CASE[1:]], strict=True)) for i in range(20_000)]


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("台账.zip", lambda: packed({"a.csv": (",".join(HEADS) + "\n" + LINE * 40_000).encode()})),
        ("台账.json", lambda: json.dumps(LARGE, ensure_ascii=False).encode()),
        ("网页.mht", lambda: MAIL % b"charset=utf-8"),
        ("头.mht", lambda: MAIL % (b";" * 20_000)),
    ],
)
def test_what_may_be_larger_than_it_was_sent_is_read_apart(
    name: str, made: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(written_files, "_read", lambda *_: pytest.fail("read in the caller's own process"))
    (sheet,) = read_file(name, made(), load_settings())
    assert len(sheet.rows) in (1, 20_001, 40_001)


def test_what_the_process_says_of_a_file_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written_files, "SMALL", 10)
    with pytest.raises(RefusedFile, match="JSON") as refused:
        read_file("空.json", b'{"a": {"b": 1}' + b" " * 100, load_settings())
    assert str(refused.value).startswith("空.json：")


def test_a_workbook_of_many_sheets_is_no_ledger() -> None:
    book, target = openpyxl.Workbook(), io.BytesIO()
    for _ in range(bounds.MOST_SHEETS):
        book.create_sheet()
    book.save(target)
    with pytest.raises(RefusedFile, match="太大"):
        read_file("多.xlsx", target.getvalue(), load_settings())


def test_workbooks_of_an_archive_share_what_may_be_unpacked() -> None:
    content, settings = merged(1, 3), load_settings()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        each = sum(part.file_size for part in archive.infolist())
    archive = packed({f"{place}.xlsx": content for place in range(400)})
    small = dataclasses.replace(settings, max_unpacked_mb=200 * each // 1024**2 or 1)
    with pytest.raises(RefusedFile, match=r"合起来超过|疑似压缩炸弹"):
        read_file("多.zip", archive, small)


def test_no_memory_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def starved(*_: object, **__: object) -> list:
        raise MemoryError

    monkeypatch.setattr(readers, "_read", starved)
    with pytest.raises(RefusedFile, match="限度"):
        read_file("a.csv", LINE.encode(), load_settings())


def test_characters_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_CHARACTERS", 1000)
    room = Room()
    room.take([["长" * 900, 5, None]])
    with pytest.raises(TooLargeError):
        room.take([["长" * 200]])
