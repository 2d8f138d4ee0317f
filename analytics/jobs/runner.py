"""One run of a job: alone across processes, written down before and after, tried again when it fails."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from analytics.jobs.acts import act_of
from analytics.jobs.declared import Job
from analytics.jobs.history import BAD, DONE, FAILED, History, Run
from analytics.refusal import Refusal
from analytics.store import Store, StoreError
from analytics.viewer import ADMIN, Viewer

#: Who acts when nobody is there; so it stands in the audit log.
SERVICE = Viewer("自动任务", ADMIN)
#: After a failure it is tried again so much later, each time later; then not before it is due again.
BACK_OFF = tuple(dt.timedelta(minutes=m) for m in (1, 5, 25))
Clock = Callable[[], dt.datetime]


class Busy(StoreError):
    """Another job is running."""


@contextmanager
def alone(store: Store, patience: float = 0) -> Iterator[None]:
    """Hold the lock of runs, waiting so many seconds for it; raises Busy."""
    try:
        (store.folder / "jobs").mkdir(parents=True, exist_ok=True)
        with FileLock(store.folder / "jobs" / "lock", timeout=patience):
            yield
    except Timeout:
        raise Busy("另一个任务正在做，请等它完成后再试") from None
    except OSError as error:
        raise StoreError(f"数据目录写不进（{error.strerror or type(error).__name__}），请检查空间与权限") from None


def run_job(store: Store, job: Job, clock: Clock, viewer: Viewer, *, afresh: bool = False, patience: float = 0) -> Run:
    """Run a job now and return how it went; raises Busy while another runs, NotAllowed for who may not.

    Whatever goes wrong in it is the run's result, said without a value of the ledger.
    """
    viewer.require(job.right)
    with alone(store, patience):
        history, started = History(store.folder), clock()
        history.close_left(started)
        last = history.last(job.name)
        seq = history.begin(job.name, started, attempt_after(last))
        result, message = _done(store, job, started, viewer, afresh)
        history.end(seq, clock(), result, message)
    return next(r for r in history.runs(job.name) if r.seq == seq)


def _done(store: Store, job: Job, now: dt.datetime, viewer: Viewer, afresh: bool) -> tuple[str, str]:
    try:
        return DONE, act_of(job)(store, job, now, viewer, afresh)
    except Refusal as error:
        return FAILED, str(error)
    except Exception as error:  # its words may hold a value of the ledger
        logging.getLogger(__name__).exception("job %s", job.run)
        return FAILED, f"程序出错（{type(error).__name__}），数据完好；详情在日志里"


def attempt_after(last: Run | None) -> int:
    """Return which attempt comes after a run: a further one after a failure, until they are used up."""
    return last.attempt + 1 if last and last.result in BAD and last.attempt <= len(BACK_OFF) else 1


def retry_at(last: Run | None) -> dt.datetime | None:
    """Return when a failed run is tried again, None for one that went well or was tried often enough."""
    if last is None or last.result not in BAD or last.ended is None or last.attempt > len(BACK_OFF):
        return None
    return last.ended + BACK_OFF[last.attempt - 1]


def next_run(job: Job, last: Run | None, since: dt.datetime, now: dt.datetime) -> dt.datetime:
    """Return when a job is to run next, at the earliest ``now``: what was missed is made up once.

    ``since``: when it was declared so; of what lies before nothing is made up. An interval that has never run begins at once.
    """
    if last is None and job.schedule.every is not None:
        regular = now if job.schedule.due_on(now.date()) else job.schedule.next_after(now)
    else:
        regular = job.schedule.next_after(max(last.started, since) if last else since)
    again = retry_at(last)
    return max(min(regular, again) if again else regular, now)
