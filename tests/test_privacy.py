"""Masks: what identifies a person is hidden, what does not is left alone."""

import pytest

from analytics.privacy import mask_text, mask_value


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
    ],
)
def test_numbers_of_persons_and_firms_are_hidden(secret: str) -> None:
    assert secret not in mask_text(f"请联系{secret}，谢谢")


@pytest.mark.parametrize("text", ["工单YT202611240001", "2026年11月24日", "贷款150000元", "共12345件", "12345热线"])
def test_other_numbers_stay(text: str) -> None:
    assert mask_text(text) == text


def test_a_value_keeps_its_first_character() -> None:
    assert mask_value("王小明") == "王****"
    assert mask_value("") == ""
