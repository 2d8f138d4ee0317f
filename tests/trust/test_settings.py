"""What an office may edit: one schema for the settings, lines for the tables, and every fault told in Chinese with its place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from analytics import workdays
from analytics.checkup import BAD, GOOD, checks, faults_of_settings
from analytics.cli import main
from analytics.federation.exchange import make
from analytics.ingest import heads, parsing
from analytics.ledger import open_ledger
from analytics.metrics import Slice
from analytics.reform import b_ready, milestones
from analytics.refusal import LONGEST
from analytics.settings import DATA, FILE, Settings, SettingsError, load_settings, settings_of
from analytics.store import Store, StoreError
from tests.small import publish
from tests.trust.mutations import FEW, settings_file

WRONG = {
    "[privacy]\nleast_shared = -5": r"\[privacy\] least_shared = -5 不能小于 0；请改正，或删去这一行（默认 5）",
    '[privacy]\nleast_shared = "5"': r"least_shared = \"5\" 要写整数",
    "[privacy]\nleast_shared = 99999999999999999999": "不能大于",
    "[privacy]\nleast_shered = 5": "是不是 least_shared",
    "[privat]\nleast_shared = 5": "是不是 privacy",
    "privacy = 5": r"请写成 \[privacy\]",
    "[thresholds]\nminimum_rated = true": "要写整数",
    "[thresholds]\nminimum_rated = 3.5": "要写整数",
    "[thresholds]\nminimum_rated = 0": "不能小于 1",
    "[targets]\non_time_rate = 'a'": r"targets.on_time_rate = \"a\" 要写数字",
    "[targets]\non_time_rate = nan": "on_time_rate = NaN",
    "targets = 3": "应是一节",
    "[engine]\nclickhouse = 1": "只能写 true 或 false",
    "[engine]\nparquet = 2020-01-01": "要写加引号的文字",
    "[sign_in]\nclaim = ''": "不能为空",
    "[server]\nhosts = 'a'": "应是方括号里的一列",
    "[privacy]\nleast_shared 5": "第 2 行第 14 列不合 TOML 写法",
    "a = " + "[" * 5000: "不合 TOML 写法",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_setting_names_file_key_value_and_remedy(text: str, tmp_path: Path) -> None:
    file = tmp_path / FILE
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=WRONG[text]) as told:
        settings_of([file])
    assert str(file) in str(told.value)
    assert "请" in str(told.value)


@pytest.mark.parametrize("content", [b"\xff\xfe[", "[privacy]\nx='字".encode("gb18030")])
def test_a_file_in_another_encoding_is_named(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / FILE
    file.write_bytes(content)
    with pytest.raises(SettingsError, match="UTF-8"):
        settings_of([file])


def test_the_settings_of_the_project_give_the_defaults_and_name_every_setting() -> None:
    told = tomllib.loads((DATA / FILE).read_text("utf-8"))
    given = settings_of([DATA / FILE])
    assert given == Settings(targets=given.targets)
    named = sum(len(held) for section, held in told.items() if section != "targets")
    assert named == len(Settings.__dataclass_fields__) - 1  # a further setting stands in the file that offices copy


def test_a_stores_own_settings_go_before_the_projects(tmp_path: Path) -> None:
    cases = [{"case_no": f"C{i}", "title": "x", "accepted_at": "2026-11-02", "module": "finance"} for i in range(40)]
    store = publish(tmp_path / "store", {"cases": cases})
    before = load_settings(tmp_path / "another")
    (store.folder / FILE).write_text("[privacy]\nleast_shared = 500\n[targets]\nsatisfaction = 0.8\n", "utf-8")
    load_settings.__globals__["_loaded"].cache_clear()
    assert store.settings.least_shared == 500
    assert store.settings.targets == {"satisfaction": 0.8}
    assert store.settings.keep_snapshots == before.keep_snapshots
    ledger = open_ledger(store)
    day = ledger.snapshot.newest.date()
    exchange = make(ledger, "某区", Slice(day.replace(day=1), day))
    assert exchange.least == 500
    assert exchange.cells["demand", "", ""] is None  # forty are fewer than five hundred


def test_a_broken_settings_file_stops_a_command_and_shows_in_doctor(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    store = publish(tmp_path / "store", {"cases": [{"case_no": "C1", "title": "x", "accepted_at": "2026-11-02"}]})
    (store.folder / FILE).write_text("[privacy]\nleast_shared = -5\n", "utf-8")
    load_settings.__globals__["_loaded"].cache_clear()
    assert main(["snapshots", "--store", str(store.folder)]) == 1
    told = capsys.readouterr()
    assert "least_shared = -5 不能小于 0" in told.err
    assert "Traceback" not in told.err
    assert main(["doctor", "--store", str(store.folder)]) == 1
    assert "[不行] 设置：" in capsys.readouterr().out


def test_doctor_names_a_target_that_is_no_metric(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    assert faults_of_settings(store) == []
    assert next(c for c in checks(store) if c.name == "设置").state == GOOD
    store.folder.mkdir()
    (store.folder / FILE).write_text("[targets]\non_time_rat = 0.9\n", "utf-8")
    load_settings.__globals__["_loaded"].cache_clear()
    check = next(c for c in checks(store) if c.name == "设置")
    assert check.state == BAD
    assert "on_time_rat 不是指标代码，是不是 on_time_rate" in check.told


TABLES = {
    "calendar": (
        workdays.read_overrides,
        {
            "day,kind,note\n2027-02-08,放假,x\n": r"第 2 行「kind」是“放假”",
            "day,kind,note\n\n2027-2-8,holiday,x\n": r"第 3 行「day」是“2027-2-8”，不是日期",
            "day,kind\n2027-02-08,holiday\n2027-02-08,workday\n": "前面已写成另一种",
            "日期,kind\n2027-02-08,holiday\n": "缺列「day」",
            'day,kind\n"2027-02-08,holiday\n': "引号",
            "": "缺列",
        },
    ),
    "plan": (
        milestones.read_plan,
        {
            "phase,milestone,due,check,needs\n甲,乙,2024-6-30,rota,rota\n": r"第 2 行「due」是“2024-6-30”，日期请写成",
            "phase,milestone,due,check,needs\n甲,乙,2024-06-30,rotta,rota\n": "没有这种查法，可用：.*rota",
            "phase,milestone,due,check,needs\n甲,乙,2024-06-30,rota,\n": "「needs」是“”，请用 | 隔开",
            "phase,milestone,due\n": "缺列「check」「needs」",
        },
    ),
    "topics": (
        b_ready.read_topics,
        {
            "topic,english,modules,indicators,metrics\na,b,tax,c,demand\n": r"第 2 行「modules」是“tax”",
            "topic,english,modules,indicators,metrics\na,b,legal,c,demands\n": r"「metrics」是“demands”",
            "topic\n": "缺列",
        },
    ),
    "columns": (
        heads.read_synonyms,
        {
            "column,heads\ncase_number,编号\n": r"第 2 行「column」是“case_number”，台账没有这一列",
            "column,heads\ncase_no,编号|\n": "有空的写法",
            "column,heads\ncase_no\n": "有空的写法",
            "column;heads\ncase_no;编号\n": "缺列",
        },
    ),
    "codes": (
        parsing.read_code_words,
        {
            "kind,code,words\nmodul,finance,金融\n": "没有这一种",
            "kind,code,words\nmodule,finances,金融\n": "没有这个代码",
            "kind,code,words\nmodule,finance,金融||融资\n": "有空的写法",
            "kind,code,words\nmodule,finance,金融\nmodule,policy,政策|金融\n": "已属于 finance",
        },
    ),
}


@pytest.mark.parametrize(("which", "text"), [(w, t) for w, (_, texts) in TABLES.items() for t in texts])
def test_a_wrong_line_of_a_table_names_file_line_column_and_remedy(which: str, text: str, tmp_path: Path) -> None:
    reader, texts = TABLES[which]
    file = tmp_path / "表.csv"
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=texts[text]) as told:
        reader(file)
    assert "表.csv：第" in str(told.value)
    for content in (b"\xff\xfe\x00", b"day,kind\n" + b"x" * 200_000):
        file.write_bytes(content)
        with pytest.raises(SettingsError):
            reader(file)
    assert len(str(told.value)) < 400


def test_mutated_settings_are_read_or_refused_in_chinese(tmp_path: Path) -> None:
    import random

    rng, ends = random.Random(23), set()
    file = tmp_path / FILE
    for _ in range(FEW):
        file.write_bytes(settings_file(rng))
        ends.add(_end(file))
    assert ends == {"read", "refused"}


def _end(file: Path) -> str:
    try:
        settings_of([file])
    except SettingsError as error:
        return "refused" if re.search("[一-龥]{4}", str(error)) else f"refused without words: {error}"
    return "read"


def test_a_very_long_value_is_cut_in_what_is_told(tmp_path: Path) -> None:
    """A line of many megabytes is not echoed: not of settings, a table, a file's name, nor in any other refusal."""
    long = "长" * 2_000_000
    for text in (f'[engine]\nspark = "{long}"', f'[privacy]\n"{long}" = 1', f"[{long}]", f'[targets]\n"{long}" = "a"'):
        (tmp_path / FILE).write_text(text, "utf-8")
        with pytest.raises(SettingsError) as told:
            settings_of([tmp_path / FILE])
        assert len(str(told.value)) < 2 * LONGEST
    (tmp_path / "x.csv").write_text(f"day,kind,note\n{long},holiday,x\n", "utf-8")
    with pytest.raises(SettingsError) as told:
        workdays.read_overrides(tmp_path / "x.csv")
    assert len(str(told.value)) < LONGEST
    refused = StoreError(f"{long}，请改正")
    assert len(str(refused)) <= LONGEST
    assert str(refused).endswith("，请改正")
