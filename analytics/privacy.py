"""Masking of what identifies a person or a firm's register entry."""

from __future__ import annotations

import re

import pandas as pd

from analytics.model import TABLES

#: Patterns found inside free text.
ID_NUMBER = r"(?<!\d)[1-9]\d{5}(?:19|20)\d{9}[\dXx]"
CREDIT_CODE = r"(?<![0-9A-Z])[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Z])"
PHONE = r"(?<!\d)1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"
LANDLINE = r"(?<!\d)0\d{2,3}[- ]\d{7,8}(?!\d)"
IN_TEXT = re.compile("|".join((ID_NUMBER, CREDIT_CODE, PHONE, LANDLINE)))
MASK = "****"

PERSONAL = frozenset(c.name for t in TABLES.values() for c in t.columns if c.personal)
FREE_TEXT = frozenset({"enterprise", "title", "content", "reply", "comment", "note"})


def mask_text(text: str) -> str:
    """Replace phone, ID and credit numbers inside a text."""
    return IN_TEXT.sub(MASK, text)


def mask_value(text: str) -> str:
    """Keep the first character (a surname, a region) and hide the rest."""
    return text[:1] + MASK if text else text


def mask_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with personal columns and numbers inside free texts masked."""
    masked = {c: frame[c].map(mask_value, na_action="ignore") for c in frame.columns if c in PERSONAL}
    masked |= {c: frame[c].map(mask_text, na_action="ignore") for c in frame.columns if c in FREE_TEXT}
    return frame.assign(**masked) if masked else frame
