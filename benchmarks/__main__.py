"""`python -m benchmarks PART …`, PART one of the files beside this one: what is fast, and against whom."""

from __future__ import annotations

import sys
from importlib import import_module

PARTS = (
    "page_queries", "budgets", "importing", "daily", "growth", "rivals", "calendar", "issue_types", "process", "briefing",
    "remedies", "load", "engines", "starting", "painting", "alarm_replay", "issue_names", "issue_classes", "issue_teaching",
)  # fmt: skip

if __name__ == "__main__":
    chosen = sys.argv[1:2] or PARTS
    for name in chosen:
        if name not in PARTS:
            sys.exit(f"没有 {name}；可用：{'、'.join(PARTS)}")
        import_module(f"benchmarks.{name}").main(sys.argv[2:])
