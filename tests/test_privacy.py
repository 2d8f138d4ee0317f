"""Masks: what identifies a person is hidden, what does not is left alone."""

import pandas as pd
import pytest

from analytics.privacy import mask_frame, mask_text, mask_value


@pytest.mark.parametrize(
    "secret",
    [
        "13812345678",
        "138-1234-5678",
        "138 1234 5678",
        "610113199001011234",
        "61011319900101123X",
        "91610113MA6U12345X",
        "029-88881234",
        "138.1234.5678",
        "１３８１２３４５６７８",
        "6222021234567890123",
        "6222 0212 3456 7890 123",
        "wang.xm@example.com.cn",
        "269号3栋502室",
        "2单元501室",
    ],
)
def test_numbers_of_persons_and_firms_are_hidden(secret: str) -> None:
    assert secret not in mask_text(f"请联系太白南路3号楼{secret}，谢谢")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("联系人：张三丰，急", "联系人：张某某，急"),
        ("请找王小明先生", "请找王某某先生"),
        ("我叫李四。", "我叫李某某。"),
        ("微信号：abc12345", "微信****"),
    ],
)
def test_names_and_accounts_are_hidden(text: str, told: str) -> None:
    assert mask_text(text) == told


def test_a_contacts_name_is_hidden_in_the_rows_texts() -> None:
    frame = pd.DataFrame({"contact_name": ["欧阳小明", None], "content": ["找欧阳小明谈", "找欧阳小明谈"]})
    told = mask_frame(frame)
    assert told["content"].tolist() == ["找欧****谈", "找欧阳小明谈"]
    assert told["contact_name"].tolist() == ["欧****", None]


@pytest.mark.parametrize(
    "text",
    [
        "工单YT202611240001",
        "2026年11月24日",
        "贷款150000元",
        "共12345件",
        "12345热线",
        "关于方法老师说",
        "向张经理反映",
        "本人于2024年5月",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask_text(text) == text


def test_a_value_keeps_its_first_character() -> None:
    assert mask_value("王小明") == "王****"
    assert mask_value("") == ""
