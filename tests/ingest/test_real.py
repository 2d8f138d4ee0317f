"""Real messages, as they came, with no hand-editing."""

import datetime as dt
from pathlib import Path

import pytest

from analytics import ingest
from analytics.ledger import open_ledger
from analytics.metrics import Slice, compute, unmet
from analytics.settings import load_settings
from analytics.store import Store

YEARS = Slice(dt.date(2010, 1, 1), dt.date(2020, 12, 31))


def test_messages_with_replies_go_in_whole(real_store: Store) -> None:
    ledger = open_ledger(real_store)
    assert ledger.counts["cases"] == 2816
    assert compute("demand", ledger, YEARS)["value"].iloc[0] == 2816
    assert compute("closures", ledger, YEARS)["value"].iloc[0] == 2816
    assert ledger.counts["stage.replied"] == 2816


def test_handling_time_in_natural_days(real_store: Store) -> None:
    found = compute("handling_natural", open_ledger(real_store), YEARS).iloc[0]
    assert found["value"] == pytest.approx(11.2, abs=0.05)
    assert found["n"] == 2816


def test_what_the_real_ledger_lacks_is_said(real_store: Store) -> None:
    ledger = open_ledger(real_store)
    assert "承诺时限" in unmet("on_time_rate", ledger)
    assert "好差评" in unmet("satisfaction", ledger)
    assert unmet("handling_median", ledger) is None


def test_the_real_file_twice_changes_nothing(real_store: Store, real_folder: Path) -> None:
    file = real_folder / "messages_with_replies.xlsx"
    plans = ingest.plan_files([(file.name, file.read_bytes())], load_settings(), ingest.kept_profiles(real_store))
    result = ingest.run_import(real_store, plans, load_settings(), dt.datetime(2026, 11, 25))
    assert (result.read, result.unchanged, result.published) == (2816, 2816, False)


def test_messages_labelled_go_in_and_their_classes_are_named(real_folder: Path, tmp_path: Path) -> None:
    file = real_folder / "messages_labelled.xlsx"
    plans = ingest.plan_files([(file.name, file.read_bytes())], load_settings())
    result = ingest.run_import(Store(tmp_path), plans, load_settings(), dt.datetime(2026, 11, 25))
    assert result.read == result.accepted + result.updated + result.unchanged + result.quarantined
    assert result.accepted > 480
    assert any("一级分类" in w for w in result.warnings)
