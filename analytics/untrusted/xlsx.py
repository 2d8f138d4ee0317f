"""What an XLSX shows where its value alone misleads: errors, formulas that were never computed, numbers in a format.

The reader of workbooks gives an empty text for the first two and the bare number for the third, so they are looked up in
the sheets' XML, and only where the file holds any.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

#: What stands in a cell whose formula was saved without its value.
NOT_COMPUTED = "#公式没有算出的值"
#: An error of a formula, as a whole cell.
ERROR = r"(?i)^\s*(?:#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|公式没有算出的值)|Err:\d{3})\s*$"

#: Stands for every format of percentages.
PERCENT = "%"
_BUILT_IN = {"9": PERCENT, "10": PERCENT}
#: So many rows of a sheet may hold nothing but formulas without a value.
MOST_BELOW = 10_000
_CHUNK, _LONGEST_ROW = 1 << 20, 16 << 20
_ATTRIBUTE = r'\b{}\s*=\s*["\']([^"\']*)["\']'
_ID, _TARGET, _FORMAT_ID, _CODE = (re.compile(_ATTRIBUTE.format(a)) for a in ("Id", "Target", "numFmtId", "formatCode"))
_RELATION = re.compile(r'\b\w{1,20}:id\s*=\s*["\']([^"\']*)["\']')
#: No pattern looks past the next "<": what is no tag costs no more than its length.
_CELL = rb"<(?:\w+:)?c\b([^<>]*)>"
_ERROR_CELL = re.compile(
    _CELL + rb"(?:<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>))?\s*<(?:\w+:)?v>([^<]{1,20})<"
)
_BARE_FORMULA = re.compile(
    _CELL
    + rb"\s*<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\b[^<>]*\bhidden=[\"'](?:1|true)[\"']")
_STYLED = re.compile(_CELL)
_PLACE, _TYPE, _STYLE = (re.compile(rb"\b" + a + rb'\s*=\s*["\']([^"\']*)["\']') for a in (b"r", b"t", b"s"))
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|([0#])|([-+/(): ])')


class Shown(float):
    """A number and the text that its format makes of it."""

    shown: str


@dataclass
class Beside:
    """What a sheet's XML says beside its values: how many rows are hidden, and cells by row and column, from 0.

    ``words`` stand for cells, ``formats`` show their numbers.
    """

    hidden: int = 0
    words: dict[tuple[int, int], str] = field(default_factory=dict)
    formats: dict[tuple[int, int], str] = field(default_factory=dict)

    def put_into(self, rows: list[list[object]]) -> None:
        """Put into the rows of a sheet what it shows, also below its last row that holds a value, within bounds."""
        width = max(map(len, rows), default=0)
        below = len(rows) + MOST_BELOW
        for (row, column), word in self.words.items():
            if row >= below or column >= width:
                continue
            while len(rows) <= row:
                rows.append([""] * width)
            rows[row] += [""] * (column + 1 - len(rows[row]))
            rows[row][column] = word
        for (row, column), code in self.formats.items():
            value = rows[row][column] if row < len(rows) and column < len(rows[row]) else None
            if not isinstance(value, int | float) or isinstance(value, bool):
                continue
            if code == PERCENT:
                rows[row][column] = f"{100 * value:.10g}%"
            elif 0 <= value < 1e15 and value == int(value):
                rows[row][column] = number = Shown(value)
                number.shown = in_format(int(value), code)


def sheet_parts(archive: zipfile.ZipFile) -> list[str]:
    """Return the names of a workbook's sheets in the archive, in the order in which the workbook shows them."""
    book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
    relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets = {}
    for relation in re.findall(r"<(?:\w+:)?Relationship\b[^<>]*>", relations):
        name, target = _ID.search(relation), _TARGET.search(relation)
        if name and target:
            targets[name[1]] = target[1].lstrip("/") if target[1].startswith("/") else f"xl/{target[1]}"
    found = [_RELATION.search(sheet) for sheet in re.findall(r"<(?:\w+:)?sheet\b[^<>]*>", book)]
    return [targets.get(name[1], "") if name else "" for name in found]


