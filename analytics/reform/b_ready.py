"""The World Bank's B-READY topics and what of them this ledger can say (data/b_ready.csv)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from analytics.metrics import CATALOGUE
from analytics.model import MODULES
from analytics.settings import DATA
from analytics.tables import lines

TOPICS = DATA / "b_ready.csv"


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
    return read_topics(TOPICS)


def read_topics(path: Path) -> list[Topic]:
    """Read the table of topics; raises SettingsError for an unknown module or metric."""
    found = []
    for line in lines(path, ("topic", "english", "modules", "indicators", "metrics")):
        modules, metrics = (tuple(line[column].split("|")) for column in ("modules", "metrics"))
        if any(module not in MODULES for module in modules):
            raise line.refuse("modules", f"请用 | 隔开，可用：{'、'.join(MODULES)}")
        if any(metric not in CATALOGUE for metric in metrics):
            raise line.refuse("metrics", "请用 | 隔开「指标口径」页里的代码，如 on_time_rate")
        found.append(Topic(line["topic"], line["english"], modules, line["indicators"], metrics))
    return found
