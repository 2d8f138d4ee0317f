"""A store in one file, with a checksum of every part; and back."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

from analytics.clock import shanghai_now
from analytics.store.audit import RESTORED, AuditLog
from analytics.store.files import StoreError, copy, digest, sync_folder
from analytics.store.snapshots import Store
from analytics.viewer import LOCAL, Viewer

MANIFEST = "manifest.json"
FORMAT = 1
#: Locks, what a killed process left half written, and copies for another engine, which can be written again.
_LEFT_OUT = re.compile(r"^parquet/|(^|/)(\.draft-[^/]*(/.*)?|lock|[^/]*\.new|[^/]*\.sqlite-(wal|shm|journal))$")


def back_up(store: Store, out: Path) -> dict[str, object]:
    """Write the store into one .tar.gz, as of one moment; imports wait meanwhile. Returns files and snapshot.

    Databases of decisions, accounts and audit are copied by SQLite's own backup. The file appears
    whole or not at all, readable by its owner only. Raises StoreError where it cannot be written.
    """
    if store.current_id() is None:
        raise StoreError("数据目录里还没有台账，没有可备份的")
    draft = out.with_name(f".{out.name}.new")
    try:
        with store.writing(), tempfile.TemporaryDirectory(dir=out.parent) as place:
            files = _copied(store.folder, Path(place), (out.resolve(), draft.resolve()))
            manifest = {
                "format": FORMAT,
                "made_at": shanghai_now().isoformat(timespec="seconds"),
                "snapshot": store.current_id(),
                "files": {name: digest(Path(place) / name) for name in files},
            }
            with tarfile.open(draft, "w:gz", compresslevel=3) as tar:
                _add(tar, MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
                for name in files:
                    tar.add(Path(place) / name, name)
        os.chmod(draft, 0o600)
        os.replace(draft, out)
        sync_folder(out.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StoreError(f"备份写不进（{error.strerror or type(error).__name__}），请检查磁盘空间和权限") from None
    return {"files": len(files), "snapshot": manifest["snapshot"], "file": out.name}


def _copied(folder: Path, place: Path, without: tuple[Path, ...]) -> list[str]:
    names = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or path.resolve() in without or _LEFT_OUT.search(name):
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

    Everything is unpacked beside it and checked against the manifest first. Raises StoreError, with
    the store untouched, for a file that is none, is damaged, or is of a newer program.
    """
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".restore-") as place:
            manifest = _unpacked(file, Path(place) / "store")
            aside = ""
            if folder.exists() and any(folder.iterdir()):
                aside = f"{folder.name}.{shanghai_now():%Y%m%d%H%M%S}"
                os.replace(folder, folder.with_name(aside))
            elif folder.exists():
                folder.rmdir()
            os.replace(Path(place) / "store", folder)
            sync_folder(folder.parent)
    except OSError as error:
        raise StoreError(f"恢复写不进（{error.strerror or type(error).__name__}），请检查磁盘空间和权限") from None
    AuditLog(folder).record(
        viewer, RESTORED, file.name, {"made_at": manifest["made_at"], "snapshot": manifest["snapshot"]}
    )
    return {"files": len(manifest["files"]), "snapshot": Store(folder).current_id(), "aside": aside}


def _unpacked(file: Path, place: Path) -> dict:
    """Unpack a backup and return its manifest, every file of it checked."""
    if not file.is_file():
        raise StoreError(f"找不到备份文件 {file.name}")
    place.mkdir()
    try:
        with tarfile.open(file, "r:gz") as tar:
            tar.extractall(place, filter="data")
        manifest: dict = json.loads((place / MANIFEST).read_text("utf-8"))
    except (tarfile.TarError, EOFError, ValueError, OSError, KeyError):
        raise StoreError(f"{file.name} 不是本系统的备份，或没有拷完整，请换一份") from None
    if manifest.get("format", 0) > FORMAT:
        raise StoreError("这份备份是由较新版本的程序做的，请先升级程序再恢复")
    for name, checksum in manifest["files"].items():
        path = place / name
        if not path.is_file() or digest(path) != checksum:
            raise StoreError(f"备份里的 {name} 与校验和不符，备份已损坏，请换一份")
    (place / MANIFEST).unlink()
    return manifest


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime = len(content), int(dt.datetime.now(dt.UTC).timestamp())
    tar.addfile(info, io.BytesIO(content))
