"""The same catalogue on Spark: the same numbers, cut by cut."""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.issues import IssueDesk
from analytics.ledger import LOCAL, Ledger, open_ledger
from analytics.metrics import CATALOGUE, Slice
from analytics.settings import ROOT
from analytics.store import Store, StoreError, spark
from analytics.store.backup import back_up
from analytics.store.reading import _on_spark
from analytics.viewer import ANALYST, Viewer
from tests.browser.conftest import free_port
from tests.engines.cuts import CUTS, QUARTER, alike, measurable

MASTER = "local[2]"


@pytest.fixture(scope="module")
def engine() -> Iterator[None]:
    missing = [
        n
        for n, there in (("pyspark", importlib.util.find_spec("pyspark")), ("java", shutil.which("java")))
        if not there
    ]
    if missing:
        if os.environ.get("CI"):
            pytest.fail(f"{missing} must be installed under CI (make spark; Java)")
        pytest.skip(f"{missing} is not installed (make spark; Java)")
    yield
    _on_spark.clear()
    spark.session(MASTER).stop()


@pytest.fixture
def on_spark(engine: None, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("INSIGHT_SPARK", MASTER)
    return monkeypatch


def same(
    ledger: Ledger, on_spark: pytest.MonkeyPatch, codes: list[str], by: tuple, grain: str | None, slice: Slice
) -> int:
    """Hold metrics on Spark against DuckDB, to rounding; returns how many rows there were."""
    return alike(ledger, lambda on: on_spark.setenv("INSIGHT_SPARK", MASTER if on else ""), codes, by, grain, slice)


@pytest.mark.parametrize(("by", "grain", "slice"), CUTS)
def test_every_metric_is_the_same_on_both_engines(
    by: tuple[str, ...], grain: str | None, slice: Slice, demo_ledger: Ledger, on_spark: pytest.MonkeyPatch
) -> None:
    on_spark.setenv("INSIGHT_SPARK", "")
    codes = measurable(demo_ledger, by, grain, slice)
    assert codes == list(CATALOGUE) if not by and not grain else len(codes) > 30
    assert same(demo_ledger, on_spark, codes, by, grain, slice) >= len(codes)


def test_types_are_a_dimension_there_too(
    demo_ledger: Ledger, demo_found: IssueDesk, on_spark: pytest.MonkeyPatch
) -> None:
    demo_found.attach(demo_ledger)  # there
    on_spark.setenv("INSIGHT_SPARK", "")
    ledger = demo_found.attach(demo_ledger)  # and here
    assert same(ledger, on_spark, ["demand"], ("issue_type",), None, QUARTER)
    assert same(ledger, on_spark, ["on_time_rate"], (), "month", QUARTER.narrowed(issue_type=("T0001", "T0002")))


def test_an_earlier_day_is_as_it_was_known_then(demo_store: Store, on_spark: pytest.MonkeyPatch) -> None:
    then = open_ledger(demo_store, LOCAL, dt.datetime(2026, 9, 15))
    assert same(then, on_spark, ["demand", "backlog", "on_time_rate", "handling_median"], ("module",), None, QUARTER)


def test_a_department_is_sent_its_own_rows_only(demo_store: Store, on_spark: pytest.MonkeyPatch) -> None:
    ledger = open_ledger(demo_store, Viewer("甲", ANALYST, "区税务局"))
    assert ledger.reader.dialect == "pyspark"
    facts = ledger.table("case_facts")
    rows = ledger.run(facts.select("case_no", "department", "first_department"))
    assert len(rows) > 0
    assert (rows[["department", "first_department"]] == "区税务局").any(axis=1).all()


def tarfile_names(store: Store, out: Path) -> list[str]:
    back_up(store, out)
    with tarfile.open(out) as tar:
        return tar.getnames()


def test_parquet_goes_with_its_snapshot(tmp_path: Path) -> None:
    store = Store(tmp_path)
    kept, gone = (store.parquet / f"{id}-20260101000000" for id in ("S000002-202601010000", "S000001-202601010000"))
    for folder in (kept, gone):
        folder.mkdir(parents=True)
        (folder / "cases.parquet").write_bytes(b"x")
    store.remove("S000001-202601010000")
    assert (kept.exists(), gone.exists()) == (True, False)


def test_parquet_is_written_once_left_out_of_backups_and_a_wrong_address_is_said(
    demo_store: Store, on_spark: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ledger = open_ledger(demo_store)
    folder = next((demo_store.folder / "parquet").glob(f"{ledger.snapshot.id}-*"))
    before = {p.name: p.stat().st_mtime_ns for p in folder.iterdir()}
    _on_spark.clear()
    assert ledger.counts["cases"] == ledger.snapshot.cases
    assert {p.name: p.stat().st_mtime_ns for p in folder.iterdir()} == before
    names = tarfile_names(demo_store, tmp_path / "b.tar.gz")
    assert any(n.startswith("snapshots/") for n in names)
    assert not any(n.startswith("parquet/") for n in names)
    with pytest.raises(StoreError, match="连不上 Spark"):
        spark.session("sc://127.0.0.1:9")


@pytest.fixture(scope="module")
def connect(engine: None) -> Iterator[str]:
    """A Spark Connect server whose work is done by two executor processes; yields its address."""
    import pyspark

    home = Path(pyspark.__file__).parent
    jar = next((home / "jars").glob("spark-connect_*.jar"))
    port = free_port()
    settings = {"spark.connect.grpc.binding.port": port, "spark.ui.enabled": "false"}
    settings |= {
        "spark.executorEnv.PYTHONPATH": ROOT,
        "spark.pyspark.python": sys.executable,
    }  # the program, on every machine
    command = [str(home / "bin" / "spark-submit"), "--master", "local-cluster[2,1,1024]"]
    command += [x for name, value in settings.items() for x in ("--conf", f"{name}={value}")]
    command += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", str(jar)]
    environment = os.environ | {"SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable}
    server = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        for _ in range(1200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.5)
        yield f"sc://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(600)


def test_spark_connect_with_two_executors_says_the_same(demo_store: Store, connect: str) -> None:
    codes = ["demand", "on_time_rate", "handling_p90", "satisfaction", "backlog", "load_accepted", "list_coverage"]
    command = [sys.executable, "-m", "analytics", "metrics", "--metric", *codes, "--by", "module"]
    command += ["--from", "2026-07-01", "--to", "2026-09-30", "--store", str(demo_store.folder), "--json"]
    told = [
        subprocess.run(
            command, env=os.environ | {"INSIGHT_SPARK": master}, cwd=ROOT, capture_output=True, text=True, timeout=1200
        )
        for master in ("", connect)
    ]
    assert told[1].returncode == 0, told[1].stderr[-2000:]
    assert told[0].stdout == told[1].stdout


ASSIGNED = """
import sys
from analytics.issues import IssueDesk
from analytics.issues.assigning import COLUMNS, Assigner
from analytics.ledger import open_ledger
from analytics.store import Store
ledger = open_ledger(Store(sys.argv[1]))
run = IssueDesk(Store(sys.argv[1])).findings(ledger).run
sql = "SELECT case_no, title, content FROM cases"
told = ledger.working.mapped(sql, Assigner.of(run), COLUMNS).sort_values("case_no")
print(told[["case_no", "kind", "matter", "confidence"]].to_csv(index=False, float_format="%.5f"))
print(sum(len(w) for w in told["words"]), {len(v) for v in told["vector"]})
"""


def test_a_fitted_run_assigns_cases_on_two_executors(demo_found: IssueDesk, connect: str) -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", ASSIGNED, str(demo_found.store.folder)],
            env=os.environ | {"INSIGHT_SPARK": master}, cwd=ROOT, capture_output=True, text=True, timeout=1200,
        )
        for master in ("", connect)
    ]  # fmt: skip
    assert told[1].returncode == 0, told[1].stderr[-2000:]
    assert told[0].stdout == told[1].stdout
    assert told[0].stdout.count("\n") > 5000
