"""What commands tell: words for a person on standard error, one JSON object for a program on standard output."""

from __future__ import annotations

import json
import sys


def say(text: str) -> None:
    """Tell a person something, on standard error."""
    print(text, file=sys.stderr)


def print_json(value: object) -> None:
    """Write the one JSON object to standard output."""
    print(json.dumps(value, ensure_ascii=False, default=str))


def show_progress(share: float, text: str) -> None:
    """Tell a person how far it is, in place on a terminal."""
    end = "\n" if share >= 1 or not sys.stderr.isatty() else "\r"
    print(f"[{share * 100:3.0f}%] {text:<40}", end=end, file=sys.stderr, flush=True)
