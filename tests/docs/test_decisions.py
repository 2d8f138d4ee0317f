"""Decision records are numbered, complete, and named by the code that they explain."""

from __future__ import annotations

import re

import pytest

from analytics.settings import ROOT
from tests.docs.texts import TEXTS, sources

RECORDS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
NAMED = re.compile(r"docs/decisions/(\d{4})")
CODE = ("analytics", "pages", "benchmarks", "tests", "docs", "dashboard.py")


def test_numbers_run_from_one_without_a_gap() -> None:
    assert [path.name[:4] for path in RECORDS] == [f"{n:04d}" for n in range(1, len(RECORDS) + 1)]


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_has_its_three_parts(path) -> None:
    text = path.read_text("utf-8")
    assert re.match(rf"# {path.name[:4]}\. \S", text)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequence"]


def test_each_record_is_named_in_code_and_each_number_named_exists() -> None:
    named = {number for text in sources(*CODE).values() for number in NAMED.findall(text)}
    assert named == {path.name[:4] for path in RECORDS}


def test_records_name_existing_records() -> None:
    known = {path.name[:4] for path in RECORDS}
    for page, text in TEXTS.items():
        assert set(re.findall(r"\b(?:see|also) (\d{4})\b", text)) <= known, page
