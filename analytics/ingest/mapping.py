"""Which column of a file is which column of the ledger: guessed by heads, kept as profiles, or said by hand."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from analytics.ingest.characters import named
from analytics.ingest.damage import unscrambled
from analytics.ingest.due_times import DUE, limit_that_is_due
from analytics.ingest.first_row import is_data, shown
from analytics.ingest.head_levels import joined_heads
from analytics.ingest.heads import LONGEST, fold, known_heads, synonyms, without_brackets
from analytics.ingest.refusing import RefusedFile
from analytics.ingest.sheets import Sheet
from analytics.ingest.step_tables import steps_remedy
from analytics.ingest.turned import remedy
from analytics.model import ROW_COLUMNS, TABLES, WIDE_COLUMNS, Column, Table
from analytics.refusal import Refusal

HEADER_ROWS = 30
#: Signature of heads → (profile name, table, column → head); what else a profile keeps stands under keys with an @.
Profiles = dict[str, tuple[str, str, dict[str, str]]]
#: What several rows of one case may be: told from the file, always one case with several departments, always versions.
AUTO, TOGETHER, VERSIONS = "auto", "together", "versions"
SEVERAL = {AUTO: "自动判断", TOGETHER: "一件多部门（主办、协办）", VERSIONS: "同一件的先后版本"}
_CLOCK_HEAD = re.compile("(日期|时间|时刻|时分|钟点|date|time)$")


@dataclass(frozen=True)
class ByHand:
    """What a person says of files: column (label or name) → head; table; order of dates; day of acceptance; several rows.

    Whatever is empty is told from the file.
    """

    heads: dict[str, str] = field(default_factory=dict)
    table: str = ""
    order: str = ""
    accepted_on: dt.date | None = None
    several: str = ""

    def table_name(self) -> str:
        """Return the table that is meant, by its name or label; raises Refusal for one that there is not."""
        if not self.table:
            return "cases" if self.heads or self.accepted_on else ""
        for table in TABLES.values():
            if self.table in (table.name, table.label):
                return table.name
        raise Refusal(f"没有表“{named(self.table)}”；可选：{'、'.join(t.label for t in TABLES.values())}")

    def columns(self) -> dict[str, str]:
        """Return ledger column → head; raises Refusal for a column that the table has not."""
        known = {c.label: c.name for c in columns_of(TABLES[self.table_name() or "cases"])}
        known |= {name: name for name in known.values()}
        for column, words in synonyms().items():
            if column in known.values():
                known |= {word: column for word in words if word not in known}
        for column in self.heads:
            if column not in known:
                raise Refusal(
                    f"台账里没有列“{named(column)}”；可选：{'、'.join(c.label for c in columns_of(TABLES[self.table_name() or 'cases']))}"
                )
        return {known[column]: head for column, head in self.heads.items()}


NOTHING_BY_HAND = ByHand()


@dataclass
class SheetPlan:
    """How one sheet will be read. ``mapping`` is ledger column → position of its head.

    ``order``: mdy, dmy or ymd where the dates leave it open, '' to tell it from them; ``accepted_on``: the day of
    acceptance of all cases of a file without one; ``several``: what several rows of one case are.
    """

    sheet: Sheet
    table: str
    header_row: int
    heads: list[str]
    mapping: dict[str, int]
    profile: str = ""
    notes: list[str] = field(default_factory=list)
    order: str = ""
    accepted_on: dt.date | None = None
    several: str = AUTO
    #: Whether a person has said which table it is.
    said: bool = False

    @property
    def signature(self) -> str:
        return "|".join(fold(h) for h in self.heads)

    @property
    def body(self) -> range:
        """Positions in ``sheet.rows`` of the rows below the header that hold anything."""
        return range(self.header_row + 1, len(self.sheet.rows))

    @property
    def fits(self) -> bool:
        """All that the table requires is there, and more than one stray word matched."""
        alone = sum(bool(h) for h in self.heads) == 1
        return not self.missing and (alone or len(set(self.mapping.values())) > 1)

    @property
    def unused(self) -> list[str]:
        taken = set(self.mapping.values()) | set(self.beside.values())
        return [h for i, h in enumerate(self.heads) if h and i not in taken]

    @property
    def beside(self) -> dict[str, int]:
        """Time column → position of a head of the same stem: 受理日期 beside 受理时间, 日期 beside 时间, a day and its time of day."""
        taken = set(self.mapping.values())
        found: dict[str, int] = {}
        stems = [_CLOCK_HEAD.sub("", h) if _CLOCK_HEAD.search(h) else None for h in map(fold, self.heads)]
        for column in columns_of(TABLES[self.table]):
            at = self.mapping.get(column.name)
            if column.kind == "time" and at is not None and stems[at] is not None:
                other = next((i for i, s in enumerate(stems) if s == stems[at] and i not in taken), None)
                found |= {column.name: other} if other is not None else {}
        return found

    @property
    def missing(self) -> list[str]:
        """Labels of what the table requires and the mapping lacks."""
        given = {"accepted_at"} if self.accepted_on else set()
        required = [c for c in TABLES[self.table].columns if c.required and c.name not in given]
        labels = [c.label for c in required if c.name not in self.mapping]
        if self.table == "cases" and not {"title", "content"} & set(self.mapping):
            labels.append("诉求主题或诉求内容")
        return labels

    @property
    def is_a_loss(self) -> bool:
        """Tell whether a sheet that is not read may hold what belongs into the ledger: rows with a day, or a number's column."""
        numbered = "case_no" in self.mapping and len(self.body) > 0
        return self.sheet.holds_rows or self.sheet.inner or numbered

    def left_out(self) -> str:
        """Say that the sheet is not read, what it lacks and what to do."""
        lacking = "、".join(self.missing) or "足够的列"
        if self.sheet.inner:
            heads = "、".join(map(named, self.heads[1:7]))
            return (
                f"{self.sheet.file}：每条记录里的「{named(self.sheet.sheet)}」（共 {len(self.body):,} 条：{heads}）没有读入：找不到 {lacking}；"
                "要用的，请导出成单独的环节表再导入"
            )
        return (
            f"{self.sheet.place}（{len(self.sheet.rows):,} 行）没有读入：找不到 {lacking}；"
            "表头写法不同或没有表头的，请改好表头，或单独导入这张表并手工对应"
        )

    @property
    def is_in_doubt(self) -> bool:
        """Tell whether a sheet was taken for a table of which it has few columns, and more that are not known."""
        used, heads = len(set(self.mapping.values())), sum(map(bool, self.heads))
        return self.table != "cases" and not self.profile and 2 * used < heads

    def doubt(self) -> str:
        """Say what the sheet was taken for, and on what ground."""
        used, heads = len(set(self.mapping.values())), sum(map(bool, self.heads))
        return f"认作「{TABLES[self.table].label}」，但 {heads} 列里只对上 {used} 列；不是这张表的，请在「快照与撤回」撤回，或不要导入这张表"

    @property
    def rests_on_one_head(self) -> bool:
        """Tell whether a single head of many is all that speaks for a table."""
        heads = sum(map(bool, self.heads))
        return self.table != "cases" and not self.profile and len(set(self.mapping.values())) == 1 < heads / 3

    @property
    def is_hardly_known(self) -> bool:
        """Tell whether a sheet rests on one head, and nobody has said which table it is."""
        return self.rests_on_one_head and not self.said

    def hardly_known(self) -> str:
        """Say that the sheet is not read on the ground of one head, and what to do."""
        if told := remedy(self.sheet):
            return f"{self.sheet.sheet and f'工作表「{self.sheet.sheet}」'}{told}"
        label, heads = TABLES[self.table].label, sum(map(bool, self.heads))
        sheet = f"工作表「{self.sheet.sheet}」的 " if self.sheet.sheet else ""
        return (
            f"{sheet}{heads} 个表头里只认得一个，像「{label}」又不能确定，没有导入；读到的表头是：{shown(self.heads)}。是诉求台账的，请手工对应各列（命令行用 --map）；"
            f"确是「{label}」的，请在页上勾选，命令行用 --table {label}"
        )

    def use_table(self, table: str) -> None:
        """Read the sheet as another table: guess its columns anew."""
        self.table, self.profile, self.said = table, "", True
        self.mapping = guess(self.heads, TABLES[table])

    def map_by_hand(self, heads: dict[str, str]) -> bool:
        """Map columns to heads as a person says (column → head, or a letter as Excel names columns); False if one is not there."""
        folded = [fold(h) for h in self.heads]
        at = {column: _position(head, folded) for column, head in heads.items()}
        if None in at.values():
            return False
        taken = set(at.values())
        kept = {c: p for c, p in self.mapping.items() if p not in taken and c not in at}
        self.mapping = kept | {c: p for c, p in at.items() if p is not None}
        return True

    def with_first_row(self) -> SheetPlan:
        """Return the plan that reads the row of heads too, where the time of acceptance is sought under a time; else this one."""
        at = self.mapping.get("accepted_at")
        if self.table != "cases" or at is None or not is_data([self.heads[at]]):
            return self
        heads = [f"第 {i + 1} 列" for i in range(len(self.heads))]
        notes = [*self.notes, "文件没有表头，第一行也当作工单读入"]
        return replace(self, heads=heads, header_row=self.header_row - 1, notes=notes)

    def refusal(self) -> RefusedFile:
        """Return why the sheet cannot be read: the table it is most like, and only what that lacks."""
        sheet = f"工作表「{self.sheet.sheet}」" if self.sheet.sheet else ""
        if told := remedy(self.sheet):
            return RefusedFile(self.sheet.file, f"{sheet}{told}")
        if self.table == "cases" and (told := steps_remedy(self.heads, self.mapping)):
            return RefusedFile(self.sheet.file, f"{sheet}第 {self.header_row + 1} 行的表头{told}")
        hint = "；没有这一列的，可用 --accepted-on 给整个文件一个受理日期" if self.missing == ["受理时间"] else ""
        if "case_no" in self.mapping and len(self.missing) > 1:
            hint += "。只有编号和别的列的表不能单独更新台账：请从原系统导出含 受理时间、诉求内容 的台账再导入，同一编号会更新，空着的格子不抹去已有的"
        return RefusedFile(
            self.sheet.file,
            f"{sheet}第 {self.header_row + 1} 行的表头最像「{TABLES[self.table].label}」，只是找不到：{'、'.join(self.missing)}；"
            f"读到的表头是：{shown(self.heads)}。请在数据管理页手工对应（命令行用 --map），或改表头后再导入{hint}",
        )


