"""A watched folder: what rests is taken, once, and lies in done/ or refused/ with its report."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from analytics import ingest
from analytics.ledger import open_ledger
from analytics.settings import load_settings
from analytics.sources import FolderSource, SourceError
from analytics.sources import take as take_room
from analytics.sources.book import DONE, REFUSED, TAKING, WAITING, SourceBook
from analytics.sources.folder import TRIES
from analytics.sources.take import Take, take
from analytics.store import Store, StoreError
from analytics.viewer import ANALYST, LOCAL, NotAllowed, Viewer

NOW = dt.datetime(2026, 11, 25, 9)
HEAD = "工单编号,受理时间,内容\n"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def put(inbox: Path, name: str, *cases: str, words: str = "贷款难") -> Path:
    path = inbox / name
    path.write_text(HEAD + "".join(f"{c},2026-11-02 09:00,{words}\n" for c in cases), "utf-8")
    return path


def taken(
    store: Store, inbox: Path, now: dt.datetime = NOW, wait: Callable[[float], None] = lambda s: None, **more: object
) -> Take:
    return take(store, FolderSource("热线", inbox, **more), load_settings(), now, LOCAL, wait=wait)  # type: ignore[arg-type]


def cases(store: Store) -> dict[str, str]:
    if store.current_id() is None:
        return {}
    frame = open_ledger(store).run_sql("SELECT case_no, content FROM cases")
    return dict(zip(frame["case_no"], frame["content"], strict=True))


def names(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir() if p.is_file()} if folder.exists() else set()


def test_a_good_file_goes_to_done_and_a_bad_one_to_refused_each_with_its_report(store: Store, inbox: Path) -> None:
    put(inbox, "好.csv", "K1", "K2")
    (inbox / "坏.csv").write_text("甲,乙\n1,2\n", "utf-8")
    (inbox / "无行.csv").write_text(HEAD + "K3,坏的时间,贷款难\n", "utf-8")
    (inbox / "图.png").write_bytes(b"\x89PNG")
    found = taken(store, inbox)
    assert {t.name: t.outcome for t in found.entries} == {
        "好.csv": DONE,
        "坏.csv": REFUSED,
        "无行.csv": REFUSED,
        "图.png": REFUSED,
    }
    assert set(cases(store)) == {"K1", "K2"}
    assert names(inbox) == set()
    assert names(inbox / "done") == {"好.csv", "好.csv.报告.json", "好.csv.报告.txt"}
    told = json.loads((inbox / "done" / "好.csv.报告.json").read_text("utf-8"))
    assert (told["outcome"], told["accepted"], told["source"]) == (DONE, 2, "热线")
    why = json.loads((inbox / "refused" / "无行.csv.报告.json").read_text("utf-8"))
    assert why["quarantine"][0]["row"] == 2
    assert "坏的时间" in (inbox / "refused" / "无行.csv.报告.txt").read_text("utf-8-sig")
    assert "找不到：工单编号" in (inbox / "refused" / "坏.csv.报告.txt").read_text("utf-8-sig")


def test_a_file_that_grows_between_two_looks_waits_for_the_next(store: Store, inbox: Path) -> None:
    growing = put(inbox, "a.csv", "K1")

    def more_comes(seconds: float) -> None:
        with growing.open("a", encoding="utf-8") as file:
            file.write("K2,2026-11-02 09:00,贷款难\n")

    assert taken(store, inbox, wait=more_comes).entries == ()
    assert names(inbox) == {"a.csv"}
    assert taken(store, inbox, NOW + dt.timedelta(minutes=5)).rows == 2


def test_a_second_look_need_not_wait_where_the_first_was_an_earlier_runs(store: Store, inbox: Path) -> None:
    put(inbox, "a.csv", "K1")
    waits: list[float] = []

    def interrupted(seconds: float) -> None:
        waits.append(seconds)
        os.utime(inbox / "a.csv", ns=(1, 1))

    taken(store, inbox, wait=interrupted)
    taken(store, inbox, NOW + dt.timedelta(minutes=5), wait=waits.append)
    assert len(waits) == 1
    assert set(cases(store)) == {"K1"}


def test_a_file_that_changes_while_it_is_read_stays_and_is_taken_again(
    store: Store, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(inbox, "a.csv", "K1")
    read = ingest.read_bytes

    def read_and_append(*given: object) -> bytes:
        content = read(*given)  # type: ignore[arg-type]
        with path.open("a", encoding="utf-8") as file:
            file.write("K2,2026-11-02 09:00,贷款难\n")
        return content

    monkeypatch.setattr(ingest, "read_bytes", read_and_append)
    assert [t.outcome for t in taken(store, inbox).entries] == [WAITING]
    assert names(inbox) == {"a.csv"}
    monkeypatch.undo()
    taken(store, inbox, NOW + dt.timedelta(minutes=5))
    assert set(cases(store)) == {"K1", "K2"}
    assert names(inbox) == set()


def test_unfinished_open_hidden_linked_and_other_files_are_left_alone(store: Store, inbox: Path) -> None:
    left = ("a.csv.part", "b.tmp", ".c.csv", "台账.xlsx", "~$台账.xlsx", "e.csv", ".~lock.e.csv#", "f.txt")
    for name in left:
        put(inbox, name, "K9")
    (inbox / "link.csv").symlink_to("/etc/hostname")
    (inbox / "folder.csv").mkdir()
    put(inbox, "g.csv", "K1")
    assert [t.name for t in taken(store, inbox, files=("*.csv", "*.xlsx")).entries] == ["g.csv"]
    assert set(cases(store)) == {"K1"}
    assert names(inbox) == {*left, "link.csv"}


def test_the_oldest_comes_first_so_that_what_is_newer_stands(store: Store, inbox: Path) -> None:
    for name, words, at in (("a.csv", "新", 2_000), ("b.csv", "旧", 1_000)):
        os.utime(put(inbox, name, "K1", words=words), (at, at))
    taken(store, inbox)
    assert cases(store) == {"K1": "新"}


def test_the_same_name_again_overwrites_nothing(store: Store, inbox: Path) -> None:
    for n in (1, 2, 3):
        put(inbox, "日报.csv", f"K{n}")
        taken(store, inbox, NOW + dt.timedelta(minutes=5 * n))
    assert {"日报.csv", "日报-2.csv", "日报-3.csv"} <= names(inbox / "done")
    assert set(cases(store)) == {"K1", "K2", "K3"}
    long = "长" * 70 + ".csv"  # as long as a file system takes; its report's name would be longer
    put(inbox, long, "K4")
    taken(store, inbox, NOW + dt.timedelta(hours=1))
    assert names(inbox) == set()


def test_what_was_published_but_not_moved_is_moved_and_not_imported_again(
    store: Store, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between publishing and moving; meanwhile somebody imports what is newer."""
    put(inbox, "a.csv", "K1", words="旧")
    monkeypatch.setattr("analytics.sources.folder._put_away", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        taken(store, inbox)
    monkeypatch.undo()
    assert names(inbox) == {"a.csv"}
    newer = ingest.plan_files([("页面.csv", (HEAD + "K1,2026-11-02 09:00,新\n").encode())], load_settings())
    ingest.run_import(store, newer, load_settings(), NOW)
    assert taken(store, inbox, NOW + dt.timedelta(minutes=5)).entries == ()
    assert cases(store) == {"K1": "新"}
    assert "a.csv" in names(inbox / "done")
    assert [(t.outcome, t.accepted) for t in SourceBook(store.folder).entries()] == [(DONE, 1)]


def test_a_file_that_ends_the_process_again_and_again_is_put_aside(
    store: Store, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "毒.csv", "K1")
    put(inbox, "好.csv", "K2")
    bring = take_room._bring

    def ended(*given: object) -> object:
        if given[4][0].sheet.file == "毒.csv":  # type: ignore[index]
            raise KeyboardInterrupt
        return bring(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(take_room, "_bring", ended)
    for n in range(TRIES):
        with pytest.raises(KeyboardInterrupt):
            taken(store, inbox, NOW + dt.timedelta(minutes=5 * n))
    found = taken(store, inbox, NOW + dt.timedelta(hours=1))
    assert {t.name: t.outcome for t in found.entries} == {"毒.csv": REFUSED, "好.csv": DONE}
    assert not SourceBook(store.folder).entries(outcome=TAKING)


def test_a_fault_of_the_store_leaves_the_file_where_it_is(
    store: Store, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "a.csv", "K1")

    def full(*given: object, **more: object) -> None:
        raise StoreError("台账写不进磁盘")

    monkeypatch.setattr(ingest, "run_import", full)
    with pytest.raises(StoreError, match="写不进磁盘"):
        taken(store, inbox)
    assert names(inbox) == {"a.csv"}
    monkeypatch.undo()
    assert taken(store, inbox, NOW + dt.timedelta(minutes=5)).rows == 1


def test_a_fault_of_the_program_refuses_one_file_without_its_words(
    store: Store, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "a.csv", "K1")

    def broken(*given: object, **more: object) -> None:
        raise ValueError("王小明 13812345678")

    monkeypatch.setattr(ingest, "plan_files", broken)
    entry = taken(store, inbox).entries[0]
    assert entry.outcome == REFUSED
    assert "ValueError" in entry.message
    assert "王小明" not in entry.message


def test_a_folder_that_is_not_there_is_said_and_who_may_not_import_takes_nothing(store: Store, inbox: Path) -> None:
    with pytest.raises(SourceError, match=r"打不开.*请建好"):
        taken(store, inbox / "nowhere")
    put(inbox, "a.csv", "K1")
    with pytest.raises(NotAllowed):
        take(store, FolderSource("热线", inbox), load_settings(), NOW, Viewer("某", ANALYST), wait=lambda s: None)
    assert names(inbox) == {"a.csv"}
