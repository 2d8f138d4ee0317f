"""The name of a type: a topic, or two beside each other, and what is wrong with it; no place, firm or person."""

from __future__ import annotations

import math
import os.path
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from analytics.issues.clauses import FUNCTION, NAMED, Clause, denies, says_trouble, stripped, title_words
from analytics.issues.group_evidence import Background, Evidence
from analytics.issues.phrases import LONGEST, SHORTEST, Phrase, phrases_of
from analytics.issues.tagging import Tagged
from analytics.issues.texts import stop_words

TOPICS, TROUBLES = 10, 6
#: A topic or trouble is at most so many characters and words.
PART, WORDS = 6, 3
LACKING = "缺失"
#: A word that a smaller share of the titles uses is left out of a phrase.
RARE = (0.0, 0.03)
_TOPIC_ENDS, _TOPIC_STARTS = ("n", "vn", "nz"), ("n", "vn", "nz", "v", "a", "s", "vd", "b")
_NAME_TAGS = ("LOC", "ORG", "PER")


@dataclass(frozen=True)
class TypeName:
    """A candidate: one or two topics, and what is wrong."""

    text: str
    topics: tuple[str, ...]
    trouble: str = ""
    words: tuple[str, ...] = ()


def general(clauses: tuple[Clause, ...]) -> list[Clause]:
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


def parts_of(evidence: Evidence) -> tuple[Counter[str], Counter[str]]:
    """Count in how many titles each topic (noun phrase) and each trouble stands."""
    topics: Counter[str] = Counter()
    troubles: Counter[str] = Counter()
    for title in evidence.titles:
        told = {part for clause in general(title.matter) for part in _parts(clause)}
        topics.update(text for text, words in told if _is_topic(words))
        troubles.update(text for text, words in told if _is_trouble(text, words))
        troubles.update({LACKING} if any("缺少" in w for c in title.matter for w, _ in c) else set())
    return topics, troubles


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
            if len(text) > 1 and not _torn(clause, start, end):
                yield text, part


def _torn(clause: Clause, start: int, end: int) -> bool:
    single = [len(w) == 1 for w, _ in clause]
    before = start > 0 and single[start - 1] and single[start]
    after = end + 1 < len(clause) and single[end] and single[end + 1]
    return before or after


def _is_topic(words: tuple[Tagged, ...]) -> bool:
    return words[-1][1] in _TOPIC_ENDS and words[0][1] in _TOPIC_STARTS and len(words[-1][0]) + len(words) > 2


def _is_trouble(text: str, words: tuple[Tagged, ...]) -> bool:
    last, tag = words[-1]
    return says_trouble(text) and "缺少" not in text and tag not in FUNCTION | {"f", "d"} and (len(last) > 1 or len(words) > 1)


def _best(counted: Counter[str], evidence: Evidence, background: TypeBackground, most: int) -> list[str]:
    """Return the parts that set the group apart; of two that mean the same titles, the longer."""
    worth = {
        text: (times / len(evidence.titles) + 0.5 * evidence.shares(text)[1]) * background.lift(text, evidence) * len(text) ** 0.5
        for text, times in counted.items()
        if times > 1
    }
    longer = {
        text: any(other != text and text in other and counted[other] >= 0.7 * counted[text] for other in worth) for text in worth
    }
    kept = [t for t in sorted(worth, key=lambda t: (-worth[t], t)) if worth[t] > 0 and not longer[t]]
    return kept[:most]


class TypeBackground:
    """In which share of all titles a string stands, names left out."""

    def __init__(self, evidences: list[Evidence]):
        self._lines = ["，".join("".join(w for w, _ in c) for c in general(t.matter)) for e in evidences for t in e.titles]
        self._known: dict[str, float] = {}

    def usual(self, text: str) -> float:
        if text not in self._known:
            self._known[text] = max(sum(text in line for line in self._lines), 1) / max(len(self._lines), 1)
        return self._known[text]

    def lift(self, text: str, evidence: Evidence) -> float:
        least = 1 / len(evidence.titles)
        return max(0.0, math.log(max(evidence.shares(text)[0], least) / self.usual(text)))


