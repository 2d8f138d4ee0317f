"""Blocks of commands in the docs run: each line in this process, on a small demo store, in the order of the page."""

from __future__ import annotations

import datetime as dt
import glob
import re
import shlex
import shutil
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest

from analytics.cli import main
from analytics.ledger import open_ledger
from analytics.settings import load_settings
from analytics.store import Store
from tests.docs.texts import TEXTS, Block, blocks

FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
PROGRAM = (".venv/bin/python", "-m", "analytics")
RUN = [block for block in blocks() if not block.why_not]
CASES = 800
#: A file of this name joins the demo; any other would take its place, as a first real ledger does.
JOINS = "演示数据-台账.xlsx"


def test_what_is_not_run_says_why() -> None:
    assert all(len(block.why_not) > 5 for block in blocks() if block not in RUN)
    assert len(RUN) >= 4
    assert all(line.startswith(" ".join(PROGRAM)) for block in RUN for line in block.lines)


def test_commands_stand_in_blocks_of_sh() -> None:
    others = [
        (page, kind) for page, text in TEXTS.items() for kind, block in FENCED.findall(text) if PROGRAM[0] in block
    ]
    assert {kind for _, kind in others} <= {"sh", "ini"}  # ini: a unit of systemd, whose command is parsed as all are


@pytest.fixture(scope="module")
def small_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store as `demo` writes it, types found and cards placed."""
    folder = tmp_path_factory.mktemp("docs") / "store"
    assert main(["demo", "--cases", str(CASES), "--as-of", "2026-11-24", "--store", str(folder)]) == 0
    return folder


@pytest.mark.parametrize("block", RUN, ids=lambda block: f"{block.page}:{block.lines[0][28:45]}")
def test_a_block_runs(
    block: Block, small_demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    shutil.copytree(small_demo, tmp_path / "store")
    monkeypatch.setenv("INSIGHT_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    _declare_a_job(tmp_path)
    given = _files(tmp_path)
    for line in block.lines:
        words = [word for given_word in shlex.split(line, comments=True)[3:] for word in _expanded(given_word)]
        assert main([given.get(word, word) for word in words]) == 0, capsys.readouterr().err
    for path in (word for line in block.lines for word in _written(line)):
        assert Path(path).exists(), path


def _expanded(word: str) -> list[str]:
    return sorted(glob.glob(word)) if "*" in word else [word]


def _written(line: str) -> list[str]:
    words = shlex.split(line, comments=True)
    after = dict(pairwise(words))
    return [after[option] for option in ("--out", "--report", "--spreadsheets") if option in after]


def _declare_a_job(folder: Path) -> None:
    """Declare the backup that the page on jobs does now."""
    (folder / "backups").mkdir()
    declared = f'[[jobs]]\nrun = "backup"\nfolder = "{folder / "backups"}"\nkeep = 2\nat = "02:00"\n'
    (folder / "store" / "settings.toml").write_text(declared, "utf-8")
    load_settings.__globals__["_loaded"].cache_clear()


def _files(folder: Path) -> dict[str, str]:
    """Write the files that the docs import, and return what stands for words of the docs."""
    book = openpyxl.Workbook()
    for row in (["工单编号", "受理时间", "内容"], ["新一", dt.datetime(2026, 11, 20, 9), "公交线路太少请增加班次"]):
        book.active.append(row)
    for name in (JOINS, "台账.xls"):  # what a file is its content says
        book.save(folder / name)
    (folder / "311.csv").write_text("Unique Key,Created Date,Descriptor\n1,2024-05-27T02:08:51.000,Loud\n", "utf-8")
    (folder / "登记.csv").write_text("工单编号,内容\nA1,路灯不亮\n", "utf-8")
    (folder / "导出.csv").write_text("工单编号,受理时间,内容\nA2,03/04/2026,路灯不亮\n", "utf-8")
    ledger = open_ledger(Store(folder / "store"))
    one = ledger.run(ledger.table("enterprises").limit(1).select("enterprise"))
    return {"信用代码": str(one["enterprise"].iloc[0]), "台账.xlsx": JOINS}
