"""The board: its way, what each stage needs, two people at once, and types that change their id."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from analytics.issues import Findings, IssueDesk
from analytics.ledger import Ledger, open_ledger
from analytics.remedies import telling
from analytics.remedies.board import board, board_of
from analytics.remedies.cards import Card, CardBook, as_kept, by_urgency, now_is
from analytics.remedies.pending import pending
from analytics.remedies.stages import MOVES, STAGES
from analytics.store import Store, StoreError

AT = dt.datetime(2026, 11, 24, 10)
EFFECT = {"verdict": "明显见效", "ratio": 0.5, "told": "减半", "snapshot": "S1", "as_of": "2026-11-24 17:29"}


@pytest.fixture
def store(demo_store: Store, demo_found: IssueDesk, tmp_path: Path) -> Store:
    """A store of its own with the demo's ledger and its findings."""
    shutil.copytree(demo_store.folder, tmp_path / "store")
    return Store(tmp_path / "store")


@pytest.fixture
def found(store: Store) -> Findings:
    desk = IssueDesk(store)
    made = desk.findings(open_ledger(store))
    assert made
    return made


def card_of(book: CardBook, id: str) -> Card:
    card = book.card(id)
    assert card
    return card


def begun(book: CardBook, found: Findings, place: int = 0) -> str:
    return book.take_up(found, str(found.types.index[place]), "综合科 甲", AT)


def filled(book: CardBook, id: str, **values: object) -> None:
    book.edit(card_of(book, id), values, "综合科 甲", AT)


def test_the_whole_way(store: Store, found: Findings) -> None:
    book = CardBook(store)
    id = begun(book, found)
    assert card_of(book, id).stage == "identified"
    filled(book, id, owner="区司法局", due=dt.date(2026, 12, 1))
    for to in ("chartered", "consulting"):
        book.move(card_of(book, id), to, "甲", AT)
    filled(
        book,
        id,
        measures="一次性告知",
        effective_on=dt.date(2026, 6, 1),
        scope={"street": ["曲江街道"]},
        papers=["方案.docx"],
    )
    for to in ("planned", "implementing", "evaluating"):
        book.move(card_of(book, id), to, "甲", AT)
    book.move(card_of(book, id), "closed", "乙", AT, effect=EFFECT)
    card = card_of(book, id)
    assert (card.stage, card.open, card.in_force, card.was_in_force) == ("closed", False, True, True)
    assert (card.where, card.papers) == ((("street", ("曲江街道",)),), ("方案.docx",))
    told = [telling.step_told(s) for s in card.steps]
    assert told[0].startswith("列入台账：")
    assert "评估 → 销号（明显见效：减半；统计时刻 2026-11-24 17:29，快照 S1）" in told[-1]
    assert "适用范围 街道：曲江街道" in " ".join(told)
    book.move(card, "consulting", "甲", AT, "复发")
    relapsed = card_of(book, id)
    assert (relapsed.stage, relapsed.in_force) == ("consulting", False)
    assert board(book.cards(), found).treated == {relapsed.type_id}  # still no fair comparison for others


def test_every_move_leads_to_a_stage_and_every_stage_can_be_left() -> None:
    assert {to for moves in MOVES.values() for to in moves} | {"identified"} == set(STAGES)
    assert all(MOVES[s] for s in STAGES)


def test_a_stage_says_what_it_still_needs(store: Store, found: Findings) -> None:
    book = CardBook(store)
    id = begun(book, found)
    with pytest.raises(StoreError, match="先填：牵头部门、完成期限"):
        book.move(card_of(book, id), "chartered", "甲", AT)
    with pytest.raises(StoreError, match="「识别」之后不能是「评估」"):
        book.move(card_of(book, id), "evaluating", "甲", AT)
    filled(book, id, owner="区司法局", due=dt.date(2026, 12, 1), measures="甲", effective_on=dt.date(2026, 12, 31))
    for to in ("chartered", "consulting", "planned", "implementing"):
        book.move(card_of(book, id), to, "甲", AT)
    with pytest.raises(StoreError, match="2026-12-31 才生效"):
        book.move(card_of(book, id), "evaluating", "甲", AT)
    filled(book, id, effective_on=dt.date(2026, 11, 1))
    book.move(card_of(book, id), "evaluating", "甲", AT)
    with pytest.raises(StoreError, match="没有测算过成效"):
        book.move(card_of(book, id), "closed", "甲", AT)
    with pytest.raises(StoreError, match="请填经办"):
        book.move(card_of(book, id), "ineffective", " ", AT, effect=EFFECT)


def test_a_type_is_taken_up_once(store: Store, found: Findings) -> None:
    book = CardBook(store)
    begun(book, found)
    with pytest.raises(StoreError, match="已在台账上"):
        begun(book, found)
    with pytest.raises(StoreError, match="已经不在归类结果里"):
        book.take_up(found, "T9999", "甲", AT)


