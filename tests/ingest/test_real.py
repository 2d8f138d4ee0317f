"""Real messages, as they came, with no hand-editing."""

import csv
import datetime as dt
import io
from pathlib import Path

import openpyxl
import pytest

from analytics import ingest
from analytics.ledger import LOCAL, open_ledger
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


def test_messages_labelled_go_in_with_their_classes(real_folder: Path, tmp_path: Path) -> None:
    file = real_folder / "messages_labelled.xlsx"
    plans = ingest.plan_files([(file.name, file.read_bytes())], load_settings())
    result = ingest.run_import(Store(tmp_path), plans, load_settings(), dt.datetime(2026, 11, 25))
    assert result.read == result.accepted + result.updated + result.unchanged + result.quarantined
    assert result.accepted > 480
    assert not any("一级分类" in w for w in result.warnings)
    kept = open_ledger(Store(tmp_path)).reader.frame("SELECT own_class, module FROM cases")
    assert kept["own_class"].nunique() == 7
    assert kept["own_class"].notna().all()
    assert kept["module"].isna().all()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("name", ["messages_with_replies", "board_messages"])
def test_saved_as_csv_the_messages_go_in_as_from_the_workbook(
    real_folder: Path, tmp_path: Path, name: str, encoding: str
) -> None:
    file = real_folder / f"{name}.xlsx"
    rows = openpyxl.load_workbook(file, read_only=True).active.iter_rows(values_only=True)
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["" if c is None else c for c in row] for row in rows])
    stored = []
    for folder, given, content in (
        ("book", file.name, file.read_bytes()),
        ("text", f"{name}.csv", out.getvalue().encode(encoding)),
    ):
        store = Store(tmp_path / folder)
        plans = ingest.plan_files([(given, content)], load_settings())
        result = ingest.run_import(store, plans, load_settings(), dt.datetime(2026, 11, 25))
        ledger = open_ledger(store, LOCAL.revealing())
        stored.append(
            (
                result.summary() | {"batch": "", "snapshot": ""},
                ledger.run(ledger.table("cases").order_by("case_no").drop("batch")),
            )
        )
    assert stored[0][0] == stored[1][0]
    assert stored[0][0]["quarantined"] == 0
    book, text = (frame.replace(r"\s+", " ", regex=True) for _, frame in stored)
    assert [c for c in book if not book[c].equals(text[c])] == []  # texts of people are not for a test's output
