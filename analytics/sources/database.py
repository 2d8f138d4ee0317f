"""One query of a database, asked read-only and in portions, from the last known time of change on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from analytics.secret import read_secret
from analytics.sources.declared import DatabaseSource, SourceError
from analytics.sources.dialects import address, kind_of, missing_driver, told
from analytics.sources.increment import Moment

#: Rows that are imported at a time, as one snapshot.
PORTION = 100_000
_BIND = re.compile(r"(?<![:\w\\]):(?=\w)")


def asked(source: DatabaseSource) -> str:
    """Return the query without its last semicolon; raises SourceError for anything but one SELECT."""
    query = source.query.strip().rstrip(";").rstrip()
    if not re.match(r"(?i)(--[^\n]*\n|\s)*(select|with)\b", query) or ";" in re.sub(r"'[^']*'", "", query):
        raise SourceError(f"来源“{source.name}”：query 只能是一条 SELECT（视图、存储过程都请包成一条 SELECT）")
    return query


def statement(source: DatabaseSource, since: Moment | None) -> sa.Executable:
    """Return the query as it is sent: oldest change first, from ``since`` on where it is given."""
    whole = sa.text(_BIND.sub(r"\\:", asked(source)))
    if not source.updated:
        return whole
    inner = whole.columns(sa.column(source.updated)).subquery("q")
    changed = inner.c[source.updated]
    outer = sa.select(sa.text("q.*")).select_from(inner).order_by(changed)
    return outer if since is None else outer.where(changed >= since)


@contextmanager
def opened(source: DatabaseSource) -> Iterator[sa.Connection]:
    """Open a connection on which the database itself refuses every write; nothing is committed on it.

    Raises SourceError, without a secret or a row's content, where that fails.
    """
    where = f"来源“{source.name}”"
    url, kind = address(source.url, where), kind_of(source.url, where)
    if kind.drivername == "sqlite" and not Path(url.database or "").is_file():
        raise SourceError(f"{where}：找不到数据库文件 {url.database}")
    secret = read_secret(source.secret, where, SourceError) if source.secret else ""
    given = dict(kind.connect)
    if secret and url.get_driver_name() == "pymysql":  # it takes a text for Latin-1
        given["password"] = secret.encode()
    elif secret:
        url = url.set(password=secret)
    try:
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool, hide_parameters=True, connect_args=given)
    except (ImportError, sa.exc.NoSuchModuleError):
        raise missing_driver(source.url, where) from None
    with _answering(where, secret, connecting=True):
        con = engine.connect()
        if kind.read_only:
            con.exec_driver_sql(kind.read_only)
    try:
        with _answering(where, secret, connecting=False):
            yield con
    finally:
        con.invalidate()  # closed without a word: a query given up half-way is not read to its end
        con.close()
        engine.dispose()


def portions(
    con: sa.Connection, source: DatabaseSource, since: Moment | None
) -> Iterator[tuple[list[str], Sequence[Sequence[object]]]]:
    """Return heads and rows, PORTION at a time; the first is returned even where it has no rows."""
    result = con.execution_options(stream_results=True, max_row_buffer=5_000).execute(statement(source, since))
    heads = list(map(str, result.keys()))
    if source.updated and source.updated not in heads:
        raise SourceError(
            f"来源“{source.name}”：查询结果里没有 updated 所写的列「{source.updated}」；有：{'、'.join(heads[:20])}"
        )
    rows = result.fetchmany(PORTION)
    yield heads, rows
    while len(rows) == PORTION:
        rows = result.fetchmany(PORTION)
        if rows:
            yield heads, rows


@contextmanager
def _answering(where: str, secret: str, *, connecting: bool) -> Iterator[None]:
    """Turn what a database answers into a Chinese error without its words, unless they are harmless."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        what = told(error, connecting=connecting, secret=secret)
        remedy = "请核对地址、账号、口令文件与网络" if connecting else "请核对 query、updated 与账号的权限"
        lost = "连不上数据库" if connecting else "数据库没有答应这个查询"
        raise SourceError(f"{where}：{lost}（{what}）；{remedy}") from None
    except sa.exc.SQLAlchemyError as error:
        raise SourceError(f"{where}：查询发不出去（{type(error).__name__}）；请核对 url 与 query") from None
    except (TypeError, ValueError, RuntimeError) as error:  # a driver's own, whose words may hold what it was given
        if not connecting:
            raise
        raise SourceError(f"{where}：连不上数据库（{type(error).__name__}）；请核对 url 与口令文件") from None
