"""Write a briefing as an editable .docx in the form of GB/T 9704-2012: paper, margins, fonts, levels, page numbers."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Sequence

from docx import Document
from docx.document import Document as Doc
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table as WordTable
from docx.table import _Row
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from analytics.briefing import words
from analytics.briefing.drawing import BRIEF_FIGURE_CM, WIDTH_CM, png
from analytics.briefing.facts import Briefing, Figure, Section, Table

SONG, HEI, KAI, FANG, LATIN = "方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312", "Times New Roman"
#: Where a font of the standard is not installed, Word and LibreOffice look for these.
FALLBACKS = {
    SONG: "方正小标宋_GBK;小标宋;STSong;宋体;Noto Serif CJK SC;Noto Serif SC",
    HEI: "SimHei;STHeiti;Noto Sans CJK SC;Noto Sans SC",
    KAI: "楷体;KaiTi;STKaiti;LXGW WenKai;Noto Serif CJK SC",
    FANG: "仿宋;FangSong;STFangsong;Noto Serif CJK SC;Noto Serif SC",
}
BODY_PT, TITLE_PT, TABLE_PT, LINE_PT = 16, 22, 10.5, 28.95
#: A 专报 has one page.
BRIEF_PT, BRIEF_LINE_PT, BRIEF_PITCH = 11, 16.5, 330
#: Twentieths of a point between lines: 22 lines on a page.
PITCH = 579
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def docx(briefing: Briefing) -> bytes:
    """Return the briefing as .docx; the same facts give the same bytes."""
    doc = blank(briefing)
    opening(doc, briefing)
    captions = words.captions(briefing)
    for place, section in enumerate(briefing.sections):
        section_into(doc, section, place, captions, briefing.kind == "专报")
    _signature(doc, briefing)
    if briefing.appendix or briefing.definitions:
        _appendix(doc, briefing, captions)
    return packed(doc)


def blank(briefing: Briefing) -> Doc:
    """Return an empty document with page, styles, footer and properties set."""
    doc = Document()
    brief = briefing.kind == "专报"
    _page(doc, BRIEF_PITCH if brief else PITCH)
    if brief:
        doc.sections[0].top_margin, doc.sections[0].bottom_margin = Mm(25), Mm(28)
        doc.sections[0].footer_distance = Mm(18)
    _styles(doc, BRIEF_PT if brief else BODY_PT, BRIEF_LINE_PT if brief else LINE_PT)
    _footer(doc, briefing.footer)
    _fallbacks(doc)
    properties = doc.core_properties
    properties.title, properties.author, properties.language = briefing.head.title, briefing.head.issuer, "zh-CN"
    properties.comments = briefing.footer
    properties.created = properties.modified = briefing.as_of.replace(tzinfo=dt.UTC)
    return doc


def opening(doc: Doc, briefing: Briefing) -> None:
    """Write what stands above the text: 密级 and 编号, title, period, notices, recipient."""
    head = briefing.head
    if head.secrecy:
        _line(doc, head.secrecy, HEI, align=WD_ALIGN_PARAGRAPH.LEFT)
    if head.number or head.signer:
        signer = f"签发人：{head.signer}" if head.signer else ""
        _line(doc, "　　".join(p for p in (head.number, signer) if p), FANG)
    doc.add_paragraph(head.title, style="Title")
    _line(doc, head.subtitle, KAI)
    for notice in briefing.notices:
        _line(doc, f"【{notice}】", KAI, size=12)
    if head.recipient:
        _line(doc, f"{head.recipient}：", FANG, align=WD_ALIGN_PARAGRAPH.LEFT)


def section_into(doc: Doc, section: Section, place: int, captions: dict[str, str], brief: bool = False) -> None:
    """Write one numbered part: heading, one paragraph a sentence group, figures, tables."""
    doc.add_heading(words.heading(place, section.title), level=1)
    for text in words.lines(section):
        doc.add_paragraph(text, style="Body Text")
    for figure in section.figures:
        _figure(doc, figure, captions[f"figure.{figure.id}"], BRIEF_FIGURE_CM if brief else 7.0)
    for table in section.tables:
        table_into(doc, table, captions[f"table.{table.id}"])


def table_into(doc: Doc, table: Table, caption: str) -> None:
    """Write a caption, a real table whose head repeats on every page, and its note."""
    _caption(doc, caption, table.title)
    shown = words.mixed(table)
    made: WordTable = doc.add_table(rows=1, cols=len(table.columns), style="Table Grid")
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    widths = [Cm(WIDTH_CM * share) for share in words.widths(shown)]
    for place, column in enumerate(table.columns):
        _cell(made.rows[0].cells[place].paragraphs[0], words.head(column), HEI, centred=True)
    _repeat(made)
    for row in shown.rows:
        cells = made.add_row().cells
        for place, (cell, column) in enumerate(zip(row, shown.columns, strict=True)):
            right = not isinstance(cell, str | None) or words.is_number(table, place)
            _cell(cells[place].paragraphs[0], words.shown(cell, column), FANG, right=right)
    for column, width in zip(made.columns, widths, strict=True):
        column.width = width
    for row in made.rows:
        _whole(row)
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width
    if table.note:
        for cell in made.rows[-1].cells:
            cell.paragraphs[0].paragraph_format.keep_with_next = True
        _line(doc, f"注：{table.note}", FANG, size=TABLE_PT, align=WD_ALIGN_PARAGRAPH.LEFT)


def packed(doc: Doc) -> bytes:
    """Return the document's bytes with no trace of when they were written."""
    raw, out = io.BytesIO(), io.BytesIO()
    doc.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            info = zipfile.ZipInfo(item.filename, _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, source.read(item.filename))
    return out.getvalue()


