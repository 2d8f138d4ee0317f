"""Milestones judged by hand-made ledgers; the ten topics name modules and metrics that exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.ledger import Ledger
from analytics.metrics import CATALOGUE
from analytics.model import MODULES
from analytics.reform.b_ready import topics
from analytics.reform.milestones import LATE, OPEN, REACHED, UNDATED, UNKNOWN, milestones
from tests.small import ledger_of

CASE = {"case_no": "A", "accepted_at": "2024-08-05 09:00"}


def judged(ledger: Ledger) -> dict[str, tuple[str, str]]:
    return {m.name: (m.state, m.evidence) for m in milestones(ledger)}


def item(number: str, since: str, stationed: str | None = "2024-07-20", online: str = "线上线下") -> dict:
    return {
        "version": since[:4],
        "item_no": number,
        "item_name": number,
        "module": "legal",
        "in_force_from": since,
        "stationed_on": stationed,
        "online": online,
    }


def test_a_bare_ledger_says_what_it_would_take(tmp_path: Path) -> None:
    found = judged(ledger_of(tmp_path, [CASE]))
    assert len(found) == 8
    assert {state for state, _ in found.values()} == {UNKNOWN}
    assert all("台账" in why for _, why in found.values())


@pytest.mark.parametrize(("stationed", "state"), [("2024-07-31", REACHED), ("2024-08-01", LATE), (None, OPEN)])
def test_moving_in_is_judged_by_the_last_item(tmp_path: Path, stationed: str | None, state: str) -> None:
    items = [item("01", "2024-07-01"), item("02", "2024-07-01", stationed)]
    found = judged(ledger_of(tmp_path, [CASE], items=items))
    assert found["高频涉企服务事项进驻企业综合服务中心"][0] == state
    assert found["编制增值服务事项清单（2024年版）"][0] == REACHED
    assert found["对增值服务事项清单实施动态管理"][0] == OPEN


def test_a_second_version_after_the_date_is_late(tmp_path: Path) -> None:
    items = [item("01", "2024-07-01"), item("01", "2025-07-01", online="线下")]
    found = judged(ledger_of(tmp_path, [CASE], items=items))
    assert found["对增值服务事项清单实施动态管理"] == (LATE, "已有 2 个版本，第二个自 2025-07-01 起生效")


def test_teams_rota_and_visits(tmp_path: Path) -> None:
    officers = [
        {"officer_no": f"{m}{r}", "officer_name": "王", "module": m, "role": r}
        for m in MODULES
        for r in ("leader", "chief", "officer")
    ]
    rota = [{"day": "2024-07-30", "module": m, "officer_no": f"{m}officer"} for m in MODULES]
    cases = [CASE | {"channel": "走访/座谈会", "accepted_at": "2024-10-08 09:00"}]
    found = judged(ledger_of(tmp_path, cases, officers=officers, rota=rota))
    assert found["组建九支“1+1+X”管家服务队"][0] == UNDATED
    assert found["建立轮值表（日常服务轮班制）"] == (REACHED, "九支服务队都有轮值，最晚的一支自 2024-07-30 起")
    assert found["召开企业座谈会、走访听取意见"][0] == LATE


def test_the_demo_reaches_what_its_data_was_given(demo_ledger: Ledger) -> None:
    states = [m.state for m in milestones(demo_ledger)]
    assert states.count(UNKNOWN) == 0
    assert [m.due for m in milestones(demo_ledger)] == sorted(m.due for m in milestones(demo_ledger))


def scene(module: str, day: str, lifecycle: str = "发展", online: str = "线上线下") -> dict:
    return {"scene": module + day, "module": module, "launched_on": day, "online": online, "lifecycle": lifecycle}


def test_scenes_are_there_when_every_one_of_eight_fields_has_one(tmp_path: Path) -> None:
    eight = [scene(m, "2024-11-01") for m in MODULES if m != "relief"]
    cases = [CASE | {"accepted_at": "2026-02-02 09:00"}]
    name = "“一类事”服务场景谋划落地"
    assert judged(ledger_of(tmp_path / "a", cases, scenes=eight))[name][0] == REACHED
    late = [*eight[1:], scene("investment", "2025-01-02")]
    assert judged(ledger_of(tmp_path / "b", cases, scenes=late))[name][0] == LATE
    assert judged(ledger_of(tmp_path / "c", cases, scenes=eight[1:]))[name][0] == OPEN


def test_integrated_scenes_must_cover_the_life_cycle(tmp_path: Path) -> None:
    cases = [CASE | {"accepted_at": "2026-02-02 09:00"}]
    name = "全生命周期、产业全链条的线上线下集成服务"
    five = [scene("legal", f"2025-0{i + 1}-01", s) for i, s in enumerate(("准入", "准营", "发展", "变更", "退出"))]
    assert judged(ledger_of(tmp_path / "a", cases, scenes=five))[name][0] == REACHED
    state, why = judged(
        ledger_of(tmp_path / "b", cases, scenes=[*five[:4], scene("ip", "2025-01-01", "退出", "线下")])
    )[name]
    assert state == OPEN
    assert why.endswith("缺退出")


def test_the_ten_topics_are_of_this_house() -> None:
    found = topics()
    assert len(found) == 10
    assert {m for t in found for m in t.modules} <= set(MODULES)
    assert {m for t in found for m in t.metrics} <= set(CATALOGUE)
