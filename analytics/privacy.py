"""Masking of what identifies a person or a firm's register entry, in columns and inside free text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analytics.model import TABLES

if TYPE_CHECKING:
    import pandas as pd

MASK, NAMELESS = "****", "某某"
#: Digits as people type them, half or full width.
_D = "[0-9０-９]"
_GAP = r"[-－. ·]?"
_REGISTER = "0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy"
ID_NUMBER = rf"(?<!{_D})[1-9１-９]{_D}{{5}}(?:19|20|１９|２０){_D}{{9}}[0-9０-９XxＸｘ]"
CREDIT_CODE = rf"(?<![0-9A-Za-z])[{_REGISTER}]{{2}}\d{{6}}[{_REGISTER}]{{10}}(?![0-9A-Za-z])"
BANK_CARD = rf"(?<!{_D})[6６][2２](?:[ -]?{_D}){{14,17}}(?!{_D})"
PHONE = rf"(?<!{_D})[1１][3-9３-９]{_D}{_GAP}{_D}{{4}}{_GAP}{_D}{{4}}(?!{_D})"
LANDLINE = rf"(?<!{_D})[0０]{_D}{{2,3}}[-－— )）]{{1,2}}{_D}{{7,8}}(?!{_D})"
EMAIL = r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
ACCOUNT = r"(?<=微信)号?[:：是 ]{0,2}[A-Za-z][\w-]{5,19}|(?<=[Qq]{2})号?[:：是 ]{0,2}\d{5,11}"
#: A door: what stands behind the name of a road, and a flat of a building.
DOOR = (
    rf"(?<=[路街巷道坊里村])[ 　]?[甲乙]?{_D}{{1,5}}[ 　]?[号#](?:[一-龥]{{0,6}}{_D}{{1,5}}(?:号楼|栋|幢|座|楼|单元|层|室|户|铺)){{0,4}}"
    rf"|{_D}{{1,4}}(?:号楼|栋|幢|座)(?:{_D}{{1,2}}单元)?{_D}{{3,5}}[室户号]?"
)
IN_TEXT = re.compile("|".join((ID_NUMBER, CREDIT_CODE, BANK_CARD, PHONE, LANDLINE, EMAIL, ACCOUNT, DOOR)))
_SURNAME = (
    "[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文]"
)
#: A name behind what announces a person, or before how one is addressed: the surname stays.
ANNOUNCED = re.compile(
    rf"((?:联系人|经办人|负责人|法定代表人|姓名|本人|我叫)(?:[:：为是]|\s){{0,2}}{_SURNAME})[一-龥·]{{1,2}}"
    r"(?=$|[^一-龥]|先生|女士|电话|手机|同志)"
)
ADDRESSED = re.compile(rf"((?:^|[^一-龥]|[向找由与和给请叫]){_SURNAME})[一-龥]{{1,2}}(?=先生|女士|小姐|老师|师傅|同志)")
#: What every pattern above needs: most texts have none of it and are let through at once.
_MAY_IDENTIFY = re.compile("[0-9０-９]{3}|[0-9０-９][号#栋幢座]|[0-9０-９] ?[号#]|@|微信|[Qq]{2}")
_MAY_NAME = re.compile("联系人|经办人|负责人|代表人|姓名|本人|我叫|先生|女士|小姐|老师|师傅|同志")

PERSONAL = frozenset(c.name for t in TABLES.values() for c in t.columns if c.personal)
#: What is written of one case, and therefore only for those who may see it.
TEXTS_OF_CASES = frozenset({"title", "content", "reply", "comment", "enterprise"})
FREE_TEXT = TEXTS_OF_CASES | {"note"}


def mask_text(text: str) -> str:
    """Hide phone, ID, bank and credit numbers, mail addresses, doors and people's given names inside a text."""
    if _MAY_IDENTIFY.search(text):
        text = IN_TEXT.sub(MASK, text)
    if _MAY_NAME.search(text):
        text = ADDRESSED.sub(rf"\1{NAMELESS}", ANNOUNCED.sub(rf"\1{NAMELESS}", text))
    return text


def mask_value(text: str) -> str:
    """Keep the first character (a surname, a region) and hide the rest."""
    return text[:1] + MASK if text else text


def mask_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with personal columns and what is personal inside free texts masked.

    Where a row holds its contact's name, that name is hidden in the row's texts too.
    """
    masked: dict[str, pd.Series] = {}
    for column in (c for c in frame.columns if c in FREE_TEXT):
        masked[column] = _without_contact(frame, column).map(mask_text, na_action="ignore")
    masked |= {c: frame[c].map(mask_value, na_action="ignore") for c in frame.columns if c in PERSONAL}
    return frame.assign(**masked) if masked else frame


def _without_contact(frame: pd.DataFrame, column: str) -> pd.Series:
    if "contact_name" not in frame:
        return frame[column]
    both = zip(frame[column], frame["contact_name"], strict=True)
    hidden = frame[column].astype(object)
    hidden[:] = [_hidden(text, name) for text, name in both]
    return hidden


def _hidden(text: object, name: object) -> object:
    if isinstance(text, str) and isinstance(name, str) and len(name) > 1:
        return text.replace(name, mask_value(name))
    return text
