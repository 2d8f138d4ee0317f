"""Every printed number is a fact, and every fact is the catalogue's."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import replace
from io import BytesIO

import openpyxl
import pytest
from docx import Document
from pypdf import PdfReader

from analytics.attention import findings
from analytics.briefing import words
from analytics.briefing.compose import Request
from analytics.briefing.evidence import NUMERAL
from analytics.briefing.facts import Briefing, Fact
from analytics.briefing.office import Office, writers
from analytics.briefing.period import parse
from analytics.metrics import CATALOGUE, Slice, compute
from analytics.wording import change
from tests.briefing.conftest import WEEK


def slice_of(fact: Fact) -> Slice:
    made = Slice(dt.date.fromisoformat(fact.start), dt.date.fromisoformat(fact.end), lag=dt.timedelta(fact.lag_days))
    return made.narrowed(**{k: tuple(v.split("|")) for k, v in fact.where})


@pytest.mark.parametrize("name", ["week", "month"])
def test_each_metric_fact_is_the_catalogues(name: str, office: Office, request: pytest.FixtureRequest) -> None:
    briefing: Briefing = request.getfixturevalue(name)
    ledger = office.ledger(Request(parse(briefing.period)))
    asked = [f for f in briefing.facts if f.how == "metric"]
    assert len(asked) > 30
    for fact in asked:
        row = compute(fact.metric, ledger, slice_of(fact)).iloc[0]
        value = float(row[fact.part])
        assert (fact.value is None and math.isnan(value)) or fact.value == pytest.approx(value), fact
        assert CATALOGUE[fact.metric].unit == fact.unit or fact.part in ("numerator", "denominator")


def test_each_derived_fact_follows_from_its_parts(week: Briefing, month: Briefing) -> None:
    for briefing in (week, month):
        facts = {f.id: f for f in briefing.facts}
        ops = {
            "share": lambda a, b: a / b,
            "percent": lambda a, b: (a - b) / b,
            "difference": lambda a, b: a - b,
            "ratio": lambda a, b: a / b,
            "per_day": lambda a, b: a / b,
        }
        known = [f for f in briefing.facts if f.op in ops]
        assert {f.op for f in known} >= {"share", "per_day"}
        for fact in known:
            assert fact.value == pytest.approx(ops[fact.op](*(facts[i].value for i in fact.of))), fact


def test_table_cells_are_the_catalogues(week: Briefing, office: Office) -> None:
    ledger = office.ledger(WEEK)
    for id, dimension in (("modules", "module"), ("departments", "department"), ("channels", "channel")):
        table = next(t for t in week.tables() if t.id == id)
        for place, column in enumerate(table.columns):
            if not column.metric:
                continue
            rows = compute(column.metric, ledger, WEEK.period.slice, by=(dimension,))
            values = {words_of(dimension, r[dimension]): r for _, r in rows.iterrows()}
            for line in table.rows:
                row = values.get(line[0])
                if row is None:
                    assert line[place] in (0.0, None)
                elif row["small"]:
                    assert line[place] == "样本不足" or math.isnan(row["value"])
                else:
                    assert line[place] == pytest.approx(row["value"])


def words_of(dimension: str, value: object) -> str:
    from analytics.model import label_of

    return label_of(dimension, value)


def test_what_needs_attention_is_what_the_overview_says(week: Briefing, office: Office) -> None:
    ledger = office.ledger(WEEK)
    said = [s.text for section in week.sections if section.key == "needs" for s in section.sentences]
    expected = [f"{f.sentence}（{f.evidence}）" for f in findings(ledger, WEEK.period.slice, 5)]
    assert said == expected


def printed(briefing: Briefing) -> set[str]:
    """Return the numerals that the facts, the head, the tables and the definitions allow."""
    head = briefing.head
    texts = [f.text for f in briefing.facts] + [head.title, head.subtitle, head.number, head.date, briefing.footer]
    texts += [*briefing.definitions, *briefing.notices]
    for table in briefing.tables():
        texts += [table.title, table.note, *(c.head for c in table.columns)]
        told = words.mixed(table)
        texts += [words.shown(c, col) for r in told.rows for c, col in zip(r, told.columns, strict=True)]
    for section in briefing.sections:
        for figure in section.figures:
            texts += [figure.title, *figure.labels]
    captions = words.captions(briefing).values()
    names = re.findall(r"「[^」]*」", " ".join(s.text for x in briefing.sections for s in x.sentences))
    return {n for t in [*texts, *captions, *names] for n in NUMERAL.findall(t)}


def text_of_docx(content: bytes) -> str:
    document = Document(BytesIO(content))
    cells = [c.text for t in document.tables for r in t.rows for c in r.cells]
    return "\n".join([p.text for p in document.paragraphs] + cells)


def text_of_xlsx(content: bytes) -> str:
    """Return the text of the sheet 正文; the other sheets hold the tables' unrounded numbers."""
    sheet = openpyxl.load_workbook(BytesIO(content))["正文"]
    return "\n".join(str(r[0].value) for r in sheet.iter_rows())


