"""A draft's way into the list: who may decide what when, and the version that makes it true."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from analytics.ingest import plan_files, run_import
from analytics.items.proposals import ProposalBook, next_version
from analytics.items.versions import in_force
from analytics.ledger import Ledger, open_ledger
from analytics.settings import load_settings
from analytics.spreadsheet import workbook
from analytics.store import Store, StoreError
from tests.small import ledger_of

ITEM = {
    "version": "一版",
    "item_no": "01",
    "item_name": "事项01",
    "module": "legal",
    "in_force_from": "2024-01-01",
}
ENTRY = {"item_name": "合同纠纷指引", "module": "legal", "department": "甲局", "promised_days": 3}
NEW_YEAR = dt.date(2025, 1, 1)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return ledger_of(tmp_path, [{"case_no": "A", "accepted_at": "2024-12-02 09:00"}], items=[ITEM])


@pytest.fixture
def book(ledger: Ledger) -> ProposalBook:
    return ProposalBook(Store(ledger.folder))


def state(book: ProposalBook, ledger: Ledger) -> str:
    return book.proposals(ledger)[0].state


def test_each_step_is_kept_with_who(book: ProposalBook, ledger: Ledger) -> None:
    book.draft(ENTRY, "甲局 王")
    for to in ("reviewed", "approved"):
        book.move(book.proposals()[0], to, f"{to} 某", "同意")
    found = book.proposals(ledger)[0]
    assert (found.state, [s.who for s in found.steps]) == ("approved", ["甲局 王", "reviewed 某", "approved 某"])
    assert found.entry == ENTRY


def test_steps_cannot_be_skipped(book: ProposalBook) -> None:
    book.draft(ENTRY, "甲局")
    with pytest.raises(StoreError, match="草稿"):
        book.move(book.proposals()[0], "approved", "乙")


def test_two_people_at_once_the_second_is_told(book: ProposalBook) -> None:
    book.draft(ENTRY, "甲局")
    seen = book.proposals()[0]
    book.move(seen, "reviewed", "审批局 李")
    with pytest.raises(StoreError, match="审批局 李"):
        book.move(seen, "withdrawn", "甲局")
    assert book.proposals()[0].state == "reviewed"


def test_a_returned_draft_goes_again(book: ProposalBook, ledger: Ledger) -> None:
    book.draft(ENTRY, "甲局")
    for to in ("returned", "draft", "reviewed"):
        book.move(book.proposals()[0], to, "某")
    assert state(book, ledger) == "reviewed"
    assert book.proposals()[0].entry == ENTRY


@pytest.mark.parametrize("entry", [ENTRY | {"item_name": " "}, ENTRY | {"module": "无"}])
def test_a_draft_without_name_or_module_is_refused(book: ProposalBook, entry: dict) -> None:
    with pytest.raises(StoreError):
        book.draft(entry, "甲局")


def test_one_name_is_drafted_once_until_it_is_withdrawn(book: ProposalBook) -> None:
    book.draft(ENTRY, "甲局")
    with pytest.raises(StoreError, match="已经在草稿里"):
        book.draft(ENTRY, "乙局")
    book.move(book.proposals()[0], "withdrawn", "甲局")
    book.draft(ENTRY, "乙局")
    assert [p.state for p in book.proposals()] == ["withdrawn", "draft"]


def test_the_next_version_imported_brings_the_approved_item_into_force(book: ProposalBook, ledger: Ledger) -> None:
    book.draft(ENTRY, "甲局")
    for to in ("reviewed", "approved"):
        book.move(book.proposals()[0], to, "某")
    rows = next_version(ledger, book.proposals(ledger), "二版", NEW_YEAR)
    plans = plan_files([("清单.xlsx", workbook({"增值服务事项清单": rows}))], load_settings())
    later = [("台账.csv", "工单编号,受理时间,诉求主题\nB,2025-02-03 09:00,某事\n".encode())]
    result = run_import(
        Store(ledger.folder),
        [*plans, *plan_files(later, load_settings())],
        load_settings(),
        dt.datetime(2025, 2, 4),
    )
    assert (result.quarantined, result.read) == (0, 4)
    now = open_ledger(Store(ledger.folder))
    assert in_force(now, dt.date(2024, 12, 31))["item_name"].tolist() == ["事项01"]
    assert set(in_force(now, NEW_YEAR)["item_name"]) == {"事项01", "合同纠纷指引"}
    found = book.proposals(now)[0]
    assert (found.state, found.since) == ("in_force", NEW_YEAR)


def test_a_version_that_exists_is_not_written_over(book: ProposalBook, ledger: Ledger) -> None:
    with pytest.raises(StoreError, match="一版"):
        next_version(ledger, [], "一版", NEW_YEAR)
