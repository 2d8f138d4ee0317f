"""A watched folder: which files rest, and how each is imported and moved without ever being lost or taken twice."""

from __future__ import annotations

import datetime as dt
import logging
import os
from collections.abc import Callable, Mapping
from fnmatch import fnmatch
from hashlib import blake2b
from pathlib import Path

from analytics import ingest
from analytics.ingest import RefusedFile
from analytics.refusal import Refusal
from analytics.settings import Settings
from analytics.sources.book import DONE, REFUSED, TAKING, WAITING, SourceBook, Taken
from analytics.sources.declared import FolderSource, SourceError
from analytics.sources.report import Report, published_at
from analytics.store import Store, StoreError, sync_folder
from analytics.viewer import Viewer

#: Names under which programs write what is not finished yet, and what they put beside a book that is open.
UNFINISHED = (
    "*.tmp",
    "*.temp",
    "*.part",
    "*.partial",
    "*.crdownload",
    "*.download",
    "*.filepart",
    "*.swp",
    "*.new",
    "*~",
)
OPEN_MARKS = ("~${name}", ".~lock.{name}#")
#: A file whose reading ends the process so many times is put aside.
TRIES = 3
LONGEST_NAME = 200
Looks = dict[str, tuple[int, int]]
Import = Callable[[list[ingest.SheetPlan], dt.datetime], ingest.ImportResult]


def look(source: FolderSource) -> Looks:
    """Return name → (size, time of change in ns) of the files that may be taken; raises SourceError for no folder."""
    try:
        names = set(os.listdir(source.folder))
    except OSError as error:
        raise SourceError(
            f"来源“{source.name}”：文件夹 {source.folder} 打不开（{error.strerror}），请建好并让运行账户能读写"
        ) from None
    found: Looks = {}
    for name in names:
        path = source.folder / name
        unfinished = name.startswith((".", "~$")) or any(fnmatch(name.lower(), p) for p in UNFINISHED)
        in_use = any(mark.format(name=name) in names or mark.format(name=name[2:]) in names for mark in OPEN_MARKS)
        if unfinished or in_use or not any(fnmatch(name.lower(), p.lower()) for p in source.files):
            continue
        if path.is_file() and not path.is_symlink():
            state = path.stat()
            found[name] = (state.st_size, state.st_mtime_ns)
    return found


def at_rest(source: FolderSource, book: SourceBook, now: dt.datetime, wait: Callable[[float], None]) -> list[str]:
    """Return the files that were alike in two looks, the longest unchanged first; the first look may be an earlier run's."""
    settle = dt.timedelta(seconds=source.settle_seconds)
    before = book.looks(source.name)
    seen = look(source)

    def rested(name: str) -> bool:
        size, changed, since = before.get(name, (-1, -1, now))
        return (size, changed) == seen[name] and now - since >= settle

    if not all(map(rested, seen)):
        wait(source.settle_seconds)
        again = look(source)
        still = {name for name, state in again.items() if seen.get(name) == state}
    else:
        again, still = seen, set(seen)
    kept = {n: (*state, before[n][2] if before.get(n, ())[:2] == state else now) for n, state in again.items()}
    book.keep_looks(source.name, kept)
    return sorted(still, key=lambda n: (again[n][1], n))


def settle(source: FolderSource, book: SourceBook, store: Store, viewer: Viewer) -> None:
    """Finish what a killed process left: files that were published but not moved, and moved but not written down."""
    for entry in book.entries(source.name, TAKING):
        path = source.folder / entry.name
        if path.exists() and _digest(path) == entry.digest:
            if report := published_at(store, entry.begun, viewer):
                _put_away(source, book, entry, report)
            continue  # else it is taken again; this entry counts as a try
        if (source.folder / "done" / entry.target).exists() or (source.folder / "refused" / entry.target).exists():
            _written_down(source, book, entry, published_at(store, entry.begun, viewer))
        else:
            book.drop(entry.seq)  # somebody took it out, or another came under its name


