"""Numbers written in Chinese: 五, 十二, 二十三, 三十, 一百二十, 二〇二六."""

from __future__ import annotations

import re

DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2, "廿": 20, "卅": 30}
NUMERAL = "[零〇○一二两三四五六七八九十廿卅百]+"
_TENS = re.compile(
    r"(?:([一二两三四五六七八九])百零?)?(?:([一二三四五六七八九]?)十|([廿卅]))?([一二两三四五六七八九]?)"
)


def number_of(numeral: str) -> int | None:
    """Return the number below a thousand that a numeral says, None where it says none."""
    match = _TENS.fullmatch(numeral)
    if not numeral or not match:
        return None
    hundreds, tens, twenty, ones = match.groups()
    value = 100 * DIGITS.get(hundreds or "零", 0) + DIGITS.get(ones or "零", 0)
    if twenty:
        return value + DIGITS[twenty]
    return value + (10 * DIGITS[tens or "一"] if tens is not None else 0)


def digits_of(numeral: str) -> str:
    """Return a numeral read digit by digit, as years are: 二〇二六 is 2026."""
    return "".join(str(DIGITS[c]) for c in numeral)
