"""The jobs of a store: one for each source, and those of `[[jobs]]` in its settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analytics.jobs.schedule import Schedule, read_schedule
from analytics.sources import Source, SourceError, declared_sources
from analytics.sources.declared import FOLDER, WHEN, amount, tables, text, whole_path
from analytics.viewer import ADMINISTER, BRIEF, DECIDE, IMPORT

IMPORT_RUN, DISCOVER, BRIEFING, BACKUP, RETENTION = "import", "discover", "briefing", "backup", "retention"
LABELS = {
    IMPORT_RUN: "取数",
    DISCOVER: "找一类问题",
    BRIEFING: "简报",
    BACKUP: "备份",
    RETENTION: "留存期限试算",
}
#: What each does → what somebody must be allowed to do who asks for it.
RIGHTS = {IMPORT_RUN: IMPORT, DISCOVER: DECIDE, BRIEFING: BRIEF, BACKUP: ADMINISTER, RETENTION: ADMINISTER}
_KEYS: dict[str, tuple[str, ...]] = {
    IMPORT_RUN: ("source",),
    DISCOVER: (),
    BRIEFING: ("last", "profile", "formats", "out"),
    BACKUP: ("folder", "keep"),
    RETENTION: ("years",),
}
#: How often a source is looked at that says nothing of it.
FOLDER_EVERY, DATABASE_EVERY = dt.timedelta(minutes=5), dt.timedelta(hours=1)


@dataclass(frozen=True)
class Job:
    """What is done (``run``, a key of LABELS), when, and with which further settings."""

    name: str
    run: str
    schedule: Schedule
    source: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def right(self) -> str:
        return RIGHTS[self.run]


def source_job(source: Source) -> Job:
    """Return the job that looks at a source."""
    default = Schedule(every=FOLDER_EVERY if source.kind == FOLDER else DATABASE_EVERY)
    schedule = read_schedule(source.when, f"[[sources]]（{source.name}）", default)
    return Job(f"{LABELS[IMPORT_RUN]}：{source.name}", IMPORT_RUN, schedule, source.name)


def declared_jobs(store: Path) -> tuple[Job, ...]:
    """Return the jobs of a store, those of sources first; raises SourceError naming section and key."""
    sources = {s.name: s for s in declared_sources(store)}
    found: dict[str, Job] = {}
    own = {}
    for number, raw in enumerate(tables(store, "jobs"), start=1):
        where = f"[[jobs]] 第 {number} 节" + (f"（{raw['name']}）" if raw.get("name") else "")
        job = _job(raw, where, sources, store)
        if job.name in own:
            raise SourceError(f"{where}：名称“{job.name}”已用过，请用 name 另起一个")
        own[job.name] = job
    told = {job.source for job in own.values() if job.source}
    found = {job.name: job for job in map(source_job, sources.values()) if job.source not in told}
    return (*found.values(), *own.values())


def job_named(store: Path, name: str) -> Job:
    """Return a job by its name or its source's; raises SourceError with the names there are."""
    jobs = declared_jobs(store)
    for job in jobs:
        if name and name in (job.name, job.source):
            return job
    names = "、".join(job.name for job in jobs) or "（还没有；在 settings.toml 的 [[sources]]、[[jobs]] 里写）"
    raise SourceError(f"没有名为“{name}”的任务；现有：{names}")


def _job(raw: Mapping[str, Any], where: str, sources: Mapping[str, Source], store: Path) -> Job:
    run = raw.get("run")
    if run not in LABELS:
        words = "、".join(f'"{k}"（{v}）' for k, v in LABELS.items())
        raise SourceError(f"{where}：run 要写 {words} 之一，现在是 {run!r}")
    known = ("name", "run", *WHEN, *_KEYS[run])
    if unknown := [k for k in raw if k not in known]:
        raise SourceError(f"{where}：没有“{'、'.join(unknown)}”这个设置；可用：{'、'.join(known)}")
    options = _OPTIONS[run](raw, where, store)
    source = text(raw, "source", where) if run == IMPORT_RUN else ""
    if source and source not in sources:
        raise SourceError(f"{where}：没有来源“{source}”；[[sources]] 里有：{'、'.join(sources) or '（无）'}")
    name = text(raw, "name", where, f"{LABELS[run]}：{source}" if source else LABELS[run]).strip()
    return Job(name, run, read_schedule(raw, where), source, options)


def _briefing(raw: Mapping[str, Any], where: str, store: Path) -> dict[str, Any]:
    last, formats = raw.get("last", "week"), raw.get("formats", ["docx", "pdf", "xlsx", "html"])
    if last not in ("week", "month", "quarter"):
        raise SourceError(f'{where}：last = {last!r} 要写 "week"、"month" 或 "quarter"')
    if not isinstance(formats, list) or not formats or not {*formats} <= {"docx", "pdf", "xlsx", "html"}:
        raise SourceError(f'{where}：formats 要写 ["docx", "pdf", "xlsx", "html"] 中的几种')
    out = whole_path(raw, "out", where, store) if "out" in raw else None
    return {"last": last, "formats": tuple(formats), "profile": text(raw, "profile", where, ""), "out": out}


def _backup(raw: Mapping[str, Any], where: str, store: Path) -> dict[str, Any]:
    folder = whole_path(raw, "folder", where, store)
    return {"folder": folder, "keep": int(amount(raw, "keep", where, 14, least=1, most=1000))}


def _retention(raw: Mapping[str, Any], where: str, store: Path) -> dict[str, Any]:
    return {"years": int(amount(raw, "years", where, 0, least=0, most=100))}


def _nothing(raw: Mapping[str, Any], where: str, store: Path) -> dict[str, Any]:
    return {}


_OPTIONS = {
    IMPORT_RUN: _nothing,
    DISCOVER: _nothing,
    BRIEFING: _briefing,
    BACKUP: _backup,
    RETENTION: _retention,
}
