"""Characters that deceive the eye: invisible ones, wide forms, letters of another alphabet; found, removed, named."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np

#: Takes no room on the screen: controls, zero-width and direction marks, byte order marks, fillers.
INVISIBLE = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}]+")
#: How invisible characters begin in UTF-8: two bytes that hardly occur, or three of which the first is common.
_RARE = (b"\xc2\xad", b"\xcd\x8f", b"\xd8\x9c", b"\xe1\xa0\x8b", b"\xe1\xa0\x8e")
_CONTINUED = {
    0xE2: {0x80: (*range(0x8B, 0x90), *range(0xAA, 0xAF)), 0x81: (*range(0xA0, 0xB0),)},
    0xEF: {0xBB: (0xBF,), 0xBE: (0xA0,)},
}
#: What Chinese in UTF-8 looks like when it was read as GBK: the comma, the stop, the commonest word.
_GBK_SIGNS = {0xE9: {0x94: (0x9B,), 0x8A: (0x86,), 0x90: (0xA8,)}}
_GBK_HEADS = tuple(word.encode() for word in ("涓", "鍙", "鏄", "浜", "宸", "鍦", "璇", "鎴", "鍐", "缂"))
_BEGINNING = 65536
#: A letter of another alphabet between Latin letters, digits or Chinese: it looks like one of theirs.
_FOREIGN = re.compile("[\u0370-\u03ff\u0400-\u052f\u13a0-\u13ff]")
_HOME = re.compile("[0-9A-Za-z\u4e00-\u9fff]")
_NAMED = re.compile(f"[{INVISIBLE}\u00a0\u2000-\u200a\u202f\u205f\u2e80-\u2fdf\uf900-\ufaff\uff01-\uff5e]")

INVISIBLES, WESTERN, DOUBLED, LOST, MARKED = "invisible", "western", "doubled", "lost", "marked"


def signs_of(content: bytes) -> frozenset[str]:
    """Tell which kinds of damage UTF-8 bytes may hold: where a sign is absent no cell need be searched for it."""
    found = set()
    held = np.frombuffer(content, np.uint8)
    lines = sum(content.count(c) for c in (b"\n", b"\r", b"\t"))
    controls = int(np.count_nonzero(held < 32)) - lines or b"\x7f" in content
    if controls or any(b in content for b in _RARE) or _occurs(held, _CONTINUED):
        found.add(INVISIBLES)
    if b"\xc3" in content:
        found.add(WESTERN)
    if _occurs(held, _GBK_SIGNS) or any(b in content[:_BEGINNING] for b in _GBK_HEADS):
        found.add(DOUBLED)
    if b"\xef\xbf\xbd" in content or b"???" in content or "锟斤拷".encode() in content:
        found.add(LOST)
    if b'="' in content or b'=""' in content or b"'" in content:
        found.add(MARKED)
    return frozenset(found)


def _occurs(held: np.ndarray, characters: dict[int, dict[int, tuple[int, ...]]]) -> bool:
    """Tell whether one of some characters of three bytes occurs; several times as fast as a search for each."""
    for first, seconds in characters.items():
        at = np.flatnonzero(held[:-2] == first)
        second = held[at + 1]
        for byte, thirds in seconds.items():
            if np.isin(held[at[second == byte] + 2], thirds).any():
                return True
    return False


def signs_in(rows: Sequence[Sequence[object]]) -> frozenset[str]:
    """Tell the same of cells."""
    text = "\n".join(c for row in rows for c in row if type(c) is str)
    return signs_of(text.encode("utf-8", "replace"))


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
