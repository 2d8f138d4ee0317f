"""Placeholders of an office's own .docx template, and their values."""

from __future__ import annotations

import io

from docxtpl import DocxTemplate
from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from analytics.briefing import words
from analytics.briefing.compose import PARTS
from analytics.briefing.facts import Briefing
from analytics.briefing.word import packed, section_into, table_into
from analytics.metrics import CATALOGUE
from analytics.store import StoreError

HEAD = ("标题", "统计期", "报送", "密级", "编号", "签发人", "单位", "日期", "说明", "快照与口径")
TABLES = "附表"
#: All that a template may be made of: text, names in places, and parts that stand where a name has a value.
ALLOWED = (nodes.Output, nodes.TemplateData, nodes.Name, nodes.If)


class NamesOnly(SandboxedEnvironment):
    """Jinja that knows names and nothing else.

    Values are parts of a document: an attribute of one leads to its files, a call or a loop to all the time there is.
    """

    def __init__(self) -> None:
        super().__init__(autoescape=True)
        self.globals.clear()

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for node in tree.find_all(nodes.Node):
            if not isinstance(node, ALLOWED):
                raise TemplateSyntaxError("占位符里只写名称，不写运算、属性和循环", getattr(node, "lineno", 1))
        return tree


def placeholders() -> dict[str, str]:
    """Return every placeholder that a template may carry → what stands in its place."""
    told = dict.fromkeys(HEAD, "版头与落款的文字")
    told |= {
        title: f"「{title}」一部分：标题、文字、图、表（单独成段，写作 {{{{p {title}}}}}）"
        for title, _ in PARTS.values()
    }
    told |= {TABLES: f"附表与口径（单独成段，写作 {{{{p {TABLES}}}}}）"}
    return told | {m.name: f"{m.name}的数值与单位" for m in CATALOGUE.values() if m.name.isidentifier()}


def fill(template: bytes, briefing: Briefing) -> bytes:
    """Return the office's document with the briefing in its places.

    Raises StoreError, naming it, for a placeholder that does not exist or braces that do not close. What a template asks
    for has no bounds: ``filling`` runs this in a process that has.
    """
    try:
        document = DocxTemplate(io.BytesIO(template))
        environment = NamesOnly()
        known, asked = placeholders(), document.get_undeclared_template_variables(environment)
        if wrong := sorted(asked - set(known)):
            near = "、".join([*HEAD, *(title for title, _ in PARTS.values()), TABLES])
            raise StoreError(f"模板里的占位符「{'」「'.join(wrong)}」不认识；可用的有：{near}，以及指标名（如 受理量）")
        document.render(_context(document, briefing, asked), environment, autoescape=True)
    except StoreError:
        raise
    except TemplateError as error:
        raise StoreError(
            f"模板里的占位符写法有误（{error.message}）；请写作 {{{{标题}}}}，成段的写作 {{{{p 总体情况}}}}"
        ) from None
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # a file that is no .docx fails in many ways
        raise StoreError(f"模板打不开，请确认是 .docx 文件（{type(error).__name__}）") from None
    return packed(document.docx)


def _context(document: DocxTemplate, briefing: Briefing, asked: set[str]) -> dict[str, object]:
    head, captions = briefing.head, words.captions(briefing)
    values: dict[str, object] = dict(
        zip(
            HEAD,
            (head.title, head.subtitle, head.recipient, head.secrecy, head.number, head.signer, head.issuer, head.date),
            strict=False,
        )
    )
    values["说明"], values["快照与口径"] = "".join(briefing.notices), briefing.footer
    period = f"{briefing.start}"
    for fact in briefing.facts:
        if fact.how == "metric" and fact.part == "value" and not fact.where and fact.start == period:
            values[CATALOGUE[fact.metric].name] = fact.text
    for place, section in enumerate(briefing.sections):
        if section.title in asked:
            part = document.new_subdoc()
            section_into(part, section, place, captions)
            values[section.title] = part
    if TABLES in asked:
        part = document.new_subdoc()
        for table in briefing.appendix:
            table_into(part, table, captions[f"table.{table.id}"])
        values[TABLES] = part
    return dict.fromkeys(asked, "—") | values
