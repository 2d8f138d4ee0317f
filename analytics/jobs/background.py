"""The scheduler as a thread of the dashboard's own server, unless INSIGHT_JOBS=off."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event, Thread

from analytics.clock import shanghai_now

OFF = "INSIGHT_JOBS"
#: Seconds that whoever opens a server just started is left alone with it.
ALONE = 10.0
_stopping = Event()
_running: list = []


def start(folder: Path) -> None:
    """Begin, a while after the server, in a thread that ends with it; nothing is imported before."""
    if os.environ.get(OFF) == "off":
        return
    Thread(target=_work, args=(folder,), name="jobs", daemon=True).start()


def stop() -> None:
    """End the scheduler and what it is running; the server is about to end."""
    _stopping.set()
    for scheduler in _running:
        scheduler.stop()


def _work(folder: Path) -> None:
    if _stopping.wait(ALONE):
        return
    from analytics.jobs.scheduler import JobScheduler
    from analytics.store import Store

    scheduler = JobScheduler(Store(folder), shanghai_now)
    _running.append(scheduler)
    scheduler.work()
