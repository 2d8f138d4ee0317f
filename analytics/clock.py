"""What time it is: only for the edges, and for the stamp of what somebody does."""

from __future__ import annotations

import datetime as dt


def shanghai_now() -> dt.datetime:
    """Return the wall clock in Shanghai, naive, as everything in the ledger is; only for the edges."""
    return dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).replace(tzinfo=None)
