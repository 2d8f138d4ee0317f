"""A briefing that was composed is kept for the next who asks for it."""

from __future__ import annotations

from analytics.briefing.compose import Request
from analytics.briefing.facts import Briefing
from analytics.briefing.office import Office
from analytics.ledger import Ledger
from analytics.store import Store
from pages.common.asking import cached_few


def ask_briefing(ledger: Ledger, request: Request, findings: str) -> Briefing:
    """Compose once for a snapshot, a department, the edits so far and the types as found."""
    made: Briefing = composed(ledger, request, findings, _office(ledger).book.last())
    return made


@cached_few
def composed(ledger: Ledger, request: Request, findings: str, edits: int) -> Briefing:
    return _office(ledger).compose(request, ledger.snapshot.id)


def _office(ledger: Ledger) -> Office:
    return Office(Store(ledger.folder), viewer=ledger.viewer)
