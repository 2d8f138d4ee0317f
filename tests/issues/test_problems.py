"""Concrete matters: what speaks for and against one, how groups grow, and that later parts know earlier matters."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from analytics.issues import problems
from analytics.issues.agglomeration import grown
from analytics.issues.consensus import agreed
from analytics.issues.corpus import count_words
from analytics.issues.kinds import units_of
from analytics.issues.letters import letter_pairs, letter_sets
from analytics.issues.likeness import features, likely_pairs, rarity
from analytics.issues.problems import problems_of
from analytics.issues.texts import districts

ESTATES = ("青苹苑", "曲水湾", "丁香园", "白桦里", "麓云府", "星河城", "东篱居", "南塘郡")
TROUBLES = (
    "车位捆绑销售，不买车位不给选房",
    "半夜施工打桩，吵得整夜睡不着",
    "电梯天天损坏，困人没人管",
    "房产证拖了三年办不下来",
    "餐馆油烟直排，窗户不敢打开",
    "幼儿园收费翻倍，家长不同意",
    "公交线路取消，老人出行困难",
    "自来水发黄，水压不够用",
)


def told(estates: int = 8, each: int = 4, troubles: int = 8) -> tuple[list[tuple[str, str]], np.ndarray]:
    """Return messages, each estate with a trouble, and which estate each is of."""
    texts = [
        (f"{ESTATES[e]}{TROUBLES[e % troubles][:4]}", f"我是{ESTATES[e]}的业主，{TROUBLES[e % troubles]}，第{n}次反映")
        for e in range(estates)
        for n in range(each)
    ]
    return texts, np.repeat(np.arange(estates), each)


def days(how_many: int, apart: int = 1) -> np.ndarray:
    return np.datetime64("2024-01-01", "s") + np.arange(how_many) * np.timedelta64(apart, "D")


def pairs_of(texts: list[tuple[str, str]], at: np.ndarray) -> np.ndarray:
    corpus = count_words(texts)
    rows = np.arange(len(texts))
    return likely_pairs(features(corpus.once(rows), rarity(corpus.counts), texts, at)).toarray()


def test_one_trouble_is_less_likely_one_matter_at_another_estate() -> None:
    texts, estate = told(troubles=2)
    likely = pairs_of(texts, np.full(len(texts), np.datetime64("2024-01-01", "s")))
    same, trouble = estate[:, None] == estate[None], (estate % 2)[:, None] == (estate % 2)[None]
    np.fill_diagonal(same, False)
    assert likely[same].min() > likely[~same & trouble & ~np.eye(len(texts), dtype=bool)].max()
    assert likely[~trouble].max() == 0


def test_each_estates_trouble_is_a_matter() -> None:
    texts, estate = told()
    found = problems_of(count_words(texts), texts, days(len(texts))).found
    assert (found >= 0).all()
    for number in set(found):
        assert len(set(estate[found == number])) == 1


def test_another_district_and_much_time_speak_against_one_matter() -> None:
    texts, _ = told(2, 2)
    near = pairs_of(texts, days(4))
    late = pairs_of(texts, days(4, 400))
    there = pairs_of([(f"A{1 + n % 2}区{title}", content) for n, (title, content) in enumerate(texts)], days(4))
    assert near[0, 1] > late[0, 1]
    assert near[0, 1] > there[0, 1]
    assert np.allclose(near, near.T)
    assert (near.diagonal() == 0).all()


def test_districts_are_named_or_masked() -> None:
    assert districts("A3区和B市的小区、社区") == {"A3", "B"}
    assert "雁塔区" in districts("雁塔区某小区")
    assert districts(None) == districts("开发区与城区") == frozenset()


def test_letters_turned_round_are_the_same_sets() -> None:
    titles, whole = letter_sets([("巴辛早教", ""), ("辛巴早教", ""), ("其他", "")])
    assert (titles[0] != titles[1]).nnz <= 2  # only the three that end in 早 differ
    assert (titles != whole).nnz == 0
    row, pair = letter_pairs(["ab中文", "", "文"])
    assert row.tolist() == [0, 0, 0]
    assert len(set(pair)) == 3


def test_groups_grow_by_the_cosine_of_their_means() -> None:
    """A loose group of three takes a fourth that is as like each as they are to one another; a stranger stays out."""
    likeness = np.full((5, 5), 0.45)
    likeness[4], likeness[:, 4] = 0.1, 0.1
    np.fill_diagonal(likeness, 0)
    assert grown(sp.csr_matrix(likeness), 0.4).groups().tolist() == [0, 0, 0, 0, 1]
    assert grown(sp.csr_matrix(likeness), 0.5).groups().tolist() == [0, 1, 2, 3, 4]
    assert grown(sp.csr_matrix((3, 3)), 0.4).groups().tolist() == [0, 1, 2]


@pytest.mark.parametrize("seed", range(5))
def test_what_is_grown_does_not_depend_on_the_order_of_clear_groups(seed: int) -> None:
    rng = np.random.default_rng(seed)
    true = np.repeat(np.arange(6), 5)
    likeness = np.where(true[:, None] == true[None], 0.7, 0.0) + rng.uniform(0, 0.05, (30, 30))
    likeness = (likeness + likeness.T) / 2
    np.fill_diagonal(likeness, 0)
    order = rng.permutation(30)
    found = grown(sp.csr_matrix(likeness[np.ix_(order, order)]), 0.4).groups()
    assert len(set(found)) == 6
    assert all(len(set(true[order][found == g])) == 1 for g in set(found))


def test_a_later_part_knows_the_matters_of_an_earlier_one(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, _ = told()
    order = np.arange(len(texts)).reshape(8, 4).T.ravel()  # each estate in every part
    texts = [texts[i] for i in order]
    estate = np.repeat(np.arange(8), 4)[order]
    monkeypatch.setattr(problems, "AT_ONCE", 16)
    found = problems_of(count_words(texts), texts, days(len(texts))).found
    assert len(set(found[found >= 0])) == 8
    assert all(len(set(estate[found == g])) == 1 for g in set(found[found >= 0]))


def test_a_matter_is_one_unit_and_a_case_alone_another() -> None:
    assert units_of(np.array([1, -1, 0, 1, -1])).tolist() == [0, 1, 2, 0, 3]
    assert units_of(np.array([], dtype=np.int64)).tolist() == []


def test_many_runs_agree_on_clear_groups() -> None:
    rng, true = np.random.default_rng(0), np.repeat(np.arange(40), 10)
    rows = np.eye(40)[true] + rng.normal(0, 0.05, (400, 40))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    found = agreed([rows.astype(np.float32)]).groups
    assert all(len(set(true[found == g])) == 1 for g in set(found))
    assert len(agreed([np.zeros((1, 3), np.float32)]).groups) == 1
