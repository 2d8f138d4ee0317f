"""Text that comes from a ledger, a person or an address: shown as it is, never as Markdown."""

from __future__ import annotations


def escaped(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    return "".join("\\" + c if c in "\\`*_{}[]()#+-.!|<>$~:" else c for c in text)
