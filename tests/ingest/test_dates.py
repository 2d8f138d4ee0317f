"""Cells become times: every spelling that offices and systems use."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.ingest import dates

T = dt.datetime


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2024-7-5", T(2024, 7, 5)),
        ("2024/7/5 9:32:09", T(2024, 7, 5, 9, 32, 9)),
        ("2024.7.5", T(2024, 7, 5)),
        ("2024年7月5日 9时", T(2024, 7, 5, 9)),
        ("2024年7月5日9时05分", T(2024, 7, 5, 9, 5)),
        ("2024年07月05日 下午3点20分", T(2024, 7, 5, 15, 20)),
        ("20240705", T(2024, 7, 5)),
        ("20240705093209", T(2024, 7, 5, 9, 32, 9)),
        (20240705, T(2024, 7, 5)),
        (45478, T(2024, 7, 5)),
        (45478.5, T(2024, 7, 5, 12)),
        ("45478.5", T(2024, 7, 5, 12)),
        ("２０２４－７－５　９：３２", T(2024, 7, 5, 9, 32)),
        (T(2024, 7, 5, 9, 32), T(2024, 7, 5, 9, 32)),
        (dt.date(2024, 7, 5), T(2024, 7, 5)),
        ("2024-07-05T01:32:09Z", T(2024, 7, 5, 9, 32, 9)),
        ("2024-07-05T09:32:09+08:00", T(2024, 7, 5, 9, 32, 9)),
        ("2024-07-05 09:32:09.123", T(2024, 7, 5, 9, 32, 9)),
        (" 2024-07-05\t", T(2024, 7, 5)),
        ("2024/7/5 9:32 AM", T(2024, 7, 5, 9, 32)),
        ("2024-07-05 12:30 AM", T(2024, 7, 5, 0, 30)),
        ("2024-07-05 12:30 PM", T(2024, 7, 5, 12, 30)),
        ("2024/7/5 上午12:30:00", T(2024, 7, 5, 0, 30)),
        ("2024/7/5 下午12:30:00", T(2024, 7, 5, 12, 30)),
        ("2024/7/5 下午15:30", T(2024, 7, 5, 15, 30)),
        ("2024年7月5日凌晨12点10分", T(2024, 7, 5, 0, 10)),
        ("2024年7月5日 中午1点", T(2024, 7, 5, 13)),
        ("2024年7月5日 晚上8点半", T(2024, 7, 5, 20, 30)),
        ("2024年7月5日 晚上8点", T(2024, 7, 5, 20)),
        ("2024-7-5 晚上12:30", None),
        ("2024-07-05 24:00", T(2024, 7, 6)),
        ("2024-07-05 24:30", None),
        ("二〇二四年七月五日", T(2024, 7, 5)),
        ("二〇二四年十二月二十三日上午九时", None),
        ("二〇二四年十二月三十一日 上午9时", T(2024, 12, 31, 9)),
        ("2024年7月5号", T(2024, 7, 5)),
        ("2024-07-05（周五）09:30", T(2024, 7, 5, 9, 30)),
        ("2024-07-05 星期五", T(2024, 7, 5)),
        ("2024-07-05 09：32", T(2024, 7, 5, 9, 32)),
        ("2024-07-05 09:32:09.0", T(2024, 7, 5, 9, 32, 9)),
        ("2024-07-05T09:32:09.000+0800", T(2024, 7, 5, 9, 32, 9)),
        ("Fri Jul 05 09:32:09 CST 2024", T(2024, 7, 5, 9, 32, 9)),
        ("Jul 5, 2024 9:32:09 PM", T(2024, 7, 5, 21, 32, 9)),
        ("5-Jul-2024", T(2024, 7, 5)),
        ("05 July 2024 21:32", T(2024, 7, 5, 21, 32)),
        ("/Date(1720143129000+0800)/", T(2024, 7, 5, 9, 32, 9)),
        ("1720143129", T(2024, 7, 5, 9, 32, 9)),
        ("1720143129000", T(2024, 7, 5, 9, 32, 9)),
        (1720143129, T(2024, 7, 5, 9, 32, 9)),
        (1720143129000.0, T(2024, 7, 5, 9, 32, 9)),
        ("2024070509", T(2024, 7, 5, 9)),
    ],
)
def test_spellings_of_a_time(cell: object, value: dt.datetime | None) -> None:
    times, bad = dates.times([cell])
    assert bad[0] == (value is None)
    assert times[0] == pd.Timestamp(value) or value is None


@pytest.mark.parametrize("cell", ["昨天", "2024-13-05", "2024-02-30", "07/05", "九点", 3.14, "2024-7-5-9", True])
def test_what_is_no_time_is_said(cell: object) -> None:
    times, bad = dates.times([cell])
    assert pd.isna(times[0])
    assert bad[0]


@pytest.mark.parametrize("cell", [None, "", " ", "-", "无", "/", float("nan")])
def test_nothing_is_no_error(cell: object) -> None:
    times, bad = dates.times([cell])
    assert pd.isna(times[0])
    assert not bad[0]


@settings(deadline=None)
@given(st.datetimes(T(2005, 1, 1), T(2034, 12, 31)).map(lambda t: t.replace(microsecond=0)))
def test_any_second_survives_each_spelling(at: dt.datetime) -> None:
    spellings = [
        at.strftime(s)
        for s in (
            "%Y-%m-%d %H:%M:%S",
            "%Y/%m/%d %H:%M:%S",
            "%Y.%m.%d %H:%M:%S",
            "%Y年%m月%d日 %H时%M分%S秒",
            "%Y%m%d%H%M%S",
        )
    ]
    times, bad = dates.times(spellings)
    assert not bad.any()
    assert (times == pd.Timestamp(at)).all()


@pytest.mark.parametrize(
    ("cells", "orders"),
    [
        (["05/13/2022", "05/02/2022"], {"mdy"}),
        (["13/05/2022", "05/02/2022"], {"dmy"}),
        (["05/02/2022", None, "01/12/2022 10:00"], {"mdy", "dmy"}),
        (["13/05/2022", "05/13/2022"], set()),
        (["26-3-1", "26-3-31"], {"ymd"}),
        (["26/3/1"], {"ymd"}),
        (["3/1/26"], {"mdy", "dmy"}),
        (["3/14/26 9:00"], {"mdy"}),
        (["2022-05-02", "2022/5/2"], None),
        ([dt.datetime(2022, 5, 2), 45000.0], None),
        ([], None),
    ],
)
def test_the_order_of_a_date_is_told_from_the_column_as_a_whole(cells: list, orders: set | None) -> None:
    assert dates.orders_of(cells) == orders


@pytest.mark.parametrize(
    ("cell", "order", "value"),
    [
        ("05/13/2022 12:00:03 AM", "mdy", T(2022, 5, 13, 0, 0, 3)),
        ("5/2/2022 1:10 PM", "mdy", T(2022, 5, 2, 13, 10)),
        ("5.2.2022", "dmy", T(2022, 2, 5)),
        ("02/05/2022 13:10", "dmy", T(2022, 5, 2, 13, 10)),
        ("26-3-1 9:00", "ymd", T(2026, 3, 1, 9)),
        ("3/1/26", "mdy", T(2026, 3, 1)),
        ("05/13/2022", "dmy", None),
        ("05/02/2022", "", None),
    ],
)
def test_an_order_reads_what_leaves_it_open(cell: str, order: str, value: dt.datetime | None) -> None:
    times, bad = dates.times([cell], order)
    assert bad[0] == (value is None)
    assert times[0] == pd.Timestamp(value) or value is None


@settings(deadline=None)
@given(st.datetimes(T(2005, 1, 1), T(2032, 12, 31)).map(lambda t: t.replace(microsecond=0)))
def test_any_second_survives_the_spellings_of_systems(at: dt.datetime) -> None:
    since = int((at - T(1970, 1, 1)).total_seconds()) - 8 * 3600
    cells = [str(since), since * 1000, at.strftime("%a %b %d %H:%M:%S CST %Y"), at.strftime("%Y-%m-%dT%H:%M:%S+08:00")]
    half = f"{at:%Y/%m/%d} {'上午' if at.hour < 12 else '下午'}{at.hour % 12 or 12}:{at:%M:%S}"
    times, bad = dates.times([*cells, half, f"{at:%Y-%m-%d %I:%M:%S %p}"])
    assert not bad.any()
    assert (times == pd.Timestamp(at)).all()


@pytest.mark.parametrize(
    ("day", "clock"),
    [
        ("2024-07-05", "09:32"),
        (dt.datetime(2024, 7, 5), dt.time(9, 32)),
        (45478.0, 9.5333333333 / 24),
        ("2024年7月5日", "上午9点32分"),
        (dt.date(2024, 7, 5), dt.timedelta(hours=9, minutes=32)),
    ],
)
def test_a_day_and_a_time_of_day_apart_are_joined(day: object, clock: object) -> None:
    assert dates.are_clocks([clock])
    assert not dates.are_clocks([day])
    times, bad = dates.times(dates.joined([day], [clock]))
    assert times[0] == pd.Timestamp(2024, 7, 5, 9, 32)
    assert not bad[0]