# -- page, styles, footer -------------------------------------------------------------------------


def _page(doc: Doc, pitch: int) -> None:
    section = doc.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = (
        Mm(37),
        Mm(35),
        Mm(28),
        Mm(26),
    )
    section.footer_distance = Mm(24)
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(pitch))


def _styles(doc: Doc, size: float, pitch: float) -> None:
    normal = doc.styles["Normal"]
    _font(normal, FANG, size)
    _spacing(normal, pitch)
    body = doc.styles["Body Text"]
    _font(body, FANG, size)
    _spacing(body, pitch)
    body.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    _indent(body, size)
    for name, family in (("Heading 1", HEI), ("Heading 2", KAI), ("Heading 3", FANG)):
        _font(doc.styles[name], family, size)
        _spacing(doc.styles[name], pitch)
        _indent(doc.styles[name], size)
    title = doc.styles["Title"]
    _font(title, SONG, TITLE_PT)
    _spacing(title, 35)
    title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    borders = title.element.get_or_add_pPr().find(qn("w:pBdr"))
    if borders is not None:
        borders.getparent().remove(borders)
    caption = doc.styles["Caption"]
    _font(caption, HEI, 12)
    _spacing(caption, 20)
    caption.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    caption.paragraph_format.keep_with_next = True


def _font(style: ParagraphStyle, family: str, size: float) -> None:
    style.font.size, style.font.name = Pt(size), LATIN
    style.font.bold = style.font.italic = False
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), family)


def _spacing(style: ParagraphStyle, points: float = LINE_PT) -> None:
    shape = style.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(points)


def _indent(style: ParagraphStyle, size: float) -> None:
    """Indent the first line by two characters, also where the reader changes the font's size."""
    style.paragraph_format.first_line_indent = Pt(2 * size)
    style.element.get_or_add_pPr().find(qn("w:ind")).set(qn("w:firstLineChars"), "200")


def _fallbacks(doc: Doc) -> None:
    """Name substitutes in the font table for offices that lack the standard's fonts."""
    for part in doc.part.package.iter_parts():
        if str(part.partname) == "/word/fontTable.xml":
            entries = "".join(
                f'<w:font w:name="{name}"><w:altName w:val="{other}"/></w:font>' for name, other in FALLBACKS.items()
            )
            part._blob = part.blob.replace(b"</w:fonts>", entries.encode() + b"</w:fonts>")


def _footer(doc: Doc, text: str) -> None:
    """Page number — 1 — at the outside edge, and below it what the numbers rest on."""
    doc.settings.odd_and_even_pages_header_footer = True
    section = doc.sections[0]
    for footer, side in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        number = footer.paragraphs[0]
        number.alignment = side
        _plain(number, 18)
        _run(number.add_run("— "), "宋体", 14)
        _field(number, "PAGE", "1", 14)
        _run(number.add_run(" —"), "宋体", 14)
        line = footer.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _plain(line, 12)
        _run(line.add_run(text), "宋体", 8)


