"""Write a briefing as one HTML file with its figures inside; all text is escaped."""

from __future__ import annotations

import base64
from pathlib import Path

from jinja2 import Environment

from analytics.briefing import words
from analytics.briefing.drawing import png
from analytics.briefing.facts import Briefing, Figure

TEMPLATE = Path(__file__).with_name("briefing.html")
DPI = 150


def html(briefing: Briefing) -> str:
    """Return the briefing as one HTML file; the same facts give the same text."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    return template.render(b=briefing, words=words, captions=words.captions(briefing), picture=picture)


def picture(figure: Figure) -> str:
    """Return a figure as a data address."""
    return "data:image/png;base64," + base64.b64encode(png(figure, dpi=DPI)).decode()
