"""Local accounts: passwords, lock-out, the forced change, sessions; and who may manage them."""

from __future__ import annotations

import datetime as dt
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from analytics.access import Accounts, SignInRefused, accounts
from analytics.store import Store, StoreError
from analytics.store.audit import LOCKED, REFUSED, SIGN_IN, AuditLog
from analytics.viewer import ADMIN, ANALYST, LEADER, NotAllowed, Viewer

GOOD = "Yanta-2026-spring"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    clock = Clock()
    monkeypatch.setattr(accounts, "_now", clock)
    made = Accounts(Store(tmp_path))
    made.clock = clock  # type: ignore[attr-defined]
    return made


class Clock:
    now = dt.datetime(2026, 11, 25, 9)

    def __call__(self) -> dt.datetime:
        return self.now

    def wait(self, **span: int) -> None:
        self.now += dt.timedelta(**span)


def with_password(kept: Accounts, name: str = "zhang", role: str = ANALYST, department: str | None = None) -> str:
    first = kept.add(name, role, department)
    assert first
    kept.change_password(name, first, GOOD)
    return GOOD


def test_a_password_is_kept_as_an_argon2_hash_alone(kept: Accounts) -> None:
    first = kept.add("Zhang", ANALYST)
    assert first
    assert len(first) >= 16
    row = sqlite3.connect(kept.path).execute("SELECT name, password FROM accounts").fetchone()
    assert row[0] == "zhang"
    assert row[1].startswith("$argon2id$")
    assert first not in kept.path.read_bytes().decode("latin-1")
    assert kept.path.stat().st_mode & 0o077 == 0


def test_the_first_password_must_be_changed(kept: Accounts) -> None:
    first = kept.add("zhang", ANALYST)
    assert first
    assert kept.check("zhang", first).must_change
    kept.change_password("zhang", first, GOOD)
    assert not kept.check("zhang", GOOD).must_change
    with pytest.raises(SignInRefused):
        kept.check("zhang", first)


@pytest.mark.parametrize("weak", ["short", "zhang-is-long-enough", "aaaaaaaaaaaaaaa", "ababababababab"])
def test_weak_passwords_are_refused(kept: Accounts, weak: str) -> None:
    first = kept.add("zhang", ANALYST)
    assert first
    with pytest.raises(StoreError):
        kept.change_password("zhang", first, weak)
    assert kept.check("zhang", first).must_change


def wrong(kept: Accounts, name: str, times: int, address: str = "10.0.0.9") -> list[str]:
    """Guess so many times and return what is said."""
    said = []
    for _ in range(times):
        with pytest.raises(SignInRefused) as refused:
            kept.check(name, "wrong", address)
        said.append(str(refused.value))
    return said


def test_after_five_wrong_passwords_an_address_waits_ever_longer(kept: Accounts) -> None:
    with_password(kept)
    assert set(wrong(kept, "zhang", accounts.MOST_FAILURES)) == {"账号或口令不对"}
    assert "请 15 秒后再试" in wrong(kept, "zhang", 1)[0]
    for wait in (15, 30, 60, 120):
        kept.clock.wait(seconds=wait - 1)
        with pytest.raises(SignInRefused, match="请 1 秒后再试"):
            kept.check("zhang", GOOD, "10.0.0.9")
        kept.clock.wait(seconds=1)
        assert wrong(kept, "zhang", 1) == ["账号或口令不对"]
    kept.clock.wait(seconds=accounts.LONGEST_WAIT)
    assert kept.check("zhang", GOOD, "10.0.0.9").name == "zhang"
    acts = [e.act for e in kept.log.entries()]
    assert acts.count(LOCKED) == 1
    assert acts.count(REFUSED) == accounts.MOST_FAILURES - 1 + 1 + 4 + 4


def test_a_stranger_keeps_nobody_out(kept: Accounts) -> None:
    with_password(kept)
    wrong(kept, "zhang", 50, "203.0.113.5")
    assert kept.check("zhang", GOOD, "10.0.0.9").name == "zhang"
    with pytest.raises(SignInRefused, match="秒后再试"):
        kept.check("zhang", GOOD, "203.0.113.5")  # and the stranger still waits


