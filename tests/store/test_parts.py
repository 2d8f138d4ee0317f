"""Sealed parts: a ledger in parts is the same ledger, whatever comes in, and only what is touched is written again."""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.demo import DemoLedger
from analytics.ingest.upsert import orphans, upsert
from analytics.ledger import open_ledger
from analytics.metrics import CATALOGUE, Slice, compute_many
from analytics.model import TABLES
from analytics.retention import apply, plan
from analytics.store import Snapshot, Store, StoreError, counting, derive, open_duckdb, parts
from analytics.store.backup import back_up, restore
from analytics.store.derive import DERIVED
from analytics.store.parts import path_of, sound
from tests.conftest import AS_OF

SIZE, NEVER = 400, 10**9
COMPARED = (*TABLES, *DERIVED)
Rows = dict[str, pd.DataFrame]


def took_in(store: Store, rows: Rows, number: int, size: int, *, tracked: bool) -> Snapshot:
    """Merge rows (table → frame) as an import does, and publish."""
    batch = f"B{number}"
    with store.draft(tracked=tracked, part_cases=size) as draft:
        for table, frame in rows.items():
            if table in ("events", "ratings"):
                time = "happened_at" if table == "events" else "rated_at"
                assert not orphans(draft, frame.assign(row_id=range(len(frame))), time)
            upsert(draft, table, frame.assign(row_id=range(len(frame))), batch)
        draft.record_batch(batch, AS_OF, batch, "", 1)
        return draft.publish(AS_OF + dt.timedelta(minutes=number), batch, batch)


def by_month(demo: DemoLedger) -> list[Rows]:
    """Deal a demo ledger out as it came in: half-year by half-year, the small tables first."""
    tables = {name: frame.astype(object).where(frame.notna(), None) for name, frame in demo.tables.items()}
    steps: list[Rows] = [{n: f for n, f in tables.items() if n not in ("cases", "events", "ratings")}]
    edges = [*pd.date_range("2024-07-01", "2026-11-01", freq="2QS"), pd.Timestamp("2027-01-01")]
    for start, end in zip([pd.Timestamp("2000-01-01"), *edges], edges, strict=False):
        step = {}
        for name, time in (("cases", "accepted_at"), ("events", "happened_at"), ("ratings", "rated_at")):
            at = pd.to_datetime(demo.tables[name][time])
            step[name] = tables[name][(at >= start) & (at < end)]
        steps.append({n: f for n, f in step.items() if len(f)})
    return [s for s in steps if s]


def late(demo: DemoLedger, rng: np.random.Generator) -> Rows:
    """What comes late: a case of long ago is opened again, one is graded otherwise, one corrected."""
    cases = demo.tables["cases"].sample(6, random_state=int(rng.integers(1 << 30)))
    old = cases["case_no"].to_list()
    at = pd.Timestamp("2026-11-20 10:00")
    return {
        "cases": pd.DataFrame(
            {"case_no": old[:2], "title": ["改过的标题", "又一个"], "department": ["区金融工作局"] * 2}
        ),
        "events": pd.DataFrame(
            {
                "case_no": old[2:4],
                "event_key": ["late-1", "late-2"],
                "stage": ["reopened", "followed_up"],
                "happened_at": [at, at],
                "result": [None, "solved"],
            }
        ),
        "ratings": pd.DataFrame(
            {
                "case_no": old[4:],
                "grade": [1, 5],
                "rated_at": [at, at],
                "called_back_at": [at + pd.Timedelta("9D"), None],
            }
        ),
    }


def mistaken(demo: DemoLedger) -> list[Rows]:
    """Events years ahead, so that all that is closed settles, even one of the two; then as they should have been."""
    first, second = demo.tables["cases"]["case_no"].head(2)
    rows = pd.DataFrame(
        {
            "case_no": [first, second],
            "event_key": ["m-1", "m-2"],
            "stage": ["followed_up"] * 2,
            "result": ["solved"] * 2,
        }
    )
    wrong, later = pd.Timestamp("2031-01-01"), pd.Timestamp("2031-06-01")
    right = pd.Timestamp("2026-11-20 11:00")
    closed = pd.DataFrame({"case_no": [f"M-{i}" for i in range(2 * SIZE)], "title": "许多件"}).assign(
        accepted_at=dt.datetime(2025, 1, 1), closed_at=dt.datetime(2025, 1, 2)
    )
    return [
        # Sealed with the many: the first, whose event is 151 days before the newest.
        {"cases": closed, "events": rows.assign(happened_at=[wrong, later])},
        new_case("NEW-M"),
        {"events": rows.assign(happened_at=[right, right])},
    ]


