"""The table of docs/import.md names tests that there are."""

from __future__ import annotations

import re

from analytics.settings import ROOT


def test_every_test_that_the_table_names_is_there() -> None:
    text = (ROOT / "docs" / "import.md").read_text("utf-8")
    named = set(re.findall(r"`((?:tests/)?[\w/]+\.py)`", text))
    assert len(named) > 15
    for name in named:
        path = ROOT / name if name.startswith("tests/") else ROOT / "tests" / "ingest" / name
        assert path.exists(), name
