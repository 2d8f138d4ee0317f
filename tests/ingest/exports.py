"""Exports generated from a known ledger: any heads, order, dialect, encoding and spelling, with damage as it happens."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass, field

from hypothesis import strategies as st

from tests.ingest.books import book

HEADS = {
    "case_no": ["工单编号", "编号", "*工单 编号：", "Case ID", "工单编号\u200b", "流水号"],
    "accepted_at": ["受理时间", "登记时间", "受理时间（北京时间）", "Created At"],
    "content": ["诉求内容", "问题描述", "内容", "Description"],
    "department": ["承办部门", "主办单位", "Department"],
    "grade": ["满意度", "评价", "Rating"],
    "closed_at": ["办结时间", "完成时间", "Closed At"],
}
STYLES = ["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y.%m.%d %H:%M:%S", "%Y年%m月%d日 %H时%M分%S秒", "%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M:%S+08:00", "%Y-%m-%d %I:%M:%S %p", "%a %b %d %H:%M:%S CST %Y"]  # fmt: skip
GRADES = {5: "非常满意", 4: "满意", 3: "一般", 2: "不满意", 1: "非常不满意"}
#: What may happen to a row: how it is told afterwards (kept out, left empty), or that it must come back as it was.
DAMAGES = (
    "",
    "",
    "",
    "invisible",
    "formula",
    "apostrophe",
    "wide",
    "unknown grade",
    "scientific",
    "no number",
    "no time",
    "open quote",
    "broken lines",
    "broken lines and delimiters",
    "scrambled",
    "escape",
    "word for a number",
    "same number",
    "unquoted delimiter",
)
_WORDS = st.text(st.sampled_from("漏水停电噪音物业不管，。；|、 请尽快处理abc12,;\t'\"=-\n"), min_size=1, max_size=24)


@dataclass
class Case:
    """One case of the known ledger, and what happened to its row in the export."""

    case_no: str
    accepted_at: dt.datetime
    content: str
    department: str | None
    grade: int | None
    closed_at: dt.datetime | None
    damage: str = ""
    cells: dict[str, str] = field(default_factory=dict)


@dataclass
class Export:
    """A file: its name and content, the cases behind its rows, and which of their columns it has."""

    name: str
    content: bytes
    cases: list[Case]
    columns: list[str]


@st.composite
def exports(draw: st.DrawFn) -> Export:
    """Draw a ledger and a file of it."""
    cases = [draw(_case(number)) for number in range(draw(st.integers(1, 6)))]
    columns = draw(
        st.permutations(
            ["case_no", "accepted_at", "content", *draw(st.sets(st.sampled_from(["department", "grade", "closed_at"])))]
        )
    )
    style, as_book = draw(st.sampled_from(STYLES)), draw(st.booleans())
    for case in cases:
        case.damage = draw(st.sampled_from(DAMAGES))
        if case.damage == "unquoted delimiter" and (len(cases) == 1 or as_book):
            case.damage = ""
        if case.damage in ("word for a number", "same number"):
            case.case_no = "待定" if case.damage == "word for a number" else cases[0].case_no
        if (case.damage == "unknown grade" and "grade" not in columns) or (
            case.damage in ("open quote", "formula", "broken lines", "broken lines and delimiters") and as_book
        ):
            case.damage = ""
        case.cells = _cells(case, style)
    heads = [draw(st.sampled_from(HEADS[c])) for c in columns]
    rows = [heads, *([case.cells[c] for c in columns] for case in cases)]
    above = [["某区服务台账"]] if draw(st.booleans()) else []
    if as_book:
        return Export("台账.xlsx", book(rows[1:], rows[0], above), cases, columns)
    return Export(
        draw(st.sampled_from(["台账.csv", "台账.xls", "台账.txt"])), _text(draw, [*above, *rows], cases), cases, columns
    )


@st.composite
def _case(draw: st.DrawFn, number: int) -> Case:
    at = draw(st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2026, 6, 30))).replace(microsecond=0)
    content = " ".join(draw(_WORDS).split(" ")).strip() or "x"
    closed = at + dt.timedelta(seconds=draw(st.integers(0, 9_000_000))) if draw(st.booleans()) else None
    department = draw(st.sampled_from([None, "城管局", "住建局"]))
    return Case(
        f"GD{number:04}", at, f"件{number}{content}", department, draw(st.sampled_from([None, *GRADES])), closed
    )


def _cells(case: Case, style: str) -> dict[str, str]:
    cells = {
        "case_no": case.case_no,
        "accepted_at": case.accepted_at.strftime(style),
        "content": case.content,
        "department": case.department or "",
        "grade": GRADES.get(case.grade or 0, ""),
        "closed_at": case.closed_at.strftime(style) if case.closed_at else "",
    }
    number = case.case_no
    changed = {
        "invisible": {
            "case_no": f"\u202d{number}\u200b",
            "department": cells["department"] and f"{cells['department']}\ufeff",
        },
        "formula": {"case_no": f'="{number}"'},
        "apostrophe": {"case_no": f"'{number}"},
        "wide": {"case_no": "".join(chr(ord(c) + 0xFEE0) for c in number)},
        "unknown grade": {"grade": "暂未评价"},
        "scientific": {"case_no": "2.02603E+17"},
        "no number": {"case_no": ""},
        "no time": {"accepted_at": "前天"},
        "scrambled": {"department": cells["department"].encode().decode("latin-1")},
        "escape": {"content": cells["content"].replace("\n", "_x000D_\n")},
    }
    return cells | changed.get(case.damage, {})


def _text(draw: st.DrawFn, rows: list[list[str]], cases: list[Case]) -> bytes:
    delimiter = draw(st.sampled_from([",", "\t", ";", "|"]))
    ends, quoting = draw(st.sampled_from(["\n", "\r\n"])), draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    lines = []
    for row in rows:
        out = io.StringIO()
        # A cell of several lines is quoted only where the writer ends its rows with what the cell holds.
        csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator="\n").writerow(row)
        lines.append(out.getvalue().removesuffix("\n"))
    for case, at in zip(cases, range(len(rows) - len(cases), len(rows)), strict=True):
        if case.damage in ("open quote", "broken lines", "broken lines and delimiters", "unquoted delimiter"):
            lines[at] = _without_quotes(case, rows[at], delimiter)
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))
    return (ends.join(lines) + ends).encode(encoding)


def _without_quotes(case: Case, row: list[str], delimiter: str) -> str:
    """Return a row as a program writes it that knows no quotes: a text that begins with one, or one of several lines."""
    plain = [c.translate(dict.fromkeys(map(ord, f'"\n{delimiter}'))) for c in row]
    where = row.index(case.cells["content"])
    if case.damage == "open quote":
        case.content = plain[where]
        plain[where] = '"' + plain[where]
    elif case.damage == "unquoted delimiter":
        plain[where] = case.content = f"{plain[where]}{delimiter}余下的话"
    else:
        between = delimiter if case.damage == "broken lines and delimiters" else ""
        plain[where] = case.content = f"{plain[where]}{between}\n第二行{between}完"
    return delimiter.join(plain)
