"""Restoring: everything is checked and unpacked beside, then swapped; a store is never left more open than it was."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time
from contextlib import closing
from pathlib import Path

import pytest

from analytics.access import Accounts, SignInRefused
from analytics.checkup import checks
from analytics.store import Store, StoreError, backup
from analytics.store.audit import RESTORED, AuditLog
from analytics.store.backup import ACCOUNTS, MANIFEST, back_up, restore
from analytics.viewer import ADMIN
from tests.small import publish
from tests.trust.mutations import FEW, backup_file

CASE = [{"case_no": "C1", "title": "x", "accepted_at": "2026-11-02"}]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = publish(tmp_path / "here" / "store", {"cases": CASE})
    for path in [made.folder, *made.folder.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)
    return made


@pytest.fixture
def file(store: Store, tmp_path: Path) -> Path:
    out = tmp_path / "b.tar.gz"
    back_up(store, out)
    return out


def parts(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar if m.isreg()}


def packed(file: Path, held: dict[str, bytes], manifest: object = None) -> Path:
    """Write a backup of parts, the manifest replaced where one is given."""
    if manifest is not None:
        held = held | {MANIFEST: json.dumps(manifest).encode()}
    with tarfile.open(file, "w:gz") as tar:
        for name, content in held.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), 0o666
            tar.addfile(info, io.BytesIO(content))
    return file


def state(store: Store) -> dict[str, bytes]:
    """Return every file of a store but its audit's newest entries."""
    return {str(p.relative_to(store.folder)): p.read_bytes() for p in store.folder.rglob("*") if p.is_file()}


def modes(folder: Path) -> set[tuple[bool, int]]:
    return {(p.is_dir(), p.stat().st_mode & 0o777) for p in [folder, *folder.rglob("*")]}


def test_permissions_stay_the_stores(store: Store, file: Path, tmp_path: Path) -> None:
    wide = packed(tmp_path / "wide.tar.gz", parts(file))  # its files say 666
    old = os.umask(0o022)
    try:
        restore(wide, store.folder)
        restore(wide, tmp_path / "new" / "store")
    finally:
        os.umask(old)
    for folder in (store.folder, tmp_path / "new" / "store"):
        assert all(mode in (0o700, 0o600) for _, mode in modes(folder)), modes(folder)


def test_only_what_the_manifest_names_is_unpacked(store: Store, file: Path, tmp_path: Path) -> None:
    before, held = state(store), parts(file)
    for name in ("settings.toml", ACCOUNTS, "snapshots/S999999.json", "../x", "/tmp/x", "CURRENT/x"):
        with pytest.raises(StoreError, match="有清单上没有的"):
            restore(packed(tmp_path / "more.tar.gz", held | {name: b"x"}), store.folder)
    with tarfile.open(tmp_path / "link.tar.gz", "w:gz") as tar:
        for name, content in held.items():
            info = tarfile.TarInfo(name)
            if name == "CURRENT":
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    with pytest.raises(StoreError):
        restore(tmp_path / "link.tar.gz", store.folder)
    assert state(store) == before


@pytest.mark.parametrize("drop", ["made_at", "snapshot", "files", "format"])
def test_a_manifest_that_lacks_something_touches_nothing(store: Store, file: Path, tmp_path: Path, drop: str) -> None:
    before, held = state(store), parts(file)
    manifest = json.loads(held[MANIFEST])
    for wrong in (
        {k: v for k, v in manifest.items() if k != drop},
        manifest | {drop: None},
        manifest | {drop: []},
        manifest | {drop: {}},
        {},
        [],
        None,
        manifest | {"files": {}},
        manifest | {"made_at": "gestern"},
        manifest | {"files": manifest["files"] | {"../../x": "0"}},
        manifest | {"files": manifest["files"] | {"/etc/x": "0"}},
        manifest | {"files": manifest["files"] | {"more": 3}},
        manifest | {"snapshot": "S000009"},
    ):
        bad = packed(tmp_path / "bad.tar.gz", held | {MANIFEST: json.dumps(wrong).encode()})
        with pytest.raises(StoreError, match=r"不是本系统的备份|校验和"):
            restore(bad, store.folder)
    assert state(store) == before
    assert [p.name for p in store.folder.parent.iterdir()] == ["store"]


def test_sign_in_never_gets_weaker(store: Store, file: Path, tmp_path: Path) -> None:
    """The backup was made before there were accounts; so was one whose manifest leaves them out."""
    accounts = Accounts(store)
    accounts.add("root", ADMIN)
    (store.folder / "settings.toml").write_text("[privacy]\nleast_shared = 9\n", "utf-8")
    later = tmp_path / "later.tar.gz"
    token = accounts.open_session(accounts.get("root"))
    back_up(store, later)
    held = parts(later)
    manifest = json.loads(held.pop(MANIFEST))
    del manifest["files"][ACCOUNTS], held[ACCOUNTS]
    for one in (file, packed(tmp_path / "none.tar.gz", {MANIFEST: b"", **held}, manifest), later):
        restore(one, store.folder)
        assert [a.name for a in Accounts(store).all()] == ["root"]
        assert (store.folder / "settings.toml").exists()
        assert (store.folder / ACCOUNTS).stat().st_mode & 0o777 == 0o600
        assert Accounts(store).by_session(token) is None
        assert RESTORED in [e.act for e in AuditLog(store.folder).entries()]


