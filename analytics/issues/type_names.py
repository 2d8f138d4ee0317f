"""The name of a type: a topic, or two beside each other, and what is wrong with it; no place, firm or person."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from analytics.issues.clauses import FUNCTION, NAMED, Clause, denies, says_trouble, stripped, title_words, unfinished
from analytics.issues.group_evidence import Evidence, Title
from analytics.issues.phrases import LONGEST, SHORTEST, Phrase, phrases_of, shares_to_try
from analytics.issues.tagging import Tagged
from analytics.issues.texts import stop_words

TOPICS, TROUBLES = 10, 6
#: A topic or trouble is at most so many characters and words.
PART, WORDS = 6, 3
#: A word that a smaller share of the titles uses is left out of a phrase.
RARE = (0.0, 0.03)
#: A second topic must bring so large a share of the cases.
BRINGS = 0.08
#: A topic of fewer of the cases is a detail of them: it is not called after it.
FEW = 1 / 3
#: Two topics that so many hold may stand as examples, with a word that says there are others.
EXAMPLE, AND_OTHERS = 0.1, "等"
#: Said of what is asked for.
LACKING = "缺失"
_TOPIC_ENDS, _TOPIC_STARTS = ("n", "vn", "nz"), ("n", "vn", "nz", "v", "a", "s", "vd", "b")
_NAME_TAGS = ("LOC", "ORG", "PER")
Words = tuple[str, ...]


@dataclass(frozen=True)
class TypeName:
    """A candidate: one or two topics, each by its words, and what is wrong."""

    text: str
    topics: tuple[Words, ...]
    trouble: str = ""


def general(clauses: Sequence[Clause]) -> list[Clause]:
    """Return the parts of clauses between the names, places and numbers in them."""
    parts: list[Clause] = []
    for clause in clauses:
        parts.append([])
        for word, tag in clause:
            if tag.startswith(NAMED) or tag in _NAME_TAGS or re.search(r"[\dA-Za-z]", word):
                parts.append([])
            else:
                parts[-1].append((word, tag))
    return [p for p in map(stripped, parts) if p]


class TypeBackground:
    """The parts of all titles, names left out, and in which share of the titles each stands."""

    def __init__(self, evidences: Sequence[Evidence]):
        self._parts: dict[str, dict[str, tuple[Tagged, ...]]] = {}
        self._titles: Counter[str] = Counter()
        for title in (t for e in evidences for t in e.titles):
            self._titles.update(self.parts_of(title).keys())
        self._cases = sum(len(e.titles) for e in evidences)

    def parts_of(self, title: Title) -> dict[str, tuple[Tagged, ...]]:
        """Return the parts of a title that could be topic or trouble → their words."""
        if title.text not in self._parts:
            self._parts[title.text] = dict(part for c in general(title.matter) for part in _parts(c))
        return self._parts[title.text]

    def lift(self, text: str, evidence: Evidence) -> float:
        """Return how much commoner a part is in the titles of a group than in all, as a logarithm, at least 0."""
        share = max(evidence.shares(text)[0], 1 / len(evidence.titles))
        return max(0.0, math.log(share * self._cases / max(self._titles[text], 1)))


@dataclass
class TypeParts:
    """The best topics and troubles of a type, best first."""

    evidence: Evidence
    background: TypeBackground

    @cached_property
    def _told(self) -> list[dict[str, tuple[Tagged, ...]]]:
        return [self.background.parts_of(t) for t in self.evidence.titles]

    @cached_property
    def topics(self) -> dict[str, Words]:
        """Noun phrases → their words."""
        counted = Counter(text for told in self._told for text, words in told.items() if _is_topic(words))
        words = {text: tuple(w for w, _ in part) for told in self._told for text, part in told.items()}
        return {text: words[text] for text in self._best(counted, TOPICS)}

    @cached_property
    def troubles(self) -> dict[str, str]:
        """Troubles → the tag of the last word of each."""
        tags = {text: part[-1][1] for told in self._told for text, part in told.items()}
        counted = Counter(text for told in self._told for text, words in told.items() if _is_trouble(text, words))
        best = self._best(counted, TROUBLES)
        lacking = sum(any(w == "缺少" for c in t.matter for w, _ in c) for t in self.evidence.titles)
        best = [*best, LACKING] if lacking * 5 >= len(self.evidence.titles) else best
        return {text: tags.get(text, "v") for text in best}

    def _best(self, counted: Counter[str], most: int) -> list[str]:
        """Return the parts that set the group apart; of two that stand in the same titles, the longer."""
        worth = {text: self._worth(text, times) for text, times in counted.items() if times > 1}
        kept = [t for t in sorted(worth, key=lambda t: (-worth[t], t)) if worth[t] > 0]
        return [t for t in kept if not any(o != t and t in o and counted[o] >= 0.7 * counted[t] for o in kept)][:most]

    def _worth(self, text: str, times: int) -> float:
        share = times / len(self.evidence.titles) + 0.5 * self.evidence.shares(text)[1]
        return share * self.background.lift(text, self.evidence) * len(text) ** 0.5


def _parts(clause: Clause) -> Iterator[tuple[str, tuple[Tagged, ...]]]:
    words = title_words()
    idle = words.question | words.request | words.light | words.tail | stop_words()
    for start in range(len(clause)):
        for end in range(start, min(start + WORDS, len(clause))):
            word, tag = clause[end]
            if (word in idle or tag in FUNCTION) and not denies(word):
                break
            part = tuple(clause[start : end + 1])
            text = "".join(w for w, _ in part)
            if len(text) > PART:
                break
            goes_on = word in words.manner and end + 1 < len(clause)
            if len(text) > 1 and not goes_on and not _torn(clause, start, end):
                yield text, part


def _torn(clause: Clause, start: int, end: int) -> bool:
    single = [len(w) == 1 for w, _ in clause]
    before = start > 0 and single[start - 1] and single[start]
    after = end + 1 < len(clause) and single[end] and single[end + 1]
    return before or after


def _is_topic(words: tuple[Tagged, ...]) -> bool:
    (first, kind), (last, tag) = words[0], words[-1]
    whole = tag in _TOPIC_ENDS and kind in _TOPIC_STARTS and not (len(last) == 1 and len(words) == 1)
    lists = title_words()
    says_what = last not in lists.askers and not all(w in lists.askers | lists.vague for w, _ in words)
    return whole and len(first) > 1 and says_what


def _is_trouble(text: str, words: tuple[Tagged, ...]) -> bool:
    last, tag = words[-1]
    whole = tag not in FUNCTION | {"f", "d"} and (len(last) > 1 or len(words) > 1) and not unfinished(words)
    return whole and says_trouble(text) and "缺少" not in text and last not in stop_words()


def candidates(parts: TypeParts) -> dict[str, TypeName]:
    """Return names made of the group's best topics and troubles, and phrases of its titles without names."""
    found: dict[str, TypeName] = {}
    for candidate in (*_combined(parts), *_whole(parts.evidence)):
        if SHORTEST <= len(candidate.text) <= LONGEST and not _repeats(candidate.text) and not _blames(candidate):
            found.setdefault(candidate.text, candidate)
    return found


