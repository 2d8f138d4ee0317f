"""Whatever an office exports: every row accounted for, nothing merged that differs, what is stored is the ledger or is told."""

from __future__ import annotations

import tempfile

import pandas as pd
from hypothesis import HealthCheck, given, note, settings

from tests.ingest.exports import Case, Export, exports
from tests.ingest.stored import held, imported

KEPT_OUT = {"scientific", "no number", "no time"}
#: Kept out unless it is certain what was meant.
MAY_BE_KEPT_OUT = KEPT_OUT | {
    "open quote",
    "broken lines",
    "broken lines and delimiters",
    "unquoted delimiter",
    "word for a number",
}


def flat(text: object) -> str:
    """Return a text without the spaces and line ends at which spellings of it may differ."""
    return "".join(str(text).split())


#: An import takes long: fewer in each run, as many as the profile says where new ones are looked for.
EXAMPLES = min(40, settings.default.max_examples) if settings.default.derandomize else settings.default.max_examples


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(exports())
def test_what_is_stored_is_the_ledger_or_is_told(export: Export) -> None:
    note(repr(export.content[:2000]))
    with tempfile.TemporaryDirectory() as folder:
        result = imported(folder, export.name, export.content)
        broken = sum(case.damage.startswith("broken") for case in export.cases)
        assert (
            len(export.cases) <= result.read <= len(export.cases) + broken
        )  # a broken row is two where it is kept out
        assert result.accepted + result.quarantined == result.read
        kept_out = {flat(c) for q in result.quarantine for c in q.cells if c}
        stored = held(folder) if result.published else pd.DataFrame()
        grades = held(folder, "ratings")["grade"].to_dict() if result.published else {}
    numbers = [case.case_no for case in export.cases]
    for case in export.cases:
        if numbers.count(case.case_no) > 1:
            alone = case.case_no in stored.index and flat(stored.loc[case.case_no, "content"]) == flat(case.content)
            in_pieces = case.damage.startswith(("broken", "open quote", "unquoted"))
            assert alone or in_pieces or flat(case.cells["content"]) in kept_out, case
            continue
        if case.case_no not in stored.index:
            assert case.damage in MAY_BE_KEPT_OUT, case
            if case.damage.startswith("broken"):
                assert any("第二行" in text for text in kept_out), case
            elif case.damage == "unquoted delimiter":
                assert any("余下的话" in text for text in kept_out), case
            else:
                text = case.content if case.damage == "open quote" else case.cells["content"]
                assert flat(text).strip('"') in {t.strip('"') for t in kept_out}, case
            continue
        assert case.damage not in KEPT_OUT, case
        same(case, export.columns, stored.loc[case.case_no], grades)
    assert len(stored) == result.accepted
    if any(c.damage == "unknown grade" for c in export.cases):
        assert any(e.word == "暂未评价" for e in result.left_empty)


def same(case: Case, columns: list[str], row: pd.Series, grades: dict[str, int]) -> None:
    assert row["accepted_at"] == pd.Timestamp(case.accepted_at)
    assert flat(row["content"]) == flat(case.content)
    if "department" in columns:
        assert row["department"] == case.department
    if "closed_at" in columns:
        assert pd.isna(row["closed_at"]) if case.closed_at is None else row["closed_at"] == pd.Timestamp(case.closed_at)
    if "grade" in columns:
        assert grades.get(case.case_no) == (None if case.damage == "unknown grade" else case.grade)
