"""人大金仓 (KingbaseES) for SQLAlchemy 2: it speaks as PostgreSQL does, through a driver made after psycopg2.

The maker's own dialect is for SQLAlchemy 1.3. The driver (ksycopg2) is theirs and is imported only when asked for.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2


class KingbaseDialect(PGDialect_psycopg2):
    """PostgreSQL's dialect over ksycopg2; a server of Kingbase names its version in a way of its own."""

    name = "kingbase"
    driver = "ksycopg2"
    supports_statement_cache = True
    #: Kingbase V8 answers as PostgreSQL 12 does.
    VERSION = (12, 0)

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        import ksycopg2

        return ksycopg2

    @property
    def _psycopg2_extensions(self) -> ModuleType:
        from ksycopg2 import extensions

        return extensions

    @property
    def _psycopg2_extras(self) -> ModuleType:
        from ksycopg2 import extras

        return extras

    def _get_server_version_info(self, connection: Any) -> tuple[int, ...]:
        return self.VERSION
