"""The name of a concrete problem: place or firm, then what is wrong with it, in the words of its cases."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from analytics.issues.clauses import NAMED, says_trouble
from analytics.issues.group_evidence import Background, Evidence
from analytics.issues.phrases import LONGEST, Phrase, phrases_of, shares_to_try
from analytics.issues.recognition import key_of

#: Modifiers that fewer of the cases use are left out, in three ways.
RARE = (0.0, 0.3, 0.5)


def candidates(evidence: Evidence) -> dict[str, Phrase]:
    """Return the phrases of the titles, as written and as what is the matter, and those with the place put before."""
    found: dict[str, Phrase] = {}
    shares = shares_to_try(RARE, len(evidence.titles))
    for title in evidence.distinct:
        for clauses in [list(title.matter), *([list(title.written)] if title.written != title.matter else [])]:
            for rare in shares:
                for phrase in phrases_of(clauses, evidence.share, rare):
                    before = found.get(phrase.text)
                    if before is None or phrase.left_out < before.left_out:
                        found[phrase.text] = phrase
    for phrase in list(found.values()):
        for composed in _composed(phrase, evidence):
            found.setdefault(composed.text, composed)
    return found


def _composed(phrase: Phrase, evidence: Evidence) -> Iterator[Phrase]:
    for anchor in evidence.anchors:
        fits = len(anchor) + len(phrase.text) <= LONGEST
        if fits and not phrase.names and not _shared(key_of(anchor) or anchor, phrase.text):
            words = ((anchor, NAMED + "anchor"), *phrase.words)
            yield Phrase(anchor + phrase.text, words, phrase.begins, phrase.ends, phrase.left_out, phrase.cut, True)


def _shared(anchor: str, text: str) -> bool:
    return any(anchor[i : i + 2] in text for i in range(len(anchor) - 1))


def worth(phrase: Phrase, evidence: Evidence, background: Background) -> float:
    """Return how well a phrase names a problem.

    Its words should be those of most cases, the rarest of them not too rare; it should hold the place, say what is
    wrong, and be whole. The weights were fitted to readers' names on one real file and tried on the other, each way
    round, then rounded; ``docs/issue-names.md`` tells what each brings.
    """
    cut = 2.0 * (evidence.goes_on(phrase) >= 0.6)
    return _agreement(phrase, evidence) + _shape(phrase, evidence) + _wholeness(phrase, background) - cut


def _agreement(phrase: Phrase, evidence: Evidence) -> float:
    sizes = [len(w) for w, _ in phrase.words]
    shares = [evidence.shares(w) for w, _ in phrase.words]
    in_titles = sum(n * s for n, (s, _) in zip(sizes, shares, strict=True))
    anywhere = sum(n * s for n, (_, s) in zip(sizes, shares, strict=True))
    pairs = [phrase.text[i : i + 2] for i in range(len(phrase.text) - 1)]
    paired = sum(evidence.shares(p)[0] for p in pairs)
    return (
        0.35 * in_titles
        + 0.15 * anywhere
        + 3.0 * in_titles / sum(sizes)
        + 1.8 * anywhere / sum(sizes)
        + 3.3 * min(s for _, s in shares)
        - 0.35 * sum(s < 1 / 3 for _, s in shares)
        + 0.5 * paired
        + 5.0 * paired / max(len(pairs), 1)
    )


def _shape(phrase: Phrase, evidence: Evidence) -> float:
    length, named = len(phrase.text), [t.startswith(NAMED) for _, t in phrase.words]
    anchored = any(n and evidence.names.get(w, 1.0) >= 0.5 for (w, _), n in zip(phrase.words, named, strict=True))
    troubled = [says_trouble(w) and not n for (w, _), n in zip(phrase.words, named, strict=True)]
    return (
        1.0 * (anchored and bool(evidence.anchors))
        + 1.1 * named[0]
        - 1.5 * (sum(named) > 1)
        - 1.5 * all(named)
        + 1.5 * any(troubled)
        + 1.8 * troubled[-1]
        - 0.75 * max(0, 6 - length)
        - 0.25 * max(0, length - 10)
        - 0.95 * max(0, length - 13)
    )


def _wholeness(phrase: Phrase, background: Background) -> float:
    whole_start = phrase.begins or phrase.words[0][1].startswith(NAMED)
    begins_inside = 0.0 if whole_start else background.fixed_before(phrase.text)
    ends_inside = 0.0 if phrase.ends else background.fixed_after(phrase.text)
    usual = [len(w) * math.log(1 / background.usual(w)) for w, _ in phrase.words]
    return (
        1.0 * phrase.begins
        + 0.3 * phrase.ends
        - 0.2 * phrase.left_out
        - (1.5 if any(t == "v" for _, t in phrase.words) else 0.3) * phrase.cut
        - 3.0 * begins_inside
        - 3.0 * ends_inside
        - 0.5 * sum(usual) / len(phrase.text)
    )


def ranked(evidence: Evidence, background: Background) -> list[Phrase]:
    """Return the candidates, best first; the same for the same cases in any order."""
    scored = [(worth(p, evidence, background), p) for p in candidates(evidence).values()]
    return [p for _, p in sorted(scored, key=lambda x: (-x[0], x[1].text))]


def topic(evidence: Evidence) -> str:
    """Return the commonest noun phrase of the titles, with the place where there is one; empty where there is none."""
    anchor = evidence.anchors[0] if evidence.anchors else ""
    counted: Counter[str] = Counter()
    for title in evidence.titles:
        counted.update({w for c in title.matter for w, tag in c if tag in ("n", "vn", "nz") and len(w) > 1})
    held = {w: (evidence.share(w) * len(w) ** 0.5, n) for w, n in counted.items()}
    best = min(held, key=lambda w: (-held[w][0], -held[w][1], w), default="")
    return anchor + best if best not in anchor else anchor
