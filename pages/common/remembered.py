"""A briefing that was composed is kept for the next who asks for it."""

from __future__ import annotations

from analytics.briefing.compose import Request
from analytics.briefing.facts import Briefing
from analytics.briefing.office import Office
from analytics.ledger import Ledger
from analytics.viewer import Viewer
from pages.common.asking import cached_few


def ask_briefing(office: Office, ledger: Ledger, request: Request, findings: str) -> Briefing:
    """Compose once for a snapshot, a department, the edits so far and the types as found."""
    made: Briefing = _composed(
        office, str(office.folder), ledger.snapshot.id, ledger.viewer, office.book.last(), request, findings
    )
    return made


@cached_few
def _composed(
    _office: Office, folder: str, snapshot: str, viewer: Viewer, edits: int, request: Request, findings: str
) -> Briefing:
    return _office.compose(request, snapshot)
