"""Accounts of one store: local ones with a password, and those whom a provider (OIDC) vouches for."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import sqlite3
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from analytics.clock import shanghai_now
from analytics.refusal import Refusal
from analytics.store import Store, StoreError
from analytics.store.audit import ACCOUNT, LOCKED, REFUSED, SIGN_IN, SIGN_OUT, AuditLog
from analytics.store.books import told_book
from analytics.viewer import ADMIN, ADMINISTER, LOCAL, ROLES, Viewer

#: After so many wrong passwords in a row from one address, that address waits before it may try this name again: so many
#: seconds, twice as many after each further one, so many at most. Others are not kept from signing in by that.
MOST_FAILURES, FIRST_WAIT, LONGEST_WAIT = 5, 15, 3600
#: Failures older than this are forgotten.
FORGET_HOURS = 24
SHORTEST_PASSWORD = 10
#: A session ends after so long without a click, and in any case.
IDLE_MINUTES, SESSION_HOURS = 120, 12
LOCAL_KIND, OIDC_KIND = "local", "oidc"
_TABLES = (
    "CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, role TEXT NOT NULL, department TEXT, kind TEXT NOT NULL,"
    " password TEXT, must_change INTEGER NOT NULL DEFAULT 0,"
    " enabled INTEGER NOT NULL DEFAULT 1, made_at TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS sessions (token TEXT PRIMARY KEY, name TEXT NOT NULL, made_at TEXT NOT NULL, seen_at TEXT NOT NULL)",
    # Of names that do not exist too, and as digests: what somebody types for a name may be a password.
    "CREATE TABLE IF NOT EXISTS failures (name TEXT NOT NULL, address TEXT NOT NULL, times INTEGER NOT NULL, last TEXT NOT NULL,"
    " PRIMARY KEY (name, address))",
)


class SignInRefused(Refusal):
    """A sign-in that fails; the message is Chinese and never says whether the name exists."""


@dataclass(frozen=True)
class Account:
    """One account as an administrator sees it."""

    name: str
    role: str
    department: str | None
    kind: str
    must_change: bool
    enabled: bool

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.name, self.role, self.department)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()  # Argon2id with the parameters of RFC 9106 (low memory: 64 MiB, 3 passes)


@cache
def _nobodys() -> str:
    """A hash that no password matches: a name that does not exist takes as long as one that does."""
    return _hasher().hash(secrets.token_hex(16))


class Accounts:
    """The accounts and sessions of one store, in ``access/accounts.sqlite``; no account is ever deleted."""

    def __init__(self, store: Store):
        self.path = store.folder / "access" / "accounts.sqlite"
        self.log = AuditLog(store.folder)

    def _open(self) -> AbstractContextManager[sqlite3.Connection]:
        return told_book(self.path, _TABLES, "账号文件打不开或写不进", private=True)

    def all(self) -> list[Account]:
        """Return every account by name; none where none was ever made."""
        if not self.path.exists():
            return []
        with self._open() as con:
            rows = con.execute(f"{_SELECT} ORDER BY name").fetchall()
        return [_account(r) for r in rows]

    def with_password(self) -> bool:
        """Tell whether any account is signed in to with a password."""
        return any(a.kind == LOCAL_KIND for a in self.all())

    def get(self, name: str) -> Account | None:
        if not self.path.exists():
            return None
        with self._open() as con:
            row = con.execute(f"{_SELECT} WHERE name = ?", (_plain(name),)).fetchone()
        return _account(row) if row else None

    # -- what an administrator does -----------------------------------------------------------

    def add(
        self, name: str, role: str, department: str | None = None, *, oidc: bool = False, by: Viewer = LOCAL
    ) -> str | None:
        """Make an account; returns the first password, to be changed at the first sign-in (None with OIDC)."""
        by.require(ADMINISTER)
        name = _plain(name)
        if not name or len(name) > 60:
            raise StoreError("账号名要有 1 到 60 个字")
        _check_role(role, department)
        password = None if oidc else _temporary()
        kind = OIDC_KIND if oidc else LOCAL_KIND
        with self._open() as con, con:
            if con.execute("SELECT 1 FROM accounts WHERE name = ?", (name,)).fetchone():
                raise StoreError(f"账号“{name}”已经有了")
            con.execute(
                "INSERT INTO accounts (name, role, department, kind, password, must_change, made_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    name,
                    role,
                    department,
                    kind,
                    password and _hasher().hash(password),
                    int(not oidc),
                    _now().isoformat(),
                ),
            )
        self.log.record(by, ACCOUNT, name, {"made": kind, "role": role, "department": department})
        return password

    def change(
        self,
        name: str,
        role: str | None = None,
        department: str | None = None,
        enabled: bool | None = None,
        *,
        by: Viewer = LOCAL,
    ) -> None:
        """Give an account another role and scope (both, where ``role`` is given), or close or reopen it."""
        by.require(ADMINISTER)
        account = self._known(name)
        sets: dict[str, object] = {}
        if role is not None:
            _check_role(role, department)
            sets |= {"role": role, "department": department}
        if enabled is not None:
            sets["enabled"] = int(enabled)
        others = [a for a in self.all() if a.name != account.name and a.enabled and a.role == ADMIN]
        if account.role == ADMIN and not others and (enabled is False or sets.get("role", ADMIN) != ADMIN):
            raise StoreError("这是最后一个管理员，不能停用或改作别的角色")
        with self._open() as con, con:
            for column, value in sets.items():
                con.execute(f"UPDATE accounts SET {column} = ? WHERE name = ?", (value, account.name))
            if enabled is False:
                con.execute("DELETE FROM sessions WHERE name = ?", (account.name,))
        self.log.record(by, ACCOUNT, account.name, sets)

    def reset(self, name: str, *, by: Viewer = LOCAL) -> str:
        """Unlock a local account and give it a new first password; its sessions end."""
        by.require(ADMINISTER)
        account = self._known(name)
        if account.kind != LOCAL_KIND:
            raise StoreError("这个账号由统一身份认证登录，没有口令")
        password = _temporary()
        self._set_password(account.name, password, must_change=True)
        self.log.record(by, ACCOUNT, account.name, {"reset": True})
        return password

    def _known(self, name: str) -> Account:
        account = self.get(name)
        if account is None:
            raise StoreError(f"没有账号“{name}”")
        return account

    # -- signing in ---------------------------------------------------------------------------

    def check(self, name: str, password: str, address: str = "") -> Account:
        """Return the account whose password this is; raises SignInRefused, and lets an address wait after too many failures.

        The same is said after the same time whether the name exists or not.
        """
        name, nobodys = _plain(name), _nobodys()
        if not self.path.exists():  # a failure makes no file of accounts: one without any would stand for no sign-in
            raise SignInRefused("账号或口令不对")
        with self._open() as con:
            row = con.execute(
                "SELECT password, enabled FROM accounts WHERE name = ? AND kind = ?", (name, LOCAL_KIND)
            ).fetchone()
        kept, enabled = row or (None, 0)
        if wait := self._waits(name, address):
            self.log.record(_nobody(name if row else _UNKNOWN), REFUSED, name if row else "", {"why": "waits"})
            raise SignInRefused(f"从这里试得太多了，请 {wait} 秒后再试，或请管理员重置口令")
        if not _matches(kept or nobodys, password) or not kept or not enabled:
            self._failed(name, address, known=row is not None)
            raise SignInRefused("账号或口令不对")
        with self._open() as con, con:
            con.execute("DELETE FROM failures WHERE name = ? AND address = ?", (_digest(name), _digest(address)))
        return self._known(name)

    def _waits(self, name: str, address: str) -> int:
        """Return how many seconds an address must wait before it may try a name again, 0 for none."""
        with self._open() as con:
            row = con.execute(
                "SELECT times, last FROM failures WHERE name = ? AND address = ?", (_digest(name), _digest(address))
            ).fetchone()
        if row is None or row[0] < MOST_FAILURES:
            return 0
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(row[0] - MOST_FAILURES, 20))
        left = dt.datetime.fromisoformat(row[1]) + dt.timedelta(seconds=wait) - _now()
        return max(0, min(wait, round(left.total_seconds())))

    def _failed(self, name: str, address: str, *, known: bool) -> None:
        """Count a failure, each of those that come at once, and forget those of yesterday."""
        now, of = _now(), (_digest(name), _digest(address))
        with self._open() as con, con:
            con.execute("DELETE FROM failures WHERE last < ?", ((now - dt.timedelta(hours=FORGET_HOURS)).isoformat(),))
            times = con.execute(
                "INSERT INTO failures VALUES (?, ?, 1, ?) ON CONFLICT (name, address)"
                " DO UPDATE SET times = times + 1, last = excluded.last RETURNING times",
                (*of, now.isoformat()),
            ).fetchone()[0]
        # A mistyped name may be a password: what was typed is kept only where such an account exists.
        act = LOCKED if times == MOST_FAILURES else REFUSED
        self.log.record(_nobody(name if known else _UNKNOWN), act, name if known else "")

    def change_password(self, name: str, old: str, new: str, address: str = "") -> None:
        """Set one's own password; raises SignInRefused for a wrong old one, StoreError for a new one that is weak."""
        account = self.check(name, old, address)
        if len(new) < SHORTEST_PASSWORD:
            raise StoreError(f"新口令至少 {SHORTEST_PASSWORD} 个字符")
        if new == old or account.name.lower() in new.lower() or len(set(new)) < 5:
            raise StoreError("新口令不能与旧的相同、不能含账号名，也不能只是几个字符重复")
        self._set_password(account.name, new, must_change=False)
        self.log.record(account.viewer, ACCOUNT, account.name, {"password": "changed"})

    def _set_password(self, name: str, password: str, *, must_change: bool) -> None:
        with self._open() as con, con:
            con.execute(
                "UPDATE accounts SET password = ?, must_change = ? WHERE name = ?",
                (_hasher().hash(password), int(must_change), name),
            )
            con.execute("DELETE FROM sessions WHERE name = ?", (name,))
            con.execute("DELETE FROM failures WHERE name = ?", (_digest(name),))

    # -- sessions -----------------------------------------------------------------------------

    def open_session(self, account: Account) -> str:
        """Begin a session and return its token; only the token's hash is kept."""
        token, now = secrets.token_urlsafe(32), _now().isoformat()
        with self._open() as con, con:
            con.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", (_digest(token), account.name, now, now))
        self.log.record(account.viewer, SIGN_IN, account.name, {"by": LOCAL_KIND})
        return token

    def by_session(self, token: str) -> Account | None:
        """Return whose session a token is, as the account stands now; None for one that ended."""
        if not token or not self.path.exists():
            return None
        now = _now()
        with self._open() as con, con:
            row = con.execute(
                "SELECT name, made_at, seen_at FROM sessions WHERE token = ?", (_digest(token),)
            ).fetchone()
            if row is None:
                return None
            made, seen = (dt.datetime.fromisoformat(t) for t in row[1:])
            # A clock that was set back ends a session too: its age can no longer be told.
            if not (made <= seen <= now < min(made + _HOURS, seen + _IDLE)):
                con.execute("DELETE FROM sessions WHERE token = ?", (_digest(token),))
                return None
            if now - seen > dt.timedelta(minutes=1):
                con.execute("UPDATE sessions SET seen_at = ? WHERE token = ?", (now.isoformat(), _digest(token)))
        account = self.get(row[0])
        return account if account and account.enabled else None

    def close_session(self, token: str) -> None:
        account = self.by_session(token)
        if account is None:
            return
        with self._open() as con, con:
            con.execute("DELETE FROM sessions WHERE token = ?", (_digest(token),))
        self.log.record(account.viewer, SIGN_OUT, account.name)

    def by_provider(self, name: str) -> Account | None:
        """Return the account of somebody whom the provider names; None where none was made or it is closed."""
        account = self.get(name)
        return account if account and account.kind == OIDC_KIND and account.enabled else None


_UNKNOWN = "（未知账号）"
_HOURS, _IDLE = dt.timedelta(hours=SESSION_HOURS), dt.timedelta(minutes=IDLE_MINUTES)
_SELECT = "SELECT name, role, department, kind, must_change, enabled FROM accounts"


def _account(row: tuple) -> Account:
    return Account(row[0], row[1], row[2], row[3], bool(row[4]), bool(row[5]))


def _check_role(role: str, department: str | None) -> None:
    if role not in ROLES:
        raise StoreError(f"没有角色“{role}”；可用：{'、'.join(f'{k}（{v}）' for k, v in ROLES.items())}")
    if role == ADMIN and department:
        raise StoreError("管理员管全区，不能限定部门")


def _matches(kept: str, password: str) -> bool:
    try:
        return _hasher().verify(kept, password[:256])
    except (VerifyMismatchError, InvalidHashError):
        return False


def _nobody(name: str) -> Viewer:
    return Viewer(name, "")


def _plain(name: str) -> str:
    return name.strip().lower()


def _temporary() -> str:
    return secrets.token_urlsafe(12)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _now() -> dt.datetime:
    return shanghai_now().replace(microsecond=0)
