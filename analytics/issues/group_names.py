"""Names for types and problems, each with the checks that it fails.

Usage: ``name_groups([Group(TYPE, titles, texts), …], enterprises)``. Reading costs 0.7 ms a distinct title (the names in
it, see ``recognition``), choosing 10 ms a problem and 40 ms a type. No two groups of a level get the same name unless it is the
plain topic; the first in order has the first choice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from analytics.issues import problem_names, type_names
from analytics.issues.clauses import NAMED, says_trouble, title_words
from analytics.issues.group_evidence import Background, Evidence, Group, headline, read_titles
from analytics.issues.name_checks import FIT, FITS, LONGEST, SHOWN, Named, failures, names_no_one
from analytics.issues.phrases import Phrase
from analytics.issues.recognition import Name, key_of, read
from analytics.issues.tagging import Tagged
from analytics.store.runs import TYPE

#: So many of the best candidates of a type, of a problem, are checked.
TRIED, TRIED_OF_PROBLEM = 25, 12
ASKED = "问题"


@dataclass(frozen=True)
class GroupName:
    """``name``: the best that passes every check, else the plain topic; ``plain``: topic and trouble word; ``failed``: checks
    that ``name`` fails."""

    name: str
    plain: str
    failed: tuple[str, ...]
    #: Words that may tell it from another of the same name, best first: of a type its topics, which hold no place, firm or person.
    topics: tuple[str, ...] = ()


def name_groups(groups: Sequence[Group], enterprises: Iterable[str] = ()) -> list[GroupName]:
    """Return a name for each group, in their order."""
    firms = frozenset(e for e in enterprises if e)
    titles = read_titles((headline(t, x) for g in groups for t, x in zip(g.titles, g.texts, strict=True)), firms)
    evidences = [Evidence.of(g, titles) for g in groups]
    usual = Background(titles.values())
    general = type_names.TypeBackground([e for e in evidences if e.level == TYPE])
    parts = [type_names.TypeParts(e, general) if e.level == TYPE else None for e in evidences]
    proposed = [_proposals(e, usual, p) for e, p in zip(evidences, parts, strict=True)]
    told = read(list(dict.fromkeys(p.text for own in proposed for p in own)), firms)
    taken: set[tuple[str, str]] = set()
    chosen = []
    for evidence, own in zip(evidences, proposed, strict=True):
        free = [p for p in own[:-1] if (evidence.level, p.text) not in taken]
        chosen.append(_chosen(evidence, [*free, own[-1]], told, firms, usual))
        taken.add((evidence.level, chosen[-1].name))
    return [replace(n, topics=tuple(p.topics)) if p else n for n, p in zip(chosen, parts, strict=True)]


@dataclass(frozen=True)
class Proposal:
    """A name to check: its text, its topics (each by its words; one of them is enough), what it says is wrong, and whether
    it begins and ends where a name or a clause does, so that nothing can be cut off there."""

    text: str
    topics: tuple[tuple[str, ...], ...]
    trouble: str = ""
    begins: bool = False
    ends: bool = False
    plain: bool = False


def _proposals(evidence: Evidence, usual: Background, parts: type_names.TypeParts | None) -> list[Proposal]:
    """Return names, best first, the plain topic last."""
    if parts:
        ranked, widest = type_names.ranked(parts)[:TRIED], type_names.topic(parts)
        named = [Proposal(_with_act(n.text, evidence), n.topics, n.trouble) for n in ranked]
        topic, topics = (widest.text, widest.topics) if widest else ("", ())
    else:
        best = problem_names.ranked(evidence, usual)[:TRIED_OF_PROBLEM]
        named = [_of_problem(p, evidence) for p in best]
        topic = problem_names.topic(evidence)
        topics = ((topic,),) if topic else ()
    plain = _with_act(topic, evidence) if topic else _others(evidence)
    return [*named, Proposal(plain, topics, plain=True)]


def _others(evidence: Evidence) -> str:
    return "其他" + (evidence.act or ASKED)


def _of_problem(phrase: Phrase, evidence: Evidence) -> Proposal:
    words = tuple((key_of(w) or w) if t.startswith(NAMED) else w for w, t in phrase.words)
    begins = phrase.begins or phrase.words[0][1].startswith(NAMED)
    return Proposal(_with_act(phrase.text, evidence), (words,), "", begins, phrase.ends)


def _with_act(text: str, evidence: Evidence) -> str:
    """Say what is asked where a phrase doesn't say what is wrong: 购房资格 → 购房资格咨询."""
    examples = text.endswith(type_names.AND_OTHERS)
    if not examples and (says_trouble(text) or text.endswith((*title_words().acts, ASKED))):
        return text
    told = text + (evidence.act or ASKED)
    return told if len(told) <= LONGEST else text


def _chosen(
    evidence: Evidence,
    proposed: list[Proposal],
    told: dict[str, tuple[list[Tagged], list[Name]]],
    firms: Collection[str],
    usual: Background,
) -> GroupName:
    told_of = [_checked(p, evidence, *told[p.text], firms, usual) for p in proposed]
    if not names_no_one(told_of[-1]):  # not even the plain topic may
        proposed = [*proposed[:-1], Proposal(_others(evidence), (), plain=True)]
        told_of[-1] = _checked(proposed[-1], evidence, [], [], firms, usual)
    shown = [n for n in told_of[:-1] if n.fits >= SHOWN and not set(failures(n)) - {FIT}]
    best = next((n for n in shown if n.fits >= FITS), None) if evidence.level == TYPE else None
    chosen = best or next(iter(shown), told_of[-1])
    return GroupName(chosen.text, proposed[-1].text, tuple(failures(chosen)))


def _checked(
    proposal: Proposal,
    evidence: Evidence,
    words: list[Tagged],
    names: list[Name],
    firms: Collection[str],
    usual: Background,
) -> Named:
    return Named(
        proposal.text,
        evidence.level,
        words,
        names,
        firms,
        tuple(evidence.names),
        fits(proposal, evidence),
        rarest(proposal, evidence),
        0.0 if proposal.begins else usual.fixed_before(proposal.text),
        0.0 if proposal.ends else usual.fixed_after(proposal.text),
    )


def fits(proposal: Proposal, evidence: Evidence) -> float:
    """Return the share of cases whose title or text holds at least half of one of a name's topics, counted by characters."""
    topics = [[w for w in map(_stem, words) if w] for words in proposal.topics]
    held = [
        any(
            sum(len(w) for w in words if w in title.said or w in text) * 2 >= sum(map(len, words)) > 0
            for words in topics
        )
        for title, text in zip(evidence.titles, evidence.texts, strict=True)
    ]
    return sum(held) / len(held)


def rarest(proposal: Proposal, evidence: Evidence) -> float:
    """Return the share of the cases that hold the rarest word of a name: a detail of few must not stand for all."""
    words = [_stem(w) for topic in proposal.topics for w in topic] + [_stem(proposal.trouble)]
    return min((evidence.shares(w)[1] for w in words if w), default=0.0)


def _stem(word: str) -> str:
    """Take off what was put before a word when a wish was turned: 待优化 → 优化, 未开工 → 开工."""
    return "" if word in ("缺少", "缺失") else word[1:] if word[:1] in ("待", "未") and len(word) > 2 else word