def test_an_unknown_name_a_closed_and_a_providers_account_are_told_the_same(
    kept: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_password(kept)
    with_password(kept, "closed")
    kept.add("root", ADMIN)
    kept.change("closed", enabled=False)
    kept.add("li@district.example", LEADER, oidc=True)
    hashed: list[str] = []
    matches = accounts._matches
    monkeypatch.setattr(accounts, "_matches", lambda kept, given: hashed.append(kept) or matches(kept, given))
    told = {}
    for name in ("zhang", "nobody", "closed", "li@district.example"):
        hashed.clear()
        told[name] = (wrong(kept, name, accounts.MOST_FAILURES + 3), len(hashed))
    assert len({repr(t) for t in told.values()}) == 1  # the same words, and as many passwords checked: the same time
    assert told["zhang"][1] == accounts.MOST_FAILURES


def test_failures_keep_no_typed_name_and_are_forgotten(kept: Accounts) -> None:
    with_password(kept)
    wrong(kept, "my-secret-typed-in-the-wrong-field", 2)
    with sqlite3.connect(kept.path) as con:
        assert con.execute("SELECT count(*) FROM failures").fetchone()[0] == 1
        assert "my-secret" not in "".join(con.iterdump())
    kept.clock.wait(hours=accounts.FORGET_HOURS + 1)
    wrong(kept, "zhang", 1)
    with sqlite3.connect(kept.path) as con:
        assert con.execute("SELECT count(*) FROM failures").fetchone()[0] == 1


def test_a_right_password_forgets_the_wrong_ones(kept: Accounts) -> None:
    with_password(kept)
    for _ in range(3):
        for _ in range(accounts.MOST_FAILURES - 1):
            with pytest.raises(SignInRefused):
                kept.check("zhang", "wrong")
        kept.check("zhang", GOOD)


def test_an_administrator_unlocks_by_a_new_first_password(kept: Accounts) -> None:
    with_password(kept)
    for _ in range(accounts.MOST_FAILURES):
        with pytest.raises(SignInRefused):
            kept.check("zhang", "wrong")
    token_before = kept.reset("zhang")
    assert kept.check("zhang", token_before).must_change


def test_an_unknown_name_is_told_the_same_and_never_kept(kept: Accounts) -> None:
    with_password(kept)
    with pytest.raises(SignInRefused, match=r"^账号或口令不对$"):
        kept.check("my-secret-typed-in-the-wrong-field", "x")
    assert not any("my-secret" in f"{e.who}{e.target}{e.detail}" for e in kept.log.entries())


def test_a_session_ends_by_idling_by_age_and_by_a_clock_set_back(kept: Accounts) -> None:
    account = kept.check("zhang", with_password(kept))
    token = kept.open_session(account)
    assert token not in kept.path.read_bytes().decode("latin-1")
    kept.clock.wait(minutes=accounts.IDLE_MINUTES - 1)
    assert kept.by_session(token)
    kept.clock.wait(minutes=accounts.IDLE_MINUTES + 1)
    assert kept.by_session(token) is None
    token = kept.open_session(account)
    for _ in range(accounts.SESSION_HOURS):
        assert kept.by_session(token)
        kept.clock.wait(hours=1)
    assert kept.by_session(token) is None
    token = kept.open_session(account)
    kept.clock.wait(hours=-1)
    assert kept.by_session(token) is None
    assert kept.by_session("nonsense") is None


def test_changes_reach_a_session_at_once(kept: Accounts) -> None:
    token = kept.open_session(kept.check("zhang", with_password(kept)))
    kept.change("zhang", LEADER, "区税务局")
    account = kept.by_session(token)
    assert account
    assert account.viewer.department == "区税务局"
    assert account.viewer.role == LEADER
    kept.change("zhang", enabled=False)
    assert kept.by_session(token) is None
    with pytest.raises(SignInRefused):
        kept.check("zhang", GOOD)
    assert [e.act for e in kept.log.entries(SIGN_IN)] == [SIGN_IN]


def test_there_is_always_an_administrator(kept: Accounts) -> None:
    kept.add("root", ADMIN)
    with pytest.raises(StoreError, match="最后一个管理员"):
        kept.change("root", enabled=False)
    with pytest.raises(StoreError, match="最后一个管理员"):
        kept.change("root", LEADER)
    kept.add("second", ADMIN)
    kept.change("root", enabled=False)


def test_what_cannot_be_an_account_is_refused(kept: Accounts) -> None:
    kept.add("zhang", ANALYST)
    for given in (("zhang", ANALYST, None), (" ", ANALYST, None), ("x" * 61, ANALYST, None), ("a", "king", None)):
        with pytest.raises(StoreError):
            kept.add(*given)
    with pytest.raises(StoreError, match="全区"):
        kept.add("a", ADMIN, "区税务局")
    with pytest.raises(NotAllowed):
        kept.add("b", ANALYST, by=Viewer("zhang", ANALYST))
    kept.add("c@d.cn", ANALYST, oidc=True)
    with pytest.raises(StoreError, match="没有口令"):
        kept.reset("c@d.cn")


def test_a_provider_vouches_only_for_its_own_accounts(kept: Accounts) -> None:
    with_password(kept)
    kept.add("Li@district.gov.cn", LEADER, oidc=True)
    assert kept.by_provider("li@District.gov.cn") is not None
    assert kept.by_provider("zhang") is None  # a local account is not opened by a provider's word
    assert kept.by_provider("") is None
    with pytest.raises(SignInRefused):
        kept.check("li@district.gov.cn", "")
    kept.change("li@district.gov.cn", enabled=False)
    assert kept.by_provider("li@district.gov.cn") is None
    assert AuditLog(kept.path.parent.parent).verify() is None


def test_guesses_that_come_at_once_count_each(kept: Accounts) -> None:
    with_password(kept)
    with ThreadPoolExecutor(8) as guessing:
        refused = [guessing.submit(kept.check, "zhang", "wrong") for _ in range(8)]
        assert all(isinstance(r.exception(), SignInRefused) for r in refused)
    with pytest.raises(SignInRefused, match="秒后再试"):
        kept.check("zhang", GOOD)
