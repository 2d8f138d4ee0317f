"""The scheduler: waits until a job is due and has a process of its own do it, one after the other.

APScheduler keeps the times and waits; what ran and how it went is in our own book, because its stores of jobs keep
pickled functions and know neither results nor durations. One scheduler a store is at work: others wait for it to end.

See docs/decisions/0025.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from threading import Event, Lock
from typing import Any

from filelock import FileLock, Timeout

from analytics.jobs.declared import Job, declared_jobs
from analytics.jobs.history import History
from analytics.jobs.runner import BACK_OFF, Busy, Clock, alone, next_run
from analytics.jobs.schedule import SHANGHAI
from analytics.refusal import Refusal
from analytics.settings import ROOT
from analytics.store import Store

#: Seconds between two looks at the settings, and at whether another scheduler has ended.
EVERY = 15
#: The longest that a job may take, in seconds: one that hangs must not keep all others waiting for ever.
LONGEST = 6 * 3600
LOG = logging.getLogger(__name__)
Launch = Callable[["JobScheduler", str], None]


class JobScheduler:
    """Runs the jobs of one store's settings until it is stopped; follows the settings as they change."""

    def __init__(self, store: Store, clock: Clock, launch: Launch | None = None):
        self.store, self.clock, self.launch = store, clock, launch or in_a_process
        self.history = History(store.folder)
        self.jobs: dict[str, Job] = {}
        self.child: subprocess.Popen | None = None
        self.stopped = Event()
        self._lock = FileLock(store.folder / "jobs" / "scheduler" / "lock", thread_local=False)
        self._changing = Lock()
        self._scheduler: Any = None
        self._said = ""

    @property
    def leads(self) -> bool:
        """Tell whether this is the scheduler at work."""
        return self._scheduler is not None

    def work(self) -> None:
        """Follow the settings until stopped: begin when jobs are declared and no other scheduler is at work."""
        while not self.stopped.is_set():
            wrong = ""
            try:
                self.follow()
            except Refusal as error:
                wrong = str(error)
            except Exception as error:
                wrong = type(error).__name__
            if wrong and wrong != self._said:
                LOG.warning("jobs do not follow the settings: %s", wrong)
            self._said = wrong
            self.stopped.wait(EVERY)
        self._end()

    def follow(self) -> None:
        """Do as the settings say now; nothing at all, not even a lock, where no job is declared."""
        declared = {job.name: job for job in declared_jobs(self.store.folder)}
        with self._changing:
            self._follow(declared)

    def _follow(self, declared: dict[str, Job]) -> None:
        if not self.leads and (not declared or not self._lead()):
            return
        for name in self.jobs.keys() - declared.keys():
            self._scheduler.remove_job(name)
            del self.jobs[name]
        for name, job in declared.items():
            if self.jobs.get(name) != job:
                self.jobs[name] = job
                self._plan(job)

    def stop(self) -> None:
        """Tell it to stop; a job that is running is ended, which leaves the store whole, and runs again next time."""
        self.stopped.set()
        child = self.child
        if child is not None:
            with contextlib.suppress(OSError):
                child.terminate()

    def next_time(self, name: str) -> dt.datetime | None:
        """Return when a job is planned (naive, Shanghai), None while this is not the scheduler at work."""
        found = self._scheduler.get_job(name) if self.leads else None
        return found.next_run_time.astimezone(SHANGHAI).replace(tzinfo=None) if found else None

    def _lead(self) -> bool:
        """Become the scheduler at work, unless another is."""
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        self._lock_folder()
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        with contextlib.suppress(Busy), alone(self.store):
            self.history.close_left(self.clock())
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler = BackgroundScheduler(
            timezone=SHANGHAI,
            executors={"default": ThreadPoolExecutor(1)},
            # One thread, so that jobs wait for each other. However often it should have run meanwhile, once is enough, however late.
            job_defaults={"coalesce": True, "max_instances": 3, "misfire_grace_time": None},
        )
        self._scheduler.start()
        return True

    def _lock_folder(self) -> None:
        (self.store.folder / "jobs" / "scheduler").mkdir(parents=True, exist_ok=True)

    def _plan(self, job: Job, earliest: dt.datetime | None = None) -> None:
        """Enter a job, or what has changed of it, with the time at which it is to run next."""
        now = self.clock()
        since = self.history.since(job.name, job.schedule.described, now)
        due = next_run(job, self.history.last(job.name), since, max(now, earliest or now))
        self._scheduler.add_job(
            self._fire,
            job.schedule.trigger(due),
            args=[job.name],
            id=job.name,
            name=job.name,
            next_run_time=due.replace(tzinfo=SHANGHAI),
            replace_existing=True,
        )

    def _fire(self, name: str) -> None:
        """Have a job done, and plan it anew: by its schedule, or sooner where it failed."""
        if self.stopped.is_set():
            return
        before = self.history.last(name)
        try:
            self.launch(self, name)
        finally:
            with contextlib.suppress(Busy), alone(self.store):
                self.history.close_left(self.clock())
            with self._changing:
                job = self.jobs.get(name)
                if job is not None and self.leads and not self.stopped.is_set():
                    # One that never got as far as to begin is not begun over and over.
                    vain = self.history.last(name) == before
                    self._plan(job, self.clock() + BACK_OFF[0] if vain else None)

    def _end(self) -> None:
        with self._changing:
            if self._scheduler is not None:
                scheduler, self._scheduler = self._scheduler, None
                scheduler.shutdown(wait=False)
                self._lock.release()


def in_a_process(scheduler: JobScheduler, name: str) -> None:
    """Run a job in a process of its own: it may take memory or be killed, and the server goes on."""
    command = [sys.executable, "-m", "analytics", "jobs", "now", name, "--scheduled", "--store"]
    environment = os.environ | {"INSIGHT_ACCOUNT": ""}
    command += [str(scheduler.store.folder.resolve())]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as child:
        scheduler.child = child
        try:
            child.wait(LONGEST)
        except subprocess.TimeoutExpired:
            child.kill()
            LOG.warning("a job was ended after %s seconds", LONGEST)
        finally:
            scheduler.child = None
