"""One take from a source: look, import what is new, let it join the types, say what became of it.

See docs/decisions/0025.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from filelock import FileLock, Timeout

from analytics import ingest
from analytics.ingest import RefusedFile
from analytics.ingest.mapping import plan_sheet
from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.settings import Settings
from analytics.sources import folder, increment
from analytics.sources.book import DONE, REFUSED, TAKING, SourceBook, Taken
from analytics.sources.declared import DatabaseSource, FolderSource, Source
from analytics.sources.increment import Moment
from analytics.sources.report import Report
from analytics.sources.rows import cell, digest, sheet_of
from analytics.store import Store, StoreError
from analytics.viewer import IMPORT, Viewer


@dataclass(frozen=True)
class Take:
    """What one take brought: its entries in the book, and one sentence."""

    source: str
    entries: tuple[Taken, ...]
    message: str

    @property
    def rows(self) -> int:
        """How many rows were new or changed."""
        return sum(t.accepted + t.updated for t in self.entries)


def take(
    store: Store,
    source: Source,
    settings: Settings,
    now: dt.datetime,
    viewer: Viewer,
    *,
    afresh: bool = False,
    wait: Callable[[float], None] = time.sleep,
) -> Take:
    """Take what is new; one process at a time. ``afresh``: a query from its start, whatever was read before.

    Raises NotAllowed, SourceError where the source cannot be reached, StoreError where nothing can be written;
    a file or a query that is refused is no error but an entry that says so.
    """
    viewer.require(IMPORT)
    book = SourceBook(store.folder)
    try:
        book.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(book.path.with_name("lock"), timeout=0):
            if isinstance(source, FolderSource):
                found = _from_folder(store, source, settings, now, viewer, book, wait)
            else:
                if afresh:
                    book.forget(source.name)
                found = _from_database(store, source, settings, now, viewer, book)
            book.looked(source.name, now)
    except Timeout:
        raise StoreError("另一次自动导入正在进行，请等它完成后再试") from None
    return found


def _bring(
    store: Store, source: Source, settings: Settings, viewer: Viewer, plans: list[ingest.SheetPlan], begun: dt.datetime
) -> ingest.ImportResult:
    """Import sheets, and let new cases join the types that are known; what goes wrong there leaves the import as it is."""
    result = ingest.run_import(store, plans, settings, begun, profile=source.profile, viewer=viewer)
    if result.published:
        try:
            joined = IssueDesk(store, settings, viewer).join_new(open_ledger(store, viewer))
        except StoreError as error:
            result.warnings.append(f"新工单没有归入一类问题：{error}")
        else:
            result.warnings += [f"{joined:,} 件新工单归入了已有的一类问题"] if joined else []
    return result


# -- a watched folder -----------------------------------------------------------------------------


def _from_folder(
    store: Store,
    source: FolderSource,
    settings: Settings,
    now: dt.datetime,
    viewer: Viewer,
    book: SourceBook,
    wait: Callable[[float], None],
) -> Take:
    folder.settle(source, book, store, viewer)
    entries = []
    for number, name in enumerate(folder.at_rest(source, book, now, wait)):
        begun = now + dt.timedelta(microseconds=number)  # each import is known by its instant
        taken = folder.take_file(
            source, book, store, settings, name, begun,
            lambda plans, at: _bring(store, source, settings, viewer, plans, at),
        )  # fmt: skip
        entries += [taken] if taken else []
    counts = folder.outcomes(entries)
    message = (
        f"取了 {len(entries)} 个文件：导入 {counts[DONE]} 个，未导入 {counts[REFUSED]} 个"
        + (f"，还在写入 {len(entries) - counts[DONE] - counts[REFUSED]} 个" if sum(counts.values()) > counts[DONE] + counts[REFUSED] else "")
        + f"；新增或更新 {sum(t.accepted + t.updated for t in entries):,} 行"
        if entries
        else "没有新文件"
    )  # fmt: skip
    return Take(source.name, tuple(entries), message)


# -- a query --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Progress:
    """How far a query was read: the newest change, and the digests of rows that will be asked for again."""

    mark: Moment | None
    again: tuple[tuple[Moment | None, bytes], ...] = ()

    def after(
        self, changed: Sequence[Moment | None], digests: Sequence[bytes], source: DatabaseSource, now: dt.datetime
    ) -> _Progress:
        """Return the progress after further rows; without a time of change every row is asked for again."""
        seen = (*self.again, *zip(changed, digests, strict=True))
        if not source.updated:
            return _Progress(None, seen)
        mark = increment.newest((self.mark, *changed), now)
        start = increment.since(mark, dt.timedelta(minutes=source.overlap_minutes))
        return _Progress(mark, tuple(s for s in seen if s[0] is not None and start is not None and s[0] >= start))  # type: ignore[operator]


def _from_database(
    store: Store, source: DatabaseSource, settings: Settings, now: dt.datetime, viewer: Viewer, book: SourceBook
) -> Take:
    from analytics.sources.database import opened, portions  # SQLAlchemy: pages that only show sources need not wait

    for left in book.entries(source.name, TAKING):  # of a process that was killed: it is asked for again
        book.drop(left.seq)
    overlap, known = dt.timedelta(minutes=source.overlap_minutes), book.known(source.name)
    progress = _Progress(increment.read(book.mark(source.name)))
    entries: list[Taken] = []
    with opened(source) as con:
        for number, (heads, rows) in enumerate(portions(con, source, increment.since(progress.mark, overlap))):
            cells = [[cell(c) for c in row] for row in rows]
            changed = _changes(source, heads, rows)
            digests = [digest(row) for row in cells]
            fresh = [row for row, mark in zip(cells, digests, strict=True) if mark not in known]
            progress = progress.after(changed, digests, source, now)
            if fresh:
                begun = now + dt.timedelta(microseconds=number)
                notes = _notes(changed, now) if source.updated else []
                entry, understood = _portion(store, source, settings, viewer, book, heads, fresh, begun, notes)
                entries.append(entry)
                if not understood:  # it is asked for again once the query or the mapping is put right
                    return Take(source.name, tuple(entries), f"查询没有导入：{entry.message}")
            book.advance(source.name, increment.written(progress.mark), {*known, *(d for _, d in progress.again)})
    book.advance(source.name, increment.written(progress.mark), (d for _, d in progress.again))
    return Take(source.name, tuple(entries), _said(entries))


def _portion(
    store: Store,
    source: DatabaseSource,
    settings: Settings,
    viewer: Viewer,
    book: SourceBook,
    heads: Sequence[str],
    rows: list[list[object]],
    begun: dt.datetime,
    notes: list[str],
) -> tuple[Taken, bool]:
    """Import some rows of a query as if they were a sheet; return their entry, and whether the columns were understood."""
    last = next(iter(book.entries(source.name, most=1)), None)
    seq = book.begin(source.name, source.name, "", "", begun)
    plan = plan_sheet(sheet_of(source.name, heads, rows), ingest.kept_profiles(store))
    try:
        report = Report.of(_bring(store, source, settings, viewer, [plan], begun))
    except RefusedFile as error:
        report = Report(REFUSED, str(error))
    if notes:
        report = replace(report, message=report.message + "；".join(notes))
    if last and (last.outcome, last.message) == (REFUSED, report.message):
        book.drop(last.seq)  # the same fault as at the last look is told once
    book.end(seq, report.outcome, report.message, report.batch, report.counts)
    return next(t for t in book.entries(source.name) if t.seq == seq), bool(report.counts)


def _changes(source: DatabaseSource, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> list[Moment | None]:
    """Return each row's time of change, as the database has it, None where it has none."""
    if not source.updated:
        return [None] * len(rows)
    place = list(heads).index(source.updated)
    return [increment.moment(row[place]) for row in rows]


def _notes(changed: Sequence[Moment | None], now: dt.datetime) -> list[str]:
    """Say which rows' times of change cannot be followed."""
    empty = sum(c is None for c in changed)
    ahead = sum(increment.in_future(c, now) for c in changed)
    return [f"{empty:,} 行没有更新时间，以后的改动取不到"] * bool(empty) + [
        f"{ahead:,} 行的更新时间在将来，请核对原系统的时钟"
    ] * bool(ahead)


def _said(entries: list[Taken]) -> str:
    if not entries:
        return "没有新的或改动过的行"
    total = {n: sum(getattr(t, n) for t in entries) for n in ("read", "accepted", "updated", "quarantined")}
    return "读到 {read:,} 行，新增 {accepted:,}，更新 {updated:,}，隔离 {quarantined:,}".format(**total)
