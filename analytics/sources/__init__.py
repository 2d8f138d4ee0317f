"""Where a ledger comes from by itself: watched folders and database queries, as the store's settings declare them."""

from analytics.sources.declared import DatabaseSource, FolderSource, Source, SourceError, declared_sources
from analytics.sources.take import Take, take

__all__ = ["DatabaseSource", "FolderSource", "Source", "SourceError", "Take", "declared_sources", "take"]
