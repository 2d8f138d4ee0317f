"""Recurring problems: find them in the texts, keep their identity, name them, see them coming."""

from analytics.issues.desk import KINDS, IssueDesk
from analytics.issues.findings import OUTSIDE, Findings

__all__ = ["KINDS", "OUTSIDE", "Findings", "IssueDesk"]
