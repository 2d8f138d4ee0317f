"""Districts added up equal the whole; what cannot be added up is said."""

from __future__ import annotations

import datetime as dt
import json
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics import model
from analytics.demo import DemoLedger, write_store
from analytics.federation import City, Exchange, combine, make, read, written
from analytics.federation.city import CITY
from analytics.ledger import LOCAL, Ledger, open_ledger
from analytics.metrics import CATALOGUE, NotMeasurable, Slice, compute
from analytics.metrics.measures import ListCoverage
from analytics.settings import Settings, load_settings
from analytics.store import Store, StoreError
from tests.conftest import AS_OF

QUARTER = Slice(dt.date(2026, 7, 1), dt.date(2026, 9, 30))
SHOWN = replace(load_settings(), least_shared=0)
NAMES = ("东区", "中区", "西区")


@pytest.fixture(scope="module")
def ledgers(demo: DemoLedger, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ledger, list[Ledger]]:
    """A city's ledger, and the same cases dealt out to three districts (officers on duty are the first one's)."""
    stores = []
    for number in (None, 0, 1, 2):
        tables = {}
        for name, frame in demo.tables.items():
            if number is not None and "case_no" in frame:
                frame = frame[[zlib.crc32(c.encode()) % 3 == number for c in frame["case_no"]]]
            if number and name == "rota":
                frame = frame.head(0)
            tables[name] = frame.reset_index(drop=True)
        stores.append(Store(tmp_path_factory.mktemp("district")))
        write_store(stores[-1], replace(demo, tables=tables), AS_OF)
    as_of = min(open_ledger(s).as_of for s in stores)
    whole, *parts = (open_ledger(s, LOCAL, as_of) for s in stores)
    return whole, parts


@pytest.fixture(scope="module")
def exchanges(ledgers: tuple[Ledger, list[Ledger]]) -> list[Exchange]:
    made = [make(part, name, QUARTER, SHOWN) for name, part in zip(NAMES, ledgers[1], strict=True)]
    return [read(e.district, written(e)) for e in made]


@pytest.fixture(scope="module")
def city(exchanges: list[Exchange]) -> City:
    return combine(exchanges, SHOWN)


@pytest.mark.parametrize("code", [c for c, m in CATALOGUE.items() if not isinstance(m.measure, ListCoverage)])
@pytest.mark.parametrize(("by", "grain"), [((), None), (("module",), None), ((), "month")])
def test_the_city_is_what_one_ledger_of_all_cases_says(
    code: str, by: tuple[str, ...], grain: str | None, ledgers: tuple[Ledger, list[Ledger]], city: City
) -> None:
    try:
        truth = compute(code, ledgers[0], QUARTER, by, grain, SHOWN)
    except NotMeasurable:
        truth = None
    rows = city.rows[(city.rows["metric"] == code) & (city.rows["district"] == CITY)]
    rows = rows[(rows["module"] != "") == bool(by)]
    rows = rows[(rows["period"] != "") == bool(grain)].set_index(["module", "period"])
    if truth is None or (grain and CATALOGUE[code].is_stock):  # a stock has an end of the period, no month
        assert rows.empty
        return
    if "rota" in CATALOGUE[code].needs:
        assert set(rows["without"]) == {"中区、西区"}  # they have none, and it is said
        return
    assert set(rows["without"]) <= {""}
    assert len(rows) == len(truth)
    for expected in truth.itertuples():
        module = (expected.module if isinstance(expected.module, str) else model.UNKNOWN) if by else ""
        row = rows.loc[(module, f"{expected.period:%Y-%m-%d}" if grain else "")]
        if CATALOGUE[code].is_duration:
            assert row["n"] == expected.n
            if np.isnan(expected.value):
                assert np.isnan(row["most"])
            else:
                assert row["least"] - 1e-3 <= expected.value
                assert np.isnan(row["most"]) or expected.value <= row["most"] + 1e-3
        else:
            for column in ("value", "numerator", "denominator", "low", "high"):
                assert row[column] == pytest.approx(getattr(expected, column), nan_ok=True), column
            assert bool(row["small"]) == bool(expected.small)


def test_a_district_is_a_dimension(city: City, ledgers: tuple[Ledger, list[Ledger]]) -> None:
    rows = city.rows[
        (city.rows["metric"] == "on_time_rate") & (city.rows["module"] == "") & (city.rows["period"] == "")
    ]
    assert rows["district"].tolist() == [*sorted(NAMES), CITY]
    for name, part in zip(NAMES, ledgers[1], strict=True):
        own = compute("on_time_rate", part, QUARTER, settings=SHOWN)["value"].iloc[0]
        assert rows.set_index("district").loc[name, "value"] == own