def formats(archive: zipfile.ZipFile) -> dict[bytes, str]:
    """Return style → number format, for formats that give a number leading noughts or letters, or show a percentage."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    styles = archive.read("xl/styles.xml").decode("utf-8", "replace")
    codes = {}
    for line in re.findall(r"<(?:\w+:)?numFmt\b[^<>]*>", styles):
        number, code = _FORMAT_ID.search(line), _CODE.search(line.replace("&quot;", "\x00"))
        if number and code:
            codes[number[1]] = html.unescape(code[1].replace("\x00", '"')).split(";")[0]
    percent = {number: PERCENT for number, code in codes.items() if re.fullmatch(r"[#,]*0(?:\.[0#]+)?%", code)}
    named = _BUILT_IN | {number: code for number, code in codes.items() if is_of_numbers(code)} | percent
    begins = re.search(r"<(?:\w+:)?cellXfs\b", styles)
    if not begins:
        return {}
    table = styles[begins.start() : styles.find("cellXfs>", begins.end())]
    used = [_FORMAT_ID.search(xf) for xf in re.findall(r"<(?:\w+:)?xf\b[^<>]*>", table)]
    return {str(i).encode(): named[f[1]] for i, f in enumerate(used) if f and f[1] in named}


def is_of_numbers(code: str) -> bool:
    """Tell whether a format shows a whole number otherwise than its digits: 000000, "2026-"0000, but not 0.00 or a date's."""
    tokens = list(_TOKEN.finditer(code))
    if sum(len(t[0]) for t in tokens) != len(code) or not any(t[3] for t in tokens):
        return False
    return code.count("0") > 1 or any(t[1] or t[2] or t[4] for t in tokens)


def in_format(value: int, code: str) -> str:
    """Return a whole number as a format of noughts and letters shows it."""
    tokens = list(_TOKEN.finditer(code))
    left, shown = str(value), []
    first = next(i for i, t in enumerate(tokens) if t[3])
    for i in range(len(tokens) - 1, -1, -1):
        literal, escaped, place, plain = tokens[i].groups()
        if not place:
            shown.append(literal or escaped or plain or "")
        elif i == first:
            shown.append(left or ("0" if place == "0" else ""))
        else:
            shown.append(left[-1:] or ("0" if place == "0" else ""))
            left = left[:-1]
    return "".join(reversed(shown))


def beside_values(content: bytes) -> dict[int, Beside]:
    """Return place of a sheet → what it says beside its values, of an XLSX; raises what a broken archive raises."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        held, styles = set(archive.namelist()), formats(archive)
        return {
            place: _beside(blocks_of_rows(archive, part), styles)
            for place, part in enumerate(sheet_parts(archive))
            if part in held
        }


def _beside(blocks: Iterator[bytes], styles: dict[bytes, str]) -> Beside:
    """Return what a sheet says beside its values, from blocks of its XML that hold whole rows."""
    found = Beside()
    for block in blocks:
        found.hidden += len(_HIDDEN_ROW.findall(block)) if b"hidden" in block else 0
        if b't="e"' in block or b"t='e'" in block:
            for attributes, word in _ERROR_CELL.findall(block):
                if _group(_TYPE, attributes) == b"e":
                    _enter(found.words, attributes, html.unescape(word.decode("utf-8", "replace")))
        if b"<f" in block or b":f" in block:
            for attributes in _BARE_FORMULA.findall(block):
                if _group(_TYPE, attributes) != b"str":
                    _enter(found.words, attributes, NOT_COMPUTED)
        for attributes in _STYLED.findall(block) if styles else ():
            if code := styles.get(_group(_STYLE, attributes)):
                _enter(found.formats, attributes, code)
    return found


def _group(pattern: re.Pattern[bytes], attributes: bytes) -> bytes:
    match = pattern.search(attributes)
    return match[1] if match else b""


def _enter(cells: dict[tuple[int, int], str], attributes: bytes, word: str) -> None:
    match = re.fullmatch(rb"([A-Z]{1,3})([1-9]\d{0,6})", _group(_PLACE, attributes))
    if match:
        column = 0
        for letter in match[1]:
            column = 26 * column + letter - 64
        cells[int(match[2]) - 1, column - 1] = word


def blocks_of_rows(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Read a sheet in blocks that hold whole rows, unless one is longer than any should be."""
    with archive.open(name) as stream:
        tail = b""
        while chunk := stream.read(_CHUNK):
            block = tail + chunk
            cut = block.rfind(b"row>") + 4
            if cut < 4 and len(block) < _LONGEST_ROW:
                tail = block
                continue
            yield block[:cut] if cut >= 4 else block
            tail = block[cut:] if cut >= 4 else b""
        yield tail
