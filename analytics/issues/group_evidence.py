"""What the titles and texts of a group say, read once: clauses, shares of words, names, what the writers want."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from analytics.issues.clauses import NAMED, Clause, act_of, clauses_of, stated, stripped
from analytics.issues.phrases import Phrase
from analytics.issues.recognition import key_of, read
from analytics.issues.texts import plain

#: Of a case without a title so many characters of its text stand for one.
FIRST = 40
#: So many characters of a text are looked at for the words of a name.
LOOKED_AT = 600


@dataclass(frozen=True)
class Group:
    """The cases of a type or problem from which it is named: titles and texts, as they are in the ledger."""

    level: str
    titles: Sequence[str | None]
    texts: Sequence[str | None]


@dataclass(frozen=True)
class Title:
    """One title as read: its plain text, clauses as written and as what is the matter, what it does."""

    text: str
    written: tuple[Clause, ...]
    matter: tuple[Clause, ...]
    act: str

    @cached_property
    def said(self) -> str:
        """Everything it says, as written and turned: where the words of a name are looked for."""
        return self.text + "，" + " ".join("".join(w for w, _ in c) for c in self.matter)


def read_titles(titles: Iterable[str], enterprises: Iterable[str] = ()) -> dict[str, Title]:
    """Read distinct plain titles: 0.7 ms each, most of it the recognition of names."""
    return {
        line: _read(line, clauses_of(words, names), [w for w, _ in words])
        for line, (words, names) in read(list(dict.fromkeys(titles)), enterprises).items()
    }


def _read(line: str, clauses: list[Clause], words: list[str]) -> Title:
    written = tuple(c for c in map(stripped, clauses) if c)
    return Title(line, written, tuple(c for c in map(stated, clauses) if c), act_of(words))


def headline(title: str | None, text: str | None) -> str:
    """Return the plain title; of a case without one, the beginning of its text."""
    return plain(title) or plain(text)[:FIRST]


@dataclass
class Evidence:
    """A group with its titles as read. Shares lie between 0 and 1."""

    level: str
    titles: list[Title]
    texts: list[str]
    _shares: dict[str, tuple[float, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, group: Group, read: dict[str, Title]) -> Evidence:
        titles = [read[headline(t, x)] for t, x in zip(group.titles, group.texts, strict=True)]
        return cls(group.level, titles, [plain(x)[:LOOKED_AT] for x in group.texts])

    @cached_property
    def distinct(self) -> list[Title]:
        return list({t.text: t for t in self.titles}.values())

    def shares(self, word: str) -> tuple[float, float]:
        """Return which share of the titles, and which of the cases in title or text, hold a word."""
        known = self._shares.get(word)
        if known is None:
            in_title = [word in t.said for t in self.titles]
            anywhere = [told or word in x for told, x in zip(in_title, self.texts, strict=True)]
            known = self._shares[word] = (sum(in_title) / len(in_title), sum(anywhere) / len(anywhere))
        return known

    def share(self, word: str) -> float:
        return sum(self.shares(word)) / 2

    def goes_on(self, phrase: Phrase) -> float:
        """Return in which share of the clauses with a phrase's last word one and the same word follows it."""
        last = phrase.words[-1][0]
        after = self._followers.get(last)
        return max(after.values()) / self._told[last] if after and self._told[last] > 1 else 0.0

    @cached_property
    def _told(self) -> Counter[str]:
        return Counter(w for t in self.titles for c in t.matter for w, _ in c)

    @cached_property
    def _followers(self) -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = {}
        for title in self.titles:
            for clause in title.matter:
                for (word, _), (after, tag) in pairwise(clause):
                    if tag in ("n", "vn", "nz", "v"):
                        found.setdefault(word, Counter())[after] += 1
        return found

    @cached_property
    def act(self) -> str:
        """What most titles that say so do: 咨询, 投诉, 诉求; empty where fewer than a third say."""
        counted = Counter(t.act for t in self.titles if t.act)
        act, cases = min(counted.items(), key=lambda x: (-x[1], x[0])) if counted else ("", 0)
        return act if cases * 3 >= len(self.titles) else ""

    @cached_property
    def names(self) -> dict[str, float]:
        """Recognised names in the titles → share of the cases that hold their core."""
        told = {w for t in self.titles for c in t.written for w, tag in c if tag.startswith(NAMED)}
        return {name: self.share(key_of(name) or name) for name in sorted(told)}

    @cached_property
    def anchors(self) -> list[str]:
        """The one or two names that at least half of the cases hold, the commonest first."""
        common = [n for n, share in self.names.items() if share >= 0.5]
        return sorted(common, key=lambda n: (-self.names[n] - 0.3 * self.share(n), len(n), n))[:2]


class Background:
    """How usual words are in all titles, and which character stands beside a pair of characters."""

    #: A neighbour is fixed when the pair occurs at least so often.
    OFTEN = 3

    def __init__(self, titles: Iterable[Title]):
        self.cases = 0
        self._words: Counter[str] = Counter()
        self._before: dict[str, Counter[str]] = {}
        self._after: dict[str, Counter[str]] = {}
        for title in titles:
            self.cases += 1
            self._words.update({w for c in title.written for w, _ in c})
            self._neighbours(title.text)

    def _neighbours(self, text: str) -> None:
        framed = f"^{text}$"
        for here in range(1, len(framed) - 2):
            pair = framed[here : here + 2]
            self._before.setdefault(pair, Counter())[framed[here - 1]] += 1
            self._after.setdefault(pair, Counter())[framed[here + 2]] += 1

    def usual(self, word: str) -> float:
        return (self._words[word] + 1) / max(self.cases, 1)

    def fixed_before(self, phrase: str) -> float:
        """Return how fixed the character before a phrase is: 1 where its beginning is always the rest of a longer word."""
        return self._fixed(self._before.get(phrase[:2]))

    def fixed_after(self, phrase: str) -> float:
        return self._fixed(self._after.get(phrase[-2:]))

    def _fixed(self, beside: Counter[str] | None) -> float:
        if not beside:
            return 0.0
        character, times = min(beside.items(), key=lambda x: (-x[1], x[0]))
        told = times >= self.OFTEN and "\u4e00" <= character <= "\u9fff" and character != "的"
        return times / sum(beside.values()) if told else 0.0
