"""What to call a group: a phrase that its cases use, its keywords, its most typical cases."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from analytics.issues.texts import is_word, plain, words
from analytics.privacy import mask_text

KEYWORDS = 8
TYPICAL = 3
#: Phrases are taken from so many of the most typical cases.
READ = 120
#: A word that fewer of the group use is a detail of one case, and counts against a name.
COMMON = 0.25
DETAIL = 0.5
TITLE_BONUS = 0.25
#: A word that a smaller share of the group uses is not part of its name.
RARE, SOME = 0.03, "某"
SHORTEST, LONGEST = 4, 18
_BREAK = re.compile(r"[，。；！？、：:,;!?（）()\[\]【】“”\"\s…—~·|/]+")
_HEAD = re.compile(
    r"^(?:再次|多次|强烈|紧急|实名|我要|本人|我们?|想|特|就|对|请问|咨询|反映|投诉|举报|建议|希望|请求|恳请|要求|求助|呼吁|质疑|关于|有关|请|盼|望)+"
)
_TAIL = re.compile(
    r"(?:的?(?:相关|有关|一些)?(?:问题|诉求|事宜|咨询|情况|建议|投诉|请求|疑问|反映|求助|事情|一事)|怎么办|[吗呢吧了的])+$"
)
#: Half a sentence: begins or ends with a word that joins, or holds a number or a masked place.
_HALF = re.compile(
    r"^[并而且就也都还但以和与及或为在把被让使又即等从向给该此其]|[和该以时及与或等为在把被并而]$|\d|[A-Za-z]+(?:市|县|区|镇)"
)
_PLACE = re.compile(r"^[a-zA-Z]+\d*(?:省|市|区县|区|县|镇|乡|街道|村)+|西地省")


def keywords(share: np.ndarray, usual: np.ndarray, vocabulary: Sequence[str]) -> list[str]:
    """Return the words that set a group apart, best first.

    ``share`` of the group's cases use a word, ``usual`` of all cases do; the worth of a word is
    share × log(share ÷ usual), class-based TF-IDF with its two parts as shares.
    """
    worth = share * _lift(share, usual)
    best = np.argsort(-worth, kind="stable")[:KEYWORDS]
    return [vocabulary[i] for i in best if worth[i] > 0]


def _lift(share: np.ndarray, usual: np.ndarray) -> np.ndarray:
    lift: np.ndarray = np.log(np.maximum(share, 1e-9) / np.maximum(usual, 1e-9)).clip(0)
    return lift


def name_of(
    texts: Sequence[tuple[str | None, str | None]], share: np.ndarray, usual: np.ndarray, place: dict[str, int]
) -> str:
    """Return the phrase of the texts that says best what the whole group is about.

    A phrase is worth the words in it that many of the group's cases use and few others; words
    of one case only (a street, a firm) count against it, a title counts for it. ``place`` is
    word → column of ``share`` and ``usual`` (see ``keywords``).
    """
    lift = _lift(share, usual)
    best, best_worth = "", -np.inf
    phrases = {p: is_title for title, text in reversed(texts) for p, is_title in _phrases(title, text)}
    for phrase, is_title in phrases.items():
        inside = list(dict.fromkeys(words(phrase)))
        known = [place[w] for w in inside if w in place]
        if not known or len(known) < len(inside):  # a word that hardly any case uses: a firm, a street
            continue
        worth = sum(share[i] * (0.5 + lift[i]) for i in known) - DETAIL * sum(
            max(0.0, 1 - share[i] / COMMON) for i in known
        )
        worth -= 0.02 * abs(len(phrase) - 10) + (0.3 if len(known) < 2 else 0)
        worth += TITLE_BONUS * is_title
        if worth > best_worth:
            best, best_worth = phrase, worth
    return mask_text(_without_details(best, share, place))


def _without_details(phrase: str, share: np.ndarray, place: dict[str, int]) -> str:
    """Write 某 for what hardly any case of the group says: whose firm, which building."""
    import rjieba  # as in texts

    told = []
    for word in rjieba.cut(phrase):
        detail = is_word(word) and (word not in place or share[place[word]] < RARE)
        told.append(SOME if detail else word)
    return re.sub(f"{SOME}+", SOME, "".join(told))


def _phrases(title: str | None, text: str | None) -> list[tuple[str, bool]]:
    """Return (phrase, is it from the title?) of clauses that can stand for themselves."""
    found = []
    for is_title, clauses in ((False, _BREAK.split(plain(text)[:600])), (True, _BREAK.split(plain(title)))):
        for clause in clauses:
            phrase = _TAIL.sub("", _PLACE.sub("", _HEAD.sub("", _PLACE.sub("", clause))))
            if SHORTEST <= len(phrase) <= LONGEST and not _HALF.search(phrase):
                found.append((phrase, is_title))
    return found


def typical(vectors: np.ndarray, rows: np.ndarray, how_many: int) -> np.ndarray:
    """Return the rows closest to the middle of a group, closest first."""
    middle = vectors[rows].astype(np.float32).mean(axis=0)
    order = np.argsort(-(vectors[rows].astype(np.float32) @ middle), kind="stable")
    return rows[order[:how_many]]


def why_here(
    counts: sp.csr_matrix, weights: np.ndarray, axes: np.ndarray, centre: np.ndarray, vocabulary: Sequence[str]
) -> list[str]:
    """Return the words of one case (a row) that drew it to a centre, strongest first."""
    row = counts.tocoo()
    pull = (1 + np.log(row.data)) * weights[row.col] * (centre @ axes[:, row.col])
    order = np.argsort(-pull, kind="stable")[:KEYWORDS]
    return [vocabulary[row.col[i]] for i in order if pull[i] > 0]


def told_apart(names: Sequence[str], more: Sequence[Sequence[str]]) -> list[str]:
    """Make names unique: a second one of the same words takes a keyword along, then a number."""
    taken: dict[str, int] = {}
    result = []
    for name, words_of in zip(names, more, strict=True):
        chosen = name or "、".join(words_of[:3]) or "未命名"
        if chosen in taken:
            extra = next((w for w in words_of if w not in chosen), "")
            chosen = f"{chosen}（{extra}）" if extra else chosen
        number = taken.get(chosen, 0)
        taken[chosen] = number + 1
        result.append(chosen if not number else f"{chosen} {number + 1}")
    return result
