"""Phrases that titles offer as names: spans of clauses, cut where words end, with what may be left out left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from analytics.issues.clauses import FUNCTION, JOINT, MASKED, NAMED, Clause, denies, title_words
from analytics.issues.tagging import Tagged

SHORTEST, LONGEST = 4, 16
#: A clause of at most so many characters is joined to the one before: 夜间施工，严重扰民.
SHORT_CLAUSE = 8
_NO_START = frozenset({"c", "p", "u", "xc", "q", "r", "w", JOINT, "f", "d", "m", MASKED})
_NO_END = frozenset({"c", "p", "u", "xc", "r", "w", "d", "q", "ad", "vd", "m", JOINT, MASKED})
_ADDS = frozenset({"n", "vn", "a", "an", "nz", "LOC", "ORG", "PER", "nw", "s", "t", "TIME", "m", "q", "f", "r", "ad", "d", "vd", "xc", "u"})  # fmt: skip
_DENIALS = frozenset(["不", "未", "没", "没有", "无", "不能", "不予", "未能", "不给", "不让", "无法", "没能"])
#: Adverbs that are the matter itself.
_TELLING_ADVERBS = frozenset({"违法", "违规", "非法", "擅自", "强制", "强行", "乱", "夜间", "无证", "变相"})


@dataclass(frozen=True)
class Phrase:
    """A phrase with its words; does it begin and end with its clause, how many words were left out inside, is it composed?"""

    text: str
    words: tuple[Tagged, ...]
    begins: bool
    ends: bool
    left_out: int
    #: A noun follows right after it: 出台养狗（规范）.
    cut: bool = False
    composed: bool = False

    @property
    def names(self) -> list[str]:
        return [w for w, t in self.words if t.startswith(NAMED)]


def shares_to_try(rare: Sequence[float], titles: int) -> list[float]:
    """Return the shares that can make a difference: a word of one title is that of at least 1 ÷ titles of them."""
    return [share for share in rare if not share or share > 1 / titles]


def phrases_of(clauses: list[Clause], share: Callable[[str], float], rare: float) -> Iterator[Phrase]:
    """Return the phrases of one title. ``share`` of the group use a word; modifiers under ``rare`` are left out."""
    for clause in _joined(clauses):
        yield from _spans(clause, _kept(clause, share, rare))


def _joined(clauses: list[Clause]) -> Iterator[Clause]:
    for here, clause in enumerate(clauses):
        yield clause
        after = clauses[here + 1] if here + 1 < len(clauses) else []
        if after and sum(len(w) for w, _ in after) <= SHORT_CLAUSE:
            yield [*clause, ("，", JOINT), *after]


def _kept(clause: Clause, share: Callable[[str], float], rare: float) -> list[bool]:
    """Tell which words stay. What follows a denial always does: without it the sense would turn."""
    kept, denied = [], False
    for here, (word, tag) in enumerate(clause):
        stays = not _idle(word, tag) and not (
            tag in _ADDS and here + 1 < len(clause) and share(word) < rare and not denies(word)
        )
        if tag.startswith(NAMED):
            stays = share(word) >= rare
        if word in _DENIALS or (denied and tag not in (MASKED, JOINT)):
            stays = True
        denied = word in _DENIALS or (denied and tag in ("d", "a", "ad", "p"))
        kept.append(stays)
    return kept


def _idle(word: str, tag: str) -> bool:
    words = title_words()
    if tag.startswith(NAMED) or denies(word):
        return False
    if tag in (MASKED, "u", "xc", JOINT) or word in words.light or word in words.question:
        return True
    return tag == "d" and word not in _TELLING_ADVERBS


def _spans(clause: Clause, kept: list[bool]) -> Iterator[Phrase]:
    for start in range(len(clause)):
        if kept[start] and _may_start(clause, start):
            yield from _spans_from(clause, kept, start)


def _spans_from(clause: Clause, kept: list[bool], start: int) -> Iterator[Phrase]:
    inside: list[Tagged] = []
    left_out = length = 0
    for end in range(start, len(clause)):
        if not kept[end]:
            left_out += 1
            if end + 1 < len(clause) and _torn(clause[end], clause[end + 1]):
                return
            continue
        inside.append(clause[end])
        length += len(clause[end][0])
        if length > LONGEST:
            return
        if length >= SHORTEST and _may_end(clause, end):
            text = "".join(w for w, _ in inside)
            after = clause[end + 1][1] if end + 1 < len(clause) else ""
            cut = after in ("n", "vn", "nz")
            yield Phrase(text, tuple(inside), start == 0, not after, left_out, cut)


def _may_start(clause: Clause, here: int) -> bool:
    words, (word, tag) = title_words(), clause[here]
    if (tag in _NO_START and not denies(word)) or word in words.request or word in words.question:
        return False
    before = clause[here - 1] if here else ("", "w")
    return not (_same_word(before, clause[here]) or _torn(before, clause[here]))


def _may_end(clause: Clause, here: int) -> bool:
    word, tag = clause[here]
    if tag in _NO_END or word in title_words().question:
        return False
    if here + 1 == len(clause):
        return True
    if word in title_words().manner:
        return False
    after = clause[here + 1]
    if _same_word(clause[here], after):
        return False
    # A verb keeps what it acts on: 违规开 is cut off, 违规开餐厅 is not.
    return tag != "v" or after[1] in FUNCTION | {"d", JOINT}


def _torn(left_out: Tagged, after: Tagged) -> bool:
    """Tell whether a single character would lose the name or noun that it ends: 白咀＋鹤, 双凫＋铺, A8县＋城."""
    nominal = left_out[1].startswith(NAMED) or left_out[1] in (MASKED, "LOC", "ORG", "PER", "nz", "n", "a")
    return nominal and len(after[0]) == 1 and after[1] not in FUNCTION | {MASKED, JOINT, "v", "d", "f"}


def _same_word(one: Tagged, other: Tagged) -> bool:
    """Tell whether two neighbours look like one word that the model has cut: single characters side by side."""
    loose = FUNCTION | {MASKED, JOINT}
    return len(one[0]) == 1 and len(other[0]) == 1 and one[1] not in loose and other[1] not in loose
