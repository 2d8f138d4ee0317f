"""Charts as Apache Superset asks them, run by the Python that Superset is installed in (see benchmarks.rivals).

Usage: PYTHON superset_charts.py FILE.duckdb RUNS   (prints one JSON object: chart → seconds of each run, rows)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FROM = "2025-12-01"
COUNT = "COUNT(*)"
#: Chart → (table, time column, grain, group by, what is counted, further condition).
CHARTS = {
    "每周受理（模块×周）": ("case_facts", "accepted_at", "P1W", ["module"], {"n": COUNT}, ""),
    "按期办结率（部门×月）": (
        "case_facts", "due_day", "P1M", ["department"],
        {"hit": "COUNT(*) FILTER (WHERE closed_at <= due_at)", "n": COUNT}, "due_at < TIMESTAMP '2026-11-24 17:30:01'",
    ),
    "超期未办（部门）": (
        "spells", None, None, ["department"], {"n": COUNT}, "closed_at IS NULL AND due_at < TIMESTAMP '2026-11-24 17:30:01'",
    ),
    "满意率（渠道）": (
        "rating_facts", "rated_at", None, ["channel"], {"hit": "COUNT(*) FILTER (WHERE grade >= 3)", "n": COUNT}, "",
    ),
}  # fmt: skip


def configured(folder: Path) -> None:
    """Write the settings of a Superset of its own: metadata in SQLite, nothing cached."""
    (folder / "superset_config.py").write_text(
        f"SECRET_KEY = 'benchmark only, benchmark only, benchmark'\nSQLALCHEMY_DATABASE_URI = 'sqlite:///{folder}/meta.db'\n"
        "PREVENT_UNSAFE_DB_CONNECTIONS = False\nROW_LIMIT = 100000\n",
        "utf-8",
    )
    os.environ |= {"SUPERSET_CONFIG_PATH": str(folder / "superset_config.py"), "FLASK_APP": "superset"}
    command = Path(sys.executable).with_name("superset")
    user = ["--username", "admin", "--firstname", "a", "--lastname", "b", "--email", "a@b.c", "--password", "admin"]
    for arguments in (["db", "upgrade"], ["fab", "create-admin", *user], ["init"]):
        subprocess.run([command, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def measured(file: Path, runs: int) -> dict[str, dict]:
    """Return chart → seconds of each run (after one that does not count) and rows."""
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        from superset import db, security_manager
        from superset.commands.chart.data.get_data_command import ChartDataCommand
        from superset.common.query_context_factory import QueryContextFactory
        from superset.connectors.sqla.models import SqlaTable
        from superset.models.core import Database
        from superset.utils import core

        admin = security_manager.find_user("admin")
        database = Database(
            database_name="ledger",
            sqlalchemy_uri=f"duckdb:///{file}",
            extra=json.dumps({"engine_params": {"connect_args": {"read_only": True}}}),
        )
        db.session.add(database)
        db.session.commit()
        tables = {}
        for name in {chart[0] for chart in CHARTS.values()}:
            table = SqlaTable(table_name=name, schema="main", database=database)
            db.session.add(table)
            db.session.flush()
            table.fetch_metadata()
            tables[name] = table
        db.session.commit()
        found = {}
        with app.test_request_context(), core.override_user(admin):
            for title, chart in CHARTS.items():
                seconds, rows = [], 0
                for _ in range(runs + 1):
                    context = QueryContextFactory().create(
                        datasource={"id": tables[chart[0]].id, "type": "table"}, queries=[query(chart)], force=True
                    )
                    begun = time.perf_counter()
                    command = ChartDataCommand(context)
                    command.validate()
                    result = command.run()["queries"][0]
                    seconds.append(time.perf_counter() - begun)
                    assert not result.get("error"), result["error"]
                    rows = result["rowcount"]
                found[title] = {"seconds": seconds[1:], "rows": rows}
        return found


def query(chart: tuple) -> dict:
    """Return a chart's query as the browser sends it."""
    _, column, grain, by, counted, where = chart
    columns: list = list(by)
    if grain:
        columns.append(
            {
                "columnType": "BASE_AXIS",
                "sqlExpression": column,
                "label": column,
                "expressionType": "SQL",
                "timeGrain": grain,
            }
        )
    metrics = [{"expressionType": "SQL", "sqlExpression": sql, "label": label} for label, sql in counted.items()]
    asked = {"columns": columns, "metrics": metrics, "orderby": [], "row_limit": 100_000, "extras": {"where": where}}
    if column:
        asked |= {"granularity": column, "time_range": f"{FROM} : 2026-11-25"}
        asked["extras"] |= {"time_grain_sqla": grain} if grain else {}
    return asked


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        configured(Path(place))
        answer = measured(Path(sys.argv[1]), int(sys.argv[2]))
    print(json.dumps(answer, ensure_ascii=False))
