"""Deliveries, edits, profiles, templates, the command: what is kept, what is refused, and how it looks inside."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm
from filelock import FileLock
from pypdf import PdfReader

from analytics.briefing import words
from analytics.briefing.compose import Request
from analytics.briefing.facts import Briefing
from analytics.briefing.office import Busy, Office, safe_name, unknown_numbers, writers
from analytics.briefing.period import parse
from analytics.briefing.templates import fill
from analytics.cli import main
from analytics.store import StoreError
from tests.briefing.conftest import WEEK

OTHER = Request(parse("2026-W45"))


def office_template(*lines: str) -> bytes:
    document, out = Document(), BytesIO()
    for line in lines:
        document.add_paragraph(line)
    document.save(out)
    return out.getvalue()


def texts(content: bytes) -> list[str]:
    return [p.text for p in Document(BytesIO(content)).paragraphs]


# -- what is written ------------------------------------------------------------------------------


def test_word_has_the_paper_and_styles_of_the_standard(week: Briefing) -> None:
    document = Document(BytesIO(writers()["docx"](week)))
    section = document.sections[0]
    paper = (section.page_width, section.page_height, section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)  # fmt: skip
    expected = (210, 297, 37, 35, 28, 26)
    assert [round(v / Mm(1)) for v in paper] == list(expected)
    body = document.styles["Body Text"]
    assert body.font.size.pt == 16
    assert body.element.rPr.rFonts.get(qn("w:eastAsia")) == "仿宋_GB2312"
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert headings == [f"{n}、{s.title}" for n, s in zip("一二三四五六七", week.sections, strict=True)]
    assert document.settings.odd_and_even_pages_header_footer
    assert "— " in section.footer.paragraphs[0].text
    assert week.snapshot in section.footer.paragraphs[1].text


def test_word_figures_have_words_and_captions_count_themselves(week: Briefing) -> None:
    content = writers()["docx"](week)
    xml = zipfile.ZipFile(BytesIO(content)).read("word/document.xml").decode()
    figures = [f for s in week.sections for f in s.figures]
    assert all(f.alt in xml for f in figures)
    assert xml.count("SEQ 表") == len(week.tables())
    assert xml.count("SEQ 图") == len(figures)
    assert len(Document(BytesIO(content)).tables) == len(week.tables())
    assert xml.count("<w:tblHeader/>") == len(week.tables())  # on by being there: Word knows no "true"


def test_the_pdf_carries_its_fonts_and_no_other_is_named(week: Briefing) -> None:
    reader = PdfReader(BytesIO(writers()["pdf"](week)))
    names = {
        f["/BaseFont"] for page in reader.pages for f in (r.get_object() for r in page["/Resources"]["/Font"].values())
    }
    assert {re.sub(r"^/\w{6}\+", "", n) for n in names} <= {"NotoSerifSC-Regular-Identity-H", "NotoSansSC-Regular-Identity-H", "NotoSerifSC-Regular", "NotoSansSC-Regular"}  # fmt: skip
    assert all("+" in n for n in names), "embedded as subsets"


def test_the_workbook_is_safe_and_has_native_charts(week: Briefing) -> None:
    column = week.tables()[-1].columns[0]
    evil = replace(week.tables()[-1], rows=(("=cmd|'/c calc'!A1", *[None] * (len(week.tables()[-1].columns) - 1)),))
    content = writers()["xlsx"](replace(week, appendix=(evil,)))
    book = openpyxl.load_workbook(BytesIO(content))
    cell = book[evil.title[:31]]["A2"]
    assert (cell.data_type, cell.value) == ("s", "=cmd|'/c calc'!A1")
    assert column.head == book[evil.title[:31]]["A1"].value
    assert book["各模块运行情况"].freeze_panes == "B2"
    charts = [n for n in zipfile.ZipFile(BytesIO(content)).namelist() if n.startswith("xl/charts/chart")]
    assert len(charts) >= 2


def test_html_is_one_file_and_shows_markup_as_text(week: Briefing) -> None:
    section = week.sections[0]
    sentence = replace(section.sentences[0], text="<script>alert(1)</script>")
    page = writers()["html"](replace(week, sections=(replace(section, sentences=(sentence,)),))).decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert re.findall(r'(?:src|href)="(?!data:image/png)', page) == []


def test_markup_in_a_ledger_is_text_in_the_pdf(week: Briefing) -> None:
    section = week.sections[0]
    sentence = replace(section.sentences[0], text='#read("/etc/passwd") *粗* $x$')
    made = writers()["pdf"](replace(week, sections=(replace(section, sentences=(sentence,), figures=(), tables=()),)))
    assert '#read("/etc/passwd")*粗*$x$' in re.sub(r"\s", "", PdfReader(BytesIO(made)).pages[0].extract_text())


@pytest.mark.parametrize("said", range(1, 14, 2))
def test_no_page_holds_a_signature_alone(said: int, week: Briefing) -> None:
    last = replace(week.sections[-1], sentences=(week.sections[-1].sentences * 3)[:said], figures=(), tables=())
    made = PdfReader(BytesIO(writers()["pdf"](replace(week, sections=(last,) * 2, appendix=(), definitions=()))))
    signed = re.sub(r"\s", "", made.pages[-1].extract_text())
    assert re.sub(r"\s", "", last.sentences[-1].text)[-8:] + week.head.issuer in signed


def test_no_number_of_a_table_is_broken_for_want_of_width(week: Briefing) -> None:
    for table in map(words.mixed, week.tables()):
        for n, (column, share) in enumerate(zip(table.columns, words.widths(table), strict=True)):
            cells = [words.shown(row[n], column) for row in table.rows]
            longest = max((words.across(word) for cell in cells for word in re.findall(r"[!-~]+", cell)), default=0)
            assert share * words.LINE >= longest + 2, (table.title, column.name)  # an edge takes one on each side


def test_nothing_personal_is_in_it(week: Briefing, office: Office) -> None:
    raw = office.store.path(week.snapshot)
    import duckdb

    with duckdb.connect(str(raw), read_only=True) as con:
        phones = {r[0] for r in con.execute("SELECT contact_phone FROM cases LIMIT 5000").fetchall()}
    text = week.to_json()
    assert not [p for p in phones if p in text]


@pytest.mark.skipif(not shutil.which("soffice"), reason="没有安装 LibreOffice，不核对它能否打开 Word 文件")
def test_libreoffice_opens_the_word_file(week: Briefing, office: Office, tmp_path: Path) -> None:
    special = office.compose(Request(parse("2026-10"), subject=(("department", "区法院"),)))
    for name, briefing in (("week", week), ("special", special)):
        (tmp_path / f"{name}.docx").write_bytes(writers()["docx"](briefing))
        done = subprocess.run(
            ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/lo", "--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / f"{name}.docx")],
            capture_output=True, text=True, timeout=900, check=True,
        )  # fmt: skip
        assert "Error" not in done.stderr
        text = re.sub(r"\s", "", "".join(p.extract_text() for p in PdfReader(tmp_path / f"{name}.pdf").pages))
        assert re.sub(r"\s", "", briefing.sections[0].sentences[0].text) in text
    assert len(PdfReader(tmp_path / "special.pdf").pages) == 1


@pytest.mark.parametrize("dimension", ["department", "issue_type"])
def test_a_special_report_has_one_page(dimension: str, office: Office) -> None:
    from analytics.issues import IssueDesk

    ledger = office.ledger(Request(parse("2026-10")))
    found = IssueDesk(office.store).findings(ledger)
    subject = "区法院" if dimension == "department" else str(found.types.index[0])
    briefing = office.compose(Request(parse("2026-10"), subject=((dimension, subject),)))
    assert len(PdfReader(BytesIO(writers()["pdf"](briefing))).pages) == 1
    asked = {f.where for f in briefing.facts if f.metric}
    assert all(dict(w).get(dimension) == subject for w in asked)


# -- what is kept ---------------------------------------------------------------------------------


def test_a_delivery_is_whole_and_found_again(office: Office, tmp_path: Path) -> None:
    made = office.deliver(OTHER, ("docx", "xlsx"), "综合科 王", tmp_path / "出")
    assert sorted(p.name for p in (tmp_path / "出").iterdir()) == [
        "周报-2026-W45-facts.json",
        "周报-2026-W45.docx",
        "周报-2026-W45.xlsx",
    ]
    assert made in office.deliveries()
    facts = json.loads((made.folder / "facts.json").read_text("utf-8"))
    assert (facts["snapshot"], facts["period"]) == (made.snapshot, "2026-W45")
    assert not list(made.folder.parent.glob(".draft-*"))


def test_two_runs_do_not_collide(office: Office) -> None:
    office.folder.mkdir(parents=True, exist_ok=True)
    with FileLock(office.folder / "lock"), pytest.raises(Busy, match="正在生成"):
        office.deliver(OTHER, ("html",))


def test_an_edit_is_used_and_its_original_and_author_are_kept(office: Office) -> None:
    request = Request(parse("2026-W44"))
    first = office.compose(request).sections[0].sentences[0]
    office.edit(request, first, "本周受理平稳。", "综合科 王")
    made = office.compose(request)
    edited = made.sections[0].sentences[0]
    assert (edited.text, edited.original, edited.edited_by) == ("本周受理平稳。", first.text, "综合科 王")
    assert "本周受理平稳。" in "\n".join(texts(writers()["docx"](made)))
    assert office.stale(made, request) == []
    office.edit(request, edited, "本周平稳。", "综合科 李")
    again = office.compose(request).sections[0].sentences[0]
    assert (again.text, again.original, again.edited_by) == ("本周平稳。", first.text, "综合科 李")


def test_an_edit_of_a_sentence_that_has_changed_is_not_used(office: Office) -> None:
    request = Request(parse("2026-W43"))
    first = office.compose(request).sections[0].sentences[0]
    office.edit(request, replace(first, text="从前的句子"), "改过的", "王")
    made = office.compose(request)
    assert made.sections[0].sentences[0].text == first.text
    assert [d.who for d in office.stale(made, request)] == ["王"]


def test_an_edit_wants_a_name_and_new_numbers_are_noticed(office: Office, week: Briefing) -> None:
    with pytest.raises(StoreError, match="留痕"):
        office.edit(WEEK, week.sections[0].sentences[0], "x", " ")
    assert unknown_numbers(week.sections[0].sentences[0].text, week) == []
    assert unknown_numbers("受理 98,765 件", week) == ["98,765"]


def test_a_profile_remembers_parts_and_head(office: Office) -> None:
    office.keep_profile("报区政府办", replace(WEEK, parts=("overall", "limits"), with_appendix=False), "王")
    request = office.with_profile(OTHER, "报区政府办")
    assert (request.period, request.parts, request.recipient) == (OTHER.period, ("overall", "limits"), "区政府办")
    made = office.compose(request)
    assert [s.key for s in made.sections] == ["overall", "limits"]
    assert made.appendix == ()
    with pytest.raises(StoreError, match="报区政府办"):
        office.with_profile(OTHER, "没有的")


@pytest.mark.parametrize(
    "name", ["../../etc", "a/b\\c:d", "...", "x" * 300, "..", "/etc/passwd", "C:\\x", "a\x00b", "   ", "…/../.."]
)
def test_a_name_never_leaves_its_folder(name: str) -> None:
    made = safe_name(name)
    assert made
    assert len(made) <= 80
    assert not set(made) & set('/\\:*?"<>|\x00')
    assert not made.startswith(".")


# -- templates ------------------------------------------------------------------------------------


def test_an_offices_own_template_is_filled(week: Briefing) -> None:
    content = fill(office_template("{{标题}}", "受理 {{受理量}}", "{{p 总体情况}}", "{{p 附表}}", "完"), week)
    lines = texts(content)
    demand = next(f for f in week.facts if f.metric == "demand" and not f.where and f.start == f"{week.start}")
    assert lines[:3] == [week.head.title, f"受理 {demand.text}", "一、总体情况"]
    assert lines[-1] == "完"
    assert len(Document(BytesIO(content)).tables) == 1 + len(week.appendix)


@pytest.mark.parametrize(
    ("line", "told"),
    [("{{不存在的}}", "不存在的"), ("{{标题", "写法有误"), ("{{ ''.__class__.__mro__ }}", "写法有误")],
)
def test_a_wrong_placeholder_is_named(line: str, told: str, week: Briefing) -> None:
    with pytest.raises(StoreError, match=told):
        fill(office_template(line), week)


def test_a_template_that_is_no_word_file_is_refused(week: Briefing) -> None:
    with pytest.raises(StoreError, match=r"\.docx"):
        fill(b"not a document", week)


# -- the command ----------------------------------------------------------------------------------


def test_the_command_writes_the_week(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    arguments = ["briefing", "--store", str(office.store.folder), "--week", "2026-W46", "--out", str(tmp_path)]
    assert main([*arguments, "--formats", "docx,html", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["files"] == ["周报-2026-W46.docx", "周报-2026-W46.html"]
    assert any("演示数据" in n for n in told["notices"])
    assert (tmp_path / "周报-2026-W46.docx").exists()


def test_the_command_says_what_is_wrong_by_its_exit_code(office: Office, capsys: pytest.CaptureFixture) -> None:
    store = ["briefing", "--store", str(office.store.folder)]
    assert main([*store, "--week", "2026-W60"]) == 1
    assert main([*store, "--formats", "doc"]) == 1
    assert main([*store, "--profile", "没有的"]) == 1
    assert main([*store, "--template", "没有.docx"]) == 1
    with FileLock(office.folder / "lock"):
        assert main([*store, "--week", "2026-W46", "--formats", "html"]) == 3
    assert "正在生成" in capsys.readouterr().err