def _position(head: str, folded: list[str]) -> int | None:
    if fold(head) in folded:
        return folded.index(fold(head))
    if re.fullmatch("[A-Z]{1,2}", head):
        number = 0
        for letter in head:
            number = 26 * number + ord(letter) - 64
        return number - 1 if number <= len(folded) else None
    return None


def columns_of(table: Table) -> tuple[Column, ...]:
    """Return the columns a file of this table may carry; a case file may be wide, or have several rows a case."""
    if table.name != "cases":
        return table.columns
    return table.columns + WIDE_COLUMNS + ROW_COLUMNS


def guess(heads: list[str], table: Table) -> dict[str, int]:
    """Return ledger column → position of the head that fits best, by the synonym list."""
    folded = [fold(h) if len(h) <= LONGEST else "" for h in heads]
    exact = {h: i for i, h in reversed(list(enumerate(folded)))}
    plain = {without_brackets(h): i for i, h in reversed(list(enumerate(folded)))}
    plain.pop("", None)
    found: dict[str, int] = {}
    if not known_heads() & (exact.keys() | plain.keys()):
        return found
    for column in columns_of(table):
        for word in (*synonyms().get(column.name, ()), fold(column.label)):
            position = exact.get(word, plain.get(word))
            if position is not None:
                found[column.name] = position
                break
    return _without_doubles(found)


