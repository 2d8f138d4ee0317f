"""Ledger files in: read, map, check, quarantine, merge."""

from analytics.ingest.importer import (
    ImportResult,
    Quarantined,
    kept_profiles,
    plan_files,
    run_import,
)
from analytics.ingest.mapping import SheetPlan, columns_of
from analytics.ingest.readers import RefusedFile

__all__ = [
    "ImportResult",
    "Quarantined",
    "RefusedFile",
    "SheetPlan",
    "columns_of",
    "kept_profiles",
    "plan_files",
    "run_import",
]
