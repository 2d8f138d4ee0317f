"""Case tables of other shapes: New York's 311 service, by its real heads, in two files."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest

from analytics.ingest import ByHand, RefusedFile
from analytics.store import Store
from tests.ingest.stored import held, imported

HEADS = [
    "Unique Key",
    "Created Date",
    "Closed Date",
    "Agency",
    "Agency Name",
    "Complaint Type",
    "Descriptor",
    "Location Type",
    "Incident Zip",
    "Incident Address",
    "Street Name",
    "Cross Street 1",
    "Cross Street 2",
    "Intersection Street 1",
    "Intersection Street 2",
    "Address Type",
    "City",
    "Landmark",
    "Facility Type",
    "Status",
    "Due Date",
    "Resolution Description",
    "Resolution Action Updated Date",
    "Community Board",
    "BBL",
    "Borough",
    "X Coordinate (State Plane)",
    "Y Coordinate (State Plane)",
    "Open Data Channel Type",
    "Park Facility Name",
    "Park Borough",
    "Vehicle Type",
    "Taxi Company Borough",
    "Taxi Pick Up Location",
    "Bridge Highway Name",
    "Bridge Highway Direction",
    "Road Ramp",
    "Bridge Highway Segment",
    "Latitude",
    "Longitude",
    "Location",
]
MAPPED = ByHand(
    {"工单编号": "Unique Key", "受理时间": "Created Date", "办结时间": "Closed Date", "诉求主题": "Complaint Type", "诉求内容": "Descriptor", "承办部门": "Agency Name"}
)  # fmt: skip


def file_of(rows: list[tuple[str, str, str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADS, restval="")
    writer.writeheader()
    for number, created, closed, text in rows:
        writer.writerow(
            {
                "Unique Key": number, "Created Date": created, "Closed Date": closed, "Agency": "DEP", "Complaint Type": "Noise", "Status": "Closed",
                "Agency Name": "Department of Environmental Protection", "Descriptor": text, "Incident Zip": "10012",
                "Location": "(40.7, -73.9)", "Resolution Description": 'The Department said "no violation", and closed it.',
            }
        )  # fmt: skip
    return out.getvalue().encode()


def test_two_files_go_in_and_the_second_needs_no_day_beyond_the_twelfth(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = file_of(
        [
            ("68123401", "03/13/2026 01:05:11 AM", "03/14/2026 12:30:00 PM", "Noise, Barking Dog (NR5)"),
            ("68123402", "03/02/2026 12:10:00 AM", "", "Loud Music/Party"),
        ]
    )
    with pytest.raises(RefusedFile, match=r"最像「诉求台账」.*工单编号"):
        imported(store, "311_Service_Requests.csv", first)
    assert imported(store, "311_Service_Requests.csv", first, MAPPED).accepted == 2
    second = file_of([("68123403", "04/05/2026 11:59:59 PM", "04/06/2026 08:00:00 AM", "Hydrant Running (WC3)")])
    assert imported(store, "311_Service_Requests_2.csv", second).accepted == 1
    cases = held(store)
    assert cases.loc["68123401", "accepted_at"] == pd.Timestamp("2026-03-13 01:05:11")
    assert cases.loc["68123401", "closed_at"] == pd.Timestamp("2026-03-14 12:30")
    assert cases.loc["68123403", "accepted_at"] == pd.Timestamp("2026-04-05 23:59:59")
    assert cases.loc["68123401", "content"] == "Noise, Barking Dog (NR5)"
