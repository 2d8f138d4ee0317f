"""Cells that a program has spoilt: put right where it is certain, kept out or told where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.ingest.characters import bare, named, signs_of
from analytics.ingest.damage import is_lost, unmarked, unscrambled
from analytics.ingest.heads import fold
from tests.ingest.books import book
from tests.ingest.stored import held, imported, repairs

HEAD = "工单编号,受理时间,诉求内容,承办部门\n"
COMMON = st.text(
    st.sampled_from("材料退回请答复城管局业主投诉噪音扰民停车位不足办理营业执照，。！工作日"), min_size=4, max_size=20
).map("材料".__add__)


@settings(deadline=None)
@given(COMMON)
def test_what_was_read_with_the_wrong_encoding_comes_back(text: str) -> None:
    raw = text.encode()
    assert unscrambled(raw.decode("latin-1")) == text
    gbk = text.encode("gb18030").decode("latin-1")
    assert unscrambled(gbk) in (text, None)
    try:
        doubled = raw.decode("gb18030")
    except UnicodeDecodeError:
        return  # an odd byte is lost: nothing certain
    assert unscrambled(doubled) == text


@settings(deadline=None)
@given(st.text(st.characters(codec="gb18030", categories=["Lo", "Nd", "Po"], max_codepoint=0x9FFF), max_size=30))
def test_a_sound_text_is_left_as_it_is(text: str) -> None:
    assert unscrambled(text) in (None, text)


@pytest.mark.parametrize("text", ["naïve café", "São Paulo", "Müller", "联通", "3×5", "±0.5", "°C", "材料退回", ""])
def test_what_only_looks_scrambled_stays(text: str) -> None:
    assert unscrambled(text) is None


def test_scrambled_heads_and_cells_of_a_whole_file(tmp_path: Path) -> None:
    lines = "工单编号,受理时间,诉求内容\nA1,2026-03-01,材料退回，请尽快答复\n"
    result = imported(tmp_path, "a.csv", lines.encode().decode("latin-1"))
    assert result.accepted == 1
    assert held(tmp_path).loc["A1", "content"] == "材料退回，请尽快答复"
    assert sum(repairs(result).values()) == 1


def test_words_that_are_gone_are_kept_and_told(tmp_path: Path) -> None:
    result = imported(tmp_path, "a.csv", HEAD + "A1,2026-03-01,????????,城管局\nA2,2026-03-01,锟斤拷锟斤拷,城管局\n")
    assert (result.accepted, list(repairs(result).values())) == (2, [2])
    assert is_lost("??????")
    assert not is_lost("为什么???")


@pytest.mark.parametrize("number", ["2.02603E+17", "1E+05", "9.16101E+17"])
def test_scientific_numbers_are_never_merged(tmp_path: Path, number: str) -> None:
    result = imported(
        tmp_path, "a.csv", HEAD + f"{number},2026-03-01,一,甲\n{number},2026-03-02,二,甲\nA3,2026-03-02,三,甲\n"
    )
    assert (result.accepted, result.quarantined) == (1, 2)
    assert "科学记数" in result.quarantine[0].reason


def test_numbers_cut_after_fifteen_digits_are_told_from_the_column(tmp_path: Path) -> None:
    cut = "".join(f"20260301000{i:04}000,2026-03-01,第{i}件,甲\n" for i in range(3))
    result = imported(tmp_path / "cut", "a.csv", HEAD + cut)
    assert (result.accepted, result.quarantined) == (0, 3)
    assert "第16位起全是0" in result.quarantine[0].reason
    sound = "".join(f"20260301000000{i:04},2026-03-01,第{i}件,甲\n" for i in range(1000, 1003))
    assert (
        imported(tmp_path / "sound", "a.csv", HEAD + sound + "202603010000002000,2026-03-01,整,甲\n").quarantined == 0
    )


def test_a_spoilt_side_number_costs_no_case(tmp_path: Path) -> None:
    lines = "工单编号,受理时间,诉求内容,联系电话\nA1,2026-03-01,一,1.38123E+10\nA2,2026-03-01,二,13812345678\n"
    result = imported(tmp_path, "a.csv", lines)
    assert (result.accepted, len(result.left_empty)) == (2, 1)
    assert held(tmp_path)["contact_phone"].to_dict() == {"A1": None, "A2": "13812345678"}


@pytest.mark.parametrize(
    ("cell", "meant"),
    [('="0012345"', "0012345"), ('"=""0012345"""', "0012345"), ("'0012345", "0012345"), ("\t0012345\t", "0012345"), ("０012345", "0012345"), ("0012345\u200b", "0012345"), ("\u202d0012345\u202c", "0012345"), ("\u00a00012345 ", "0012345")],
)  # fmt: skip
def test_marks_of_spreadsheets_are_no_part_of_a_number(tmp_path: Path, cell: str, meant: str) -> None:
    imported(tmp_path, "a.csv", HEAD + f"{cell},2026-03-01,一,甲\n")
    assert held(tmp_path).index.tolist() == [meant]