def _without_doubles(found: dict[str, int]) -> dict[str, int]:
    """Drop what would read one head twice: a limit in hours is none in days; steps need their word and their time."""
    if "promised_hours" in found and found.get("promised_days") == found["promised_hours"]:
        del found["promised_days"]
    if not {"step", "step_at"} <= found.keys():
        found = {c: p for c, p in found.items() if c not in ("step", "step_at")}
    return found


def plan_sheet(sheet: Sheet, profiles: Profiles | None = None, by_hand: ByHand = NOTHING_BY_HAND) -> SheetPlan:
    """Find the header row, the table and the mapping of a sheet.

    ``profiles`` maps a signature of heads to (profile name, table, column → head), as kept
    from an earlier import; it wins over guessing, and what a person says wins over both.
    """
    said, name = by_hand.columns(), by_hand.table_name()
    best: SheetPlan | None = None
    best_score = (-1.0, 0, 0.0)
    width = _usual_width(sheet)
    for row_no, row in enumerate(sheet.rows[sheet.first : sheet.first + HEADER_ROWS], start=sheet.first):
        heads = _heads(row, sheet)
        if sum(bool(h) for h in heads) < 2 and len(sheet.rows) > sheet.first + 1:
            continue
        below = _heads(sheet.rows[row_no + 1], sheet) if row_no + 1 < len(sheet.rows) else []
        if both := joined_heads(heads, (below + [""] * len(heads))[: len(heads)]):
            row_no, heads = row_no + 1, both
        for table in _tables(sheet, name):
            plan = SheetPlan(sheet, table.name, row_no, heads, guess(heads, table), notes=list(sheet.notes))
            score = _score(plan, width, said)
            if score > best_score:
                best, best_score = plan, score
    if best is None:
        heads = _heads(sheet.rows[sheet.first] if sheet.rows else [], sheet)
        best = SheetPlan(sheet, "cases", sheet.first, heads, guess(heads, TABLES["cases"]), notes=list(sheet.notes))
    plan = _with_due_time(_with_profile(best, profiles or {}), said)
    return _with_hand(plan, by_hand, said, name)