def _repeats(text: str) -> bool:
    pairs = [text[i : i + 2] for i in range(len(text) - 1)]
    return len(set(pairs)) < len(pairs)


def _combined(parts: TypeParts) -> Iterator[TypeName]:
    for first, words in parts.topics.items():
        for second in ("", *parts.topics):
            if second and (
                min(len(first), len(second)) < 3
                or _overlap(first, second)
                or not _brings(second, first, parts.evidence)
            ):
                continue
            base, topics = (_beside(first, second), (words, parts.topics[second])) if second else (first, (words,))
            for trouble, tag in {"": "", **parts.troubles}.items():
                if not (trouble and (_overlap(trouble, first) or _overlap(trouble, second) or _said_twice(base, tag))):
                    yield TypeName(base + trouble, topics, trouble)


def _said_twice(base: str, tag: str) -> bool:
    """Tell whether a trouble that is a noun would follow one that is said: 施工扰民＋噪音."""
    return says_trouble(base) and tag in ("n", "vn", "an", "nz")


def _blames(name: TypeName) -> bool:
    """Tell whether who writes would stand as who did it: 业主＋违规收取."""
    first = name.topics[0]
    said = first[1] if len(first) > 1 else name.trouble
    return first[0] in title_words().askers and says_trouble(said)


def _overlap(one: str, other: str) -> bool:
    return bool(one and other) and (one in other or other in one)


def _brings(second: str, first: str, evidence: Evidence) -> bool:
    """Tell whether a second topic holds enough cases that the first doesn't."""
    more = sum(
        (second in t.said or second in x) and not (first in t.said or first in x)
        for t, x in zip(evidence.titles, evidence.texts, strict=True)
    )
    return more >= BRINGS * len(evidence.titles)


