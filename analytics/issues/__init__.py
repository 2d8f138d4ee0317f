"""Recurring problems: find them in the texts, keep their identity, name them, see them coming.

See docs/decisions/0024 and docs/decisions/0029 and docs/decisions/0030.
"""

from analytics.issues.desk import KINDS, IssueDesk
from analytics.issues.findings import OUTSIDE, Findings

__all__ = ["KINDS", "OUTSIDE", "Findings", "IssueDesk"]
