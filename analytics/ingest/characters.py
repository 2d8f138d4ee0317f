"""Characters that deceive the eye: invisible ones, wide forms, letters of another alphabet; found, removed, named."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

#: Takes no room on the screen: controls, zero-width and direction marks, byte order marks, fillers.
INVISIBLE = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}]+")
#: What a text holds that was read as GBK and was UTF-8: the comma, the stop, the commonest words and heads.
_DOUBLED = "锛銆鐨鍙鏄鍦璇鎴鍐缂"
#: A letter of another alphabet between Latin letters, digits or Chinese: it looks like one of theirs.
_FOREIGN = re.compile("[\u0370-\u03ff\u0400-\u052f\u13a0-\u13ff]")
_HOME = re.compile("[0-9A-Za-z\u4e00-\u9fff]")
_NAMED = re.compile(f"[{INVISIBLE}\u00a0\u2000-\u200a\u202f\u205f\u2e80-\u2fdf\uf900-\ufaff\uff01-\uff5e]")

INVISIBLES, WESTERN, DOUBLED, LOST, MARKED, ESCAPED, FAILED = (
    "invisible",
    "western",
    "doubled",
    "lost",
    "marked",
    "escaped",
    "failed",
)
#: Characters that are counted at a time: counting takes four times their room.
_BLOCK = 1 << 22
_LINK = re.compile(r"=HYPERLINK\(", re.IGNORECASE)
_FAILED = re.compile("#(?:N/A|REF!|VALUE!|NAME\\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|公式)|Err:[0-9]", re.IGNORECASE)


@lru_cache(maxsize=1)
def _showing() -> dict[str, np.ndarray]:
    """Return sign → the numbers of the characters that show it."""
    invisible = [n for n in range(0xFFFF) if _INVISIBLE.match(chr(n))]
    shown = {
        DOUBLED: map(ord, _DOUBLED),
        LOST: map(ord, "\ufffd锟"),
        WESTERN: range(0xC0, 0x100),
        INVISIBLES: invisible,
    }
    return {sign: np.array([*numbers]) for sign, numbers in shown.items()}


def signs_of(text: str) -> frozenset[str]:
    """Tell which kinds of damage a text may hold: where a sign is absent no cell need be searched for it.

    Its characters are counted once, which is as fast as a single search.
    """
    units = np.frombuffer(text.encode("utf-16-le", "replace"), np.uint16)
    counts = sum(
        (np.bincount(units[at : at + _BLOCK], minlength=1 << 16) for at in range(0, len(units), _BLOCK)),
        np.zeros(1 << 16, dtype=np.int64),
    )
    found = {sign for sign, numbers in _showing().items() if counts[numbers].any()}
    if counts[ord("?")] > 2 and "???" in text:
        found.add(LOST)
    if counts[ord("'")] or (counts[ord("=")] and ('="' in text or '=""' in text or _LINK.search(text))):
        found.add(MARKED)
    if counts[ord("_")] > 1 and "_x00" in text:
        found.add(ESCAPED)
    if (counts[ord("#")] or "Err:" in text) and _FAILED.search(text):
        found.add(FAILED)
    return frozenset(found)


def signs_in(rows: Sequence[Sequence[object]]) -> frozenset[str]:
    """Tell the same of cells."""
    return signs_of("\n".join({c for row in rows for c in row if type(c) is str}))  # a merged cell stands in many rows


def bare(text: str) -> str:
    """Return a text without anything invisible."""
    return text if text.isascii() and text.isprintable() else _INVISIBLE.sub("", text)


def named(text: str) -> str:
    """Return a text in which what deceives the eye is named: “工单⟨U+200B⟩编号”, “Ａ⟨全角⟩1”."""
    if text.isascii() and text.isprintable():
        return text
    shown = _NAMED.sub(lambda m: _name(m[0]), text)
    return _FOREIGN.sub(lambda m: f"{m[0]}⟨U+{ord(m[0]):04X}⟩", shown) if _HOME.search(text) else shown


def _name(character: str) -> str:
    """Name one character: an invisible one by its number alone, a look-alike behind itself."""
    number = f"⟨U+{ord(character):04X}⟩"
    if _INVISIBLE.match(character) or character.isspace():
        return number
    narrow = unicodedata.normalize("NFKC", character)
    return (
        f"{character}⟨全角⟩"
        if narrow.isascii() and narrow.isalnum()
        else character + number
        if narrow.isalnum()
        else character
    )
