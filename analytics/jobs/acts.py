"""What each job does; every one can be begun again after it was killed anywhere."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
from collections.abc import Callable

from analytics.jobs.declared import BACKUP, BRIEFING, DISCOVER, IMPORT_RUN, RETENTION, Job
from analytics.sources import SourceError, declared_sources
from analytics.store import Store, StoreError
from analytics.viewer import Viewer

Act = Callable[[Store, Job, dt.datetime, Viewer, bool], str]
_OURS = re.compile(r"insight-\d{8}-\d{6}\.tar\.gz")
#: Where a backup lies until it is whole: what a killed process left there is cleared away.
MAKING = ".insight-making"


def act_of(job: Job) -> Act:
    """Return the function that does a job: (store, job, now, viewer, afresh) → what to say of it, without personal data."""
    return {IMPORT_RUN: _import, DISCOVER: _discover, BRIEFING: _brief, BACKUP: _back_up, RETENTION: _retain}[job.run]


def _import(store: Store, job: Job, now: dt.datetime, viewer: Viewer, afresh: bool) -> str:
    from analytics.sources.take import take  # the whole import: pages that only show jobs need not wait

    source = next((s for s in declared_sources(store.folder) if s.name == job.source), None)
    if source is None:
        raise SourceError(f"没有来源“{job.source}”")
    return take(store, source, store.settings, now, viewer, afresh=afresh).message


def _discover(store: Store, job: Job, now: dt.datetime, viewer: Viewer, afresh: bool) -> str:
    from analytics.issues import IssueDesk
    from analytics.ledger import open_ledger

    card = IssueDesk(store, viewer=viewer).discover(open_ledger(store, viewer)).card
    return f"{card['cases']:,} 件工单归为 {card['types']} 个类型、{card['problems']} 个具体问题，未归类 {card['unassigned']:,} 件"


def _brief(store: Store, job: Job, now: dt.datetime, viewer: Viewer, afresh: bool) -> str:
    from analytics.briefing.compose import Request
    from analytics.briefing.office import Office
    from analytics.briefing.period import last_whole

    office = Office(store, viewer=viewer)
    request = Request(last_whole(job.options["last"], now))
    if job.options["profile"]:
        request = office.with_profile(request, job.options["profile"])
    made = office.deliver(request, job.options["formats"], viewer.name, job.options["out"])
    return f"{made.title}（{request.period.title}）已生成，{len(made.files) - 1} 种格式"


def _back_up(store: Store, job: Job, now: dt.datetime, viewer: Viewer, afresh: bool) -> str:
    from analytics.store.backup import back_up

    folder, making = job.options["folder"], job.options["folder"] / MAKING
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        name = f"insight-{now:%Y%m%d-%H%M%S}.tar.gz"
        made = back_up(store, making / name)
        os.replace(making / name, folder / name)
        shutil.rmtree(making, ignore_errors=True)
        old = sorted(p for p in folder.iterdir() if _OURS.fullmatch(p.name))[: -job.options["keep"]]
        for path in old:
            path.unlink()
    except OSError as error:
        raise StoreError(f"备份目录 {folder} 写不进（{error.strerror}），请检查空间与权限") from None
    return f"已备份 {made['files']} 个文件到 {name}" + (f"，删去 {len(old)} 份最早的" if old else "")


def _retain(store: Store, job: Job, now: dt.datetime, viewer: Viewer, afresh: bool) -> str:
    from analytics import retention

    years = job.options["years"] or store.settings.retention_years
    if years <= 0:
        raise StoreError("没有设留存期；请在这一节写 years，或在 settings.toml 的 [privacy] 里写 retention_years")
    return "试算，什么都没有动：" + retention.plan(store, years, now.date(), viewer).sentence()