def emptied(content: bytes, place: Path, how: str) -> bytes:
    """Return a file of accounts that lets no administrator in."""
    if how in ("nothing", "rubbish"):
        return b"" if how == "nothing" else b"rubbish" * 1000
    place.write_bytes(content)
    with closing(sqlite3.connect(place)) as con, con:
        con.execute({"none": "DELETE FROM accounts", "gone": "DROP TABLE accounts", "closed": "UPDATE accounts SET enabled = 0",
                     "others": "UPDATE accounts SET role = 'analyst'"}[how])  # fmt: skip
    return place.read_bytes()


@pytest.mark.parametrize("how", ["nothing", "rubbish", "none", "gone", "closed", "others"])
def test_accounts_that_let_nobody_in_take_no_place_of_such_that_do(store: Store, tmp_path: Path, how: str) -> None:
    Accounts(store).add("root", ADMIN)
    out = tmp_path / "b.tar.gz"
    back_up(store, out)
    held = parts(out)
    manifest = json.loads(held.pop(MANIFEST))
    held[ACCOUNTS] = emptied(held[ACCOUNTS], tmp_path / "accounts.sqlite", how)
    manifest["files"][ACCOUNTS] = hashlib.blake2b(held[ACCOUNTS], digest_size=32).hexdigest()
    restore(packed(out, {MANIFEST: b"", **held}, manifest), store.folder)
    assert [(a.name, a.role, a.enabled) for a in Accounts(store).all()] == [("root", ADMIN, True)]


def test_accounts_that_cannot_be_read_are_refused_where_there_are_no_others(store: Store, file: Path) -> None:
    held = parts(file)
    manifest = json.loads(held.pop(MANIFEST))
    held[ACCOUNTS] = b"rubbish" * 1000
    manifest["files"][ACCOUNTS] = hashlib.blake2b(held[ACCOUNTS], digest_size=32).hexdigest()
    with pytest.raises(StoreError, match="账号文件已损坏"):
        restore(packed(file, {MANIFEST: b"", **held}, manifest), store.folder)


def test_what_restoring_put_aside_is_named_until_it_is_gone(store: Store, file: Path) -> None:
    def told() -> list[str]:
        return [c.told for c in checks(store) if c.name == "旧数据目录"]

    assert told() == []
    aside = restore(file, store.folder)["aside"]
    (word,) = told()
    assert str(aside) in word
    shutil.rmtree(store.folder.with_name(str(aside)))
    assert told() == []


def test_a_sign_in_that_fails_makes_no_accounts(store: Store) -> None:
    with pytest.raises(SignInRefused):
        Accounts(store).check("root", "guess")
    assert not (store.folder / ACCOUNTS).exists()


@pytest.mark.parametrize("where", ["copyfileobj", "replace"])
def test_a_full_disk_is_called_one(store: Store, file: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    before = state(store)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(backup.shutil if where == "copyfileobj" else backup.os, where, full)
    with pytest.raises(StoreError, match="磁盘空间不足"):
        restore(file, store.folder)
    monkeypatch.undo()
    assert state(store) == before


def test_a_swap_that_fails_half_way_is_undone(store: Store, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, move = state(store), os.replace

    def second(source: object, target: object) -> None:
        if str(source).endswith("/store") and ".backup-" in str(source):
            raise OSError(errno.EACCES, "Permission denied")
        move(source, target)

    monkeypatch.setattr(backup.os, "replace", second)
    with pytest.raises(StoreError, match="请检查权限"):
        restore(file, store.folder)
    assert state(store) == before


def test_a_killed_backup_leaves_nothing_that_others_can_read(store: Store, tmp_path: Path) -> None:
    big = store.folder / "briefings" / "big"
    big.parent.mkdir()
    big.write_bytes(os.urandom(64 << 20))
    out = tmp_path / "killed" / "b.tar.gz"
    out.parent.mkdir()
    command = [sys.executable, "-m", "analytics", "backup", str(out), "--store", str(store.folder)]
    process = subprocess.Popen(command, umask=0o022)
    for _ in range(600):
        if list(out.parent.rglob("backup.tar.gz")):
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = list(out.parent.iterdir())
    assert len(left) == 1
    assert left[0].stat().st_mode & 0o077 == 0
    big.unlink()
    back_up(store, out)
    assert list(out.parent.iterdir()) == [out]


def test_mutated_backups_are_restored_or_refused_and_nothing_in_between(
    store: Store, file: Path, tmp_path: Path
) -> None:
    rng, held, before = random.Random(23), parts(file), state(store)
    for _ in range(FEW):
        bad = tmp_path / "m.tar.gz"
        bad.write_bytes(backup_file(rng, held))
        try:
            restore(bad, store.folder)
        except StoreError as error:
            told = str(error)
            assert re.search("[一-龥]{4}", told), told
            assert state(store) == before
            continue
        assert Store(store.folder).current() is not None
        for aside in store.folder.parent.glob("store.*"):
            shutil.rmtree(aside)
        before = state(store)
    assert [p.name for p in store.folder.parent.iterdir()] == ["store"]
