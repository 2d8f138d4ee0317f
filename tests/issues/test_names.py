"""Names of types and problems: what they must never hold, and how often they are what a reader would say."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter

import pandas as pd
import pytest

from analytics.demo import generate
from analytics.issues.clauses import clauses_of, stated
from analytics.issues.findings import printed_name
from analytics.issues.group_names import Group, GroupName, name_groups
from analytics.issues.name_checks import CHECKS, ONE_CASE, Named, failures
from analytics.issues.recognition import names_of, read
from analytics.settings import ROOT
from analytics.store.runs import PROBLEM, TYPE

REAL = ROOT.parent / "shared" / "real"
needs_real = pytest.mark.skipif(not REAL.exists(), reason="the real messages lie beside the project, not in it")


def examined(text: str, level: str = TYPE, **more: object) -> list[str]:
    words, names = read([text])[text]
    return failures(Named(text, level, words, names, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["小区物业乱收费", "夜间施工噪音扰民", "不动产证办理迟缓", "购房资格咨询", "缺少人行天桥"]
)
def test_a_sound_name_fails_no_check(text: str) -> None:
    assert examined(text) == []


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("乱收费", "长度"),
        ("投诉某小区物业多年来一直不停地乱收各种费用", "长度"),
        ("某小区物业乱收费", "残留"),
        ("XX公司拖欠工资", "残留"),
        ("A7县城区道路拥堵", "残留"),
        ("张***拖欠工资", "残留"),
        ("的小区物业乱收费", "首尾"),
        ("小区物业乱收费和", "首尾"),
        ("在小区里乱停车", "首尾"),
        ("工作人员弄虚作假使投诉", "首尾"),
        ("小区物业收费标准", "无事"),
        ("居民养老保险", "无事"),
        ("教师工资待遇", "无事"),
        ("无人机使用范围", "无事"),
        ("办理房产证无法", "首尾"),
        ("早教中心不给员工", "首尾"),
        ("小区居民坚决反对", "首尾"),
        ("农贸市场管理待进行", "首尾"),
        ("到小区乱停车", "首尾"),
        ("县驾驶证注销投诉", "首尾"),
        ("施工扰民夜间施工扰民", "重复"),
    ],
)
def test_each_fault_is_found_in_other_members_of_its_kind(text: str, check: str) -> None:
    assert check in examined(text)


@pytest.mark.parametrize(
    "text", ["温斯顿英语培训学校拖延退费", "伊景园滨河苑捆绑销售", "开元路口红绿灯损坏", "星沙镇板桥小区噪音扰民"]
)
def test_a_types_name_holds_no_firm_and_no_place_but_a_problems_may(text: str) -> None:
    assert "特指" in examined(text, TYPE)
    assert "特指" not in examined(text, PROBLEM)


def test_an_enterprise_of_the_ledger_never_stands_in_a_types_name() -> None:
    assert "特指" in examined("好又多拖延退押金", TYPE, enterprises=("好又多",))


def test_a_name_cut_within_a_word_or_of_few_cases_fails() -> None:
    assert "截断" in examined("咀停车场违规建设", PROBLEM, before=0.9)
    assert "不合" in examined("小区物业乱收费", fits=0.6)
    assert "个别" in examined("小区物业乱收费", rarest=0.01)


@pytest.mark.parametrize(
    ("title", "matter"),
    [
        ("请求在老街口增设一个公交站", "老街口缺少公交站"),
        ("地铁北延线何时开工?", "地铁北延线未开工"),
        ("建议优化公园项目规划", "公园项目规划待优化"),
        ("请求解决小区物业乱收费的问题", "小区物业乱收费"),
        ("希望农贸市场进行管理", "农贸市场进行管理"),
    ],
)
def test_a_wish_or_question_is_turned_to_what_is_the_matter(title: str, matter: str) -> None:
    words, names = read([title])[title]
    assert "".join(w for c in clauses_of(words, names) for w, _ in stated(c)) == matter


def test_a_denial_keeps_what_it_denies() -> None:
    titles = ["205路公交车不按时发车", "205路公交不按时发车", "205路公交经常不按时发车"]
    assert "不按时发车" in name_groups([Group(PROBLEM, titles, titles)])[0].name


def test_a_problem_is_named_by_its_place_and_its_trouble() -> None:
    titles = ["投诉青年路锦绣花园捆绑销售车位", "锦绣花园捆绑销售车位谁来管", "请查处锦绣花园开发商捆绑销售车位"]
    assert name_groups([Group(PROBLEM, titles, titles)])[0].name == "锦绣花园捆绑销售车位"


def named(level: str, titles: list[str]) -> GroupName:
    return name_groups([Group(level, titles, titles)])[0]


def test_insurance_is_asked_about_and_not_a_danger() -> None:
    """A character of trouble inside a word that means none (保险, 待遇, 无人机) does not stand for what is wrong."""
    assert named(PROBLEM, ["咨询老年人购买养老保险的事宜"] * 3).name == "老年人购买养老保险咨询"


def test_a_day_that_passes_is_no_part_of_a_name() -> None:
    titles = ["锦绣广场今天光污染严重", "锦绣广场昨天光污染扰民", "锦绣广场今天又是光污染"]
    assert not re.search("今天|昨天", named(PROBLEM, titles).name)


def test_who_writes_does_not_stand_as_who_did_it_nor_as_the_topic() -> None:
    titles = [
        "业主违规收取停车费被投诉",
        "业主投诉物业违规收取停车费",
        "业主反映物业违规收取停车费",
        "业主质疑违规收取停车费",
    ]
    assert not named(TYPE, titles).name.startswith("业主违规")
    assert named(TYPE, titles).name != "业主投诉"


def test_a_topic_of_few_is_given_as_an_example_and_says_so() -> None:
    """No topic is that of a third of the cases: none of them may stand for all."""
    titles = ["公园没有厕所", "公园草坪枯死", *(f"{thing}的事" for thing in "甲乙丙丁戊己庚辛壬癸")]
    told = named(TYPE, titles)
    assert told.failed
    assert told.plain in ("公园等问题", "其他问题")
    assert not told.name.startswith("公园问题")


def test_a_name_does_not_begin_with_the_end_of_a_masked_place() -> None:
    titles = ["关于开通A8县城到朱桥良公交车的请求", "强烈呼吁开通A8县城到朱桥良的公交车"]
    assert "城到" not in name_groups([Group(PROBLEM, titles, titles)])[0].name


def test_types_of_one_name_are_told_apart_by_topics_without_places() -> None:
    """Both come to the same plain topic; a place that all titles of one name stays out."""
    first = ["沙湾公园附近物业", "沙湾公园那边物业", "沙湾公园旁边物业"]
    named = name_groups([Group(TYPE, first, first), Group(TYPE, ["某某物业", "物业", "请看物业"], [""] * 3)])
    assert not any("沙湾" in topic for n in named for topic in n.topics)


def test_groups_without_titles_and_without_words_get_a_plain_name() -> None:
    named = name_groups([Group(TYPE, [None, ""], ["物业收费太高，没有人管", None]), Group(PROBLEM, ["1"], [None])])
    assert all(isinstance(n, GroupName) and n.name and n.plain for n in named)


def alike(one: str, other: str) -> float:
    a, b = (Counter(s[i : i + 2] for i in range(len(s) - 1)) for s in (one, other))
    return 2 * sum((a & b).values()) / max(sum(a.values()) + sum(b.values()), 1)


def read_groups(file: str, groups: str, level: str) -> tuple[list[str], list[Group]]:
    """Return readers' names and their groups: problems of 3 and more, types of 10 and more."""
    raw = pd.read_excel(REAL / file, dtype=str).drop_duplicates("留言编号")
    both = raw.merge(pd.read_csv(REAL / groups, dtype=str).fillna("").drop_duplicates("留言编号"), on="留言编号")
    id, name, least = ("具体问题", "具体问题名称", 3) if level == PROBLEM else ("类型", "类型名称", 10)
    own = [g for _, g in both[~both[name].isin(["", "OTHER"])].groupby(id) if len(g) >= least]
    made = [Group(level, g["留言主题"].tolist()[:120], g["留言详情"].tolist()[:120]) for g in own]
    return [str(g[name].iloc[0]) for g in own], made


