"""Heads of two levels: a word over several columns, and below it the words of each, become one row of heads."""

from __future__ import annotations

import re
from collections import Counter

_DIGIT = re.compile("[0-9〇]")


def joined_heads(upper: list[str], lower: list[str]) -> list[str] | None:
    """Return the heads that two rows of one length make together; None where the lower one is no second level.

    It is one where each of its cells stands under nothing, under a word that goes on over the next column, or under
    itself (a merged cell that was filled), at least one under nothing, and no cell holds a figure.
    """
    filled = [i for i, word in enumerate(lower) if word]
    if not any(not upper[i] for i in filled) or any(_DIGIT.search(lower[i]) for i in filled):
        return None
    groups: list[str] = []
    for place, word in enumerate(upper):
        goes_on = not word and bool(lower[place]) and bool(groups)
        groups.append(groups[-1] if goes_on else word)
    for i in filled:
        begins = i + 1 < len(lower) and bool(lower[i + 1]) and not upper[i + 1] if i + 1 < len(upper) else False
        if upper[i] and not begins and lower[i] != upper[i]:
            return None
    if all(upper[i] == "" for i in filled) and not any(upper):
        return None
    alike = Counter(lower[i] or upper[i] for i in range(len(upper)))
    return [
        word if word and (alike[word] == 1 or group in ("", word)) else f"{group}{word}"
        for group, word in zip(groups, lower, strict=True)
    ]
