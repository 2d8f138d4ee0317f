"""Masking of what identifies a person or a firm's register entry."""

from __future__ import annotations

import re

#: Patterns found inside free text, as the regular expressions of both Python and DuckDB.
ID_NUMBER = r"[1-9]\d{5}(?:19|20)\d{9}[\dXx]"
CREDIT_CODE = r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}"
PHONE = r"1[3-9]\d[- ]?\d{4}[- ]?\d{4}"
LANDLINE = r"0\d{2,3}[- ]\d{7,8}"
IN_TEXT = (ID_NUMBER, CREDIT_CODE, PHONE, LANDLINE)
MASK = "****"


def mask_text(text: str) -> str:
    """Replace phone, ID and credit numbers inside a text."""
    for pattern in IN_TEXT:
        text = re.sub(pattern, MASK, text)
    return text


def mask_value(text: str) -> str:
    """Keep the first character (a surname, a region) and hide the rest."""
    return text[:1] + MASK if text else text