def candidates(evidence: Evidence, background: TypeBackground) -> dict[str, TypeName]:
    """Return names made of the group's best topics and troubles, and phrases of its titles without names."""
    counted_topics, counted_troubles = parts_of(evidence)
    topics = _best(counted_topics, evidence, background, TOPICS)
    troubles = _best(counted_troubles, evidence, background, TROUBLES)
    found: dict[str, TypeName] = {}
    for candidate in (*_combined(topics, troubles), *_whole(evidence)):
        if SHORTEST <= len(candidate.text) <= LONGEST and not _repeats(candidate.text):
            found.setdefault(candidate.text, candidate)
    return found


def _repeats(text: str) -> bool:
    pairs = [text[i : i + 2] for i in range(len(text) - 1)]
    return len(set(pairs)) < len(pairs)


def _combined(topics: list[str], troubles: list[str]) -> Iterator[TypeName]:
    for first in topics:
        for second in ("", *topics):
            if second and (first in second or second in first):
                continue
            base = _beside(first, second) if second else first
            for trouble in ("", *troubles):
                if trouble and any(trouble in t or t in trouble for t in (first, second) if t):
                    continue
                told = tuple(t for t in (first, second) if t)
                yield TypeName(base + trouble, told, trouble, (*told, *((trouble,) if trouble else ())))


def _beside(first: str, second: str) -> str:
    """Join two topics, what both begin or end with said once: 公交线路与站点, 中学与小学收费."""
    begin = os.path.commonprefix([first, second])
    if len(begin) > 1 and len(second) - len(begin) > 1:
        return f"{first}与{second[len(begin):]}"
    end = os.path.commonprefix([first[::-1], second[::-1]])
    if len(end) > 1 and len(first) - len(end) > 1:
        return f"{first[:-len(end)]}与{second}"
    return f"{first}与{second}"


def _whole(evidence: Evidence) -> Iterator[TypeName]:
    for title in evidence.titles:
        for clause in general(title.matter):
            for rare in RARE:
                for phrase in phrases_of([clause], evidence.share, rare):
                    if not phrase.cut or not any(t == "v" for _, t in phrase.words):
                        yield _of_phrase(phrase)


def _of_phrase(phrase: Phrase) -> TypeName:
    return TypeName(phrase.text, (phrase.text,), "", tuple(w for w, _ in phrase.words))


def worth(name: TypeName, evidence: Evidence, background: TypeBackground, rank: dict[str, int]) -> float:
    """Return how well a name fits a type: by the share of titles and texts that hold its pairs of characters.

    The weights were fitted as those of problems (``problem_names.worth``).
    """
    pairs = [name.text[i : i + 2] for i in range(len(name.text) - 1)]
    paired = [evidence.shares(p) for p in pairs]
    in_titles, anywhere = (sum(s[k] for s in paired) for k in (0, 1))
    length = len(name.text)
    return (
        18.0 * in_titles / len(pairs)
        + 13.0 * anywhere / len(pairs)
        + 2.0 * in_titles
        + 1.3 * anywhere
        + 1.3 * evidence.shares(name.topics[0])[1]
        + 5.0 * (evidence.shares(name.trouble)[0] if name.trouble else 0.0)
        + 0.15 * background.lift(name.topics[0], evidence)
        - 0.13 * rank.get(name.topics[0], TOPICS)
        - 0.17 * (rank.get(name.topics[1], TOPICS) if len(name.topics) > 1 else 0)
        - 0.5 * (len(name.topics) > 1)
        + 1.0 * says_trouble(name.text)
        - 1.0 * max(0, 6 - length)
        - 0.35 * max(0, length - 11)
        - 0.25 * max(0, length - 13)
    )


def ranked(evidence: Evidence, background: TypeBackground) -> list[TypeName]:
    """Return the candidates, best first."""
    topics, _ = parts_of(evidence)
    rank = {t: i for i, t in enumerate(_best(topics, evidence, background, TOPICS))}
    scored = [(worth(n, evidence, background, rank), n) for n in candidates(evidence, background).values()]
    return [n for _, n in sorted(scored, key=lambda x: (-x[0], x[1].text))]


def topic(evidence: Evidence, background: TypeBackground) -> str:
    """Return the topic that most of the cases hold and few others; empty where there is none."""
    counted, _ = parts_of(evidence)
    best = _best(counted, evidence, background, TOPICS)
    return max(best, key=lambda t: (evidence.shares(t)[1] * len(t) ** 0.5, t)) if best else ""