def test_the_second_of_two_people_is_told(store: Store, found: Findings) -> None:
    book = CardBook(store)
    id = begun(book, found)
    first, second = card_of(book, id), card_of(book, id)
    book.edit(first, {"owner": "区司法局"}, "甲", AT)
    with pytest.raises(StoreError, match=r"刚由甲在 .* 改过"):
        book.edit(second, {"owner": "区法院"}, "乙", AT)
    with pytest.raises(StoreError, match="刚由甲"):
        book.move(second, "dropped", "乙", AT)
    assert card_of(book, id).text("owner") == "区司法局"
    assert not book.edit(card_of(book, id), {"owner": "区司法局"}, "乙", AT)


def test_what_is_kept_is_kept_again_as_it_is() -> None:
    values = {
        "due": dt.date(2026, 12, 1),
        "papers": [" 甲.docx", "甲.docx", ""],
        "scope": {"street": ["东街"], "size": ["大"]},
    }
    kept = as_kept(values)
    assert kept == {"due": "2026-12-01", "papers": ["甲.docx"], "scope": {"street": ["东街"]}}
    assert as_kept(kept) == kept
    with pytest.raises(StoreError, match="台账里没有“verdict”这一项"):
        as_kept({"verdict": "明显见效"})


def test_late_cards_rise_and_are_counted_in_working_days(store: Store, found: Findings) -> None:
    book = CardBook(store)
    ids = [begun(book, found, place) for place in range(3)]
    filled(book, ids[0], due=dt.date(2026, 12, 30))
    filled(book, ids[1], due=dt.date(2026, 9, 30))  # 1 to 7 October are off; 10 October is worked
    today = dt.date(2026, 10, 12)
    assert [card_of(book, i).overdue_days(today) for i in ids] == [0, 4, 0]
    assert [c.id for c in by_urgency(book.cards(), today)] == [ids[1], ids[0], ids[2]]


def test_a_card_outlives_discovery(store: Store, found: Findings) -> None:
    """A new run, and one that calls every type otherwise."""
    book, desk = CardBook(store), IssueDesk(store)
    ids = [begun(book, found, place) for place in range(4)]
    ledger = open_ledger(store)
    desk.discover(ledger)
    again = desk.findings(ledger)
    assert again
    assert [now_is(card_of(book, i), again) for i in ids] == [card_of(book, i).type_id for i in ids]

    class Renamed:
        """Findings whose ids have nothing to do with the old ones."""

        cases = again.cases.assign(type_id="N" + again.cases["type_id"].astype(object))
        types = again.types.set_axis("N" + again.types.index.astype(object))

        @staticmethod
        def shown_type(id: str) -> str:
            return id

    assert [now_is(card_of(book, i), Renamed) for i in ids] == ["N" + card_of(book, i).type_id for i in ids]  # type: ignore[arg-type]
    Renamed.cases = again.cases.assign(type_id=None)
    assert now_is(card_of(book, ids[0]), Renamed) is None  # type: ignore[arg-type]
    assert len(board(book.cards(), None).cards) == 4


def test_a_card_follows_its_type_into_a_merge(store: Store, found: Findings) -> None:
    book, desk = CardBook(store), IssueDesk(store)
    one, other = (str(i) for i in found.types.index[:2])
    id = book.take_up(found, one, "甲", AT)
    desk.merge([one, other], other, "甲")
    merged = desk.findings(open_ledger(store))
    assert merged
    assert now_is(card_of(book, id), merged) == other
    with pytest.raises(StoreError, match="已在台账上"):
        book.take_up(merged, other, "乙", AT)


def test_demo_cards_are_no_real_ones(store: Store, found: Findings) -> None:
    begun(CardBook(store), found)
    assert (store.folder / "remedies" / "demo" / "decisions.sqlite").exists()
    assert not (store.folder / "remedies" / "real").exists()


def test_the_board_is_shown_as_it_stood(store: Store, found: Findings) -> None:
    book = CardBook(store)
    id = begun(book, found)
    filled(book, id, owner="区司法局")
    later = dt.datetime(2026, 11, 25, 9)
    book.edit(card_of(book, id), {"owner": "区法院"}, "甲", later)
    assert [c.text("owner") for c in book.cards(later)] == ["区司法局"]
    assert book.cards(AT) == []
    newest: Ledger = IssueDesk(store).attach(open_ledger(store))
    assert board_of(newest)[0].cards[0].text("owner") == "区法院"


def test_what_waits_is_late_or_to_be_judged(store: Store, found: Findings) -> None:
    book = CardBook(store)
    id = begun(book, found)
    ledger = IssueDesk(store).attach(open_ledger(store))
    assert pending(ledger) == []
    filled(book, id, owner="区司法局", due=dt.date(2026, 11, 18))
    waiting = pending(ledger)
    assert [w.card.id for w in waiting] == [id]
    assert "已超期 4 个工作日，停在“识别”" in waiting[0].sentence
    assert waiting[0].evidence == "区司法局；期限 2026-11-18"