FILES = {
    "board": ("board_messages.xlsx", "board_groups.csv"),
    "replies": ("messages_with_replies.xlsx", "replies_groups.csv"),
}


@needs_real
@pytest.mark.parametrize(
    ("file", "level", "floor"),
    [("board", PROBLEM, 0.55), ("replies", PROBLEM, 0.5), ("board", TYPE, 0.07), ("replies", TYPE, 0.06)],
)
def test_readers_names_are_found_again(file: str, level: str, floor: float) -> None:
    readers, groups = read_groups(*FILES[file], level)
    named = name_groups(groups)
    assert sum(alike(r, n.name) >= 0.5 for r, n in zip(readers, named, strict=True)) / len(named) >= floor


@needs_real
@pytest.mark.parametrize("file", FILES)
def test_names_of_real_types_hold_no_name_and_no_residue(file: str) -> None:
    _, groups = read_groups(*FILES[file], TYPE)
    named = [n.name for n in name_groups(groups)]
    recognised = names_of(named)
    assert not [n for n in named if any(r.kind in ONE_CASE for r in recognised[n])]
    assert not [n for n in named if not CHECKS["残留"](Named(n, TYPE, (), ()))]


def test_names_of_the_demos_types_hold_none_of_its_enterprises() -> None:
    made = generate(dt.datetime(2026, 11, 24, 17, 30), cases=1500, enterprises=200)
    cases = made.tables["cases"].merge(made.truth, on="case_no")
    firms = set(cases["enterprise"].dropna())
    own = [Group(TYPE, g["title"].tolist()[:120], g["content"].tolist()[:120]) for _, g in cases.groupby("type_no")]
    assert not [n for n in name_groups(own, firms) if any(f in n.name for f in firms)]


class FakeFindings:
    def __init__(self, confirmed: bool, failed: list[str]):
        row = {"name": "科目三考试投诉", "plain": "驾校投诉", "confirmed": confirmed, "failed": failed}
        self.types, self.problems = pd.DataFrame([row], index=["T1"]), pd.DataFrame()


@pytest.mark.parametrize(
    ("confirmed", "failed", "printed"),
    [(True, ["不合"], "科目三考试投诉"), (False, [], "科目三考试投诉"), (False, ["不合"], "驾校投诉")],
)
def test_a_briefing_prints_confirmed_or_sound_names_else_the_topic(
    confirmed: bool, failed: list[str], printed: str
) -> None:
    assert printed_name(FakeFindings(confirmed, failed), "T1") == printed  # type: ignore[arg-type]
