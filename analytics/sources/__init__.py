"""Where a ledger comes from by itself: watched folders and database queries, as the store's settings declare them.

`declared` and `book` say what there is and what it gave; `take` fetches, and brings the whole import with it.
"""

from analytics.sources.declared import DatabaseSource, FolderSource, Source, SourceError, declared_sources

__all__ = ["DatabaseSource", "FolderSource", "Source", "SourceError", "declared_sources"]
