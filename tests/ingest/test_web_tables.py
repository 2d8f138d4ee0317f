"""Pages of several tables: bodies without heads go on above them, tables of layout hide nothing, the rest is named."""

from __future__ import annotations

from pathlib import Path

from tests.ingest.stored import held, imported

HEADS = ["工单编号", "受理时间", "诉求内容"]
ONE = [["A1", "2026-03-01 09:00", "漏水"], ["A2", "2026-03-02 10:00", "停电"]]
TWO = [["A3", "2026-03-03 09:00", "噪音"]]


def table(*rows: list[str]) -> str:
    return "<table>" + "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in r)}</tr>" for r in rows) + "</table>"


def page(body: str) -> bytes:
    return f"<html><head><meta charset='utf-8'></head><body>{body}</body></html>".encode()


def test_a_table_without_heads_goes_on_where_the_one_above_ended(tmp_path: Path) -> None:
    result = imported(tmp_path, "a.xls", page(table(HEADS, *ONE) + table(*TWO)))
    assert held(tmp_path).index.tolist() == ["A1", "A2", "A3"]
    assert any("没有表头" in w and "1 行" in w for w in result.warnings)


def test_heads_that_stand_in_a_table_of_their_own(tmp_path: Path) -> None:
    assert imported(tmp_path, "a.xls", page(table(HEADS) + table(*ONE, *TWO))).accepted == 3


def test_a_fault_in_a_row_that_goes_on_names_its_own_table(tmp_path: Path) -> None:
    result = imported(tmp_path, "a.xls", page(table(HEADS, *ONE) + table(["A4", "昨天", "停车"])))
    assert "表2第 1 行" in result.quarantine[0].reason


def test_a_table_of_other_columns_is_named(tmp_path: Path) -> None:
    other = table(["A4", "2026-03-04", "停车", "城管局", "x"])
    result = imported(tmp_path, "a.xls", page(table(HEADS, *ONE) + other))
    assert result.accepted == 2
    assert any("表2" in told for told in result.left_out)
    assert result.account().state == "amber"


def test_two_tables_with_heads_are_both_read(tmp_path: Path) -> None:
    assert imported(tmp_path, "a.xls", page(table(HEADS, *ONE) + table(HEADS, *TWO))).accepted == 3


def test_a_table_inside_a_cell_belongs_to_its_text(tmp_path: Path) -> None:
    inside = table(["第一次", "2026-03-02"], ["第二次", "2026-03-03"])
    rows = [["A1", "2026-03-01", f"漏水{inside}"], ["A2", "2026-03-02", "停电"]]
    result = imported(tmp_path, "a.xls", page(table(HEADS, *rows)))
    assert held(tmp_path).index.tolist() == ["A1", "A2"]
    assert "第二次" in held(tmp_path).loc["A1", "content"]
    assert result.read == 2


def test_a_table_of_layout_that_holds_rows_of_its_own_is_named(tmp_path: Path) -> None:
    body = f"<table><tr><td>菜单</td><td>{table(HEADS, *ONE)}</td></tr><tr><td>B9</td><td>2026-03-09</td><td>停车</td></tr></table>"
    result = imported(tmp_path, "a.xls", page(body))
    assert result.accepted == 2
    assert len(result.left_out) == 1


def test_what_was_asked_for_is_no_row(tmp_path: Path) -> None:
    body = f"<table><tr><td>查询</td><td>2026-03-01 至 2026-03-31</td><td>导出</td></tr><tr><td>{table(HEADS, *ONE)}</td></tr></table>"
    assert imported(tmp_path, "a.xls", page(body)).left_out == []


def test_a_layout_two_deep_and_side_by_side(tmp_path: Path) -> None:
    body = f"<table><tr><td><table><tr><td>{table(HEADS, *ONE)}</td><td>{table(HEADS, *TWO)}</td></tr></table></td></tr></table>"
    assert imported(tmp_path, "a.xls", page(body)).accepted == 3


def test_a_cell_holds_what_a_person_sees(tmp_path: Path) -> None:
    """Scripts, styles, hidden parts and options that are not chosen are no text; pictures have words, paragraphs lines."""
    seen = """<html><body><table><tr><th>工单编号</th><th>受理时间</th><th>诉求内容</th><th>承办部门</th><th>满意度</th></tr>
    <tr><td>A1</td><td>2026-05-01</td><td><p>第一段。</p><p>第二段。</p><script>show("F1");</script><style>.x{color:red}</style></td>
    <td>甲局<span style="DISPLAY: none">000123</span><input type="hidden" value="7"></td><td><img src="s.png" alt="满意"></td></tr>
    <tr style="display:none"><td>A2</td><td>2026-05-02</td><td>隐藏的</td>
    <td><select><option>乙局</option><option selected>丙局</option></select></td><td></td></tr></table></body></html>"""
    result = imported(tmp_path, "台账.xls", seen.encode())
    cases = held(tmp_path)
    assert cases["content"].tolist() == ["第一段。\n第二段。", "隐藏的"]
    assert cases["department"].tolist() == ["甲局", "丙局"]
    assert held(tmp_path, "ratings")["grade"].to_dict() == {"A1": 4}
    assert "有 1 行在网页上是隐藏的，也读入了" in "".join(result.warnings)
