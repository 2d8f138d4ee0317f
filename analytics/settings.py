"""What an office may set: targets, thresholds, limits and where things lie."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"


@dataclass(frozen=True)
class Settings:
    """Targets (metric code → value), thresholds, import limits and snapshots kept."""

    targets: dict[str, float] = field(default_factory=dict)
    minimum_rated: int = 30
    minimum_cases: int = 10
    at_risk_days: int = 5
    stale_days: int = 7
    call_back_days: int = 1
    rectify_days: int = 15
    receive_days: int = 1
    consult_departments: int = 3
    max_file_mb: int = 250
    max_unpacked_mb: int = 2048
    keep_snapshots: int = 30
    #: So many settled cases are sealed into a part that snapshots share; never in a ledger of fewer than twice as many.
    part_cases: int = 250_000
    embedding_model: str = ""
    #: Types are found among the newest cases, so many at most, in whole weeks: memory and time grow with their texts.
    most_texts: int = 1_000_000
    #: Years that a closed case keeps its personal data and texts (0: for ever), and the smallest count shared.
    retention_years: int = 0
    least_shared: int = 5
    #: Where Spark answers (local[2], spark://host:7077, sc://host), '' for DuckDB; where Parquet for it lies ('' in the store).
    spark: str = ""
    spark_parquet: str = ""
    #: ClickHouse, embedded, answers instead of DuckDB.
    clickhouse: bool = False
    #: The claim of the sign-in provider that names an account.
    sign_in_claim: str = "email"

    @property
    def key(self) -> str:
        """The settings as a cache key."""
        return repr(self)


@lru_cache(maxsize=4)
def load_settings(path: Path = DATA / "settings.toml") -> Settings:
    """Read the settings file; a missing file gives the defaults."""
    if not path.exists():
        return Settings()
    raw = tomllib.loads(path.read_text("utf-8"))
    return Settings(
        targets=raw.get("targets", {}),
        **raw.get("store", {}),
        **raw.get("issues", {}),
        spark=raw.get("engine", {}).get("spark", ""),
        clickhouse=raw.get("engine", {}).get("clickhouse", False),
        spark_parquet=raw.get("engine", {}).get("parquet", ""),
        sign_in_claim=raw.get("sign_in", {}).get("claim", "email"),
        **raw.get("privacy", {}),
        **raw.get("thresholds", {}),
        **raw.get("import", {}),
    )


def default_store() -> Path:
    """Return the store's folder: INSIGHT_STORE, or data/store in the project."""
    return Path(os.environ.get("INSIGHT_STORE") or DATA / "store")