def _with_due_time(plan: SheetPlan, said: dict[str, str]) -> SheetPlan:
    """Take a column of limits that holds times as the time that a case is due, unless a person says what is either."""
    limit = limit_that_is_due(plan.mapping, (plan.sheet.rows[i] for i in plan.body)) if plan.table == "cases" else ""
    if limit and not {limit, DUE} & said.keys():
        plan.mapping[DUE] = plan.mapping.pop(limit)
        plan.notes.append(f"列「{named(plan.heads[plan.mapping[DUE]])}」里是时间，不是天数，作办理期限读入")
    return plan


def _tables(sheet: Sheet, name: str) -> Iterable[Table]:
    """Return the tables that a sheet may be: what lies inside the records of cases speaks of those."""
    if sheet.inner:
        return TABLES["events"], TABLES["ratings"]
    return [TABLES[name]] if name else TABLES.values()


def _score(plan: SheetPlan, width: int, said: dict[str, str]) -> tuple[float, int, float]:
    """Return how well a row serves as the heads of a table: what is there of what it requires, then how much is known."""
    table = TABLES[plan.table]
    required = sum(c.required for c in table.columns) + (table.name == "cases")
    have = required - len(plan.missing)
    used = len(set(plan.mapping.values()))
    if said:
        folded = {fold(h) for h in plan.heads}
        used += len(plan.heads) * sum(fold(h) in folded for h in said.values())
    full = 0.0 if used else float(sum(bool(h) for h in plan.heads) >= width)
    unlikely = 0.4 if plan.missing and plan.table != "cases" else 0.0  # what lacks something is most often a case table
    return have / required + 0.2 * used - 0.001 * plan.header_row + 0.1 * full - unlikely, used, full


def _with_hand(plan: SheetPlan, by_hand: ByHand, said: dict[str, str], table: str) -> SheetPlan:
    if table and plan.table != table:
        plan.use_table(table)
    plan.said = bool(table or said)
    if said and not plan.map_by_hand(said):
        lacking = [h for h in said.values() if _position(h, [fold(x) for x in plan.heads]) is None]
        raise RefusedFile(
            plan.sheet.file,
            f"--map 里的表头“{'”、“'.join(map(named, lacking))}”在文件里没有；读到的表头是：{shown(plan.heads)}",
        )
    plan.order, plan.several = by_hand.order or plan.order, by_hand.several or plan.several
    plan.accepted_on = by_hand.accepted_on
    return plan


def _heads(row: list[object], sheet: Sheet) -> list[str]:
    heads = ["" if c is None else _in_one_line(str(c)) for c in row]
    return [unscrambled(h) or h for h in heads] if sheet.signs else heads


def _in_one_line(head: str) -> str:
    lines = [line.strip() for line in head.split("\n")]
    return (" " if head.isascii() else "").join(line for line in lines if line)


def _usual_width(sheet: Sheet) -> int:
    """Return how many cells most of the first rows fill: heads that nobody knows are told by it."""
    filled = [sum(c not in ("", None) for c in row) for row in sheet.rows[sheet.first : sheet.first + 2 * HEADER_ROWS]]
    return Counter(n for n in filled if n).most_common(1)[0][0] if any(filled) else 0


def _with_profile(plan: SheetPlan, profiles: Profiles) -> SheetPlan:
    kept = profiles.get(plan.signature)
    if not kept:
        return plan
    name, table, heads = kept
    position = {h: i for i, h in reversed(list(enumerate(plan.heads)))}
    plan.profile, plan.table = name, table
    plan.order, plan.several = heads.get("@order", ""), heads.get("@several", AUTO)
    plan.mapping = {column: position[head] for column, head in heads.items() if head in position and column[0] != "@"}
    return plan
