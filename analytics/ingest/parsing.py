"""Cells become values: texts, whole numbers and codes, a whole column at once."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analytics import model
from analytics.ingest.characters import bare
from analytics.settings import DATA
from analytics.tables import lines

EMPTY = {"", "-", "--", "—", "/", "无", "null", "none", "nan", "n/a", "#n/a", "nat", "\\n", "(null)", "<null>"}
NOTHING = pa.array(sorted(EMPTY))
TEXT = pd.StringDtype("pyarrow")
#: A column as it was read: texts in Arrow from a text file, cells of any kind from a workbook.
Cells: TypeAlias = Sequence[object] | pa.ChunkedArray
#: No time, number or code is longer.
LONGEST = 100
_CUT = "……"
_FIGURE = {c: i for i, c in enumerate("一二三四五", 1)}
#: A grade of five in figures or stars.
FIGURES = re.compile(r"(?:((?:[★⭐🌟]\ufe0f?){1,5})☆*|([1-5一二三四五])(?:\.0+)?(?:分|星|星级|颗星|星好评|星差评|级)?)")
#: A figure before or behind the word of a grade: “1-非常满意”, “非常满意(5分)”.
_BESIDE_WORD = re.compile(
    r"^[(\[【]?[1-5](?:\.0)?[分星级]?[)\]】.、:=_\- ]*|[(\[【:=_\- ]*[1-5](?:\.0)?[分星级]?[)\]】]?$"
)
_STAR = re.compile("[★⭐🌟]")
_BEST_FIRST = re.compile(
    "(?<![0-9])(?:1分?[-=:为是、. ]?(?:非常满意|很满意|最满意|最好)|5分?[-=:为是、. ]?(?:非常不满意|很不满意|最不满意|最差))"
    "|(?:非常|很|最)满意[=:为是]1(?![0-9])"
)
WHOLE = re.compile(r"(\d+)(?:\.0+)?\s*(?:个?工作日|天|日|小时|个)?")


def plain(cell: object) -> str | None:
    """Return a cell as text: trimmed, whole floats without a point, None for nothing."""
    if isinstance(cell, pa.Scalar):
        cell = cell.as_py()
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        if cell != cell:
            return None
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    text = str(cell).strip()
    return text or None


def all_words(cells: Cells) -> bool:
    """Tell whether every cell is a string or nothing, as in a text file."""
    return isinstance(cells, pa.ChunkedArray) or set(map(type, cells)) <= {str, type(None)}


def brief(cells: Cells) -> Cells:
    """Return the cells of a column of times, numbers or codes; one too long to be any is cut, and read as none.

    The patterns of these kinds are tried on every spelling; on a long cell of blanks some would take minutes.
    """
    if isinstance(cells, pa.ChunkedArray):
        trimmed = pc.utf8_trim_whitespace(cells)
        long = pc.greater(pc.utf8_length(trimmed), LONGEST)
        if not pc.any(long).as_py():
            return cells
        cut = pc.binary_join_element_wise(pc.utf8_slice_codeunits(trimmed, 0, LONGEST), _CUT, "")
        return pc.if_else(pc.fill_null(long, False), cut, cells)
    if not any(type(c) is str and len(c) > LONGEST for c in cells):
        return cells
    return [_brief(c) if type(c) is str and len(c) > LONGEST else c for c in cells]


def _brief(text: str) -> str:
    trimmed = text.strip()
    return trimmed[:LONGEST] + _CUT if len(trimmed) > LONGEST else trimmed


def texts(cells: Cells) -> pd.Series:
    """Return a column of trimmed strings, missing where empty or a mere dash; kept in Arrow, as DuckDB reads it."""
    if not isinstance(cells, pa.ChunkedArray):
        words = cells if all_words(cells) else [plain(c) for c in cells]
        cells = pa.chunked_array([pa.array(words, pa.string())])
    word = pc.utf8_trim_whitespace(cells)
    nothing = pc.is_in(pc.utf8_lower(word), value_set=NOTHING)
    return pd.Series(pc.if_else(nothing, None, word), dtype=TEXT)


def integers(cells: Cells) -> tuple[pd.Series, pd.Series]:
    """Parse whole numbers, with units such as “5个工作日”; returns (values, unreadable)."""
    word = texts(cells)
    table = {t: _one_integer(t) for t in word.dropna().unique()}
    value = word.map(table, na_action="ignore").astype("Float64").astype("Int64")
    return value, word.notna() & value.isna()


def _one_integer(text: str) -> int | None:
    match = WHOLE.fullmatch(unicodedata.normalize("NFKC", text))
    value = int(match.group(1)) if match else -1
    return value if 0 <= value <= 100_000 else None


CODE_SYNONYMS = DATA / "code_synonyms.csv"
#: Kind of code → its codes.
CODES: dict[str, tuple[str, ...]] = {
    "module": tuple(model.MODULES),
    "stage": tuple(model.STAGES),
    "grade": tuple(map(str, model.GRADES)),
    "follow_result": tuple(model.FOLLOW_RESULTS),
    "role": tuple(model.ROLES),
}


@lru_cache(maxsize=1)
def code_words() -> dict[str, dict[str, str]]:
    """Return kind → word → code (data/code_synonyms.csv); a code is its own word."""
    return read_code_words(CODE_SYNONYMS)


def read_code_words(path: Path) -> dict[str, dict[str, str]]:
    """Read a table of words; raises SettingsError for an unknown kind or code, an empty word or one of two codes."""
    found: dict[str, dict[str, str]] = {kind: {} for kind in CODES}
    for line in lines(path, ("kind", "code", "words")):
        if line["kind"] not in CODES:
            raise line.refuse("kind", f"没有这一种，可用：{'、'.join(CODES)}")
        if line["code"] not in CODES[line["kind"]]:
            raise line.refuse("code", f"没有这个代码，可用：{'、'.join(CODES[line['kind']])}")
        for word in (line["code"], *line["words"].split("|")):
            if not word.strip():
                raise line.refuse("words", "有空的写法，请用 | 隔开各种写法，首尾不要有 |")
            if found[line["kind"]].setdefault(word.lower(), line["code"]) != line["code"]:
                raise line.refuse("words", f"其中“{word:.40}”已属于 {found[line['kind']][word.lower()]}，请只留一处")
    return found


def codes(cells: Cells, kind: str, *, best_first: bool = False) -> tuple[pd.Series, pd.Series]:
    """Translate words into codes of a list; returns (codes or None, unknown words' mask).

    ``best_first``: a head says that grade 1 is the best.
    """
    words = code_words()[kind]
    word = texts(cells)
    folded = {t: bare(unicodedata.normalize("NFKC", t)).lower().strip() for t in word.dropna().unique()}
    table = {t: words.get(f) or words.get("".join(f.split())) for t, f in folded.items()}
    if kind == "grade":
        table = _grades(table, folded, best_first)
    value = word.map(table, na_action="ignore")
    value = value.where(value.notna(), None)
    return value, word.notna() & value.isna()


def is_beyond_five(text: str) -> bool:
    """Tell whether a grade is a number that no scale of one to five has; 0 says that nothing was given."""
    scored = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)分?", text)
    return scored is not None and float(scored[1]) != 0 and not 1 <= float(scored[1]) <= 5


def is_yes_or_no(words: Iterable[str]) -> bool:
    """Tell whether a column of grades holds 1 and 0: yes and no, on no scale of five."""
    figures = {w.removesuffix(".0") for w in words}
    return {"0", "1"} <= figures and not figures & {"2", "3", "4", "5"}


def is_best_first(head: str) -> bool:
    """Tell whether a head says that 1 is the best of five grades: 满意度（1非常满意-5非常不满意）."""
    return bool(_BEST_FIRST.search(unicodedata.normalize("NFKC", head)))


def _grades(table: dict[str, str | None], folded: dict[str, str], best_first: bool) -> dict[str, str | None]:
    """Read grades in figures too: 5.0, 五星好评, ★★★★; none of them where the column goes beyond five.

    Where a figure stands beside a word the word counts: which way the figures run, only it can say.
    """
    words = code_words()["grade"]
    table = {t: code or _of_word(folded[t], words) for t, code in table.items()}
    figures = {t: match for t, f in folded.items() if (match := FIGURES.fullmatch(f))}
    beyond = any(is_beyond_five(f) for f in folded.values()) or is_yes_or_no(folded.values())
    for text, match in figures.items():
        stars, figure = match.groups()
        if stars:
            table[text] = str(len(_STAR.findall(stars)))
        else:
            grade = int(_FIGURE.get(figure, figure))
            table[text] = None if beyond else str(6 - grade if best_first else grade)
    return table


def _of_word(text: str, words: dict[str, str]) -> str | None:
    """Return the grade of a word with a figure before or behind it."""
    word = _BESIDE_WORD.sub("", text)
    return words.get("".join(word.split())) if word != text and not FIGURES.fullmatch(word) else None
