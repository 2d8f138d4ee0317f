"""Text that comes from a ledger, a person or an address: shown as it is, never as Markdown.

See docs/decisions/0031.
"""

from __future__ import annotations

import re

#: What Markdown reads as more than itself.
_SPECIAL = frozenset("\\`*_{}[]()#+-.!|<>$~:&")
#: What Streamlit makes of a text after the Markdown was read (icons, arrows, addresses that become links): an unseen
#: word joiner keeps the parts apart.
_MADE_LATER = re.compile(
    r"(?<=:)(?=material/|streamlit:|//)|(?<=[-<>=~])(?=[-<>=~])|(?<=www)(?=\.)|(?<=\S)(?=@)", re.IGNORECASE
)
_JOINER = "\u2060"
#: Marks that turn the direction of all that follows, beyond the text itself.
_TURNS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def escaped(text: str) -> str:
    """Return a text that Markdown shows as it is; marks that turn its direction are left out."""
    apart = _MADE_LATER.sub(_JOINER, text.translate(_TURNS))
    return "".join("\\" + c if c in _SPECIAL else c for c in apart)
