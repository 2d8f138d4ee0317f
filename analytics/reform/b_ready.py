"""The World Bank's B-READY topics and what of them this ledger can say (data/b_ready.csv)."""

from __future__ import annotations

import csv
from dataclasses import dataclass

from analytics.settings import DATA


@dataclass(frozen=True)
class Topic:
    """One of the ten topics, the modules that serve it, and the metrics that can feed it."""

    name: str
    english: str
    modules: tuple[str, ...]
    indicators: str
    metrics: tuple[str, ...]


def topics() -> list[Topic]:
    """Return the ten topics in the World Bank's order (Business Ready, 2024)."""
    with (DATA / "b_ready.csv").open(encoding="utf-8", newline="") as file:
        return [
            Topic(
                row["topic"],
                row["english"],
                tuple(row["modules"].split("|")),
                row["indicators"],
                tuple(row["metrics"].split("|")),
            )
            for row in csv.DictReader(file)
        ]
