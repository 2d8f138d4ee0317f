"""教一教: what is asked, and that answers hold, last, are generalised from and can be taken back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from analytics.issues import IssueDesk
from analytics.issues.agglomeration import grown
from analytics.issues.answers import KIND, MATTER, NAME, Answer, Said
from analytics.issues.corpus import count_words
from analytics.issues.likeness import USUAL, features, learned, rarity
from analytics.issues.questions import ASKED, Question, next_questions
from analytics.issues.taught_kinds import as_taught
from analytics.ledger import open_ledger
from analytics.store import Store
from tests.issues.test_discovery import texts_of_three_kinds
from tests.issues.test_judgement import again_with_more
from tests.issues.test_problems import days, told
from tests.small import ledger_of


@pytest.fixture
def desk(tmp_path: Path) -> IssueDesk:
    desk = IssueDesk(Store(tmp_path))
    desk.discover(ledger_of(tmp_path, texts_of_three_kinds()))
    return desk


def found(desk: IssueDesk):
    return desk.findings(open_ledger(desk.store))


def test_rows_told_apart_never_come_together_and_rows_told_one_do() -> None:
    likeness = np.full((5, 5), 0.45)
    likeness[4], likeness[:, 4] = 0.0, 0.0
    np.fill_diagonal(likeness, 0)
    groups = grown(sp.csr_matrix(likeness), 0.4, together=[(0, 4)], apart=[(1, 2)]).groups()
    assert groups[0] == groups[4]
    assert groups[1] != groups[2]


def test_what_was_told_of_two_rows_holds_for_the_groups_that_they_grow_into() -> None:
    """1 and 2 are apart; 3 joins 1 first and takes that along."""
    likeness = np.zeros((4, 4))
    for a, b, like in ((1, 3, 0.9), (2, 3, 0.8), (1, 2, 0.7)):
        likeness[a, b] = likeness[b, a] = like
    groups = grown(sp.csr_matrix(likeness), 0.4, apart=[(1, 2)]).groups()
    assert groups[1] == groups[3] != groups[2]


def test_the_weightiest_doubt_comes_first() -> None:
    """Two groups of four at the cut are worth more than two rows at it, and what is sure is not asked."""
    likeness = np.zeros((12, 12))
    likeness[:4, :4] = likeness[4:8, 4:8] = 0.9
    likeness[:4, 4:8] = likeness[4:8, :4] = 0.36
    likeness[8, 9] = likeness[9, 8] = 0.38
    likeness[10, 11] = likeness[11, 10] = 0.95
    np.fill_diagonal(likeness, 0)
    doubts = grown(sp.csr_matrix(likeness), 0.4).doubts(10, 0.4)
    assert {doubts[0].one, doubts[0].other} == {(0, 1, 2, 3), (4, 5, 6, 7)}
    assert not any(10 in (*d.one, *d.other) for d in doubts)


def test_answers_move_the_weights_towards_themselves() -> None:
    texts, _ = told()
    corpus, rows = count_words(texts), np.arange(len(texts))
    of = features(corpus.once(rows), rarity(corpus.counts), texts, days(len(texts)))
    one, other = np.repeat(0, 8), np.arange(8, 16)
    assert learned(of, one[:0], other[:0], np.zeros(0)) == USUAL
    same, different = (learned(of, one, other, np.full(8, told_of)) for told_of in (1.0, 0.0))
    assert same.nothing > USUAL.nothing > different.nothing


def test_a_kind_that_was_told_takes_what_lies_with_it() -> None:
    """Two kinds found as one; of one half a unit is told to be of another kind, and its neighbours follow."""
    rng = np.random.default_rng(0)
    true = np.repeat([0, 1, 2], 10)
    vectors = np.eye(3)[true] + rng.normal(0, 0.05, (30, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    group, piece = np.where(true == 2, 1, 0), np.repeat(np.arange(6), 5)
    alike = np.where(true[:, None] == true, 0.9, 0.1)
    taught, firm = as_taught(group, piece, vectors, alike, [(12, -1), (0, 3)])
    assert taught[10:15].tolist() == [taught[12]] * 5
    assert firm[10:15].all()
    assert taught[12] not in (taught[0], taught[25])
    assert taught[0] == taught[3]
    assert (taught[15:20] == taught[12]).all()  # of another piece: by the regression alone


def test_an_answer_on_a_repeat_is_one_on_its_first() -> None:
    answers = [Answer(MATTER, "a", "c", True), Answer(KIND, "b", "", False), Answer(MATTER, "a", "gone", False)]
    said = Said.of([*answers, Answer(MATTER, "a", "b", None)], ["a", "b", "c", "d"], np.array([-1, -1, 3, -1]))
    assert said.together == ((0, 3),)
    assert said.kinds == ((1, -1),)
    assert said.apart == ()
    assert said.among(np.array([0, 3])).together == ((0, 1),)


def test_two_cases_told_one_matter_are_one_after_the_next_run_and_two_after_undo(desk: IssueDesk) -> None:
    cases = found(desk).cases
    one = cases["case_no"].iloc[0]
    other = cases.loc[(cases["type_id"] != cases["type_id"].iloc[0]), "case_no"].iloc[0]
    seq = desk.answer(Question(MATTER, one, other), other, True, "王某")
    again_with_more(desk)
    problem = found(desk).cases.set_index("case_no")["problem_id"]
    assert problem[one] == problem[other] is not None
    desk.undo(seq, "王某")
    desk.discover(open_ledger(desk.store))
    problem = found(desk).cases.set_index("case_no")["problem_id"]
    assert pd.isna(problem[one]) or problem[one] != problem[other]


def test_a_case_told_of_another_kind_goes_there(desk: IssueDesk) -> None:
    cases = found(desk).cases
    one = cases["case_no"].iloc[0]
    other = cases.loc[cases["type_id"] != cases["type_id"].iloc[0], "case_no"].iloc[0]
    desk.answer(Question(KIND, one, ""), other, True, "王某")
    again_with_more(desk)
    kind = found(desk).cases.set_index("case_no")["type_id"]
    assert kind[one] == kind[other]


def test_a_good_name_is_confirmed_and_a_bad_one_gives_way(desk: IssueDesk) -> None:
    good, bad = (q for q in next_questions(found(desk), NAME)[:2])
    desk.answer(good, good.other, True, "王某")
    seq = desk.answer(bad, bad.other, False, "王某")
    types = found(desk).types
    assert types.loc[good.one, "confirmed"]
    assert types.loc[good.one, "name"] == good.other
    assert types.loc[bad.one, "failed"]
    assert types.loc[bad.one, "name"].startswith(types.loc[bad.one, "plain"])
    assert not {good.one, bad.one} & {q.one for q in next_questions(found(desk), NAME)}
    desk.undo(seq, "王某")
    assert bad.one in {q.one for q in next_questions(found(desk), NAME)}


def test_what_was_answered_is_not_asked_again(desk: IssueDesk) -> None:
    asked = next_questions(found(desk))
    assert 0 < len(asked) <= ASKED
    for question in asked:
        desk.answer(question, question.other, None, "王某")
    again = next_questions(found(desk))
    assert not {(q.ask, q.one, q.other) for q in asked} & {(q.ask, q.one, q.other) for q in again}


def test_a_run_as_before_answers_is_the_same_without_them(desk: IssueDesk) -> None:
    """An answer that nobody could give changes nothing."""
    before = found(desk).cases
    desk.answer(Question(MATTER, *before["case_no"].iloc[:2]), before["case_no"].iloc[1], None, "王某")
    desk.discover(open_ledger(desk.store, as_of=dt.datetime(2025, 1, 1)))
    pd.testing.assert_frame_equal(found(desk).cases, before)
