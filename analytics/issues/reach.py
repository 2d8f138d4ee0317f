"""How far back types reach: in a large ledger they are found among its newest weeks."""

from __future__ import annotations

import datetime as dt

from analytics.ledger import Ledger


def since(ledger: Ledger, most: int) -> dt.date | None:
    """Return the Monday from which on there are ``most`` cases at most, the newest week whatever it has; None for all."""
    weeks = ledger.duckdb.frame(
        "SELECT CAST(date_trunc('week', accepted_at) AS DATE) AS week, count(*) AS n FROM case_facts"
        " GROUP BY 1 ORDER BY 1 DESC"
    )
    if weeks["n"].sum() <= most:
        return None
    reached = max(int((weeks["n"].cumsum() <= most).sum()), 1)
    first: dt.date = weeks["week"].iloc[reached - 1].date()
    return first


def known_from(since: dt.date | None) -> str:
    """Return the condition of cases (SQL, by accepted_at) among which types are found."""
    return f"accepted_at >= TIMESTAMP '{since}'" if since else "TRUE"
