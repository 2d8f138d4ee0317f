"""Logs are lines of JSON that hold no value of the ledger."""

from __future__ import annotations

import json
import logging
import sys

from pages.entrance.logs import JsonLines


def written(record: logging.LogRecord) -> dict[str, object]:
    line = JsonLines().format(record)
    assert "\n" not in line
    found: dict[str, object] = json.loads(line)
    return found


def test_a_line_says_when_where_and_what_numbers_masked() -> None:
    record = logging.LogRecord("dashboard", logging.INFO, __file__, 1, "电话 %s 打不通", ("13812345678",), None)
    line = written(record)
    assert (line["level"], line["logger"], line["message"]) == ("INFO", "dashboard", "电话 **** 打不通")
    assert str(line["at"]).startswith("20")


def test_an_exception_leaves_its_type_and_way_but_not_its_words() -> None:
    try:
        raise ValueError("王小明 13812345678")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "page failed", (), sys.exc_info())
    line = written(record)
    assert line["exception"] == "ValueError"
    assert "test_logs.py" in str(line["where"])
    assert "王小明" not in json.dumps(line, ensure_ascii=False)
