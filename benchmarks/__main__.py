"""`python -m benchmarks [page_queries|importing|calendar|issue_types|process|briefing|remedies|load|engines] …`: what is fast, and against whom."""

from __future__ import annotations

import sys

from benchmarks import briefing, calendar, engines, importing, issue_types, load, page_queries, process, remedies

PARTS = {
    "page_queries": page_queries.main,
    "importing": importing.main,
    "calendar": calendar.main,
    "issue_types": issue_types.main,
    "process": process.main,
    "briefing": briefing.main,
    "remedies": remedies.main,
    "load": load.main,
    "engines": engines.main,
}

if __name__ == "__main__":
    chosen = sys.argv[1:2] or list(PARTS)
    for name in chosen:
        PARTS[name](sys.argv[2:])
