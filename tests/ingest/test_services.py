"""Case tables of other shapes: New York's 311 service, by its real heads, in two files."""

from __future__ import annotations

import csv
import io
import json
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


def test_the_form_of_its_interface_goes_in_as_csv_and_as_json(tmp_path: Path) -> None:
    """The heads and times of NYC Open Data's interface; the rows are made up."""
    heads = ["unique_key", "created_date", "closed_date", "agency_name", "complaint_type", "descriptor", "location"]
    rows = [
        ("61000001", "2024-05-27T02:08:51.000", "2024-05-28T09:00:00.000", "Department of Transportation", "Street Condition", "Pothole"),
        ("61000002", "2024-05-27T00:27:34.000", "", "Department of Transportation", "Street Condition", "Pothole"),
    ]  # fmt: skip
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([heads, *([*row, "POINT (-73.9 40.7)"] for row in rows)])
    nested = [dict(zip(heads, row, strict=False)) | {"location": {"latitude": "40.7"}} for row in rows]
    said = ByHand(
        {"工单编号": "unique_key", "受理时间": "created_date", "办结时间": "closed_date", "诉求主题": "complaint_type", "诉求内容": "descriptor", "承办部门": "agency_name"}
    )  # fmt: skip
    for name, content in (("311.csv", out.getvalue()), ("311.json", json.dumps(nested))):
        store = Store(tmp_path / name)
        assert imported(store, name, content, said).accepted == 2
        assert held(store)["accepted_at"].dt.hour.tolist() == [2, 0]
        assert held(store)["closed_at"].notna().tolist() == [True, False]