def text_of_pdf(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


#: Numbers that words carry and nobody counted: 「95% 区间」, 临期 windows of rules, list numbers.
PAGE_NUMBERS = {str(n) for n in range(1, 30)}
OF_WORDS = {"95", "28", "90", "12345", *(str(n) for n in range(1, 10))}


@pytest.mark.parametrize(("kind", "text_of"), [("docx", text_of_docx), ("xlsx", text_of_xlsx)])
def test_every_number_in_a_document_is_a_fact(kind: str, text_of, week: Briefing) -> None:
    text = text_of(writers()[kind](week))
    allowed = printed(week) | OF_WORDS
    strange = [n for n in NUMERAL.findall(text) if n not in allowed]
    assert strange == []
    assert len(NUMERAL.findall(text)) > 100


def test_the_pdf_says_the_same_and_can_be_searched(week: Briefing) -> None:
    text = re.sub(r"\s", "", text_of_pdf(writers()["pdf"](week)))
    for section in week.sections:
        for sentence in section.sentences:
            assert re.sub(r"\s", "", sentence.text) in text or _across_pages(sentence.text, text)
    pages = "\n".join(page.extract_text() for page in PdfReader(BytesIO(writers()["pdf"](week))).pages)
    strange = [n for n in NUMERAL.findall(pages) if n not in printed(week) | OF_WORDS | PAGE_NUMBERS]
    assert strange == []
    assert len(NUMERAL.findall(pages)) > 300


def _across_pages(sentence: str, text: str) -> bool:
    """A sentence that a page's foot cuts in two stands in the text as two parts."""
    bare = re.sub(r"\s", "", sentence)
    return any(bare[:n] in text and bare[n:] in text for n in range(4, len(bare) - 3))


def test_a_changed_number_is_noticed(week: Briefing) -> None:
    """The test above can fail: a number nobody counted stands out."""
    section = week.sections[0]
    forged = replace(section.sentences[0], text="本周受理企业诉求 987,654 件。")
    bad = replace(week, sections=(replace(section, sentences=(forged,)), *week.sections[1:]))
    assert "987,654" not in printed(bad)
    assert "987,654" in text_of_docx(writers()["docx"](bad))


def test_the_same_week_gives_the_same_bytes(office: Office, week: Briefing) -> None:
    again = Office(office.store).compose(WEEK)
    assert again.to_json() == week.to_json()
    for kind, write in writers().items():
        assert write(again) == write(week), kind


def test_changes_are_written_as_the_pages_write_them(week: Briefing) -> None:
    table = next(t for t in week.tables() if t.id == "main")
    names = [c.name for c in table.columns]
    now, before, step = names.index("本周"), names.index("上周"), names.index("环比")
    for row in table.rows:
        unit = str(row[0]).rsplit("（", 1)[1].removesuffix("）")
        if isinstance(row[now], float) and isinstance(row[before], float):
            assert row[step] == change(row[now], row[before], unit)
