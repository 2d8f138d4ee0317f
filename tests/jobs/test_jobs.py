"""Jobs as they are declared, done, written down, scheduled and told."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from analytics.demo import DemoLedger, write_store
from analytics.jobs import acts
from analytics.jobs.declared import BACKUP, declared_jobs, job_named
from analytics.jobs.history import DONE, FAILED, KEPT, KILLED, RUNNING, History
from analytics.jobs.runner import SERVICE, Busy, alone, run_job
from analytics.jobs.scheduler import JobScheduler
from analytics.jobs.standing import jobs_now, troubles
from analytics.ledger import open_ledger
from analytics.settings import ROOT
from analytics.sources import SourceError
from analytics.store import Store, StoreError
from analytics.store.audit import AuditLog
from analytics.store.backup import restore
from analytics.viewer import ANALYST, LOCAL, OPERATOR, NotAllowed, Viewer
from tests.conftest import AS_OF
from tests.jobs.conftest import Settle

NOW = dt.datetime(2026, 11, 25, 9)
WATCHED = '[[sources]]\nname = "热线"\nkind = "folder"\nfolder = "IN"\nsettle_seconds = 0\n'
BACKUPS = '[[jobs]]\nrun = "backup"\nfolder = "OUT"\nat = "06:30"\nkeep = 2\n'
ROW = "工单编号,受理时间,内容\n{},2026-11-02 09:00,贷款难\n"
#: Seconds that a state is waited for: never reached where all is well.
PATIENCE = 900


def clock() -> dt.datetime:
    return NOW


def until(reached: Callable[[], object]) -> None:
    """Wait for a state; fails where it does not come."""
    end = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_each_source_has_a_job_and_one_of_its_own_takes_its_place(settled: Settle) -> None:
    store = settled(WATCHED + BACKUPS)
    assert [(j.name, j.schedule.described) for j in declared_jobs(store.folder)] == [
        ("取数：热线", "每 5 分钟"),
        ("备份", "每天 06:30"),
    ]
    store = settled(WATCHED + 'every = "30m"\ndays = "workdays"\n')
    assert [j.schedule.described for j in declared_jobs(store.folder)] == ["工作日，每 30 分钟"]
    store = settled(WATCHED + '[[jobs]]\nrun = "import"\nsource = "热线"\nat = "07:00"\nname = "早上取数"\n')
    assert [(j.name, j.source) for j in declared_jobs(store.folder)] == [("早上取数", "热线")]
    assert job_named(store.folder, "热线") == job_named(store.folder, "早上取数")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[jobs]]\nrun = "dance"\nat = "06:30"', "run 要写 .import.（取数）"),
        ('[[jobs]]\nrun = "backup"\nat = "06:30"', "folder 要写加引号的文字，现在没有写"),
        ('[[jobs]]\nrun = "discover"\nat = "06:30"\nkeep = 1', "没有“keep”这个设置；可用：name、run、every、at、days"),
        ('[[jobs]]\nrun = "discover"', "没有写什么时候做"),
        ('[[jobs]]\nrun = "import"\nsource = "无"\nat = "06:30"', "没有来源“无”"),
        ('[[jobs]]\nrun = "briefing"\nat = "06:30"\nlast = "year"', "last = 'year' 要写"),
        ('[[jobs]]\nrun = "briefing"\nat = "06:30"\nformats = ["odt"]', "formats 要写"),
        (BACKUPS + BACKUPS, "名称“备份”已用过"),
    ],
)
def test_what_is_wrong_in_a_job_is_said(settled: Settle, text: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        declared_jobs(settled(text).folder)


def test_an_unknown_job_is_told_which_there_are(settled: Settle) -> None:
    with pytest.raises(SourceError, match="没有名为“周报”的任务；现有：备份"):
        job_named(settled(BACKUPS).folder, "周报")


def test_an_import_is_done_written_down_and_audited(settled: Settle, tmp_path: Path) -> None:
    store = settled(WATCHED)
    (tmp_path / "in" / "a.csv").write_text(ROW.format("K1"), "utf-8")
    run = run_job(store, job_named(store.folder, "热线"), clock, SERVICE)
    assert (run.result, run.attempt, run.started, run.seconds) == (DONE, 1, NOW, 0)
    assert "导入 1 个" in run.message
    assert open_ledger(store).counts["cases"] == 1
    assert AuditLog(store.folder).entries("import")[0].who == "自动任务"


def test_a_backup_is_kept_whole_and_old_ones_go(settled: Settle, demo: DemoLedger, tmp_path: Path) -> None:
    store = settled(BACKUPS)
    write_store(store, demo, AS_OF)
    left = tmp_path / "out" / acts.MAKING / "half"
    left.mkdir(parents=True)
    (tmp_path / "out" / "别人的.tar.gz").write_bytes(b"x")
    for hour in range(3):
        now = NOW + dt.timedelta(hours=hour)
        assert run_job(store, job_named(store.folder, "备份"), lambda now=now: now, SERVICE).result == DONE
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "insight-20261125-100000.tar.gz",
        "insight-20261125-110000.tar.gz",
        "别人的.tar.gz",
    }
    with tarfile.open(tmp_path / "out" / "insight-20261125-110000.tar.gz") as tar:
        assert not [n for n in tar.getnames() if n.endswith("lock")]
    restore(tmp_path / "out" / "insight-20261125-110000.tar.gz", tmp_path / "again")
    assert Store(tmp_path / "again").current_id() == store.current_id()


def test_discovery_a_briefing_and_the_dry_run_say_what_they_did(
    settled: Settle, demo: DemoLedger, tmp_path: Path
) -> None:
    store = settled(
        '[[jobs]]\nrun = "discover"\nat = "01:00"\n'
        '[[jobs]]\nrun = "briefing"\nat = "02:00"\ndays = ["mon"]\nformats = ["html"]\nout = "OUT"\n'
        '[[jobs]]\nrun = "retention"\nat = "03:00"\nyears = 1\n'
    )
    write_store(store, demo, AS_OF)
    before = store.current_id()
    said = {j.run: run_job(store, j, clock, SERVICE) for j in declared_jobs(store.folder)}
    assert {r.result for r in said.values()} == {DONE}, [r.message for r in said.values()]
    assert "个类型" in said["discover"].message
    assert "2026" in said["briefing"].message
    assert [p.suffix for p in (tmp_path / "out").iterdir() if "facts" not in p.name] == [".html"]
    assert "什么都没有动" in said["retention"].message
    assert store.current_id() == before


def test_a_job_that_fails_is_tried_again_and_says_no_value_of_the_ledger(
    settled: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = settled(BACKUPS)
    job = job_named(store.folder, "备份")
    assert run_job(store, job, clock, SERVICE).message == "数据目录里还没有台账，没有可备份的"

    def broken(*given: object) -> str:
        raise ValueError("王小明 13812345678")

    monkeypatch.setattr(acts, "_back_up", broken)
    run = run_job(store, job, clock, SERVICE)
    assert (run.result, run.attempt) == (FAILED, 2)
    assert "ValueError" in run.message
    assert "王小明" not in run.message

    def refused(*given: object) -> str:
        raise StoreError("联系人：王小明，电话 13812345678 那件写不进")

    monkeypatch.setattr(acts, "_back_up", refused)
    assert "13812345678" not in run_job(store, job, clock, SERVICE).message


def test_one_job_runs_at_a_time_in_all_processes_and_only_for_who_may(settled: Settle) -> None:
    store = settled(BACKUPS)
    job = job_named(store.folder, "备份")
    with alone(store), pytest.raises(Busy, match="另一个任务正在做"):
        run_job(store, job, clock, SERVICE)
    assert History(store.folder).runs() == []
    with pytest.raises(NotAllowed):
        run_job(store, job, clock, Viewer("某", OPERATOR))


def test_a_run_that_never_ended_was_killed_and_is_made_up(settled: Settle) -> None:
    store = settled(BACKUPS)
    history, job = History(store.folder), job_named(store.folder, "备份")
    history.begin(job.name, NOW, 1)
    assert history.last(job.name).result == RUNNING  # type: ignore[union-attr]
    assert jobs_now(store, NOW)[0].running
    run_job(store, job, clock, SERVICE)
    assert [(r.result, r.attempt) for r in history.runs()] == [(FAILED, 2), (KILLED, 1)]


def test_old_runs_are_forgotten(settled: Settle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.jobs.history.KEPT", 3)
    history = History(settled("").folder)
    for n in range(6):
        history.end(history.begin("备份", NOW, 1), NOW, DONE, str(n))
    assert [r.message for r in history.runs()] == ["5", "4", "3", "2"]
    assert KEPT > 3


def test_who_may_mend_it_is_told_what_went_wrong(settled: Settle, tmp_path: Path) -> None:
    store = settled(WATCHED + BACKUPS)
    run_job(store, job_named(store.folder, "备份"), clock, SERVICE)
    (tmp_path / "in" / "坏.csv").write_text("甲,乙\n1,2\n", "utf-8")
    run_job(store, job_named(store.folder, "热线"), clock, SERVICE)
    told = troubles(store, NOW, LOCAL)
    assert len(told) == 2
    assert told[0] == "任务“备份”2026年11月25日 09:00 没有做成，09:01 再试第 2 次：数据目录里还没有台账，没有可备份的"
    assert "来源“热线”" in told[1]
    assert len(troubles(store, NOW, Viewer("操作", OPERATOR))) == 1
    assert troubles(store, NOW, Viewer("分析", ANALYST)) == []
    (tmp_path / "in" / "好.csv").write_text(ROW.format("K1"), "utf-8")
    for name in ("热线", "备份"):
        run_job(store, job_named(store.folder, name), clock, SERVICE)
    assert troubles(store, NOW, LOCAL) == []
    store = settled("[[jobs]\n")
    assert "读不出来" in troubles(store, NOW, LOCAL)[0]
    assert troubles(store, NOW, Viewer("操作", OPERATOR)) == []


# -- the scheduler ----------------------------------------------------------------------------


class Working:
    """A scheduler in a thread, whose launches are noted and done at once in this process."""

    def __init__(self, store: Store, now: Callable[[], dt.datetime] = clock, does: bool = True):
        self.launched: list[str] = []
        self.does = does
        self.scheduler = JobScheduler(store, now, self._launch)
        self.now = now
        self.thread = threading.Thread(target=self.scheduler.work)

    def _launch(self, scheduler: JobScheduler, name: str) -> None:
        self.launched.append(name)
        if self.does:
            run_job(scheduler.store, job_named(scheduler.store.folder, name), self.now, SERVICE)

    def __enter__(self) -> Working:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.scheduler.stop()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.jobs.scheduler.EVERY", 0.05)


@pytest.mark.usefixtures("quick")
def test_the_scheduler_makes_up_what_was_missed_once(settled: Settle, demo: DemoLedger) -> None:
    store = settled(BACKUPS)
    write_store(store, demo, AS_OF)
    wall = _wall()
    history = History(store.folder)
    yesterday = wall - dt.timedelta(days=3)
    history.since("备份", "每天 06:30", yesterday)
    history.end(history.begin("备份", yesterday, 1), yesterday, DONE, "")
    with Working(store, _wall) as working:
        until(lambda: len(history.runs()) == 2)
        until(lambda: working.scheduler.next_time("备份") not in (None,) and _planned(working) > _wall())
        assert working.launched == ["备份"]
        assert _planned(working).time() == dt.time(6, 30)


@pytest.mark.usefixtures("quick")
def test_the_scheduler_follows_the_settings_as_they_change(settled: Settle) -> None:
    store = settled("")
    with Working(store, _wall) as working:
        assert not (store.folder / "jobs").exists()  # nothing declared: not even a lock
        settled(BACKUPS)
        until(lambda: "备份" in working.scheduler.jobs)
        settled(BACKUPS.replace("06:30", "07:45"))
        until(lambda: working.scheduler.next_time("备份") and _planned(working).time() == dt.time(7, 45))
        settled("[[jobs]\n")  # half written: what holds goes on
        time.sleep(0.3)
        assert "备份" in working.scheduler.jobs
        settled("")
        until(lambda: not working.scheduler.jobs)


@pytest.mark.usefixtures("quick")
def test_a_failed_job_is_planned_again_soon(settled: Settle) -> None:
    store = settled('[[jobs]]\nrun = "backup"\nfolder = "OUT"\nevery = "1d"\n')
    with Working(store, _wall) as working:
        until(lambda: History(store.folder).runs())
        until(lambda: _planned(working) - _wall() < dt.timedelta(minutes=2))
        assert working.launched == ["备份"]


@pytest.mark.usefixtures("quick")
def test_a_job_that_never_begins_is_not_begun_over_and_over(settled: Settle) -> None:
    store = settled('[[jobs]]\nrun = "backup"\nfolder = "OUT"\nevery = "1d"\n')
    with Working(store, _wall, does=False) as working:
        until(lambda: working.launched and _planned(working) > _wall() + dt.timedelta(seconds=20))
        assert working.launched == ["备份"]


@pytest.mark.usefixtures("quick")
def test_a_second_scheduler_waits_and_takes_over(settled: Settle) -> None:
    store = settled(BACKUPS)
    with Working(store, _wall) as second:
        until(lambda: second.scheduler.leads)
        with Working(store, _wall) as third:
            time.sleep(0.5)
            assert not third.scheduler.leads
            second.scheduler.stop()
            second.thread.join(PATIENCE)
            until(lambda: third.scheduler.leads)


def _wall() -> dt.datetime:
    return dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).replace(tzinfo=None)


def _planned(working: Working) -> dt.datetime:
    return working.scheduler.next_time("备份") or dt.datetime.min


# -- the command ------------------------------------------------------------------------------


def command(store: Store, *given: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "analytics", "jobs", *given, "--store", str(store.folder)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=900)


def test_the_command_lists_jobs_and_does_one(settled: Settle, tmp_path: Path) -> None:
    store = settled(WATCHED + BACKUPS)
    (tmp_path / "in" / "a.csv").write_text(ROW.format("K1"), "utf-8")
    done = command(store, "now", "热线", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) | {"started": "", "ended": "", "seconds": 0} == {
        "job": "取数：热线", "result": "done", "attempt": 1, "started": "", "ended": "", "seconds": 0,
        "message": "取了 1 个文件：导入 1 个，未导入 0 个；新增或更新 1 行",
    }  # fmt: skip
    listed = json.loads(command(store, "list", "--json").stdout)["jobs"]
    assert [(j["name"], j["last"] and j["last"]["result"]) for j in listed] == [("取数：热线", "done"), ("备份", None)]
    with alone(store):
        assert command(store, "now", "备份").returncode == 3
    (store.folder / "CURRENT").unlink()
    assert command(store, "now", "备份").returncode == 1
    assert command(store, "now").returncode == 2


def test_the_command_runs_jobs_until_it_is_told_to_stop(settled: Settle, tmp_path: Path) -> None:
    store = settled(WATCHED)
    (tmp_path / "in" / "a.csv").write_text(ROW.format("K1"), "utf-8")
    line = [sys.executable, "-m", "analytics", "jobs", "run", "--store", str(store.folder)]
    with subprocess.Popen(line, cwd=ROOT, stderr=subprocess.PIPE, env=os.environ.copy()) as running:
        try:
            until(lambda: [r for r in History(store.folder).runs() if r.result == DONE])
        finally:
            running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE) == 0
    assert (tmp_path / "in" / "done" / "a.csv").exists()


def test_a_backup_job_asks_for_what_only_an_administrator_may() -> None:
    from analytics.jobs.declared import RIGHTS

    assert RIGHTS[BACKUP] == "administer"
