"""What a program can check of an automatic name. A name is printed in a briefing only where it fails none."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from analytics.issues.clauses import says_trouble, title_words, unfinished
from analytics.issues.recognition import FIRM, MASK, PERSON, PLACE, PROJECT, Name
from analytics.issues.tagging import Tagged
from analytics.store.runs import TYPE

SHORTEST, LONGEST = 6, 16
#: A name must fit at least so large a share of the cases.
FITS = 2 / 3
#: A name that fits fewer than half is not shown at all: the plain topic is.
SHOWN = 1 / 2
OF_TYPE, OF_PROBLEM = 0.1, 1 / 3
_RESIDUE = re.compile(r"某|[*＊×]|[XxＸ]{2,}|[\u25a0\u25a1○〇]|[A-Za-z]\d*(?:省|市|区|县|镇|乡|村)|_")
_JOINS = "和与及或并而且但以把被让使又即从向给该此其为在等对就则若如将因由于至的地得了着过吗呢吧"
#: A name doesn't begin so: what goes, comes or is stands before it, or which county (a mask's last character).
_GOES = frozenset({"到", "去", "来", "有", "是", "做", "向", "往", *"省市区县镇乡村"})
_FUNCTION_TAGS = frozenset({"u", "c", "p", "xc", "r", "w", "q"})
#: Their names tell one case from another, so a type's has none of them.
ONE_CASE = (PERSON, PLACE, FIRM, PROJECT)


@dataclass(frozen=True)
class Named:
    """A name under examination: its words as tagged, the names recognised in it, what it is checked against.

    ``before`` and ``after``: how fixed the characters beside it are in the titles (``Background``); ``fits``: the share of
    the cases that hold its words, ``rarest``: that hold the rarest of them.
    """

    text: str
    level: str
    words: Sequence[Tagged]
    recognised: Sequence[Name]
    enterprises: Collection[str] = ()
    members: Collection[str] = field(default=(), repr=False)
    fits: float = 1.0
    rarest: float = 1.0
    before: float = 0.0
    after: float = 0.0


def has_length(name: Named) -> bool:
    """6 to 16 characters."""
    return SHORTEST <= len(name.text) <= LONGEST


def names_no_one(name: Named) -> bool:
    """A type's name holds no enterprise of the ledger and no person, place, firm or project, recognised here or in its cases."""
    if name.level != TYPE:
        return True
    own = any(n.kind in ONE_CASE for n in name.recognised)
    return not own and not any(m in name.text for m in (*name.enterprises, *name.members) if len(m) > 1)


def has_no_residue(name: Named) -> bool:
    """No 某, XX, ***, A7县: what masks leave behind."""
    return not (_RESIDUE.search(name.text) or MASK.search(name.text))


def has_clean_ends(name: Named) -> bool:
    """No function word, number or mark at either end, nothing unfinished (房产证无法), nor before the word that says what is asked (弄虚作假使投诉)."""
    if not name.words:
        return False
    words = title_words()
    said = list(name.words)
    if len(said) > 1 and said[-1][0] in (*words.acts, "问题"):
        said = said[:-1]
    first, last = said[0], said[-1]
    if (first[0] in _JOINS) or (last[0] in _JOINS):
        return False
    if unfinished(said) or first[0] in _GOES:
        return False
    if last[1] in _FUNCTION_TAGS | {"d", "m"} or first[1] in _FUNCTION_TAGS - {"r"} or last[0] in words.question:
        return False
    return bool(re.match(r"[\w《“]", name.text[0]) and re.search(r"[\u4e00-\u9fffA-Za-z》”]$", name.text))


def is_whole(name: Named) -> bool:
    """Not cut within a longer word: what stands beside it in the titles isn't always the same."""
    return name.before < 0.8 and name.after < 0.8 and name.text.count("“") == name.text.count("”")


def says_what_is_wrong(name: Named) -> bool:
    """A trouble or a request, not a topic alone."""
    return says_trouble(name.text) or name.text.endswith((*title_words().acts, "问题"))


def repeats_nothing(name: Named) -> bool:
    """No two characters twice: 施工扰民施工噪音."""
    pairs = [name.text[i : i + 2] for i in range(len(name.text) - 1)]
    return len(pairs) == len(set(pairs))


def fits_most(name: Named) -> bool:
    """Two thirds of the cases hold its words."""
    return name.fits >= FITS


def has_no_detail(name: Named) -> bool:
    """Each word is that of a tenth of a type's cases, of more than a third of a problem's."""
    return name.rarest >= OF_TYPE if name.level == TYPE else name.rarest > OF_PROBLEM


FIT = "不合"
CHECKS: dict[str, Callable[[Named], bool]] = {
    "长度": has_length,
    "特指": names_no_one,
    "残留": has_no_residue,
    "首尾": has_clean_ends,
    "截断": is_whole,
    "无事": says_what_is_wrong,
    "重复": repeats_nothing,
    FIT: fits_most,
    "个别": has_no_detail,
}


def failures(name: Named) -> list[str]:
    """Return the checks that a name fails; empty where it may be printed unconfirmed."""
    return [code for code, holds in CHECKS.items() if not holds(name)]
