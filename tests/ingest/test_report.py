"""One account of an import: what came in, what was repaired, what was left empty, what was kept out; and the exit code."""

from __future__ import annotations

import io
import json
from pathlib import Path

import openpyxl
import pytest

from analytics.cli import main
from analytics.ingest import ByHand, RefusedFile
from analytics.store import Store
from tests.ingest.books import book_of
from tests.ingest.stored import imported

LINES = '工单编号,受理时间,诉求内容,满意度,承办部门\n="A1",2026-03-01,一,满意,甲\nA2,2026-03-01,二,喵,甲\nA3,2026-03-01,三,喵,甲\n,2026-03-01,四,,甲\nA5,昨天,五,,甲\nA6,2026-03-01,,,甲\n'


def test_the_account_adds_up_and_counts_by_kind(tmp_path: Path) -> None:
    account = imported(tmp_path, "a.csv", LINES).account()
    assert account.rows == {"read": 6, "accepted": 3, "updated": 0, "unchanged": 0, "quarantined": 3}
    kinds = account.by_kind()
    assert kinds["left_empty"] == {"满意度": 2}
    assert sum(kinds["repaired"].values()) == 1
    assert kinds["quarantined"] == {"编号缺失或受损": 1, "受理时间缺失或认不出": 1, "没有诉求文字": 1}
    assert account.state == "amber"


def test_the_account_as_a_workbook_and_as_json(tmp_path: Path) -> None:
    account = imported(tmp_path, "a.csv", LINES).account()
    book = openpyxl.load_workbook(io.BytesIO(account.as_workbook()))
    assert book.sheetnames[:4] == ["总数", "已修正", "留空", "隔离"]
    assert [c.value for c in book["留空"][2]] == ["a.csv", "满意度", "喵", 2]
    assert book["隔离"].max_row == 4
    told = json.loads(json.dumps(account.as_json(), ensure_ascii=False))
    assert [q["row"] for q in told["quarantine"]] == [5, 6, 7]
    assert told["left_empty"] == [{"place": "a.csv", "head": "满意度", "word": "喵", "count": 2}]


@pytest.mark.parametrize(
    ("lines", "state"), [("A1,2026-03-01,一,满意,甲\n", "green"), ("A1,昨天,一,满意,甲\n", "red"), ("", "red")]
)
def test_states(tmp_path: Path, lines: str, state: str) -> None:
    head = "工单编号,受理时间,诉求内容,满意度,承办部门\n"
    assert imported(tmp_path, "a.csv", head + lines).account().state == state


def run(tmp_path: Path, capsys: pytest.CaptureFixture, *files: str, more: tuple[str, ...] = ()) -> tuple[int, dict]:
    paths = []
    for number, content in enumerate(files):
        paths.append(str(tmp_path / f"{number}.csv"))
        Path(paths[-1]).write_text(content, encoding="utf-8")
    code = main(["import", *paths, "--store", str(tmp_path / "store"), "--json", *more])
    return code, json.loads(capsys.readouterr().out)


def test_a_file_of_which_nothing_went_in_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    head = "工单编号,受理时间,诉求内容\n"
    code, told = run(tmp_path, capsys, head + "A1,昨天,一\n")
    assert (code, told["quarantined"]) == (1, 1)
    assert Store(tmp_path / "store").current() is None
    code, told = run(tmp_path, capsys, head + "A1,2026-03-01,一\n", head)
    assert (code, told["accepted"]) == (1, 1)
    assert any("只有表头" in n for n in told["notes"])
    assert run(tmp_path, capsys, head + "A1,2026-03-01,一\n")[0] == 0


