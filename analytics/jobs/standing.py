"""How the jobs and sources of a store stand: for pages and the command line."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from analytics.jobs.declared import Job, declared_jobs, source_job
from analytics.jobs.history import BAD, RUNNING, History, Run
from analytics.jobs.runner import attempt_after, next_run, retry_at
from analytics.refusal import Refusal
from analytics.sources import Source, declared_sources
from analytics.sources.book import REFUSED, SourceBook, Standing
from analytics.store import Store
from analytics.viewer import ADMINISTER, IMPORT, Viewer
from analytics.wording import minute


@dataclass(frozen=True)
class JobStanding:
    """A job, how it went last, and when it is due (``now`` and before: as soon as a scheduler is at work)."""

    job: Job
    last: Run | None
    due: dt.datetime

    @property
    def running(self) -> bool:
        return self.last is not None and self.last.result == RUNNING

    @property
    def failed(self) -> bool:
        return self.last is not None and self.last.result in BAD


@dataclass(frozen=True)
class SourceStanding:
    """A source, what it gave, and the job that looks at it."""

    source: Source
    standing: Standing
    job: JobStanding


def jobs_now(store: Store, now: dt.datetime) -> list[JobStanding]:
    """Return every declared job as it stands; raises SourceError where the settings are wrong."""
    return [_standing(store, job, now) for job in declared_jobs(store.folder)]


def sources_now(store: Store, now: dt.datetime) -> list[SourceStanding]:
    """Return every declared source as it stands; raises SourceError where the settings are wrong."""
    book, by_source = SourceBook(store.folder), {j.job.source: j for j in jobs_now(store, now) if j.job.source}
    return [
        SourceStanding(s, book.standing(s.name), by_source.get(s.name) or _standing(store, source_job(s), now))
        for s in declared_sources(store.folder)
    ]


def _standing(store: Store, job: Job, now: dt.datetime) -> JobStanding:
    last = History(store.folder).last(job.name)
    return JobStanding(job, last, next_run(job, last, last.started if last else now, now))


def troubles(store: Store, now: dt.datetime, viewer: Viewer) -> list[str]:
    """Return what went wrong, a sentence each, for who may mend it; nothing for others."""
    if not (viewer.may(ADMINISTER) or viewer.may(IMPORT)):
        return []
    try:
        told = [_told(j) for j in jobs_now(store, now) if j.failed and viewer.may(j.job.right)]
        told += [t for s in sources_now(store, now) if viewer.may(IMPORT) and (t := _refused(s))]
    except Refusal as error:
        return [f"自动任务停着：{error}"] if viewer.may(ADMINISTER) else []
    return told


def _told(standing: JobStanding) -> str:
    last = standing.last
    assert last is not None
    again = retry_at(last)
    when = f"，{again:%H:%M} 再试第 {attempt_after(last)} 次" if again else ""
    return f"任务“{standing.job.name}”{minute(last.started)} 没有做成{when}：{last.message}"


def _refused(standing: SourceStanding) -> str:
    last = standing.standing.last
    if last is None or last.outcome != REFUSED:
        return ""
    return f"来源“{standing.source.name}”{minute(last.begun)} 有一份没有导入：{last.message}"
