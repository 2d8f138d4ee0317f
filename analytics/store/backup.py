"""A store in one file, with a checksum of every part; and back."""

from __future__ import annotations

import datetime as dt
import errno
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path, PurePosixPath

from analytics.clock import shanghai_now
from analytics.store.audit import RESTORED, AuditLog
from analytics.store.files import StoreError, clear, copy, digest, sync_folder
from analytics.store.snapshots import Store
from analytics.viewer import ADMIN, LOCAL, Viewer

MANIFEST = "manifest.json"
FORMAT = 1
ACCOUNTS = "access/accounts.sqlite"
#: Locks, what a killed process left half written, and copies for another engine, which can be written again.
_LEFT_OUT = re.compile(
    r"^parquet/|(^|/)(\.(draft|backup)-[^/]*(/.*)?|lock|[^/]*\.new|[^/]*\.sqlite-(wal|shm|journal))$"
)
_DRAFT, _LARGEST_MANIFEST, _SHOWN = ".backup-", 64 << 20, 60


def back_up(store: Store, out: Path) -> dict[str, object]:
    """Write the store into one .tar.gz, as of one moment; imports wait meanwhile. Returns files and snapshot.

    Databases of decisions, accounts and audit are copied by SQLite's own backup. The file appears
    whole or not at all, readable by its owner only. Raises StoreError where it cannot be written.
    """
    if store.current_id() is None:
        raise StoreError("数据目录里还没有台账，没有可备份的")
    try:
        with store.writing(), _beside(out.parent, out.resolve()) as place:
            draft = place / "backup.tar.gz"
            files = _copied(store.folder, place / "store", (out.resolve(), place.resolve()))
            manifest = {
                "format": FORMAT,
                "made_at": shanghai_now().isoformat(timespec="seconds"),
                "snapshot": store.current_id(),
                "files": {name: digest(place / "store" / name) for name in files},
            }
            # The folder is its owner's alone, and so is a file made here: a killed backup leaves nothing for others to read.
            with (
                open(draft, "xb", opener=_private) as written,
                tarfile.open(fileobj=written, mode="w:gz", compresslevel=3) as tar,
            ):
                _add(tar, MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
                for name in files:
                    tar.add(place / "store" / name, name)
            os.replace(draft, out)
            sync_folder(out.parent)
    except sqlite3.Error as error:
        raise StoreError(f"备份没有做成（{type(error).__name__}），请检查磁盘空间和权限") from None
    except OSError as error:
        raise _unwritten("备份", error) from None
    return {"files": len(files), "snapshot": manifest["snapshot"], "file": out.name}


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextmanager
def _beside(folder: Path, whose: Path) -> Iterator[Path]:
    """Make a folder for its owner alone, gone at the end; what killed processes left of the same work is cleared first."""
    prefix = f"{_DRAFT}{whose.name}-"
    for left in folder.glob(f"{prefix.replace('[', '[[]')}*"):
        clear(left)
    with tempfile.TemporaryDirectory(dir=folder, prefix=prefix, ignore_cleanup_errors=True) as place:
        yield Path(place)


def _copied(folder: Path, place: Path, without: tuple[Path, ...]) -> list[str]:
    names = []
    place.mkdir()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        here = path.resolve()
        if not path.is_file() or any(here.is_relative_to(w) for w in without) or _LEFT_OUT.search(name):
            continue
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".sqlite":
            with closing(sqlite3.connect(path, timeout=20)) as source, closing(sqlite3.connect(target)) as copied:
                source.backup(copied)
        else:
            copy(path, target)
        names.append(name)
    return names


def restore(file: Path, folder: Path, viewer: Viewer = LOCAL) -> dict[str, object]:
    """Put a backup in place of a store; what was there is kept under another name.

    The manifest is checked before anything is unpacked, everything it names is unpacked beside the store and checked, and
    only then the two are swapped. Files are for their owner alone, folders keep the mode of the store's. Accounts and
    settings are never lost by it: where the backup has none, those of the store stay. Raises StoreError, with the store
    untouched, for a file that is none, is damaged, holds what its manifest does not name, or is of a newer program.
    """
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _beside(folder.parent, folder) as place:
            fresh = place / "store"
            manifest = _unpacked(file, fresh)
            _keep_guards(folder, fresh)
            AuditLog(fresh).record(
                viewer, RESTORED, file.name, {"made_at": manifest["made_at"], "snapshot": manifest["snapshot"]}
            )
            _keep_shut(folder, fresh)
            aside = _swapped(folder, fresh)
    except OSError as error:
        raise _unwritten("恢复", error) from None
    return {"files": len(manifest["files"]), "snapshot": Store(folder).current_id(), "aside": aside}


def put_aside(folder: Path) -> list[Path]:
    """Return the folders that restoring gave another name and left beside a store, oldest first."""
    whole = folder.resolve()
    named = re.compile(re.escape(whole.name) + r"\.\d{14}(?:-2)*")
    return sorted(path for path in whole.parent.glob("*") if path.is_dir() and named.fullmatch(path.name))


def _swapped(folder: Path, fresh: Path) -> str:
    """Let a folder take a store's place; returns the name under which what was there is kept."""
    aside = ""
    if folder.exists() and any(folder.iterdir()):
        aside = f"{folder.name}.{shanghai_now():%Y%m%d%H%M%S}"
        while folder.with_name(aside).exists():
            aside += "-2"
        os.replace(folder, folder.with_name(aside))
    elif folder.exists():
        folder.rmdir()
    try:
        os.replace(fresh, folder)
    except OSError:
        if aside:
            os.replace(folder.with_name(aside), folder)
        raise
    sync_folder(folder.parent)
    return aside


def _keep_shut(folder: Path, fresh: Path) -> None:
    """Give an unpacked store the old one's mode, else its owner's alone."""
    mode = folder.stat().st_mode & 0o777 if folder.exists() else 0o700
    for path in [fresh, *fresh.rglob("*")]:
        os.chmod(path, mode if path.is_dir() else mode & 0o666)
    for private in ("access", "audit"):
        for path in (fresh / private).glob("*"):
            os.chmod(path, 0o600)


def _keep_guards(folder: Path, fresh: Path) -> None:
    """Keep the settings of a store where the backup has none, and its accounts also where the backup's let nobody in.

    Who could sign in to administer before can so after: accounts that cannot be read, were emptied, or are all closed do not
    take the place of such that work. Raises StoreError where neither can be used.
    """
    if (folder / "settings.toml").exists() and not (fresh / "settings.toml").exists():
        _copy_whole(folder / "settings.toml", fresh / "settings.toml")
    here, there = folder / ACCOUNTS, fresh / ACCOUNTS
    if here.exists() and not _lets_in(there) and (_lets_in(here) or not there.exists()):
        there.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        there.unlink(missing_ok=True)
        _copy_whole(here, there)
    if there.exists():
        _end_sessions(there)


def _lets_in(accounts: Path) -> bool:
    """Tell whether an open account of an administrator is among the accounts of a file."""
    if not accounts.exists():
        return False
    with suppress(sqlite3.Error), closing(sqlite3.connect(accounts)) as con:
        found = con.execute("SELECT count(*) FROM accounts WHERE enabled = 1 AND role = ?", (ADMIN,)).fetchone()
        return bool(found[0])
    return False


def _copy_whole(source: Path, target: Path) -> None:
    if source.suffix != ".sqlite":
        shutil.copy2(source, target)
        return
    with closing(sqlite3.connect(source, timeout=20)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _end_sessions(accounts: Path) -> None:
    """End the sessions that a backup brings along: who signed out since is not let in again."""
    try:
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(accounts)) as con, con:
            con.execute("DELETE FROM sessions")
    except sqlite3.DatabaseError:
        raise StoreError("备份里的账号文件已损坏，请换一份；原有数据没有变") from None


def _unpacked(file: Path, place: Path) -> dict:
    """Unpack what a backup's manifest names and return the manifest, every file of it checked."""
    if not file.is_file():
        raise StoreError(f"找不到备份文件 {file.name}")
    place.mkdir(mode=0o700)
    try:
        with tarfile.open(file, "r|gz") as tar:
            manifest = _manifest(file, tar)
            while member := tar.next():  # not `for`: that begins with the manifest again
                _unpack(file, tar, member, manifest, place)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EFBIG):
            raise  # this machine's fault, not the file's
        raise _none(file) from None
    except (tarfile.TarError, EOFError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
        raise _none(file) from None
    _checked(file, manifest, place)
    return manifest


def _none(file: Path, why: str = "") -> StoreError:
    return StoreError(f"{file.name} 不是本系统的备份，或没有拷完整{why and f'（{why}）'}，请换一份")


def _manifest(file: Path, tar: tarfile.TarFile) -> dict:
    """Read the manifest, which comes first, and check it before anything is unpacked."""
    first = tar.next()
    if first is None or first.name != MANIFEST or not first.isreg() or first.size > _LARGEST_MANIFEST:
        raise _none(file)
    held = tar.extractfile(first)
    said = json.loads(held.read() if held else b"")
    if not isinstance(said, dict) or type(said.get("format")) is not int or said["format"] < 1:
        raise _none(file)
    if said["format"] > FORMAT:
        raise StoreError("这份备份是由较新版本的程序做的，请先升级程序再恢复")
    files, snapshot, made = said.get("files"), said.get("snapshot"), said.get("made_at")
    if not (isinstance(files, dict) and isinstance(snapshot, str) and isinstance(made, str)):
        raise _none(file, "清单缺项")
    dt.datetime.fromisoformat(made)
    if wrong := next((n for n, mark in files.items() if not _named_well(n) or not isinstance(mark, str)), None):
        raise _none(file, f"清单里有不该有的 {wrong:.{_SHOWN}}")
    needed = ("CURRENT", f"snapshots/{snapshot}.duckdb", f"snapshots/{snapshot}.json")
    if lacking := [n for n in needed if n not in files]:
        raise _none(file, f"清单里没有 {lacking[0]:.{_SHOWN}}")
    return said


def _named_well(name: str) -> bool:
    plain = PurePosixPath(name).as_posix() == name and ".." not in name.split("/") and name.isprintable()
    return plain and name[0] not in "/." and name != MANIFEST and not _LEFT_OUT.search(name)


def _unpack(file: Path, tar: tarfile.TarFile, member: tarfile.TarInfo, manifest: dict, place: Path) -> None:
    target = place / member.name
    if not member.isreg() or member.name not in manifest["files"] or target.exists():
        raise _none(file, f"有清单上没有的 {member.name:.{_SHOWN}}")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = tar.extractfile(member)
    with open(target, "xb", opener=_private) as written:
        shutil.copyfileobj(held, written, 1 << 20)  # type: ignore[arg-type]


def _checked(file: Path, manifest: dict, place: Path) -> None:
    for name, checksum in manifest["files"].items():
        path = place / name
        if not path.is_file() or digest(path) != checksum:
            raise StoreError(f"备份里的 {name:.{_SHOWN}} 与校验和不符，备份已损坏，请换一份")
    store = Store(place)
    if store.current_id() != manifest["snapshot"] or not store.whole(manifest["snapshot"]):
        raise _none(file, "台账不完整")


def _unwritten(what: str, error: OSError) -> StoreError:
    """Say what the disk has against it: full, not permitted, or otherwise."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StoreError(f"{what}写不下：磁盘空间不足，请腾出空间后再试；原有数据没有变")
    return StoreError(f"{what}写不进（{error.strerror or type(error).__name__}），请检查权限；原有数据没有变")


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime = len(content), int(dt.datetime.now(dt.UTC).timestamp())
    tar.addfile(info, io.BytesIO(content))