def test_escapes_of_workbooks_that_a_program_handed_on(tmp_path: Path) -> None:
    result = imported(tmp_path, "a.csv", HEAD + "A1,2026-03-01,第一行_x000D_第二行,甲_x0000_局\n")
    assert held(tmp_path).loc["A1", ["content", "department"]].tolist() == ["第一行\n第二行", "甲局"]
    assert sum(repairs(result).values()) == 2


def test_an_apostrophe_of_a_sentence_stays() -> None:
    assert unmarked("'tis a text", identifier=False) == "'tis a text"
    assert unmarked("'=1+1", identifier=False) == "=1+1"


def test_invisible_characters_part_no_department_and_no_emoji(tmp_path: Path) -> None:
    imported(
        tmp_path, "a.csv", HEAD + "A1,2026-03-01,好👨\u200d👩\u200d👧\u200b,城管\u200b局\nA2,2026-03-01,二,城管局\n"
    )
    cases = held(tmp_path)
    assert set(cases["department"]) == {"城管局"}
    assert cases.loc["A1", "content"] == "好👨\u200d👩\u200d👧"


def test_heads_with_anything_invisible_wide_or_of_another_block_are_known() -> None:
    assert {fold(h) for h in ("工单编号", "\ufeff工单\u200b编号", "⼯单编号", " 工单 编号：", "*工单编号")} == {
        "工单编号"
    }
    assert fold("Ｃａｓｅ＿ＩＤ") == "caseid"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("工单\u200b编号", "工单⟨U+200B⟩编号"), ("\ufeffA", "⟨U+FEFF⟩A"), ("Ａ1", "Ａ⟨全角⟩1"), ("Сase", "С⟨U+0421⟩ase"), ("⼯单", "⼯⟨U+2F2F⟩单"), ("a\u00a0b", "a⟨U+00A0⟩b"), ("工单编号，（一）", "工单编号，（一）")],
)  # fmt: skip
def test_a_message_names_what_deceives_the_eye(text: str, shown: str) -> None:
    assert named(text) == shown


@settings(deadline=None)
@given(st.text(max_size=20))
def test_where_no_sign_is_there_is_nothing_to_remove(text: str) -> None:
    if "invisible" not in signs_of(text):
        assert bare(text) == text


def test_the_same_of_a_workbook(tmp_path: Path) -> None:
    rows = [
        ["A1\u200b", "2026-03-01", "漏水", None, "城管局\ufeff", None, None],
        [2.02603e17, "2026-03-01", "二", None, None, None, None],
    ]
    result = imported(tmp_path, "a.xlsx", book(rows))
    assert (result.accepted, result.quarantined) == (1, 1)
    assert held(tmp_path)["department"].to_dict() == {"A1": "城管局"}