def test_no_case_and_no_name_is_in_the_file(ledgers: tuple[Ledger, list[Ledger]], demo: DemoLedger) -> None:
    content = written(make(ledgers[1][0], "东区", QUARTER)).decode()
    personal = [(t, c.name) for t, table in model.TABLES.items() for c in table.columns if c.personal]
    for table, column in (*personal, ("cases", "case_no"), ("cases", "title"), ("enterprises", "enterprise")):
        values = demo.tables[table][column].dropna().astype(str).unique()
        assert not [v for v in values if len(v) > 1 and v in content], column


def test_small_counts_do_not_leave_and_the_city_says_whose_are_missing(ledgers: tuple[Ledger, list[Ledger]]) -> None:
    made = [make(p, n, QUARTER, replace(SHOWN, least_shared=30)) for n, p in zip(NAMES, ledgers[1], strict=True)]
    for exchange in made:
        shown = [c for c in exchange.cells.values() if c is not None]
        assert not [c for c in shown if 0 < c[0] < 30 or (c[1] is not None and 0 < c[1] - c[0] < 30)]
        assert not [s for s in exchange.sketches.values() if s and 0 < sum(map(sum, s.values())) < 30]
    city = combine(made, SHOWN)
    partial = city.rows[city.rows["without"] != ""]
    assert len(partial) > 0
    assert set(partial["district"]) == {CITY}


def test_the_same_ledger_gives_the_same_bytes(ledgers: tuple[Ledger, list[Ledger]], exchanges: list[Exchange]) -> None:
    again = written(make(ledgers[1][0], NAMES[0], QUARTER, SHOWN))
    assert again == written(exchanges[0])


def test_other_limits_are_not_added_up(ledgers: tuple[Ledger, list[Ledger]], exchanges: list[Exchange]) -> None:
    other = make(ledgers[1][2], "西区", QUARTER, replace(SHOWN, rectify_days=5))
    city = combine([*exchanges[:2], other], SHOWN)
    assert city.apart == ("「差评整改率」各区县口径不同（如限期），不相加",)
    rows = city.rows[city.rows["metric"] == "rectified_rate"]
    assert CITY not in set(rows["district"])
    assert len(set(rows["district"])) == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda e: [], "还没有交换文件"),
        (lambda e: [e[0], e[0]], "东区 有两份"),
        (lambda e: [e[0], replace(e[1], end=dt.date(2026, 8, 31))], "统计期不同"),
        (lambda e: [replace(e[0], district=CITY)], "不能叫"),
    ],
)
def test_what_does_not_belong_together_is_refused(change, said: str, exchanges: list[Exchange]) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(StoreError, match=said):
        combine(change(exchanges), SHOWN)


def broken(content: bytes, **change: object) -> bytes:
    return json.dumps(json.loads(content) | change).encode()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda c: b"", "不是 JSON"),
        (lambda c: c[:-5], "不是 JSON"),
        (lambda c: b"\xff\xfe" + c, "不是 JSON"),
        (lambda c: c.replace(b'"synthetic":true', b'"synthetic":NaN'), "不是 JSON"),
        (lambda c: b"[" * 100_000, "不是 JSON"),
        (lambda c: b"[1]", "不是交换文件"),
        (lambda c: broken(c, format="x"), "不是交换文件"),
        (lambda c: broken(c, version=2), "版本是 2"),
        (lambda c: broken(c, cells=[["demand", "", "", -1, None]]), "cells/0/3"),
        (lambda c: broken(c, cells=[["demand", "", "x", 1, None]]), "cells/0/2"),
        (lambda c: broken(c, cells=[["on_time_rate", "", "", 5, 3]]), "大于分母"),
        (lambda c: broken(c, cells=[["demand", "", "", 1, None]] * 2), "出现了两次"),
        (lambda c: broken(c, sketches=[["handling_median", "", "", [[1, 2]]]]), "sketches/0/3"),
        (lambda c: broken(c, more=1), "最外层"),
        (lambda c: broken(c, **{"from": "2026-13-01"}), "日期看不懂"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_with_its_place(spoil, said: str, exchanges: list[Exchange]) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(StoreError, match=said) as error:
        read("东区.json", spoil(written(exchanges[0])))
    assert str(error.value).startswith("东区.json：")


def test_an_exchange_needs_a_name_and_all_cases(demo_ledger: Ledger) -> None:
    with pytest.raises(StoreError, match="区县名称"):
        make(demo_ledger, " ", QUARTER)
    with pytest.raises(StoreError, match="清除筛选"):
        make(demo_ledger, "东区", QUARTER.narrowed(module="finance"))


def test_a_ledger_that_lacks_tables_gives_what_it_can(tmp_path: Path) -> None:
    from tests.small import ledger_of

    cases = [{"case_no": f"C{i}", "accepted_at": "2026-07-03 09:00"} for i in range(12)]
    exchange = make(ledger_of(tmp_path, cases), "东区", QUARTER, Settings(least_shared=5))
    assert exchange.cells["demand", "", ""] == (12.0, None)
    assert "satisfaction" not in exchange.definitions
    assert isinstance(combine([exchange]).rows, pd.DataFrame)