def content(store: Store, snapshot: Snapshot, as_of: dt.datetime | None = None) -> dict[str, pd.DataFrame]:
    """Return every table of a snapshot, in an order of its own."""
    reader = open_duckdb(store, snapshot, as_of or snapshot.as_of)
    return {
        t: reader.frame(f"SELECT * FROM {t}").pipe(lambda f: f.sort_values([*f.columns], ignore_index=True))
        for t in COMPARED
    }


def same(a: dict[str, pd.DataFrame], b: dict[str, pd.DataFrame]) -> None:
    for table in COMPARED:
        pd.testing.assert_frame_equal(a[table], b[table], obj=table)


@pytest.fixture(scope="module")
def histories(demo: DemoLedger, tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Store]:
    """The same imports into a store with small parts, and into one file that is derived whole every time."""
    rng = np.random.default_rng(3)
    steps = by_month(demo)
    firms = demo.tables["enterprises"].head(3).assign(size="大型", street="测试街道")[["credit_code", "size", "street"]]
    steps += [late(demo, rng), {"enterprises": firms}, late(demo, rng)]
    used = demo.tables["cases"]["item_no"].value_counts().index[0]
    items = demo.tables["items"][["version", "item_no"]]
    steps.append({"items": items[items["item_no"] == used].assign(promised_days=1)})
    steps += mistaken(demo)
    stores = Store(tmp_path_factory.mktemp("parts")), Store(tmp_path_factory.mktemp("one"))
    for number, step in enumerate(steps):
        took_in(stores[0], step, number, SIZE, tracked=True)
        took_in(stores[1], step, number, NEVER, tracked=False)
    return stores


def test_a_ledger_in_parts_is_the_same_ledger(histories: tuple[Store, Store]) -> None:
    parted, one = histories
    assert len(parted.current().parts) > 5
    assert not one.current().parts
    for a, b in zip(parted.snapshots(), one.snapshots(), strict=True):
        assert replace(a, parts=()) == b
        reader = open_duckdb(parted, a, a.as_of)
        assert reader.counts() == counting.counted(reader.frame) == dict(a.counts)
        assert all(list(part.counts) == sorted(part.counts) for part in a.parts)  # engines group in any order
        same(content(parted, a), content(one, b))


@pytest.mark.parametrize("as_of", ["2024-12-31 12:00", "2025-10-08 09:00", "2026-11-19 18:00"])
def test_it_is_the_same_as_it_stood_earlier(histories: tuple[Store, Store], as_of: str) -> None:
    at = dt.datetime.fromisoformat(as_of)
    parted, one = histories
    then = content(parted, parted.current(), at)
    same(then, content(one, one.current(), at))
    assert 0 < len(then["case_facts"]) < parted.current().cases


@pytest.mark.parametrize("lacking", ["", "value."], ids=["all", "values"])
def test_parts_without_counts_are_counted_by_the_next_import(parted: Store, lacking: str) -> None:
    before = parted.current()
    card = parted.path(before.id).with_suffix(".json")
    told = json.loads(card.read_text("utf-8"))
    for holder in (told, *told["parts"]):  # as older programs wrote it
        holder["counts"] = {k: n for k, n in holder["counts"].items() if not k.startswith(lacking)}
    card.write_text(json.dumps(told), "utf-8")
    known = dict(parted.current().counts)
    assert not [k for k in known if k.startswith(lacking)]
    reader = open_duckdb(parted, parted.current(), before.as_of)
    assert reader.counts() == (known or dict(before.counts))
    after = took_in(parted, new_case("NEW-C"), 1, SIZE, tracked=True)
    assert dict(after.counts) == dict(before.counts) | {"cases": before.cases + 1}
    assert after.parts == before.parts


