"""The one list of alarms: in time on real weeks, silent on single senders, growth and youth, each matter once."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics import attention, ingest
from analytics.cli import main
from analytics.issues import IssueDesk
from analytics.issues.alarm_list import (
    BURST,
    FALLEN,
    HIGH,
    PROBLEM,
    RISING,
    Alarm,
    alarms,
    rising,
    state_of,
    weeks_lacking,
)
from analytics.issues.bursts import find_bursts
from analytics.issues.spoken import spoken_of
from analytics.ledger import Ledger, open_ledger
from analytics.metrics import Slice
from analytics.settings import load_settings
from analytics.store import Store
from tests.conftest import AS_OF
from tests.small import publish

MONDAY = pd.Timestamp("2024-01-01")
PLACES = [
    "青松路",
    "白鹭湾",
    "红星里",
    "金桥镇",
    "望江楼",
    "石门街",
    "榆林巷",
    "柳叶湖",
    "铜铃山",
    "北辰园",
    "南浦桥",
    "东风渠",
]
TROUBLES = [
    "路灯不亮夜里看不清",
    "公交班次太少等车很久",
    "工地夜间施工噪音扰民",
    "垃圾清运不及时气味难闻",
    "路面破损积水严重",
    "电梯经常停运无人维修",
    "暖气温度不够老人受冻",
    "学位紧张孩子无法入学",
    "油烟直排居民家中",
    "快递柜收费没有告知",
]
BURST_TEXTS = [
    ("云栖苑捆绑销售车位", "开发商要求买房必须同时购买车位，云栖苑购房者无法选择，请查处捆绑销售车位。"),
    ("投诉云栖苑车位捆绑销售", "在云栖苑买房被告知不买车位就不签合同，属于捆绑销售车位。"),
    ("云栖苑买房强制搭售车位", "云栖苑售楼处强制搭售车位，一个车位十八万，请制止捆绑销售。"),
    ("请查云栖苑车位捆绑", "购房者必须购买车位才能选房，云栖苑捆绑销售车位，请主管部门查处。"),
    ("云栖苑开发商捆绑车位", "云栖苑开发商捆绑车位销售，不买车位不让网签，购房者无奈。"),
]


def usual(weeks: int, a_week: int = 20, seed: int = 0) -> list[dict]:
    """Return cases of many matters, so many a week, each from another sender."""
    rng = np.random.default_rng(seed)
    cases = []
    for week in range(weeks):
        for number in range(a_week):
            place, trouble = rng.choice(PLACES), rng.choice(TROUBLES)
            at = MONDAY + pd.Timedelta(weeks=week, hours=int(rng.integers(0, 160)), minutes=number)
            cases.append(
                said(f"U{week:03d}{number:03d}", at, f"{place}{trouble[:6]}", f"{place}附近{trouble}，请处理。")
            )
    return cases


def said(case_no: str, at: pd.Timestamp, title: str, content: str, sender: str = "") -> dict:
    return {
        "case_no": case_no,
        "accepted_at": at,
        "title": title,
        "content": content,
        "contact_name": sender or case_no,
    }


def burst(week: int, senders: int, texts: int = 5) -> list[dict]:
    """Return like texts of a matter that was never there before, in the middle of a week, from so many senders."""
    at = MONDAY + pd.Timedelta(weeks=week, days=2)
    return [
        said(f"B{week:03d}{i}", at + pd.Timedelta(hours=i), *BURST_TEXTS[i % 5], f"人{week}-{i % senders}")
        for i in range(texts)
    ]


def ledger_of(folder: Path, cases: list[dict], week: int) -> Ledger:
    """Publish cases and open them as of the end of a week."""
    end = (MONDAY + pd.Timedelta(weeks=week + 1)).to_pydatetime()
    return open_ledger(publish(folder, {"cases": cases}, end), as_of=end)


def test_a_burst_that_nobody_has_found_raises_an_alarm(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, usual(30) + burst(29, senders=5), 29)
    told = alarms(ledger)
    assert told["level"].tolist() == [BURST]
    row = told.iloc[0]
    assert row["case_nos"] == [f"B029{i}" for i in range(5)]
    assert (row["observed"], row["state"], row["since"]) == (5, RISING, MONDAY + pd.Timedelta(weeks=29))
    assert "云栖苑" in row["name"]
    assert row["chance"] < 0.01
    assert row["expected"] < 0.2


def test_a_sender_who_says_it_again_and_again_is_no_alarm(tmp_path: Path) -> None:
    cases = usual(30) + burst(29, senders=1) + burst(28, senders=1)
    assert alarms(ledger_of(tmp_path, cases, 29)).empty


def test_two_senders_are_no_alarm_however_often_they_write(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, usual(30) + burst(29, senders=2, texts=10), 29)
    IssueDesk(Store(ledger.folder)).discover(ledger)
    assert alarms(ledger).empty


def test_growth_and_a_holiday_raise_no_alarm(tmp_path: Path) -> None:
    cases = [c for week in range(24) for c in at_week(usual(1, 20, week), week)]
    cases += [c for week in (24, 25) for c in at_week(usual(1, 2, week), week)]
    cases += [c for week in range(26, 30) for c in at_week(usual(1, 80, week), week)]
    ledger = ledger_of(tmp_path, cases, 29)
    IssueDesk(Store(ledger.folder)).discover(ledger)
    assert alarms(ledger).empty


def at_week(cases: list[dict], week: int) -> list[dict]:
    later = pd.Timedelta(weeks=week)
    return [
        c | {"case_no": f"W{week}{c['case_no']}", "contact_name": "", "accepted_at": c["accepted_at"] + later}
        for c in cases
    ]


def test_a_young_ledger_says_that_it_cannot_tell(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    ledger = ledger_of(tmp_path, usual(6) + burst(5, senders=5), 5)
    assert alarms(ledger).empty
    assert weeks_lacking(ledger) == 5
    assert main(["alarms", "--store", str(tmp_path), "--json"]) == 0
    assert "再有 5 周" in json.loads(capsys.readouterr().out)["note"]


def test_a_burst_and_the_problem_that_holds_it_are_told_once(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, usual(30) + burst(28, senders=5) + burst(29, senders=5), 29)
    desk = IssueDesk(Store(ledger.folder))
    desk.discover(ledger)
    told = alarms(ledger)
    assert len(told) == 1
    assert sum(c.startswith("B0") for c in told["case_nos"].iloc[0]) >= 8
    found = desk.findings(ledger)
    held = found.cases[found.cases["case_no"].str.startswith("B0")]["problem_id"].value_counts()
    if len(held) and held.iloc[0] >= 6:
        assert told[["level", "id"]].iloc[0].tolist() == [PROBLEM, held.index[0]]


def test_what_people_call_no_problem_is_not_told(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, usual(30) + burst(28, senders=5) + burst(29, senders=5), 29)
    desk = IssueDesk(Store(ledger.folder))
    desk.discover(ledger)
    before = alarms(desk.attach(ledger))
    if before["level"].iloc[0] == PROBLEM:
        desk.mark("dismiss", before["id"].iloc[0], "1", "测试")
        after = alarms(desk.attach(ledger))
        assert before["id"].iloc[0] not in set(after["id"])


@pytest.mark.parametrize(
    ("since", "last", "state"),
    [
        (-7, -7, RISING),
        (-56, -7, RISING),
        (-63, -7, HIGH),
        (-63, -14, HIGH),
        (-63, -21, FALLEN),
        (-14, -21, FALLEN),
        (-63, -42, FALLEN),
        (-63, -49, None),
    ],
)
def test_states(since: int, last: int, state: str | None) -> None:
    end = pd.Timestamp("2024-07-01")
    assert state_of(end + pd.Timedelta(days=since), end + pd.Timedelta(days=last), end) == state


def test_alarms_that_are_one_matter_have_the_state_of_the_whole() -> None:
    day = pd.Timestamp
    old = Alarm(PROBLEM, "P1", "旧", day("2024-04-29"), day("2024-05-20"), 0.1, 0.01, FALLEN, frozenset("ab"))
    new = Alarm(BURST, "B1", "新", day("2024-05-13"), day("2024-06-24"), 0.2, 0.001, RISING, frozenset("bc"))
    whole = new.joined_with(old, day("2024-07-01").to_pydatetime())
    assert (whole.id, whole.state, whole.since, whole.cases) == ("B1", HIGH, old.since, frozenset("abc"))


def test_a_matter_rises_stays_high_and_falls_back(tmp_path: Path) -> None:
    cases = usual(50) + [c for week in range(29, 41) for c in burst(week, senders=5)]
    publish(tmp_path, {"cases": cases}, (MONDAY + pd.Timedelta(weeks=50)).to_pydatetime())
    states = []
    for week in (29, 33, 40, 44, 49):
        told = alarms(open_ledger(Store(tmp_path), as_of=(MONDAY + pd.Timedelta(weeks=week + 1)).to_pydatetime()))
        states.append(told["state"].tolist())
        if len(told):
            assert told["since"].iloc[0] == MONDAY + pd.Timedelta(weeks=29)
    assert states == [[RISING], [RISING], [HIGH], [FALLEN], []]


def test_the_command_tells_what_the_list_holds(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    ledger = ledger_of(tmp_path, usual(31) + burst(29, senders=5), 30)
    assert main(["alarms", "--store", str(tmp_path), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    row, own = answer["alarms"][0], alarms(ledger).iloc[0]
    assert set(row) >= {"level", "id", "name", "since", "observed", "expected", "chance", "state", "case_nos"}
    assert (row["id"], row["observed"], row["case_nos"]) == (own["id"], own["observed"], own["case_nos"])
    day = (MONDAY + pd.Timedelta(weeks=29, days=-1)).date()
    assert main(["alarms", "--store", str(tmp_path), "--as-of", str(day), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["alarms"] == []
    assert main(["alarms", "--store", str(tmp_path)]) == 0
    assert "未归类的突发「" in capsys.readouterr().out


def test_what_needs_a_decision_quotes_the_same_list(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, usual(30) + burst(29, senders=5), 29)
    told = rising(ledger).iloc[0]
    everything = Slice(MONDAY.date(), dt.date(2024, 12, 31))
    sentences = [f.sentence for f in attention.findings(ledger, everything)]
    assert any(told["name"] in s and "正在抬头" in s and "5 件" in s and "尚未归入" in s for s in sentences)


def test_a_burst_is_never_called_by_what_one_sender_alone_says(tmp_path: Path) -> None:
    own = [said(f"B{i}", MONDAY + pd.Timedelta(weeks=29, hours=i), f"云栖苑车位捆绑销售致{name}受损", t[1]) for i, (name, t) in
           enumerate(zip(("恒源", "天启", "博雅", "维嘉", "锦绣"), BURST_TEXTS, strict=True))]  # fmt: skip
    name = alarms(ledger_of(tmp_path, usual(30) + own, 29))["name"].iloc[0]
    assert not any(detail in name for detail in ("恒源", "天启", "博雅", "维嘉", "锦绣"))
    assert "车位" in name


def test_words_counted_by_a_run_and_words_read_anew_are_the_same(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, usual(30) + burst(29, senders=5), 29)
    run = IssueDesk(Store(ledger.folder)).discover(ledger)
    first, since = MONDAY, MONDAY + pd.Timedelta(weeks=22)
    for one in (spoken_of(ledger, run, first, since, 4000), spoken_of(ledger, None, first, since, 4000)):
        table = pd.Series(np.asarray(one.counts.sum(axis=1)).ravel(), one.cases["case_no"]).sort_index()
        assert table.index.is_unique
        assert one.cases["recent"].sum() == 8 * 20 + 5
        assert table.gt(0).all()
    again = find_bursts(ledger, run)
    anew = find_bursts(ledger)
    assert sorted(again.members["case_no"]) == sorted(anew.members["case_no"])


@pytest.fixture(scope="module")
def board(real_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, pd.Series]:
    """A store with board_messages.xlsx, and the concrete problem that readers saw in each message."""
    store, settings = Store(tmp_path_factory.mktemp("board")), load_settings()
    file = real_folder / "board_messages.xlsx"
    ingest.run_import(store, ingest.plan_files([(file.name, file.read_bytes())], settings), settings, AS_OF)
    groups = pd.read_csv(real_folder / "board_groups.csv", dtype=str).fillna("")
    return store, groups.set_index("留言编号")["具体问题"]


def test_the_estates_matter_is_told_in_time_and_counted_right(board: tuple[Store, pd.Series]) -> None:
    store, problem = board
    estate = problem.value_counts().drop("").index[0]
    accepted = (
        open_ledger(store).reader.frame("SELECT case_no, accepted_at FROM cases").set_index("case_no")["accepted_at"]
    )
    came = accepted[problem.reindex(accepted.index) == estate]
    a_week = came.dt.to_period("W-SUN").value_counts().sort_index()
    second = a_week[a_week >= 5].index[1].end_time.normalize() + pd.Timedelta(days=1)
    for end in (second, second + pd.Timedelta(weeks=2)):
        ledger = open_ledger(store, as_of=end.to_pydatetime())
        IssueDesk(store).discover(ledger)
        mine = [r for r in alarms(ledger).itertuples() if (problem.reindex(r.case_nos) == estate).mean() > 0.8]
        assert len(mine) == 1
        read = int(((came >= mine[0].since) & (came < end)).sum())
        assert abs(mine[0].observed - read) <= 0.2 * read
        assert mine[0].state == RISING


def test_on_the_board_alarms_are_few_and_each_of_one_matter(board: tuple[Store, pd.Series]) -> None:
    store, problem = board
    ends = pd.date_range("2019-04-01", periods=10, freq="28D")
    wrong, sender = 0, open_ledger(store).reader.frame("SELECT case_no, contact_name FROM cases").set_index("case_no")
    for end in ends:
        ledger = open_ledger(store, as_of=end.to_pydatetime())
        for row in alarms(ledger).itertuples():
            assert sender["contact_name"].reindex(row.case_nos).nunique() >= 3
            told = problem.reindex(row.case_nos).replace("", np.nan).value_counts()
            wrong += row.state != FALLEN and (told.empty or 2 * told.iloc[0] < len(row.case_nos))
    assert wrong <= 3  # in nine months
