"""The generated tables are those of the program, every part of the program is in them, and each says what it means."""

from __future__ import annotations

import re

import pytest

from analytics.jobs import declared as jobs
from analytics.settings import ROOT
from analytics.sources import declared as taken
from analytics.viewer import ROLES
from docs import reference
from pages.navigation.places import PLACES
from tests.docs.texts import TEXTS, sources


@pytest.mark.parametrize("path", reference.pages(), ids=lambda path: path.name)
def test_a_generated_table_is_what_the_program_gives(path) -> None:
    text = path.read_text("utf-8")
    assert text == reference.written(text), "please run: make docs"


def test_every_generated_table_stands_on_a_page() -> None:
    placed = {name for path in reference.pages() for _, name, _ in reference.BLOCK.findall(path.read_text("utf-8"))}
    assert placed == set(reference.BLOCKS)


def test_every_command_and_option_says_what_it_is() -> None:
    for name, command in reference.commands().items():
        assert f"\n### {name}\n" in TEXTS["docs/reference.md"]
        assert [a.dest for a in reference.options(command) if not a.help] == [], name


def test_every_environment_variable_is_told() -> None:
    read = set(re.findall(r"\bINSIGHT_[A-Z_]+", "".join(sources("analytics", "pages", "dashboard.py").values())))
    assert read == set(reference.ENVIRONMENT)
    told = {name for text in TEXTS.values() for name in re.findall(r"\bINSIGHT_[A-Z_]+", text)}
    assert told == read


def test_every_page_and_role_is_in_the_manual() -> None:
    manual = TEXTS["docs/manual.md"]
    assert [place.title for place in PLACES if place.title not in manual] == []
    assert [told for told in ROLES.values() if told not in TEXTS["docs/trust.md"]] == []


def test_every_key_of_sources_and_jobs_is_told() -> None:
    keys = {*taken._COMMON, *taken.WHEN, *(k for held in taken._KEYS.values() for k in held)}
    keys |= {"name", "run", *(k for held in jobs._KEYS.values() for k in held)} - {"source"}
    page = TEXTS["docs/sources.md"]
    assert [key for key in sorted(keys) if not re.search(rf"`{key}`|\b{key} =", page)] == []


def test_the_project_has_the_pages_that_are_read_here() -> None:
    assert (ROOT / "docs" / "manual.md").exists()
    assert len(TEXTS) > 20
