"""The command line: JSON out, Chinese to people, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from analytics.cli import main
from analytics.store import Store

GOOD = "工单编号,受理时间,内容,联系电话\nA,2024-7-5,=1+1,13812345678\nB,2024-7-6,x,\n"


def run(capsys: pytest.CaptureFixture, *arguments: str) -> tuple[int, dict, str]:
    code = main([*arguments, "--json"])
    out = capsys.readouterr()
    return code, json.loads(out.out), out.err


@pytest.fixture
def ledger_file(tmp_path: Path) -> Path:
    path = tmp_path / "台账.csv"
    path.write_text(GOOD, "utf-8")
    return path


def test_import_accounts_for_every_row(capsys, ledger_file: Path, tmp_path: Path) -> None:
    ledger_file.write_text(GOOD + "C,昨天,x,\n", "utf-8")
    kept_out = tmp_path / "隔离.xlsx"
    code, answer, told = run(
        capsys, "import", str(ledger_file), "--store", str(tmp_path / "s"), "--quarantine-out", str(kept_out)
    )
    assert code == 0
    assert {k: answer[k] for k in ("read", "accepted", "updated", "unchanged", "quarantined")} == {
        "read": 3,
        "accepted": 2,
        "updated": 0,
        "unchanged": 0,
        "quarantined": 1,
    }
    assert answer["snapshot"] == Store(tmp_path / "s").current_id()
    assert "昨天" in told
    assert openpyxl.load_workbook(kept_out).active.max_row == 2


def test_a_dry_run_writes_nothing(capsys, ledger_file: Path, tmp_path: Path) -> None:
    code, answer, _ = run(capsys, "import", str(ledger_file), "--store", str(tmp_path / "s"), "--dry-run")
    assert (code, answer["accepted"], answer["snapshot"]) == (0, 2, None)
    assert Store(tmp_path / "s").current_id() is None


def test_a_refused_file_exits_with_one(capsys, tmp_path: Path) -> None:
    code, answer, told = run(capsys, "import", str(tmp_path / "无.csv"), "--store", str(tmp_path / "s"))
    assert code == 1
    assert "找不到" in answer["error"]
    assert "找不到" in told


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["import"],
        ["metrics", "--metric", "nothing"],
        ["metrics", "--from", "昨天"],
        ["cases"],
        ["snapshots", "delete"],
    ],
)
def test_wrong_usage_exits_with_two(arguments: list[str], capsys) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "用法有误" in capsys.readouterr().err


def test_metrics_gives_what_a_page_shows(capsys, demo_store: Store) -> None:
    code, answer, _ = run(
        capsys,
        "metrics",
        "--metric",
        "on_time_rate",
        "demand",
        "--by",
        "module",
        "--from",
        "2026-10-01",
        "--to",
        "2026-10-31",
        "--where",
        "channel=12345热线",
        "--store",
        str(demo_store.folder),
    )
    assert code == 0
    assert answer["synthetic"] is True
    assert {"metric", "module", "value", "numerator", "denominator", "low", "high", "n"} <= set(answer["rows"][0])
    assert len(answer["rows"]) == 18


def test_metrics_by_grain_and_as_of(capsys, demo_store: Store) -> None:
    _, answer, _ = run(
        capsys,
        "metrics",
        "--metric",
        "backlog",
        "--grain",
        "month",
        "--from",
        "2026-01-01",
        "--as-of",
        "2026-06-30",
        "--store",
        str(demo_store.folder),
    )
    assert [r["period"] for r in answer["rows"]] == [f"2026-{m:02d}-01" for m in range(1, 7)]
    assert answer["as_of"].startswith("2026-07-01 00:00")


def test_without_a_metric_the_catalogue_comes(capsys, demo_store: Store) -> None:
    _, answer, _ = run(capsys, "metrics", "--store", str(demo_store.folder))
    assert {"metric", "name", "formula", "unit", "missing"} <= set(answer["metrics"][0])


@pytest.mark.parametrize("where", ["colour=red", "module", "module="])
def test_a_filter_that_makes_no_sense_is_refused(where: str, capsys, demo_store: Store) -> None:
    code, answer, _ = run(capsys, "metrics", "--metric", "demand", "--where", where, "--store", str(demo_store.folder))
    assert code == 1
    assert "看不懂筛选条件" in answer["error"]


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_exported_text_is_never_a_formula_and_phones_are_masked(
    ending: str, capsys, ledger_file: Path, tmp_path: Path
) -> None:
    ledger_file.write_text(
        "工单编号,受理时间,标题,企业名称\n=A1,2024-7-5,=cmd|' /C calc'!A0,@公司13812345678\n", "utf-8"
    )
    run(capsys, "import", str(ledger_file), "--store", str(tmp_path / "s"))
    out = tmp_path / f"工单.{ending}"
    code, answer, _ = run(capsys, "cases", "--store", str(tmp_path / "s"), "--out", str(out))
    assert (code, answer["cases"]) == (0, 1)
    if ending == "xlsx":
        sheet = openpyxl.load_workbook(out)["工单"]
        assert "f" not in [c.data_type for c in sheet[2]]
        assert sheet.cell(2, 1).value == "=A1"
        cells = [str(c.value) for c in sheet[2]]
    else:
        cells = pd.read_csv(out, dtype=str, comment="#").iloc[0].dropna().tolist()
        assert not any(c.startswith(("=", "@", "+", "-")) for c in cells)
    assert not any("13812345678" in c for c in cells)


def test_snapshots_are_listed_and_rolled_back(capsys, ledger_file: Path, tmp_path: Path) -> None:
    store = ["--store", str(tmp_path / "s")]
    _, first, _ = run(capsys, "import", str(ledger_file), *store)
    ledger_file.write_text(GOOD + "C,2024-7-7,x,\n", "utf-8")
    run(capsys, "import", str(ledger_file), *store)
    _, listed, _ = run(capsys, "snapshots", *store)
    assert [s["cases"] for s in listed["snapshots"]] == [3, 2]
    assert run(capsys, "snapshots", "rollback", first["snapshot"], *store)[0] == 0
    assert Store(tmp_path / "s").current_id() == first["snapshot"]
    assert run(capsys, "snapshots", "rollback", "S000099-1", *store)[0] == 1
    assert main(["snapshots", "rollback", *store]) == 2


def test_demo_writes_a_store_once(capsys, tmp_path: Path) -> None:
    store = ["--store", str(tmp_path / "s")]
    code, answer, told = run(capsys, "demo", "--cases", "800", "--as-of", "2026-11-24", *store)
    assert code == 0
    assert 600 < answer["cases"] < 1000
    assert "100%" in told
    assert main(["demo", "--if-empty", *store]) == 0
    assert len(Store(tmp_path / "s").snapshots()) == 1


def test_doctor_says_what_is_missing(capsys, ledger_file: Path, tmp_path: Path) -> None:
    store = ["--store", str(tmp_path / "s")]
    assert run(capsys, "doctor", *store)[1]["snapshot"] is None
    run(capsys, "import", str(ledger_file), *store)
    answer = run(capsys, "doctor", *store)[1]
    assert answer["cases"] == 2
    assert any("轮值表" in m for m in answer["missing"])


def test_people_are_spoken_to_in_chinese(capsys, ledger_file: Path, tmp_path: Path) -> None:
    store = ["--store", str(tmp_path / "s")]
    assert main(["import", str(ledger_file), *store]) == 0
    assert "读入 2 行，新增 2" in capsys.readouterr().out
    for command in (["doctor"], ["snapshots"], ["metrics", "--metric", "demand"], ["metrics"]):
        assert main([*command, *store]) == 0
        assert capsys.readouterr().out.strip()


def test_discover_types_and_assignments_agree(capsys, demo_store: Store, tmp_path: Path) -> None:
    store = ("--store", str(demo_store.folder))
    code, found, _ = run(capsys, "discover", *store)
    assert code == 0
    assert {
        "cases",
        "problems",
        "types",
        "unassigned",
        "born",
        "grown",
        "split",
        "merged",
        "vanished",
        "seconds",
    } <= set(found)
    code, listed, _ = run(capsys, "types", *store)
    assert code == 0
    assert len(listed["types"]) == found["types"]
    assert all(t["name"] and t["keywords"] and t["trend"] for t in listed["types"])
    out = tmp_path / "归类.csv"
    code, _, said = run(capsys, "assignments", *store, "--out", str(out))
    assert code == 0
    assert "演示数据" in said
    frame = pd.read_csv(out, dtype=str)
    assert list(frame.columns) == ["case_no", "problem_id", "problem_name", "type_id", "type_name", "confidence"]
    assert len(frame) == found["cases"]
    assert frame["type_id"].isna().sum() == found["unassigned"]
    assert frame["type_id"].nunique() == found["types"]


def test_discover_as_of_an_earlier_day_reads_no_later_case(capsys, tmp_path: Path) -> None:
    path = tmp_path / "台账.csv"
    rows = "".join(f"A{i},2024-7-{i + 1},公交线路太少请增加班次\n" for i in range(20))
    path.write_text("工单编号,受理时间,内容\n" + rows, "utf-8")
    store = ("--store", str(tmp_path / "s"))
    run(capsys, "import", str(path), *store)
    assert run(capsys, "discover", "--as-of", "2024-07-10", *store)[1]["cases"] == 10
    assert run(capsys, "discover", "--new-only", *store)[1] == {"joined": 10}


def test_types_before_the_first_run_are_refused(capsys, ledger_file: Path, tmp_path: Path) -> None:
    store = ("--store", str(tmp_path / "s"))
    run(capsys, "import", str(ledger_file), *store)
    code, answer, _ = run(capsys, "types", *store)
    assert code == 1
    assert "discover" in answer["error"]
