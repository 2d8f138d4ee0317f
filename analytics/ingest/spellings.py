"""One spelling of a telephone number and of a credit code, so that those that are one are found to be."""

from __future__ import annotations

import re
import unicodedata

#: Column → what a cell holds that may be spelt otherwise.
UNLIKE = {
    "contact_phone": r"[\s().+·－—-]|^(?:00)?86|分机|转|ext|^0\d{9,11}$",
    "credit_code": r"[a-z\s.·－—-]",
}
_EXTENSION = re.compile(r"\s*(?:转|分机号?|ext\.?|#)[\s:：]*(\d{1,6})$", re.IGNORECASE)
_MOBILE = re.compile(r"1[3-9]\d{9}")
#: Area codes of three digits begin 01 or 02.
_LANDLINE = re.compile(r"(0[12]\d|0[3-9]\d{2})(\d{7,8})")
_CODE = re.compile(r"[0-9A-Z]{18}")
#: A longer cell is neither.
LONGEST = 64


def one_phone(text: str) -> str:
    """Return a telephone number without spaces and country code: 13812345678, 029-88881234转12; any other text as it is."""
    if len(text) > LONGEST:
        return text
    narrow = unicodedata.normalize("NFKC", text).strip()
    extension = _EXTENSION.search(narrow)
    main = narrow[: extension.start()] if extension else narrow
    if re.search(r"[^\d\s().+·－—-]", main):
        return text
    abroad = bool(re.match(r"\s*(?:\+|00)86|86[\s-]", main))
    digits = re.sub(r"\D", "", main)
    if abroad or (digits.startswith("86") and _MOBILE.fullmatch(digits[2:])):
        digits = re.sub("^(?:00)?86", "", digits)
        digits = digits if digits.startswith("0") or _MOBILE.fullmatch(digits) else f"0{digits}"
    behind = f"转{extension[1]}" if extension else ""
    if _MOBILE.fullmatch(digits):
        return digits + behind
    if match := _LANDLINE.fullmatch(digits):
        return f"{match[1]}-{match[2]}{behind}"
    return digits + behind if re.fullmatch(r"\d{7,8}", digits) else text


def one_code(text: str) -> str:
    """Return a unified social credit code in capitals without spaces; any other text as it is."""
    if len(text) > LONGEST:
        return text
    code = re.sub(r"[\s.·－—-]", "", unicodedata.normalize("NFKC", text)).upper()
    return code if _CODE.fullmatch(code) else text


ONE = {"contact_phone": one_phone, "credit_code": one_code}
