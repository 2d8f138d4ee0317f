"""Quality over the number of answers: readers' groups answer what 教一教 asks, ten at a time, a run after each ten.

Usage: python -m benchmarks issue_teaching [ANSWERS] [FOLDER_OF_REAL_MESSAGES] (default 300, ../shared/real). Questions on matters and
on kinds are asked apart, so that each curve shows what its own answers bring. The reader sees what a person sees: two cases; or a case and
the typical cases of six kinds at most, of which the first of the reader's own type is chosen.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.issues import names
from analytics.issues.answers import KIND, MATTER, Answer
from analytics.issues.corpus import count_words
from analytics.issues.discovery import TEXTS, find
from analytics.issues.found import Found
from analytics.issues.questions import ASKED, questions_of
from analytics.settings import ROOT
from benchmarks.issue_types import READERS, import_real, scoring_of

SHOWN = (0, 10, 20, 50, 100, 200, 300, 500)


def typical(found: Found) -> tuple[list[str], dict[str, list[str]]]:
    """Return ids of the kinds as found and the numbers of the typical cases of each."""
    ids = [f"T{k}" for k in range(len(found.kinds.centres))]
    numbers = found.texts["case_no"].to_numpy(object)
    rows = [names.typical(found.vectors, np.flatnonzero(found.kind == k), names.TYPICAL) for k in range(len(ids))]
    return ids, {id: [str(c) for c in numbers[r]] for id, r in zip(ids, rows, strict=True)}


def reader(problem: pd.Series, kind: pd.Series) -> Callable[[dict], Answer]:
    """Return a function that answers a question as the groups (by case number) say."""

    def answers(question: dict) -> Answer:
        one, other = question["one"], question["other"]
        if question["ask"] == MATTER:
            return Answer(MATTER, one, other, bool(problem[one]) and problem[one] == problem[other])
        chosen = next((c for _, c in question["offered"] if kind[one] and kind[c] == kind[one]), "")
        return Answer(KIND, one, chosen, bool(chosen))

    return answers


def assignments(found: Found, file: Path) -> None:
    """Write what was found as ``score_groups.py`` reads it."""
    ids = {"problem_id": found.matter, "type_id": found.kind}
    table = pd.DataFrame({"case_no": found.texts["case_no"], "problem_name": "", "type_name": ""})
    for name, number in ids.items():
        table[name] = np.where(number >= 0, number.astype(str).astype(object), "")
    table.to_csv(file, index=False)


def main(arguments: list[str]) -> None:
    """Print a curve a file and kind of question."""
    most = next((int(a) for a in arguments if a.isdigit()), 300)
    folder = Path(next((a for a in arguments if not a.isdigit()), ROOT.parent / "shared" / "real"))
    score = scoring_of(folder)
    print("\n| 台账 | 问什么 | 回答 | 具体问题 成对 F1 | B³ F1 | 类型 B³ F1 | V |\n" + "| --- " * 7 + "|")
    for file, groups in READERS:
        read = pd.read_csv(folder / groups, dtype=str).fillna("").drop_duplicates("留言编号").set_index("留言编号")
        kind = read["类型"].where(~read["类型名称"].isin(["", "OTHER"]), "")
        answers = reader(read["具体问题"], kind)
        with tempfile.TemporaryDirectory() as place:
            ledger = import_real(folder / file, place)
            texts = ledger.duckdb.frame(TEXTS.format("TRUE"))
        corpus = count_words(list(zip(texts["title"], texts["content"], strict=True)))
        for ask in (MATTER, KIND):
            said: list[Answer] = []
            while len(said) <= most:
                found = find(texts, corpus, ledger.as_of, said)
                if len(said) in SHOWN:
                    out = Path(tempfile.gettempdir()) / f"taught_{ask}.csv"
                    assignments(found, out)
                    s = score(out, folder / groups)
                    row = (s["pairs"], s["b3"], s["type_b3"], s["v"])
                    print(f"| {file} | {ask} | {len(said)} | {' | '.join(f'{x:.3f}' for x in row)} |", flush=True)
                asked = [q for q in questions_of(found, *typical(found)) if q["ask"] == ask][:ASKED]
                if not asked:
                    break
                said += [answers(q) for q in asked]
            print(f"{file} {ask}: {sum(bool(a.yes) for a in said)} of {len(said)} yes", file=sys.stderr, flush=True)
