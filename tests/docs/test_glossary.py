"""One word for one thing: what the glossary says not to use stands on no page, in no briefing, command or Chinese page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.docs.texts import TEXTS, sources

GLOSSARY = "docs/glossary.md"
#: Files whose texts people read.
SPOKEN = (
    "pages", "analytics/briefing", "analytics/cli", "analytics/attention.py", "analytics/ratings.py", "analytics/wording.py",
    "analytics/loop/rules.py", "analytics/metrics/catalogue.py", "analytics/metrics/comparison.py", "analytics/model.py",
    "analytics/viewer.py", "analytics/settings.py",
)  # fmt: skip


def _rows() -> list[list[str]]:
    """Return the rows of the table of words that users see, each a list of its five cells."""
    users = TEXTS[GLOSSARY].split("## Words in code")[0]
    return [[c.strip() for c in line.strip("|").split("|")] for line in users.splitlines() if line.startswith("| ")][2:]


#: Word not to use → the fixed names in which it may stand.
FORBIDDEN = {
    word: names.split("、") if names else [] for *_, words, names in _rows() for word in filter(None, words.split("、"))
}


def _uses(text: str, word: str) -> bool:
    for name in FORBIDDEN[word]:
        text = text.replace(name, "")
    return word in text


@cache
def _texts() -> list[tuple[str, str]]:
    return [(str(path), text) for path, whole in sources(*SPOKEN).items() for text in _spoken(whole)]


def _spoken(text: str) -> Iterator[str]:
    """Yield the string literals of a module that are no docstrings."""
    tree = ast.parse(text)
    documents = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            yield node.value


def test_the_glossary_forbids_something() -> None:
    assert {"案件", "逾期", "在办", "团队", "误报概率"} <= set(FORBIDDEN)
    assert _uses("期末在办 3 件", "在办")
    assert not _uses("人均在办，已在办结前反馈", "在办")


@pytest.mark.parametrize("word", FORBIDDEN)
def test_a_word_not_to_use_is_not_shown(word: str) -> None:
    assert [(path, text) for path, text in _texts() if _uses(text, word)] == []


@pytest.mark.parametrize("word", FORBIDDEN)
def test_a_word_not_to_use_is_not_in_the_docs(word: str) -> None:
    assert [page for page, text in TEXTS.items() if page != GLOSSARY and _uses(text, word)] == []


def test_words_are_explained_once() -> None:
    words = [word for row in _rows() for word in row[0].split("、")]
    assert len(words) == len(set(words))
    assert not set(words) & set(FORBIDDEN)


def test_words_of_the_code_are_in_the_code() -> None:
    code = "\n".join(sources("analytics").values())
    named = [word for row in _rows() for word in re.findall(r"`(\w+)`", row[1])]
    assert [word for word in named if not re.search(rf"\b{word}s?\b", code)] == []
