"""The case that tests of the loop begin with: a legal matter of 甲局, due in five working days."""

from __future__ import annotations


def case(number: str, accepted: str = "2024-03-04 09:00", **more: object) -> dict:
    return {
        "case_no": number,
        "accepted_at": accepted,
        "department": "甲局",
        "first_department": "甲局",
        "module": "legal",
        "promised_days": 5,
    } | more