def take_file(
    source: FolderSource,
    book: SourceBook,
    store: Store,
    settings: Settings,
    name: str,
    begun: dt.datetime,
    bring: Import,
) -> Taken | None:
    """Import one file and move it with its report; None for a file that is gone. ``begun`` must differ from file to file."""
    path = source.folder / name
    before = _state(path)
    if before is None:
        return None
    digest = _digest(path)
    target = _free_name(source, name)
    broken = book.tries(source.name, name, digest)
    seq = book.begin(source.name, name, target, digest, begun)
    if broken >= TRIES:
        report = Report(
            REFUSED, f"读了 {broken} 次，每次程序都没有读完就被结束（可能内存不够）；请拆小或另存后再放进来"
        )
    else:
        report = _report(path, name, store, settings, begun, bring)
    if _state(path) != before:
        report = Report(WAITING, "取的时候文件还在变，留在原处，下次再取", counts=report.counts)
        book.end(seq, WAITING, report.message)
    else:
        entry = next(t for t in book.entries(source.name, TAKING) if t.seq == seq)
        _put_away(source, book, entry, report)
    return next(t for t in book.entries(source.name) if t.seq == seq)


def _report(path: Path, name: str, store: Store, settings: Settings, begun: dt.datetime, bring: Import) -> Report:
    """Import a file and return its account; what cannot be read is refused, what is no fault of the file is raised."""
    try:
        content = ingest.read_bytes(path, settings)
        plans = ingest.plan_files([(name, content)], settings, ingest.kept_profiles(store))
        return Report.of(bring(plans, begun))
    except StoreError:
        raise
    except RefusedFile as error:
        return Report(REFUSED, str(error))
    except (Refusal, OSError, MemoryError):
        raise
    except Exception as error:  # a file that trips the program must not stop the ones after it
        logging.getLogger(__name__).exception("a file of source %s", source_safe(name))
        return Report(REFUSED, f"{name}：程序读它时出错（{type(error).__name__}），请把文件另存后再试，并告诉管理员")


def source_safe(name: str) -> str:
    """Return what a log may say of a file: its ending alone, since names of files may be people's."""
    return Path(name).suffix or "(no ending)"


def _put_away(source: FolderSource, book: SourceBook, entry: Taken, report: Report) -> None:
    """Write the report, move the file, write it down: in this order, so that each step can be done again."""
    place = source.folder / ("done" if report.outcome == DONE else "refused")
    try:
        place.mkdir(exist_ok=True)
        report.write(place / entry.target, source.name, entry.name, entry.begun)
        os.rename(source.folder / entry.name, place / entry.target)
        sync_folder(place)
        sync_folder(source.folder)
    except OSError as error:
        raise SourceError(
            f"来源“{source.name}”：文件移不进 {place.name}/（{error.strerror}），请让运行账户能写 {source.folder}"
        ) from None
    _end(book, entry, report)


def _written_down(source: FolderSource, book: SourceBook, entry: Taken, report: Report | None) -> None:
    refused = (source.folder / "refused" / entry.target).exists()
    told = "没有导入，原因见旁边的报告" if refused else "已导入，没有变化"
    _end(book, entry, report or Report(REFUSED if refused else DONE, told))


def _end(book: SourceBook, entry: Taken, report: Report) -> None:
    for other in book.entries(entry.source, TAKING):  # earlier tries of the same file
        if other.seq != entry.seq and (other.name, other.digest) == (entry.name, entry.digest):
            book.drop(other.seq)
    book.end(entry.seq, report.outcome, report.message, report.batch, report.counts)


def _free_name(source: FolderSource, name: str) -> str:
    """Return a name that is free in done/ and in refused/, short enough that a report's ending fits."""
    stem, ending = os.path.splitext(name)
    while len(f"{stem}{ending}".encode()) > LONGEST_NAME:
        stem = stem[:-1]
    number, free = 1, f"{stem}{ending}"
    while any((source.folder / place / free).exists() for place in ("done", "refused")):
        number += 1
        free = f"{stem}-{number}{ending}"
    return free


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        made = blake2b(digest_size=16)
        while block := file.read(1 << 20):
            made.update(block)
    return made.hexdigest()


def outcomes(entries: list[Taken]) -> Mapping[str, int]:
    """Return outcome → how many entries had it."""
    return {o: sum(t.outcome == o for t in entries) for o in (DONE, REFUSED, WAITING)}