def _beside(first: str, second: str) -> str:
    """Join two topics, what both begin or end with said once: 公交线路与站点, 中学与小学收费."""
    begin = _same(first, second)
    if begin > 1 and len(second) - begin > 1:
        return f"{first}与{second[begin:]}"
    end = _same(first[::-1], second[::-1])
    if end > 1 and len(first) - end > 1:
        return f"{first[:-end]}与{second}"
    return f"{first}与{second}"


def _same(one: str, other: str) -> int:
    """Return with how many characters both begin."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _whole(evidence: Evidence) -> Iterator[TypeName]:
    shares = shares_to_try(RARE, len(evidence.titles))
    for title in evidence.distinct:
        for clause in general(title.matter):
            for rare in shares:
                for phrase in phrases_of([clause], evidence.share, rare):
                    if (
                        not (phrase.cut and any(t == "v" for _, t in phrase.words))
                        and not _asks(phrase)
                        and _flows(phrase)
                    ):
                        yield _of_phrase(phrase)


def _asks(phrase: Phrase) -> bool:
    """Tell whether how it is asked, or who asks, is left inside: 居民咨询户口."""
    words = title_words()
    return any(
        w in words.request | words.tail | words.question | stop_words() and not denies(w) for w, _ in phrase.words
    )


def _flows(phrase: Phrase) -> bool:
    """Tell whether a phrase begins with a whole word, counts and joins nothing inside, and says what it is about.

    Not 读幼儿园, 设个地铁, 摄像头并限速, 医院母亲, 村民责任.
    """
    lists, said = title_words(), [w for w, _ in phrase.words]
    first, tag = phrase.words[0]
    torn = len(first) == 1 and tag in ("v", "vd") and not denies(first)
    empty = said[-1] in lists.askers or all(w in lists.askers | lists.vague for w in said)
    return not torn and not empty and not any(t in ("q", "c") for _, t in phrase.words)


def _of_phrase(phrase: Phrase) -> TypeName:
    return TypeName(phrase.text, (tuple(w for w, _ in phrase.words),))


def worth(name: TypeName, parts: TypeParts) -> float:
    """Return how well a name fits a type: by the share of titles and texts that hold its pairs of characters.

    The weights were fitted as those of problems (``problem_names.worth``).
    """
    evidence = parts.evidence
    pairs = [name.text[i : i + 2] for i in range(len(name.text) - 1)]
    paired = [evidence.shares(p) for p in pairs]
    in_titles, anywhere = (sum(s[k] for s in paired) for k in (0, 1))
    topic, rank = "".join(name.topics[0]), list(parts.topics)
    places = [rank.index(t) if t in rank else TOPICS for t in map("".join, name.topics)]
    length = len(name.text)
    return (
        18.0 * in_titles / len(pairs)
        + 13.0 * anywhere / len(pairs)
        + 2.0 * in_titles
        + 1.3 * anywhere
        + 1.3 * evidence.shares(topic)[1]
        + 5.0 * (evidence.shares(name.trouble)[0] if name.trouble else 0.0)
        + 0.15 * (parts.background.lift(topic, evidence) if topic in parts.topics else 0.0)
        - 0.13 * places[0]
        - 0.17 * (places[1] if len(places) > 1 else 0)
        + 1.0 * says_trouble(name.text)
        - 1.0 * max(0, 6 - length)
        - 0.35 * max(0, length - 11)
        - 0.25 * max(0, length - 13)
    )


def ranked(parts: TypeParts) -> list[TypeName]:
    """Return the candidates, best first."""
    scored = [(worth(n, parts), n) for n in candidates(parts).values()]
    return [n for _, n in sorted(scored, key=lambda x: (-x[0], x[1].text))]


def topic(parts: TypeParts) -> TypeName | None:
    """Return the topic that most of the cases hold and few others.

    Where each is held by few of them, the one or two best as examples (公园、高压线等); None where there is none.
    """
    share = parts.evidence.shares
    held = [t for t in parts.topics if share(t)[1] >= FEW]
    best = max(held, key=lambda t: (share(t)[1] * len(t) ** 0.5, t), default=None)
    if best:
        return TypeName(best, (parts.topics[best],))
    examples: list[str] = []
    for text in parts.topics:
        if share(text)[1] >= EXAMPLE and not any(_overlap(text, other) for other in examples):
            examples.append(text)
    two = examples[:2]
    return TypeName("、".join(two) + AND_OTHERS, tuple(parts.topics[t] for t in two)) if two else None
