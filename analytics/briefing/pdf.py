"""Write a briefing as PDF with Typst: selectable text, embedded fonts, no network."""

from __future__ import annotations

import json
from pathlib import Path

import typst

from analytics.briefing import words
from analytics.briefing.drawing import BRIEF_FIGURE_CM, png
from analytics.briefing.facts import Briefing, Section, Table
from analytics.briefing.fonts import FOLDER

TEMPLATE = Path(__file__).with_name("briefing.typ")
DPI = 220


def pdf(briefing: Briefing) -> bytes:
    """Return the briefing as PDF; the same facts give the same bytes."""
    data = json.dumps(_told(briefing), ensure_ascii=False)
    made = typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        font_paths=[FOLDER],
        ignore_system_fonts=True,
        sys_inputs={"briefing": data},
        timestamp=int(briefing.as_of.timestamp()),
    )
    assert isinstance(made, bytes)
    return made


def _told(briefing: Briefing) -> dict[str, object]:
    captions, head = words.captions(briefing), briefing.head
    return {
        "kind": briefing.kind,
        "title": head.title,
        "subtitle": head.subtitle,
        "recipient": head.recipient,
        "secrecy": head.secrecy,
        "number": head.number,
        "signer": head.signer,
        "issuer": head.issuer,
        "date": head.date,
        "notices": briefing.notices,
        "footer": briefing.footer,
        "sections": [_section(s, n, captions, briefing.kind == "专报") for n, s in enumerate(briefing.sections)],
        "appendix": [_table(t, captions) for t in briefing.appendix],
        "definitions": briefing.definitions,
    }


def _section(section: Section, place: int, captions: dict[str, str], brief: bool) -> dict[str, object]:
    return {
        "heading": words.heading(place, section.title),
        "lines": words.lines(section),
        "figures": [
            {
                "png": list(png(f, BRIEF_FIGURE_CM if brief else 7.0, DPI)),
                "alt": f.alt,
                "title": f.title,
                "caption": captions[f"figure.{f.id}"],
            }
            for f in section.figures
        ],
        "tables": [_table(t, captions) for t in section.tables],
    }


def _table(table: Table, captions: dict[str, str]) -> dict[str, object]:
    told = words.mixed(table)
    return {
        "caption": captions[f"table.{table.id}"],
        "title": table.title,
        "heads": [words.head(c) for c in table.columns],
        "widths": words.widths(told),
        "right": [words.is_number(table, n) for n in range(len(table.columns))],
        "rows": [[words.shown(c, column) for c, column in zip(r, told.columns, strict=True)] for r in told.rows],
        "note": table.note,
    }
