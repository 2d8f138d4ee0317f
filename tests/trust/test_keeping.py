"""How long data is kept, what is held about an enterprise, and that a deployment is looked at."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path

import openpyxl
import pytest

from analytics import dossier, retention
from analytics.caselist import case_story
from analytics.checkup import BAD, GOOD, checks
from analytics.cli import main
from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.metrics import Slice, compute
from analytics.store import Store, StoreError
from analytics.store.audit import FORGOTTEN, AuditLog
from analytics.viewer import LOCAL, OPERATOR, NotAllowed, Viewer
from tests.small import NOW, event, publish

SECRET = "西安某某商贸公司"
CODE = "91610113MA6TX00X1N"
TOPICS = ("银行贷款到期不给续期请协调", "厂房屋顶漏水物业不维修", "子女入学学位不足请协调学校")


def rows() -> list[dict]:
    """Sixty cases, two a month from 2020: the old ones closed, but for one still open and one reopened of late."""
    made = []
    for i in range(60):
        day = dt.date(2020 + i // 12, i % 12 + 1, 5)
        made.append(
            {
                "case_no": f"C{i:02d}",
                "accepted_at": f"{day} 09:00",
                "closed_at": None if i == 3 else f"{day + dt.timedelta(days=9)} 10:00",
                "title": TOPICS[i % 3],
                "content": f"{TOPICS[i % 3]}，联系人：王小明",
                "reply": "已答复",
                "department": ("甲局", "乙局")[i % 2],
                "module": "finance",
                "enterprise": SECRET if i % 10 == 0 else f"企业{i}",
                "credit_code": CODE if i % 10 == 0 else None,
                "contact_name": "王小明",
                "contact_phone": "13812345678",
            }
        )
    return made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    tables = {
        "cases": rows(),
        "events": [
            event("C05", "followed_up", "2024-11-01 09:00", note="电话里说了"),
            event("C07", "replied", "2020-08-09 09:00", note="备注"),
        ],
        "ratings": [{"case_no": "C10", "grade": 5, "rated_at": "2020-11-20 09:00", "comment": "感谢王小明"}],
    }
    made = publish(tmp_path / "s", tables)
    publish(tmp_path / "s", tables)  # an older copy of it all
    return made


def test_a_dry_run_tells_and_changes_nothing(store: Store) -> None:
    before = store.current_id()
    plan = retention.plan(store, 3, NOW.date())
    assert plan.day == dt.date(2021, 12, 31)
    assert "C03" not in plan.cases  # still open
    assert "C05" not in plan.cases  # followed up of late
    assert len(plan.cases) == 22
    assert plan.by_year == {2020: 10, 2021: 12}
    assert plan.filled["联系电话"] == 22
    assert "22 件" in plan.sentence()
    assert store.current_id() == before
    with pytest.raises(NotAllowed):
        retention.plan(store, 3, NOW.date(), Viewer("x", OPERATOR))


def test_what_is_erased_is_nowhere_left_and_the_counts_stay(store: Store) -> None:
    desk = IssueDesk(store)
    desk.discover(open_ledger(store))
    whole = Slice(dt.date(2020, 1, 1), dt.date(2024, 12, 31))
    before = compute("demand", open_ledger(store), whole, by=("department",), grain="year")
    rating = compute("satisfaction", open_ledger(store), whole)
    damaged = store.files / "S000000-202001010000.duckdb"
    damaged.write_bytes(b"13812345678")
    plan = retention.plan(store, 3, NOW.date())
    retention.apply(store, plan, NOW)
    assert not damaged.exists()
    ledger = open_ledger(store, LOCAL.revealing())
    assert compute("demand", ledger, whole, by=("department",), grain="year").equals(before)
    assert compute("satisfaction", ledger, whole).equals(rating)
    assert [s.id for s in store.snapshots()] == [store.current_id()]
    story = case_story(ledger, "C10")
    assert story is not None
    for column in ("title", "content", "reply", "enterprise", "credit_code", "contact_name", "contact_phone"):
        assert story.case[column] is None or story.case[column] != story.case[column], column
    assert story.ratings["comment"].isna().all()
    kept = case_story(ledger, "C03")
    assert kept is not None
    assert kept.case["contact_phone"] == "13812345678"
    run = desk.runs.current()
    assert run is not None
    gone = run.cases["case_no"].isin(plan.cases).to_numpy()
    assert run.counts[gone].nnz == 0
    assert not run.vectors[gone].any()
    assert len(list(desk.runs.folder.glob("R*"))) == 1
    assert FORGOTTEN in [e.act for e in AuditLog(store.folder).entries()]
    assert not retention.plan(store, 3, NOW.date()).cases  # once is enough


def test_everything_about_an_enterprise(store: Store, tmp_path: Path) -> None:
    case_story(open_ledger(store, Viewer("zhang", OPERATOR)), "C10")
    for asked in (CODE, SECRET):
        found = dossier.everything(store, asked)
        assert found["诉求台账"]["工单编号"].tolist() == [f"C{i:02d}" for i in range(0, 60, 10)]
        assert found["诉求台账"]["联系电话"].tolist() == ["13812345678"] * 6
        assert len(found["好差评"]) == 1
        assert found["查看记录"]["谁"].tolist() == ["zhang"]
    file = tmp_path / "x.xlsx"
    assert main(["enterprise-data", CODE, "--out", str(file), "--store", str(store.folder)]) == 0
    sheets = openpyxl.load_workbook(io.BytesIO(file.read_bytes())).sheetnames
    assert {"诉求台账", "好差评", "查看记录", "说明"} <= set(sheets)
    with pytest.raises(StoreError, match="没有这家企业"):
        dossier.everything(store, "无此公司")
    with pytest.raises(StoreError):
        dossier.everything(store, SECRET[:4])  # a part of a name is another's name
    with pytest.raises(NotAllowed):
        dossier.everything(store, CODE, Viewer("x", OPERATOR))


def test_the_doctor_finds_what_is_wrong(store: Store, capsys: pytest.CaptureFixture) -> None:
    given = ["doctor", "--store", str(store.folder), "--json"]
    assert main(given) == 0
    answer = json.loads(capsys.readouterr().out)
    states = {c["name"]: c["state"] for c in answer["checks"]}
    assert states["校验和"] == states["审计"] == states["组件"] == GOOD
    path = store.path(str(store.current_id()))
    path.write_bytes(path.read_bytes()[:-5])
    assert main(given) == 1
    capsys.readouterr()
    assert {c.name: c.state for c in checks(store)}["校验和"] == BAD
    assert main(["doctor", "--store", str(store.folder / "none")]) == 0
    assert "还没有台账" in capsys.readouterr().out
