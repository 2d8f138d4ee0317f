"""What a case says, as words: masks, greetings and formulae go."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

from analytics.settings import DATA, text_of

STOP_WORDS = DATA / "stop_words.txt"

#: Longer texts say nothing more about what they are about.
LONGEST = 3000
_TAG = re.compile(r"<[^<>]{1,200}>")
#: Masked places of published ledgers (A市, B3区) and every number.
_MASK = re.compile(r"[A-Za-z]+\d*\s*(?:省|市|区县|区|县|镇|乡|街道|村)|[\d*]+|西地省")
_DISTRICT = re.compile(r"([A-Za-z]\d*)\s*(?:市|区县|区|县)")
_END = re.compile(r"[市县区](?!域)")
#: What is no one district's name.
_KIND_OF_AREA = re.compile(r"(?:城市|超市|[城市郊社小园景片新地旧发业开居宅]区)$")
_WORD = re.compile(r"[\u3400-\u9fff]{2,}|[a-z]{3,}")


@lru_cache(maxsize=1)
def stop_words() -> frozenset[str]:
    """Return the words that everybody writes and that name no matter (data/stop_words.txt)."""
    lines = text_of(STOP_WORDS).splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def plain(text: str | None) -> str:
    """Return a text on one line: no mark-up, no odd width, no space around Chinese."""
    if not text:
        return ""
    narrow = unicodedata.normalize("NFKC", html.unescape(_TAG.sub(" ", text[:LONGEST])))
    return re.sub(r"\s+", " ", narrow).strip()


def words(text: str | None) -> list[str]:
    """Return the words that say what a text is about, in order, repeats kept."""
    if not text:
        return []
    import rjieba  # its dictionary takes a tenth of a second

    return [w for w in rjieba.cut(bare(text)) if is_word(w)]


def bare(text: str | None) -> str:
    """Return a plain text in small letters without masked places and numbers."""
    return _MASK.sub(" ", plain(text).lower())


def districts(text: str | None) -> frozenset[str]:
    """Return the cities, counties and districts that a text names: masked ones (A3区), and those of the dictionary."""
    line = plain(text)
    masked = {m[1].upper() for m in _DISTRICT.finditer(line)}
    ends = {line[max(m.start() - size, 0) : m.end()] for m in _END.finditer(line) for size in (2, 3)}
    return frozenset(masked | {name for name in ends if _is_district(name)})


@lru_cache(maxsize=100_000)
def _is_district(name: str) -> bool:
    import rjieba  # as in words

    return len(name) > 2 and not _KIND_OF_AREA.search(name) and [tag for _, tag in rjieba.tag(name)] == ["ns"]


@lru_cache(maxsize=200_000)
def is_word(token: str) -> bool:
    """Tell whether a token says what a text is about."""
    return bool(_WORD.fullmatch(token)) and token not in stop_words()