# -- pieces ---------------------------------------------------------------------------------------


def _line(
    doc: Doc, text: str, family: str, size: float = BODY_PT, align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.CENTER
) -> Paragraph:
    made = doc.add_paragraph()
    made.alignment = align
    if size < BODY_PT:
        _plain(made, size * 1.5)
    _run(made.add_run(text), family, size)
    return made


def _run(run: Run, family: str, size: float) -> None:
    run.font.size, run.font.name = Pt(size), LATIN
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), family)


def _plain(paragraph: Paragraph, points: float) -> None:
    shape = paragraph.paragraph_format
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(points)
    shape.first_line_indent = Pt(0)
    snap = OxmlElement("w:snapToGrid")
    snap.set(qn("w:val"), "0")
    properties = paragraph._element.get_or_add_pPr()
    properties.insert_element_before(snap, "w:spacing", "w:ind", "w:jc", "w:rPr")


def _field(paragraph: Paragraph, code: str, cached: str, size: float | None = None) -> None:
    """Add a field that Word updates (PAGE, SEQ 表), with the text it has now."""
    for kind, text in (("begin", None), (None, code), ("separate", None), ("text", cached), ("end", None)):
        run = paragraph.add_run()
        if size:
            _run(run, "宋体", size)
        if kind == "text":
            run.text = text or ""
        elif kind is None:
            instruction = OxmlElement("w:instrText")
            instruction.set(qn("xml:space"), "preserve")
            instruction.text = f" {text} "
            run._element.append(instruction)
        else:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._element.append(mark)


def _caption(doc: Doc, caption: str, title: str) -> None:
    """Write 表 1 title, its number a SEQ field: a table put in between renumbers the others."""
    kind, number = caption.split(" ")
    made = doc.add_paragraph(style="Caption")
    made.add_run(f"{kind} ")
    _field(made, f"SEQ {kind} \\* ARABIC", number)
    made.add_run(f"　{title}")


def _figure(doc: Doc, figure: Figure, caption: str, height_cm: float) -> None:
    holder = doc.add_paragraph()
    holder.alignment = WD_ALIGN_PARAGRAPH.CENTER
    holder.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    holder.paragraph_format.keep_with_next = True
    holder.add_run().add_picture(io.BytesIO(png(figure, height_cm)), width=Cm(WIDTH_CM))
    for properties in holder._element.iter(qn("wp:docPr")):
        properties.set("descr", figure.alt)
        properties.set("title", figure.title)
    _caption(doc, caption, figure.title)


def _cell(paragraph: Paragraph, text: str, family: str, *, centred: bool = False, right: bool = False) -> None:
    paragraph.alignment = (
        WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.LEFT
    )
    _plain(paragraph, 16)
    _run(paragraph.add_run(text), family, TABLE_PT)


def _repeat(table: WordTable) -> None:
    """Let the head stand on every page."""
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _whole(row: _Row) -> None:
    """Let no row break across two pages."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _signature(doc: Doc, briefing: Briefing) -> None:
    """Write who and when below the last words, and on their page: no page holds a signature alone."""
    brief = briefing.kind == "专报"
    for text in (briefing.head.issuer, briefing.head.date) if brief else ("", briefing.head.issuer, briefing.head.date):
        doc.paragraphs[-1].paragraph_format.keep_with_next = True
        made = _line(doc, text, FANG, BRIEF_PT if brief else BODY_PT, WD_ALIGN_PARAGRAPH.RIGHT)
        made.paragraph_format.right_indent = Pt(BODY_PT * 2)


def _appendix(doc: Doc, briefing: Briefing, captions: dict[str, str]) -> None:
    """附件 on a page of its own: the tables behind the text and what every figure means."""
    start = _line(doc, "附件", HEI, align=WD_ALIGN_PARAGRAPH.LEFT)
    start.paragraph_format.page_break_before = True
    for table in briefing.appendix:
        table_into(doc, table, captions[f"table.{table.id}"])
    _definitions(doc, briefing.definitions)


def _definitions(doc: Doc, lines: Sequence[str]) -> None:
    if lines:
        doc.add_heading("指标口径", level=2)
    for text in lines:
        _line(doc, text, FANG, size=12, align=WD_ALIGN_PARAGRAPH.LEFT)
