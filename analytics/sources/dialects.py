"""Databases that can be asked: their drivers, how each is told to refuse every write, and what its errors may say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import registry

from analytics.privacy import mask_text
from analytics.sources.declared import SourceError

SECONDS = 15


@dataclass(frozen=True)
class Kind:
    """One kind of database: SQLAlchemy's name for it with driver, what to install, and how it becomes read-only."""

    label: str
    drivername: str
    install: str
    read_only: str = ""
    connect: Mapping[str, Any] = field(default_factory=dict)


KINDS = {
    "postgresql": Kind(
        "PostgreSQL", "postgresql+psycopg", "psycopg[binary]", "SET TRANSACTION READ ONLY", {"connect_timeout": SECONDS}
    ),
    "mysql": Kind(
        "MySQL", "mysql+pymysql", "PyMySQL", "SET SESSION TRANSACTION READ ONLY", {"connect_timeout": SECONDS}
    ),
    "mariadb": Kind(
        "MariaDB", "mariadb+pymysql", "PyMySQL", "SET SESSION TRANSACTION READ ONLY", {"connect_timeout": SECONDS}
    ),
    "oracle": Kind("Oracle", "oracle+oracledb", "oracledb", "SET TRANSACTION READ ONLY"),
    # SQL Server knows no read-only transaction: nothing is ever committed, and the account must not be able to write.
    "mssql": Kind("SQL Server", "mssql+pyodbc", "pyodbc"),
    "dm": Kind("达梦", "dm+dmPython", "dmPython dmSQLAlchemy", "SET TRANSACTION READ ONLY"),
    "kingbase": Kind("人大金仓", "kingbase+ksycopg2", "ksycopg2", "SET TRANSACTION READ ONLY"),
    "sqlite": Kind("SQLite", "sqlite", "", "PRAGMA query_only = ON"),
}
registry.register("kingbase.ksycopg2", "analytics.sources.kingbase", "KingbaseDialect")
#: SQLSTATE classes and MySQL's numbers of errors that speak of the statement, never of a row's content.
_OF_STATEMENTS = ("42", "25", "3F")
_OF_STATEMENTS_MYSQL = {1044, 1045, 1049, 1054, 1064, 1142, 1143, 1146, 1290, 1305, 1356, 1370, 1792}


def kind_of(url: str, where: str) -> Kind:
    """Return the kind of database that an address is of; raises SourceError for others."""
    name = url.partition(":")[0].partition("+")[0].lower()
    if name not in KINDS:
        raise SourceError(
            f"{where}：不认识数据库“{name}”；url 请以 {'、'.join(f'{k}://（{v.label}）' for k, v in KINDS.items())} 开头"
        )
    return KINDS[name]


def address(url: str, where: str) -> sa.URL:
    """Return an address with the driver filled in; raises SourceError for a malformed one or one that holds a password."""
    kind = kind_of(url, where)
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise SourceError(
            f"{where}：url 写法不对，应如 postgresql://账号@主机:5432/库名，口令放进 secret 文件"
        ) from None
    if parsed.password or any("pass" in key.lower() or key.lower() == "pwd" for key in parsed.query):
        raise SourceError(f"{where}：口令不能写在 url 里，请放进只有运行账户能读的文件，用 secret 指明")
    return parsed if "+" in parsed.drivername else parsed.set(drivername=kind.drivername)


def missing_driver(url: str, where: str) -> SourceError:
    """Return what to say where the driver of a database is not installed."""
    kind = kind_of(url, where)
    packages = " ".join(f'"{p}"' if "[" in p else p for p in kind.install.split())
    return SourceError(
        f"{where}：读 {kind.label} 的驱动没有装；请运行 .venv/bin/python -m pip install {packages}，再取一次"
    )


def told(error: sa.exc.DBAPIError, *, connecting: bool, secret: str = "") -> str:
    """Say what a database answered: its number, and its words only where they cannot hold a row's content or a secret."""
    origin = error.orig
    number = str(getattr(origin, "sqlstate", None) or (origin.args[0] if origin and origin.args else "") or "")
    code = number if number.isalnum() and len(number) <= 12 else type(origin).__name__
    if not (connecting or number.startswith(_OF_STATEMENTS) or _number(number) in _OF_STATEMENTS_MYSQL
            or isinstance(error, sa.exc.ProgrammingError)):  # fmt: skip
        return code
    words = str(origin.args[-1] if origin and origin.args else "").strip().split("\n")[0][:200]
    if secret:
        words = words.replace(secret, "****")
    return f"{code}，{mask_text(words)}" if words and words != code else code


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