def test_what_went_wrong_with_everything_leaves_demo_data_in_place(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    store = Store(tmp_path / "store")
    imported(store, "演示数据.csv", "工单编号,受理时间,诉求内容\nA1,2026-03-01,一\n")
    before = store.current_id()
    assert run(tmp_path, capsys, "工单编号,受理时间,诉求内容\nA1,昨天,一\n")[0] == 1
    assert store.current_id() == before


def test_a_mapping_by_hand_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    foreign = "Protocolo;Abertura;Texto\n1;31/03/2026;Buraco\n"
    code, told = run(tmp_path, capsys, foreign)
    assert code == 1
    assert "最像" in told["error"]
    said = ("--map", "工单编号=Protocolo", "受理时间=B", "诉求内容=Texto", "--report", str(tmp_path / "r.json"))
    code, told = run(tmp_path, capsys, foreign, more=said)
    assert (code, told["accepted"]) == (0, 1)
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["accepted"] == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [(("--map", "编号"), "不是“列=表头”的样子"), (("--map", "没有的列=A"), "台账里没有列"), (("--map", "工单编号=没有"), "在文件里没有"), (("--table", "别的"), "没有表")],
)  # fmt: skip
def test_what_is_said_wrongly_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture, said: tuple[str, ...], words: str
) -> None:
    code, told = run(tmp_path, capsys, "工单编号,受理时间,诉求内容\nA1,2026-03-01,一\n", more=said)
    assert code == 1
    assert words in told["error"]


def test_an_order_that_no_column_tells_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    open_dates = "工单编号,受理时间,诉求内容\nA1,05/02/2026,一\n"
    with pytest.raises(RefusedFile, match=r"05/02/2026.*分不清.*--date-order"):
        imported(tmp_path, "a.csv", open_dates)
    assert run(tmp_path, capsys, open_dates, more=("--date-order", "dmy"))[1]["accepted"] == 1


def test_a_refusal_names_the_table_it_is_most_like_and_only_what_that_lacks(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile) as refused:
        imported(tmp_path, "a.csv", "人员编号,姓名,所属部门,服务队\n1,甲,乙,金融\n")
    assert "最像「队伍人员」，只是找不到：队内职务；" in str(refused.value)


@pytest.mark.parametrize("deceiving", ["A\u04101", "A\u200b1", "A\uff11"])
def test_a_message_names_what_deceives_the_eye(tmp_path: Path, deceiving: str) -> None:
    """Heads and words that a message shows beside others; numbers lose what is invisible or wide before they are kept."""
    with pytest.raises(RefusedFile, match=r"⟨(U\+|全角)"):
        imported(tmp_path, "a.csv", "人员编号,姓名,所属部门,服务队\n1,甲,乙,金融\n".replace("所属部门", deceiving))
    with pytest.raises(RefusedFile, match=r"⟨(U\+|全角).*在文件里没有"):
        imported(tmp_path, "a.csv", LINES, ByHand({"工单编号": f"编号{deceiving}"}))
    left = imported(
        tmp_path, "a.csv", f"工单编号,受理时间,诉求内容,满意度\nB1,2026-03-01,一,满意{deceiving}\n"
    ).left_empty
    assert ("⟨" in left[0].word) == ("\u200b" not in deceiving)  # what is invisible is gone by then


def test_a_number_of_another_alphabet_is_named(tmp_path: Path) -> None:
    events = "工单编号,环节,发生时间\nA\u04101,办理,2026-03-02 09:00\n"
    imported(tmp_path, "a.csv", "工单编号,受理时间,诉求内容\nAA1,2026-03-01,一\n")
    (kept_out,) = imported(Store(tmp_path), "b.csv", events).quarantine
    assert "⟨U+0410⟩" in kept_out.reason


def test_a_table_that_is_not_read_turns_the_report_amber(tmp_path: Path) -> None:
    """A sheet of cases under other heads is named with what it lacks; a sheet of notes is passed over."""
    good = [["工单编号", "受理时间", "诉求内容"], ["A1", "2026-07-01 09:00", "停车难"]]
    strange = [["工单码", "日子", "事情"], ["A2", "2026-07-02 09:00", "噪声"]]
    notes = [["说明", "", ""], ["请按要求填写", "", ""]]
    result = imported(tmp_path, "台账.xlsx", book_of(一=good, 二=strange, 三=notes))
    account = result.account()
    assert account.state == "amber"
    assert len(account.left_out) == 1
    assert "二" in account.left_out[0]
    assert "工单编号" in account.left_out[0]
    assert "没有读入" in account.next_step
    assert imported(tmp_path, "台账.xlsx", book_of(一=good, 三=notes)).account().left_out == ()


def test_columns_that_are_not_used_are_named(tmp_path: Path) -> None:
    rows = [["工单编号", "受理时间", "诉求内容", "处理单位代号"], ["B1", "2026-07-01 09:00", "停车难", "x"]]
    result = imported(tmp_path, "台账.xlsx", book_of(一=rows))
    assert any("没有用到的列：处理单位代号" in w for w in result.warnings)
