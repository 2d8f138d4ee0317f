"""Forms of a text table that no CSV has: drawn by a database's client, other quotes, whole lines in quotes, two bars.

Each is told from the heads and the first lines, and becomes the plain form; lines stay, so that rows keep their numbers.
"""

from __future__ import annotations

import csv
import re

from analytics.ingest.dialect import DELIMITERS, SAMPLE
from analytics.ingest.heads import count_known

#: Lines by which a form is told.
LINES = 30
OTHER_QUOTES = "各格两端的{}{}按引号读"
WHOLE_LINES = "整行写在一对引号里，已按行里的分隔符分开"
_QUOTES = (("'", "'"), ("“", "”"), ("‘", "’"))
_GOES_ON = "+"
#: Stands for a line break inside a cell until the line is cut.
RETURN = "\x0b"
_BARS = "||"
_MYSQL_RULER = re.compile(r"^\+(?:-+\+)+[ \t]*$", re.MULTILINE)
_MYSQL = re.compile(rf"{_MYSQL_RULER.pattern}|^\d+ rows? in set.*$|^(?:mysql|MariaDB \[[^\]\n]*\])>.*$", re.MULTILINE)
_PSQL_RULER = re.compile(r"^-+(?:\+-+)+[ \t]*$", re.MULTILINE)
_PSQL = re.compile(
    rf"{_PSQL_RULER.pattern}|^[(（]\d+ (?:rows?|行记录|行)[)）][ \t]*$|^(?:Time|时间)[:：] ?[\d.,]+ (?:ms|毫秒).*$",
    re.MULTILINE,
)
_WHOLE_LINE = re.compile(r'^"((?:[^"\n]|"")*)"[ \t\r]*$', re.MULTILINE)


def in_plain_form(text: str) -> tuple[str, list[str]]:
    """Return a text in the plain form, the text itself where it has it already, and notes of what was done."""
    text = _without_drawing(text)
    lines = [line.strip() for line in text[:SAMPLE].split("\n")[:LINES]]
    lines = [line for line in lines if line]
    if not lines:
        return text, []
    for opening, closing in _QUOTES:
        if delimiter := _quoted_by(lines, opening, closing):
            return _double_quoted(text, opening, closing, delimiter), [OTHER_QUOTES.format(opening, closing)]
    if _are_whole(lines):
        return _WHOLE_LINE.sub(lambda m: m[1].replace('""', '"'), text), [WHOLE_LINES]
    if _by_two_bars(lines):
        return text.replace(_BARS, "\x01" if "\t" in text else "\t"), []
    return text, []


def _without_drawing(text: str) -> str:
    """Return a text without the lines that MySQL's and PostgreSQL's clients draw and say beside a table's rows."""
    if _MYSQL_RULER.search(text[:SAMPLE]):
        return _MYSQL.sub("", text)
    if _PSQL_RULER.search(text[:SAMPLE]):
        return _PSQL.sub("", _with_lines_joined(text))
    return text


def _with_lines_joined(text: str) -> str:
    """Return what psql drew with each row in one line: a cell whose last sign is a plus goes on in the line below."""
    lines = text.split("\n")
    begun, pieces = 0, [[""]]
    for place, line in enumerate(lines):
        cells = line.rstrip("\r").split("|")
        if len(cells) == len(pieces) > 1 and _goes_on(pieces, cells):
            for cell, written in zip(cells, pieces, strict=True):
                if written[-1].endswith(_GOES_ON):
                    written.append(cell)
            lines[place] = ""
            continue
        _put_together(lines, begun, pieces)
        begun, pieces = place, [[c] for c in cells]
    _put_together(lines, begun, pieces)
    return "\n".join(lines)


def _goes_on(pieces: list[list[str]], cells: list[str]) -> bool:
    """Tell whether a line holds nothing but what goes on of the cells above: a text may end in a plus itself."""
    return any(map(str.strip, cells)) and all(
        written[-1].endswith(_GOES_ON) or not cell.strip() for written, cell in zip(pieces, cells, strict=True)
    )


def _put_together(lines: list[str], place: int, pieces: list[list[str]]) -> None:
    """Write a row whose cells went on in lines below, which were emptied, into its first line."""
    if any(len(written) > 1 for written in pieces):
        lines[place] = "|".join(map(_whole, pieces))


def _whole(written: list[str]) -> str:
    """Return a cell from its lines."""
    *above, last = written
    return RETURN.join([*(line[:-1].strip() for line in above), last.strip()])


def _quoted_by(lines: list[str], opening: str, closing: str) -> str:
    """Return the delimiter between heads that all stand in such quotes, where every line begins so; '' otherwise."""
    head = lines[0]
    if not all(line.startswith(opening) for line in lines) or not head.endswith(closing):
        return ""
    for delimiter in DELIMITERS:
        cells = head[1:-1].split(f"{closing}{delimiter}{opening}")
        if count_known(cells) > 1:
            return delimiter
    return ""


def _double_quoted(text: str, opening: str, closing: str, delimiter: str) -> str:
    edge = re.escape(delimiter)
    quote = re.compile(rf"(?:^|(?<={edge})){opening}|{closing}(?={edge}|[ \t\r]*$)", re.MULTILINE)
    return quote.sub('"', text.replace('"', '""'))


def _are_whole(lines: list[str]) -> bool:
    """Tell whether every line is one quoted cell, and the first holds several heads."""
    if not all(_WHOLE_LINE.match(line) for line in lines):
        return False
    head = lines[0][1:-1].replace('""', '"')
    return any(count_known(next(csv.reader([head], delimiter=d))) > 1 for d in DELIMITERS)


def _by_two_bars(lines: list[str]) -> bool:
    """Tell whether two bars part the heads, and the cells of most lines."""
    head = lines[0]
    if count_known(head.split(_BARS)) < 2 or "|" in head.replace(_BARS, ""):
        return False
    alike = sum(line.count(_BARS) == head.count(_BARS) for line in lines)
    return 2 * alike > len(lines)
