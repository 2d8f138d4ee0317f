"""Erasing that was interrupted is finished by the next run, wherever it stopped; doctor finds what still lies there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analytics import retention
from analytics.checkup import BAD, GOOD, WARNING, Check, checks
from analytics.clock import shanghai_now
from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.lingering import lingering
from analytics.settings import FILE, load_settings
from analytics.store import Store
from analytics.store.backup import back_up
from analytics.store.runs import RunBook
from tests.small import NOW, publish
from tests.trust.test_keeping import rows

PHONE = b"13812345678"


#: All terms of a year are over by then.
TODAY = shanghai_now().date()


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    tables = {"cases": [row | {"closed_at": row["closed_at"] or row["accepted_at"]} for row in rows()]}
    publish(tmp_path / "s", tables)
    made = publish(tmp_path / "s", tables)
    IssueDesk(made).discover(open_ledger(made))
    IssueDesk(made).discover(open_ledger(made))
    return made


def holding(store: Store) -> list[str]:
    """Return the files of a store in which the telephone number stands, unpacked or not."""
    return sorted(p.name for p in store.folder.rglob("*") if p.is_file() and PHONE in p.read_bytes())


def kill_at(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, after: bool) -> None:
    real: Callable[..., object] = getattr(owner, name)

    def killed(*given: object, **named: object) -> None:
        if after:
            real(*given, **named)
        raise Killed

    monkeypatch.setattr(owner, name, killed)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", [(Store, "remove"), (Store, "sweep"), (RunBook, "forget"), (RunBook, "publish")])
def test_an_erasing_that_was_killed_is_finished_by_the_next(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: tuple[type, str], after: bool
) -> None:
    assert holding(store)
    plan = retention.plan(store, 1, TODAY)
    with monkeypatch.context() as patch:
        kill_at(patch, *step, after)
        with pytest.raises(Killed):
            retention.apply(store, plan, NOW)
    if step != (RunBook, "forget") or not after:  # killed there all is erased, and only the audit lacks it
        assert lingering(store, plan.day)
    retention.apply(store, retention.plan(store, 1, TODAY), NOW)
    plan = retention.plan(store, 1, TODAY)
    assert plan.nothing
    assert plan.left == ()
    assert not [f for f in holding(store) if f.startswith(("S", ".draft"))]


@pytest.mark.parametrize("left", ["snapshot", "draft", "run draft", "part"])
def test_whatever_still_lies_there_is_found(store: Store, left: str) -> None:
    retention.apply(store, retention.plan(store, 1, TODAY), NOW)
    assert retention.plan(store, 1, TODAY).nothing
    place = {
        "snapshot": store.files / "S000001-202001010000.duckdb",
        "draft": store.files / ".draft-99.duckdb",
        "run draft": store.folder / "issues" / "real" / "runs" / ".draft-99",
        "part": store.parts / "P000001.duckdb",
    }[left]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(PHONE)
    assert not retention.plan(store, 1, TODAY).nothing
    if left != "run draft":
        retention.apply(store, retention.plan(store, 1, TODAY), NOW)
        assert not place.exists()


def check(store: Store) -> Check:
    return next(c for c in checks(store) if c.name == "留存期限")


def test_doctor_looks_everywhere(store: Store) -> None:
    (store.folder / FILE).write_text("[privacy]\nretention_years = 1\n", "utf-8")
    load_settings.__globals__["_loaded"].cache_clear()
    back_up(store, store.folder / "旧.tar.gz")
    found = check(store)
    assert found.state == BAD
    assert "retention --years 1 --apply" in found.told
    years = 1
    retention.apply(store, retention.plan(store, years, TODAY), NOW)
    plan = retention.plan(store, years, TODAY)
    assert plan.nothing
    assert [str(one) for one in plan.left] == ["备份 旧.tar.gz"]
    assert "请自行处理：备份 旧.tar.gz" in plan.sentence()
    told = check(store)
    assert told.state == WARNING
    (store.folder / "旧.tar.gz").unlink()
    assert check(store).state == GOOD