def test_values_are_those_published_or_those_that_lie_there(parted: Store) -> None:
    """What the filter bar offers: from the counts of the card, and asked of the rows where the counts are not all."""
    ledger = open_ledger(parted)
    facts = ledger.run(ledger.table("case_facts"))
    counts = dict(parted.current().counts)
    for column in counting.VALUED:
        there = facts[column].dropna().value_counts().rename_axis("value").reset_index(name="n")
        expected = there.sort_values(["n", "value"], ascending=[False, True])["value"].tolist()
        assert len(expected) > 5
        assert counting.values_in(counts, column) == ledger.values(column) == expected
        one_less = {k: n for k, n in counts.items() if k != f"value.{column}.{expected[0]}"}
        assert counting.values_in(one_less, column) is None
        ledger.__dict__["counts"] = one_less
        assert ledger.values(column) == expected
    assert counting.values_in(counts, "module") is None  # not counted: asked


def test_every_metric_is_the_same(histories: tuple[Store, Store]) -> None:
    year = Slice(dt.date(2026, 1, 1), dt.date(2026, 11, 24))
    for by in ((), ("module",)):
        a, b = (compute_many([*CATALOGUE], open_ledger(s), year, by) for s in histories)
        pd.testing.assert_frame_equal(a, b)


@pytest.fixture
def parted(demo: DemoLedger, tmp_path: Path) -> Store:
    """A store of which most lies in parts."""
    store = Store(tmp_path / "store")
    whole = {n: f.astype(object).where(f.notna(), None) for n, f in demo.tables.items()}
    took_in(store, whole, 0, SIZE, tracked=True)
    return store


def new_case(number: str) -> Rows:
    return {"cases": pd.DataFrame({"case_no": [number], "accepted_at": [AS_OF], "title": ["新的诉求"]})}


def test_an_import_writes_only_what_it_touches(parted: Store) -> None:
    before = parted.current()
    after = took_in(parted, new_case("NEW-1"), 1, SIZE, tracked=True)
    assert after.parts == before.parts
    assert after.cases == before.cases + 1
    assert parted.path(after.id).stat().st_size < sum(p.size for p in after.parts)
    old = open_duckdb(parted, after, after.as_of).frame(f"SELECT case_no FROM {before.parts[0].schema}.cases LIMIT 1")
    changed = {"cases": pd.DataFrame({"case_no": old["case_no"], "title": ["改过的标题"]})}
    again = took_in(parted, changed, 2, SIZE, tracked=True)
    assert [p.id for p in again.parts[1:]] == [p.id for p in before.parts[1:]]
    assert again.parts[0].cases == before.parts[0].cases - 1
    kept = open_ledger(parted).reader.frame("SELECT key FROM versions")
    assert kept["key"].to_list() == old["case_no"].to_list()


@pytest.mark.parametrize("mostly", [0.0, 1.1])
def test_a_file_written_anew_holds_the_same(
    parted: Store, mostly: float, demo: DemoLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "MOSTLY_FREE", mostly)
    store = Store(tmp_path / "again")
    whole = {n: f.astype(object).where(f.notna(), None) for n, f in demo.tables.items()}
    took_in(store, whole, 0, SIZE, tracked=True)
    same(content(store, store.current()), content(parted, parted.current()))
    assert len(took_in(store, new_case("NEW-1"), 1, SIZE, tracked=True).parts) == len(parted.current().parts)


def test_rows_that_say_what_is_known_open_no_part(parted: Store, demo: DemoLedger) -> None:
    before = parted.current()
    cases = demo.tables["cases"].astype(object)
    same_again = {"cases": cases.where(cases.notna(), None)}
    with parted.draft(tracked=True, part_cases=SIZE) as draft:
        outcome = upsert(draft, "cases", same_again["cases"].assign(row_id=range(len(cases))), "B1")
        assert set(outcome["status"]) == {"unchanged"}
        assert not draft.opened
    assert parted.current() == before


