"""The exchange files that a city has received: one a district and period, under federation/ of the store."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from analytics.federation.city import combine
from analytics.federation.exchange import Exchange, read, read_again
from analytics.store import Store, StoreError
from analytics.store.audit import IMPORTED, AuditLog
from analytics.store.files import write_whole
from analytics.viewer import IMPORT, LOCAL, Viewer


@dataclass(frozen=True)
class Damaged:
    """A file on the shelf that could not be read any more; the others are exchanges."""

    file: str
    fault: str


class Shelf:
    """Keeps exchange files; a later one of the same district and period takes the place of the one before."""

    def __init__(self, store: Store, viewer: Viewer = LOCAL):
        self.store, self.viewer = store, viewer
        self.folder = store.folder / "federation"

    def put(self, name: str, content: bytes) -> Exchange:
        """Check and keep a file; raises StoreError for one that is none, NotAllowed for who may not import. Audited."""
        self.viewer.require(IMPORT)
        exchange = read(name, content)
        _check_alone(name, exchange)
        target = self.folder / f"{_stem(exchange)}_{_digest(content)}.json"
        with self.store.writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(target, content)
            self._forget(exchange, but=target)
        told = {"from": exchange.start.isoformat(), "snapshot": exchange.snapshot, "cells": len(exchange.cells)}
        AuditLog(self.store.folder).record(self.viewer, IMPORTED, exchange.district, told)
        return exchange

    def contents(self) -> tuple[list[Exchange], list[Damaged]]:
        """Return what lies there, newest period first, then by district; and what can no longer be read."""
        opened = [_opened(p) for p in self._files()]
        found = [e for e in opened if isinstance(e, Exchange)]
        found.sort(key=lambda e: (-e.start.toordinal(), -e.end.toordinal(), e.district))
        return found, [e for e in opened if isinstance(e, Damaged)]

    def remove(self, exchange: Exchange) -> None:
        """Take a file off the shelf; raises NotAllowed for who may not import. Audited."""
        self.viewer.require(IMPORT)
        with self.store.writing():
            self._forget(exchange)
        AuditLog(self.store.folder).record(self.viewer, IMPORTED, exchange.district, {"why": "移除交换文件"})

    def remove_file(self, file: str) -> None:
        """Take a file off the shelf by its name, also one that cannot be read; raises NotAllowed, StoreError for none."""
        self.viewer.require(IMPORT)
        with self.store.writing():
            path = next((p for p in self._files() if p.name == file), None)
            if path is None:
                raise StoreError("没有这个文件，可能已被别人移除")
            path.unlink(missing_ok=True)
        AuditLog(self.store.folder).record(self.viewer, IMPORTED, file, {"why": "移除读不了的交换文件"})

    @property
    def mark(self) -> str:
        """Say what lies there in a few letters: another when a file came, changed or went."""
        states = [(p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in self._files()]
        return _digest(repr(states).encode())

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.json")) if self.folder.exists() else []

    def _forget(self, exchange: Exchange, but: Path | None = None) -> None:
        for old in self.folder.glob(f"{_stem(exchange)}_*.json"):
            if old != but:
                old.unlink(missing_ok=True)


def _check_alone(name: str, exchange: Exchange) -> None:
    """Add a file up by itself before it is kept: whatever it holds that the sum cannot take is refused at the door."""
    try:
        combine([exchange])
    except StoreError as error:
        raise StoreError(f"{name}：{error}") from None
    except (ValueError, LookupError, TypeError, ArithmeticError, AssertionError) as error:
        raise StoreError(f"{name}：里面的数加不起来（{type(error).__name__}），请让区县重新导出") from None


def _stem(exchange: Exchange) -> str:
    """Return what the names of a district's and period's files begin with: no word that came from outside."""
    return f"{exchange.start}_{exchange.end}_{_digest(exchange.district.encode())}"


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def _opened(path: Path) -> Exchange | Damaged:
    """Open a file that was checked when it came: its name ends in the checksum of its content."""
    try:
        content = path.read_bytes()
        if _digest(content) != path.stem.rpartition("_")[2]:
            return Damaged(path.name, "文件损坏（与校验和不符），请让区县重新导出")
        return read_again(path.name, content)
    except (
        StoreError,
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ) as error:
        return Damaged(path.name, str(error) if isinstance(error, StoreError) else type(error).__name__)
