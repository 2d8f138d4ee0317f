"""The command of jobs: run the scheduler, list the jobs, do one now."""

from __future__ import annotations

import argparse
import os
import signal
from contextlib import suppress

from analytics.cli import REFUSED
from analytics.cli.output import print_json, say
from analytics.clock import shanghai_now
from analytics.jobs.declared import job_named
from analytics.jobs.history import BAD, RESULTS, Run
from analytics.jobs.runner import SERVICE, Busy, run_job
from analytics.jobs.standing import JobStanding, jobs_now
from analytics.store import Store
from analytics.viewer import ADMINISTER, IMPORT
from analytics.wording import minute

BUSY = 3
#: Seconds that a planned job waits for one that somebody asked for.
PATIENCE = 3600


def add_commands(commands: argparse._SubParsersAction, shared: argparse.ArgumentParser) -> None:
    """Add the command of this file to the command line."""
    jobs = commands.add_parser("jobs", parents=[shared], help="自动任务：一直运行、列出，或现在做一个")
    jobs.add_argument("action", choices=("run", "list", "now"), help="run 一直运行，list 列出，now 现在做一个")
    jobs.add_argument("name", nargs="?", default="", metavar="NAME", help="任务名或来源名（now 时必填）")
    jobs.add_argument("--afresh", action="store_true", help="数据库来源从头再取，不接着上次")
    jobs.add_argument("--scheduled", action="store_true", help=argparse.SUPPRESS)
    jobs.set_defaults(run=run_jobs)


def run_jobs(options: argparse.Namespace) -> int:
    """Run, list or do one; exit code 1 where a job failed, 3 where another is running."""
    if options.action == "run":
        return _run(options)
    if options.action == "list":
        return _list(options)
    if not options.name:
        say("用法有误：now 之后要写任务名，可先用 jobs list 查看。")
        return 2
    return _now(options)


def _run(options: argparse.Namespace) -> int:
    from analytics.jobs.scheduler import JobScheduler

    options.viewer.require(ADMINISTER)
    scheduler = JobScheduler(Store(options.store), shanghai_now)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: scheduler.stop())
    say("自动任务在运行；按 Ctrl+C 停止。设置改了会自动跟上，同一个数据目录只有一个在运行，别的会等着接替。")
    scheduler.work()
    return 0


def _list(options: argparse.Namespace) -> int:
    if not options.viewer.may(IMPORT):
        options.viewer.require(ADMINISTER)
    found = jobs_now(Store(options.store), shanghai_now())
    if options.json:
        print_json({"jobs": [_as_json(j) for j in found]})
        return 0
    for one in found:
        last = one.last
        went = f"上次 {minute(last.started)} {RESULTS[last.result]}：{last.message}" if last else "还没有做过"
        print(f"{one.job.name}  {one.job.schedule.described}  下次 {minute(one.due)}  {went}")
    if not found:
        print("还没有任务；在 settings.toml 的 [[sources]]、[[jobs]] 里写，见 docs/sources.md。")
    return 0


def _as_json(standing: JobStanding) -> dict[str, object]:
    job, last = standing.job, standing.last
    return {
        "name": job.name,
        "run": job.run,
        "source": job.source or None,
        "schedule": job.schedule.described,
        "next": standing.due.isoformat(timespec="seconds"),
        "last": _told(last) if last else None,
    }


def _told(run: Run) -> dict[str, object]:
    return {
        "started": run.started.isoformat(timespec="seconds"),
        "ended": run.ended and run.ended.isoformat(timespec="seconds"),
        "result": run.result,
        "seconds": run.seconds,
        "attempt": run.attempt,
        "message": run.message,
    }


def _now(options: argparse.Namespace) -> int:
    job = job_named(options.store, options.name)
    if options.scheduled:
        with suppress(OSError):
            os.nice(10)  # whoever looks at a page goes first
    try:
        run = run_job(
            Store(options.store),
            job,
            shanghai_now,
            SERVICE if options.scheduled else options.viewer,
            afresh=options.afresh,
            patience=PATIENCE if options.scheduled else 0,
        )
    except Busy as error:
        say(str(error))
        if options.json:
            print_json({"error": str(error)})
        return BUSY
    if options.json:
        print_json({"job": job.name, **_told(run)})
    elif not options.scheduled:
        print(f"{job.name}：{RESULTS[run.result]}。{run.message}")
    return REFUSED if run.result in BAD else 0