def test_parts_go_with_the_last_snapshot_that_has_them(parted: Store) -> None:
    first = parted.current()
    old = open_duckdb(parted, first, first.as_of).frame(f"SELECT case_no FROM {first.parts[0].schema}.cases LIMIT 1")
    took_in(parted, {"cases": old.assign(title="改过")}, 1, SIZE, tracked=True)
    assert path_of(parted.parts, first.parts[0]).exists()
    parted.rollback(first.id)
    (parted.parts / ".draft-1.duckdb").write_bytes(b"of a process that was killed")
    with parted.writing():
        parted.prune(0)
    assert {p.name for p in parted.parts.iterdir()} == {f"{p.id}.duckdb" for p in first.parts}


def test_what_a_killed_writer_left_is_in_nobodys_way(parted: Store) -> None:
    (parted.files / ".draft-1.duckdb.tmp").mkdir()
    (parted.files / ".draft-1.duckdb.tmp" / "spilled").write_bytes(b"x")
    (parted.parts / f".draft-{os.getpid()}.duckdb").write_bytes(b"half a part")
    more = {
        f"NEW-{i}": new_case(f"NEW-{i}")["cases"].assign(accepted_at=dt.datetime(2026, 1, 1)) for i in range(2 * SIZE)
    }
    late = pd.concat(more.values()).assign(closed_at=dt.datetime(2026, 1, 2))
    assert len(took_in(parted, {"cases": late}, 1, SIZE, tracked=True).parts) > len(parted.snapshots()[1].parts)
    assert not [*parted.folder.rglob(".draft-*")]


def test_a_part_that_is_missing_is_noticed_and_the_snapshot_before_served(parted: Store) -> None:
    first = parted.current()
    old = open_duckdb(parted, first, first.as_of).frame(f"SELECT case_no FROM {first.parts[0].schema}.cases LIMIT 1")
    second = took_in(parted, {"cases": old.assign(title="改过")}, 1, SIZE, tracked=True)
    (of_second,) = set(second.parts) - set(first.parts)
    file = path_of(parted.parts, of_second)
    content = bytearray(file.read_bytes())
    assert sound(parted.parts, of_second)
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert not sound(parted.parts, of_second)
    file.write_bytes(content[:-1])
    assert parted.damaged() == second.id
    assert parted.current() == first
    file.unlink()
    with pytest.raises(StoreError, match="已损坏"):
        parted.rollback(second.id)


def test_a_backup_holds_the_parts(parted: Store, tmp_path: Path) -> None:
    before = content(parted, parted.current())
    back_up(parted, tmp_path / "b.tar.gz")
    restore(tmp_path / "b.tar.gz", tmp_path / "other")
    other = Store(tmp_path / "other")
    same(content(other, other.current()), before)


def test_what_is_erased_is_erased_in_parts_too(parted: Store) -> None:
    due = plan(parted, 1, AS_OF.date())
    assert due.cases
    apply(parted, due, AS_OF + dt.timedelta(hours=1))
    current = parted.current()
    left = (
        open_duckdb(parted, current, current.as_of)
        .frame("SELECT case_no, title FROM cases SEMI JOIN case_facts USING (case_no)")
        .set_index("case_no")["title"]
    )
    assert left[[*due.cases]].isna().all()
    assert left.drop([*due.cases]).notna().any()
    facts = open_ledger(parted).reader.frame("SELECT case_no FROM case_facts WHERE closed_at < TIMESTAMP '2025-06-01'")
    assert len(set(facts["case_no"]) & set(due.cases)) > 0.9 * len(facts) > 1000
    assert {p.name for p in parted.parts.glob("*")} == {f"{p.id}.duckdb" for p in current.parts}


def test_a_ledger_derived_portion_by_portion_is_the_same(
    parted: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, demo: DemoLedger
) -> None:
    monkeypatch.setattr(derive, "AT_ONCE", 700)
    store = Store(tmp_path / "portions")
    whole = {n: f.astype(object).where(f.notna(), None) for n, f in demo.tables.items()}
    took_in(store, whole, 0, NEVER, tracked=True)
    same(content(store, store.current()), content(parted, parted.current()))
    at = dt.datetime(2025, 10, 8, 9)
    then = content(store, store.current(), at)
    monkeypatch.undo()
    same(then, content(parted, parted.current(), at))
