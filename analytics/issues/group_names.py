"""Names for types and problems, each with the checks that it fails.

Usage: ``name_groups([Group(TYPE, titles, texts), …], enterprises)``. Reading costs 0.7 ms a distinct title (the names in
it, see ``recognition``), choosing 10 ms a group; the result depends on the groups alone, not on their order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from analytics.issues import problem_names, type_names
from analytics.issues.clauses import says_trouble, title_words
from analytics.issues.group_evidence import Background, Evidence, Group, headline, read_titles
from analytics.issues.name_checks import LONGEST, Named, failures
from analytics.issues.recognition import Name, read
from analytics.issues.tagging import Tagged
from analytics.store.runs import TYPE

#: So many of the best candidates are checked.
TRIED = 25
ASKED = "问题"


@dataclass(frozen=True)
class GroupName:
    """``name``: the best that passes every check, else the plain topic; ``plain``: topic and trouble word; ``failed``: checks
    that ``name`` fails."""

    name: str
    plain: str
    failed: tuple[str, ...]


def name_groups(groups: Sequence[Group], enterprises: Iterable[str] = ()) -> list[GroupName]:
    """Return a name for each group, in their order."""
    firms = frozenset(e for e in enterprises if e)
    titles = read_titles((headline(t, x) for g in groups for t, x in zip(g.titles, g.texts, strict=True)), firms)
    evidences = [Evidence.of(g, titles) for g in groups]
    usual = Background(titles.values())
    general = type_names.TypeBackground([e for e in evidences if e.level == TYPE])
    proposed = [_proposals(e, usual, general) for e in evidences]
    told = read(list(dict.fromkeys(p.text for own in proposed for p in own)), firms)
    return [_chosen(e, own, told, firms, usual) for e, own in zip(evidences, proposed, strict=True)]


@dataclass(frozen=True)
class Proposal:
    """A name to check: its text, the parts by which cases are held against it, and whether it is the plain topic."""

    text: str
    parts: tuple[str, ...]
    plain: bool = False


def _proposals(evidence: Evidence, usual: Background, general: type_names.TypeBackground) -> list[Proposal]:
    """Return names, best first, the plain topic last."""
    if evidence.level == TYPE:
        named = [Proposal(_with_act(n.text, evidence), n.words) for n in type_names.ranked(evidence, general)[:TRIED]]
        topic = type_names.topic(evidence, general)
    else:
        best = problem_names.ranked(evidence, usual)[:TRIED]
        named = [Proposal(_with_act(p.text, evidence), tuple(w for w, _ in p.words)) for p in best]
        topic = problem_names.topic(evidence)
    plain = _with_act(topic, evidence) if topic else "其他" + (evidence.act or ASKED)
    return [*named, Proposal(plain, (topic,) if topic else (), True)]


def _with_act(text: str, evidence: Evidence) -> str:
    """Say what is asked where a phrase doesn't say what is wrong: 购房资格 → 购房资格咨询."""
    if says_trouble(text) or text.endswith(tuple(title_words().acts)):
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
    plain = proposed[-1]
    members = [n for n, share in evidence.names.items()]
    for proposal in proposed:
        words, names = told[proposal.text]
        failed = failures(
            Named(
                proposal.text,
                evidence.level,
                words,
                names,
                firms,
                members,
                fits(proposal, evidence),
                usual.fixed_before(proposal.text),
                usual.fixed_after(proposal.text),
            )
        )
        if not failed or proposal.plain:
            return GroupName(proposal.text, plain.text, tuple(failed))
    raise AssertionError("the plain topic is always proposed")


def fits(proposal: Proposal, evidence: Evidence) -> float:
    """Return the share of cases whose title or text holds at least half of a name's words, counted by characters."""
    parts = [p for p in map(_stem, proposal.parts) if p]
    size = sum(map(len, parts))
    if not size:
        return 0.0
    held = [
        sum(len(p) for p in parts if p in title.said or p in text) * 2 >= size
        for title, text in zip(evidence.titles, evidence.texts, strict=True)
    ]
    return sum(held) / len(held)


def _stem(word: str) -> str:
    """Take off what was put before a word when a wish was turned: 待优化 → 优化, 未开工 → 开工."""
    return "" if word == "缺少" else word[1:] if word[0] in "待未" and len(word) > 2 else word
