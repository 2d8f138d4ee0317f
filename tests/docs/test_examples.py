"""The examples in docstrings run and give what they say."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

from analytics.settings import ROOT
from tests.docs.texts import sources

MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path, text in sources("analytics").items()
    if "\n    >>> " in text or "\n>>> " in text
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_a_module_hold(name: str) -> None:
    tests = [t for t in doctest.DocTestFinder().find(import_module(name)) if t.examples]
    told: list[str] = []
    for test in tests:
        doctest.DocTestRunner().run(test, out=told.append)
    assert tests
    assert not told, "".join(told)


def test_there_are_examples() -> None:
    assert len(MODULES) >= 10
