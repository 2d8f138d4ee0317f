"""What the docs name exists: commands with their options, settings, files, links, pages, pictures, make targets."""

from __future__ import annotations

import re
import shlex
import tomllib

import pytest

from analytics.metrics import CATALOGUE
from analytics.settings import ELSEWHERE, ROOT, Settings, _places
from docs import reference
from pages.navigation.places import PLACES
from tests.docs.texts import TEXTS, command_lines

#: Files that are there once the program has run, or that an office writes.
MADE_LATER = ("data/store", ".streamlit/secrets.toml")
#: Options of other programs.
FOREIGN = {"--server.port"}
TITLES = {place.title for place in PLACES}
PAGES = pytest.mark.parametrize("page", TEXTS)


@pytest.mark.parametrize(("page", "line"), [c for c in command_lines() if c[1] not in ("命令", "…")])
def test_a_command_line_of_the_docs_is_understood(page: str, line: str) -> None:
    words = shlex.split(line.removesuffix("'\""), comments=True)
    known = reference.commands()
    assert words[0] in known, f"{page}: {line}"
    known[words[0]].parse_args(words[1:])  # ends the test where it does not parse


@PAGES
def test_options_named_within_a_sentence_exist(page: str) -> None:
    known = {o for command in reference.commands().values() for a in command._actions for o in a.option_strings}
    assert {*re.findall(r"(?<![\w-])--[a-z][a-z.-]*[a-z]", TEXTS[page])} - known - FOREIGN - {"--help"} == set()


@PAGES
def test_settings_named_on_a_page_exist(page: str) -> None:
    places = _places()
    for section, key in re.findall(r"`\[(\w+)\] (\w+)", TEXTS[page]):
        assert key in places.get(section, {}), f"[{section}] {key}"
    for text in re.findall(r"```toml\n(.*?)```", TEXTS[page], re.DOTALL):
        for section, held in tomllib.loads(text).items():
            if section not in (*ELSEWHERE, "auth"):  # [auth] is Streamlit's own, in secrets.toml
                assert set(held) <= set(places[section]), section


@PAGES
def test_files_links_and_pictures_of_a_page_exist(page: str) -> None:
    here = (ROOT / page).parent
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", TEXTS[page]):
        assert "://" in target or (here / target).exists(), target
    for path in re.findall(r"`((?:analytics|pages|tests|docs|data|benchmarks|\.ci)/[\w./-]*)`", TEXTS[page]):
        assert "NAME" in path or path.startswith(MADE_LATER) or (ROOT / path).exists(), path


@PAGES
def test_pages_of_the_dashboard_are_called_by_their_titles(page: str) -> None:
    called = re.findall(r"「([^「」→]+?)」页|page ([一-鿿]+)[ ,.:]", TEXTS[page])
    assert {a or b for a, b in called} <= TITLES


@PAGES
def test_targets_of_make_exist(page: str) -> None:
    known = set(re.findall(r"^([\w$()./-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    known = {target.replace("$(STAMPS)", ".stamps") for target in known}
    named = re.findall(r"(?:`|^)make (?:[A-Z]+=\S+ )?([\w./-]+)", TEXTS[page], re.MULTILINE)
    assert set(named) <= known


@PAGES
def test_benchmarks_named_exist(page: str) -> None:
    named = set(re.findall(r"python -m benchmarks ([a-z]\w+)", TEXTS[page]))
    assert all((ROOT / "benchmarks" / f"{name}.py").exists() for name in named)
    tools = re.findall(r"python -m (tests\.[\w.]+)", TEXTS[page])
    assert all((ROOT / (name.replace(".", "/") + ".py")).exists() for name in tools)


@PAGES
def test_the_number_of_metrics_is_right(page: str) -> None:
    assert {int(n) for n in re.findall(r"(\d+) 个指标", TEXTS[page])} <= {len(CATALOGUE)}


def test_defaults_in_prose_are_the_settings() -> None:
    usual = Settings()
    manual = TEXTS["docs/manual.md"]
    assert f"评价少于 {usual.minimum_rated} 件" in manual
    assert f"其他的分母少于 {usual.minimum_cases} 件" in manual
