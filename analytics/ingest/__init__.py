"""Ledger files in: read, map, check, quarantine, merge.

See docs/decisions/0019.
"""

from analytics.ingest.importer import ImportResult, plan_files, run_import
from analytics.ingest.mapping import ByHand, SheetPlan, columns_of
from analytics.ingest.parsing import plain
from analytics.ingest.profiles import kept_profiles
from analytics.ingest.quarantine import Quarantined, quarantine_workbook, read_quarantine
from analytics.ingest.readers import read_bytes
from analytics.ingest.refusing import RefusedFile
from analytics.ingest.report import Account, LeftEmpty, Repair
from analytics.ingest.templates import template
from analytics.ingest.turned import remedy

__all__ = [
    "Account",
    "ByHand",
    "ImportResult",
    "LeftEmpty",
    "Quarantined",
    "RefusedFile",
    "Repair",
    "SheetPlan",
    "columns_of",
    "kept_profiles",
    "plain",
    "plan_files",
    "quarantine_workbook",
    "read_bytes",
    "read_quarantine",
    "remedy",
    "run_import",
    "template",
]
