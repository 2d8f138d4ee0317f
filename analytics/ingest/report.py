"""The account of an import: what came in, what was repaired and how, what was left empty, what was kept out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import pandas as pd

from analytics.ingest.characters import named
from analytics.ingest.quarantine import Quarantined
from analytics.model import TABLES
from analytics.spreadsheet import workbook

#: Words of one column that are shown one by one; the others are counted together.
MOST_WORDS = 30


@dataclass(frozen=True)
class Repair:
    """Cells put right in one column (``head``; '' for the file as a whole), all in one way."""

    place: str
    head: str
    kind: str
    count: int


@dataclass(frozen=True)
class LeftEmpty:
    """Cells of a side column left empty for one word, masked, that no list knows."""

    place: str
    head: str
    word: str
    count: int


@dataclass(frozen=True)
class Account:
    """What became of files: rows by outcome, rows by table, repairs, cells left empty, rows kept out, notes."""

    rows: dict[str, int]
    tables: dict[str, int]
    repairs: tuple[Repair, ...]
    left_empty: tuple[LeftEmpty, ...]
    quarantine: tuple[Quarantined, ...]
    notes: tuple[str, ...]
    #: Tables and files that were not read, though they hold rows.
    left_out: tuple[str, ...] = ()
    #: What went in and contradicts something: a time of acceptance that was changed, and the like.
    to_check: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """How it went: red (no row went in), amber (something to look at), green."""
        read, kept_out = self.rows.get("read", 0), self.rows.get("quarantined", 0)
        if read == kept_out:
            return "red"
        return "amber" if any((kept_out, self.left_empty, self.repairs, self.left_out, self.to_check)) else "green"

    @property
    def next_step(self) -> str:
        """Say in Chinese what to do next."""
        kept_out, empty = self.rows.get("quarantined", 0), sum(e.count for e in self.left_empty)
        if self.state == "red":
            return "请按下面的原因改原表，再导入一次。" if kept_out else "文件里没有数据行，请检查导出的时间范围。"
        steps = [
            f"{kept_out:,} 行没有进去：下载隔离的行，按原因改好，直接再导入，已进去的不会重复" if kept_out else "",
            f"{len(self.left_out)} 张表或文件没有读入：见“没有读入”，补好表头再导入" if self.left_out else "",
            f"{len(self.to_check)} 处要核对：见“请核对”，不对的在原表改好后再导入一次" if self.to_check else "",
            f"{empty:,} 格认不出，已留空，其余各列照常：要补的，在原表改好后再导入一次" if empty else "",
            f"{sum(r.count for r in self.repairs):,} 处已自动修正：请抽看几件" if self.repairs else "",
        ]
        return "；".join(filter(None, steps)) + "。" if any(steps) else "全部进去，不用再做什么。"

    @property
    def other_notes(self) -> tuple[str, ...]:
        """The notes that do not repeat what stands in the list of cells left empty."""
        told = tuple(f"列「{named(e.head)}」有 " for e in self.left_empty)
        return tuple(n for n in self.notes if not any(t in n for t in told))

    def told(self) -> list[str]:
        """Return what a person must know beside the rows kept out, in the order of its weight, a sentence each."""
        return [
            *(f"没有读入：{told}" for told in self.left_out),
            *(f"请核对：{told}" for told in self.to_check),
            *(f"提示：{note}" for note in self.notes),
            *(
                f"已修正：{r.place}{f'「{named(r.head)}」' if r.head else ''} {r.kind}（{r.count:,} 处）"
                for r in self.repairs
            ),
        ]

    def by_kind(self) -> dict[str, dict[str, int]]:
        """Return repaired, left_empty and quarantined, each kind → count."""
        return {
            "repaired": dict(_counts((r.kind, r.count) for r in self.repairs)),
            "left_empty": dict(_counts((e.head, e.count) for e in self.left_empty)),
            "quarantined": dict(_counts((q.kind, 1) for q in self.quarantine)),
        }

    def as_json(self) -> dict[str, object]:
        """Return the account as plain values; no cell of a row kept out is among them."""
        return {
            **self.rows,
            "state": self.state,
            "next": self.next_step,
            "tables": self.tables,
            "kinds": self.by_kind(),
            "repairs": [asdict(r) for r in self.repairs],
            "left_empty": [asdict(e) for e in self.left_empty],
            "quarantine": [
                {"file": q.file, "sheet": q.sheet, "row": q.row_no, "kind": q.kind, "reason": q.reason}
                for q in self.quarantine
            ],
            "left_out": list(self.left_out),
            "to_check": list(self.to_check),
            "notes": list(self.notes),
        }

    def as_workbook(self) -> bytes:
        """Return the account as an XLSX of four sheets."""
        names = {"read": "读入", "accepted": "新增", "updated": "更新", "unchanged": "未变", "quarantined": "隔离"}
        summary: list[tuple[str, object]] = [("下一步", self.next_step)]
        summary += [(f"{names[k]}（行）", v) for k, v in self.rows.items() if k in names]
        summary += [(f"{TABLES[t].label}有变化（行）", n) for t, n in self.tables.items()]
        return workbook(
            {
                "总数": pd.DataFrame(summary, columns=["项目", "数量"]),
                "已修正": pd.DataFrame(
                    [(r.place, r.head, r.kind, r.count) for r in self.repairs],
                    columns=["文件", "列", "怎样修正", "格数"],
                ),
                "留空": pd.DataFrame(
                    [(e.place, e.head, e.word, e.count) for e in self.left_empty],
                    columns=["文件", "列", "认不出的值", "格数"],
                ),
                "隔离": pd.DataFrame(
                    [(q.file, q.sheet, q.row_no, q.kind, q.reason) for q in self.quarantine],
                    columns=["文件", "工作表", "行", "类别", "原因"],
                ),
            },
            [told for told in self.told() if not told.startswith("已修正")],
        )


def _counts(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for kind, count in pairs:
        found[kind] += count
    return found


def words_left_out(place: str, head: str, words: Iterable[str]) -> list[LeftEmpty]:
    """Return what was left empty in one column, the commonest words first."""
    counts = Counter(words)
    shown = [LeftEmpty(place, head, word, count) for word, count in counts.most_common(MOST_WORDS)]
    rest = sum(counts.values()) - sum(e.count for e in shown)
    return [*shown, LeftEmpty(place, head, f"其余 {len(counts) - MOST_WORDS} 种", rest)] if rest else shown
