"""Names in texts: kinds, cores, masks, agreement between texts, and what is no name."""

from __future__ import annotations

import pytest

from analytics.issues.recognition import FIRM, OFFICE, PLACE, key_of, names_of, recognised
from analytics.issues.tagging import tagged


def found(text: str, *enterprises: str) -> dict[str, str]:
    return {n.name: n.kind for n in names_of([text], enterprises)[text]}


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("投诉伊景园滨河苑捆绑销售车位", "伊景园滨河苑", PLACE),
        ("反映高新区科技二路施工噪音", "科技二路", PLACE),
        ("西安启睿信息科技有限公司拖欠工资", "西安启睿信息科技有限公司", FIRM),
        ("205路公交车不按时发车", "205路", PLACE),
        ("咨询雁塔区教育局何时公布学区", "教育局", OFFICE),
        ("投诉A市温斯顿英语培训学校拖延退费", "温斯顿英语培训学校", FIRM),
    ],
)
def test_a_name_is_found_with_its_kind(text: str, name: str, kind: str) -> None:
    assert any(n.endswith(name) and k == kind for n, k in found(text).items())


@pytest.mark.parametrize(
    "text", ["配套幼儿园迟迟不开学", "普惠性幼儿园学位太少", "请在路口修建过街天桥", "小区物业乱收费"]
)
def test_a_kind_of_thing_is_no_name(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize(
    ("name", "key"),
    [("星沙镇星沙派小区二期", "星沙派"), ("启睿科技有限公司", "启睿科技"), ("小区", ""), ("3栋", "")],
)
def test_the_key_is_what_tells_a_name_from_others(name: str, key: str) -> None:
    assert key_of(name) == key


def test_an_enterprise_of_the_ledger_is_a_firm_wherever_it_occurs() -> None:
    assert found("请问好又多什么时候退押金", "好又多")["好又多"] == FIRM


def test_a_masked_place_is_no_part_of_a_name() -> None:
    assert all("A7" not in n and "A市" not in n for n in found("A市恒泰楚壹府销售忽悠A7县星沙镇购房者"))


def test_places_point_into_the_text_and_equal_texts_give_equal_names() -> None:
    texts = ["投诉伊景园滨河苑捆绑销售车位", None, "投诉伊景园滨河苑捆绑销售车位", ""]
    names = recognised(texts)
    assert set(names["row"]) == {0, 2}
    assert all(texts[n.row][n.start : n.end] == n.name for n in names.itertuples())  # type: ignore[index]


def test_tags_do_not_depend_on_the_texts_beside_and_words_join_to_the_text() -> None:
    texts = ["请求解决科技二路堵车", "投诉物业乱收停车费用", "短"]
    together = tagged(texts)
    assert together == [tagged([t])[0] for t in texts]
    assert ["".join(w for w, _ in words) for words in together] == texts
