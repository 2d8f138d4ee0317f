"""What needs a decision: found when it is there, silent when it is not."""

import datetime as dt
from pathlib import Path

from analytics.attention import findings
from analytics.ledger import Ledger
from analytics.metrics import Slice
from analytics.metrics.evidence import cases_behind
from analytics.settings import Settings
from tests.small import ledger_of

ALL = Slice(dt.date(2024, 1, 1), dt.date(2026, 12, 31))


def test_long_overdue_cases_come_first_and_name_their_department(tmp_path: Path) -> None:
    cases = [
        {"case_no": str(i), "accepted_at": "2024-09-02 09:00", "promised_days": 3, "department": "甲局"}
        for i in range(3)
    ]
    cases += [
        {
            "case_no": "new",
            "accepted_at": "2024-10-31 09:00",
            "promised_days": 30,
            "department": "乙局",
            "closed_at": "2024-10-31 10:00",
        }
    ]
    found = findings(ledger_of(tmp_path, cases), ALL)
    assert "3 件已超期 10 个工作日以上" in found[0].sentence
    assert "甲局 3 件" in found[0].sentence


def test_a_quiet_ledger_has_nothing_to_decide(tmp_path: Path) -> None:
    cases = [
        {
            "case_no": str(i),
            "accepted_at": "2024-10-08 09:00",
            "promised_days": 5,
            "closed_at": "2024-10-08 15:00",
            "department": "甲局",
        }
        for i in range(40)
    ]
    assert findings(ledger_of(tmp_path, cases), ALL, settings=Settings(targets={"on_time_rate": 0.95})) == []


def test_a_ledger_with_texts_only_does_not_fail(tmp_path: Path) -> None:
    assert findings(ledger_of(tmp_path, [{"case_no": "A", "accepted_at": "2024-10-08"}]), ALL) == []


def test_a_handful_below_target_is_no_finding(tmp_path: Path) -> None:
    cases = [
        {
            "case_no": str(i),
            "accepted_at": "2024-10-08 09:00",
            "promised_days": 1,
            "closed_at": "2024-10-12 15:00",
            "module": "ip",
        }
        for i in range(3)
    ]
    assert not any(
        "目标" in f.sentence
        for f in findings(ledger_of(tmp_path, cases), ALL, settings=Settings(targets={"on_time_rate": 0.95}))
    )


def test_every_finding_leads_to_its_cases(demo_ledger: Ledger) -> None:
    found = findings(demo_ledger, ALL)
    assert 1 <= len(found) <= 3
    for finding in found:
        slice = ALL.over(*finding.days) if finding.days else ALL
        slice = slice.narrowed(**{k: tuple(v.split("|")) for k, v in finding.where})
        assert len(demo_ledger.run(cases_behind(finding.metric, demo_ledger, slice, finding.part))) > 0
