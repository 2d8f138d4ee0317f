"""Characters that deceive the eye: invisible ones, wide forms, letters of another alphabet; found, removed, named."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

#: Takes no room on the screen: controls, zero-width and direction marks, byte order marks, fillers.
INVISIBLE = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}]+")
_CONTROLS = bytes(b for b in range(32) if b not in b"\t\n\r") + b"\x7f"
#: How invisible characters begin in UTF-8; a search for bytes costs next to nothing.
_BEGINNINGS = (
    *(b"\xe2\x80" + bytes([b]) for b in (*range(0x8B, 0x90), *range(0xAA, 0xAF))),
    *(b"\xe2\x81" + bytes([b]) for b in range(0xA0, 0xB0)),
    b"\xef\xbb\xbf", b"\xc2\xad", b"\xcd\x8f", b"\xd8\x9c", b"\xe1\xa0\x8b", b"\xe1\xa0\x8e", b"\xe3\x85\xa4", b"\xef\xbe\xa0",
)  # fmt: skip
#: What Chinese in UTF-8 looks like when it was read as GBK: the comma, the stop and the commonest words.
_GBK_SIGNS = tuple(word.encode() for word in ("锛", "銆", "鐨", "涓", "鍙", "鏄", "浜", "宸", "鍦", "璇", "鎴"))
#: A letter of another alphabet between Latin letters, digits or Chinese: it looks like one of theirs.
_FOREIGN = re.compile("[\u0370-\u03ff\u0400-\u052f\u13a0-\u13ff]")
_HOME = re.compile("[0-9A-Za-z\u4e00-\u9fff]")
_NAMED = re.compile(f"[{INVISIBLE}\u00a0\u2000-\u200a\u202f\u205f\u2e80-\u2fdf\uf900-\ufaff\uff01-\uff5e]")

INVISIBLES, WESTERN, DOUBLED, LOST, MARKED = "invisible", "western", "doubled", "lost", "marked"


def signs_of(content: bytes) -> frozenset[str]:
    """Tell which kinds of damage UTF-8 bytes may hold: where a sign is absent no cell need be searched for it."""
    found = set()
    if any(b in content for b in _BEGINNINGS) or len(content.translate(None, _CONTROLS)) != len(content):
        found.add(INVISIBLES)
    if b"\xc3" in content:
        found.add(WESTERN)
    if any(b in content for b in _GBK_SIGNS):
        found.add(DOUBLED)
    if b"\xef\xbf\xbd" in content or b"???" in content or "锟斤拷".encode() in content:
        found.add(LOST)
    if b'="' in content or b'=""' in content or b"'" in content:
        found.add(MARKED)
    return frozenset(found)


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
