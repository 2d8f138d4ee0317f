"""The pages of the docs as tests read them: texts, command lines, blocks to run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from analytics.settings import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "README.zh-CN.md", "SECURITY.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
TEXTS = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in PAGES}
_SH = re.compile(r"(?:<!-- not run: ([^\n]+) -->\n)?```sh\n(.*?)```", re.DOTALL)
_COMMAND = re.compile(r"python -m analytics ([^`\n]+)")


@dataclass(frozen=True)
class Block:
    """A block of shell commands: its page, its lines without comments, and why it is not run ('' where it is)."""

    page: str
    lines: tuple[str, ...]
    why_not: str


def blocks() -> list[Block]:
    """Return the ```sh blocks of all pages."""
    return [
        Block(page, tuple(line for line in text.splitlines() if line and not line.startswith("#")), why_not)
        for page, whole in TEXTS.items()
        for why_not, text in _SH.findall(whole)
    ]


def command_lines() -> list[tuple[str, str]]:
    """Return (page, arguments) of each `python -m analytics …` that a page names, in a block or within a sentence."""
    return [(page, line.strip()) for page, text in TEXTS.items() for line in _COMMAND.findall(text)]


def sources(*folders: str) -> dict[Path, str]:
    """Return the Python files below folders of the project (or named files) with their texts."""
    paths = (p for name in folders for p in ([ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py")))
    return {path: path.read_text("utf-8") for path in sorted(paths)}
