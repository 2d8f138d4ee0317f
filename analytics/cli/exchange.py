"""The commands between districts and their city: exchange (a district's figures) and city (several added up)."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from pathlib import Path

from analytics.cli.output import print_json, say
from analytics.exporting import city_notes, city_table, exchange_for, workbook_for
from analytics.federation import combine, read
from analytics.federation.city import CITY
from analytics.ledger import open_ledger
from analytics.metrics import CATALOGUE, NotMeasurable, Slice
from analytics.store import Store, StoreError
from analytics.wording import number


def add_commands(commands: argparse._SubParsersAction, shared: argparse.ArgumentParser) -> None:
    """Add the commands of this file to the command line."""
    exchange = commands.add_parser(
        "exchange", parents=[shared], help="区县导出汇总交换文件（不含任何一件工单），供全市合并"
    )
    exchange.add_argument("--district", required=True, metavar="名称", help="区县名称，如 雁塔区")
    exchange.add_argument(
        "--from", dest="start", type=dt.date.fromisoformat, required=True, metavar="DAY", help="起始日"
    )
    exchange.add_argument("--to", dest="end", type=dt.date.fromisoformat, required=True, metavar="DAY", help="截止日")
    exchange.add_argument("--out", type=Path, required=True, metavar="FILE.json", help="写到哪个文件")
    exchange.set_defaults(run=run_exchange)
    city = commands.add_parser("city", parents=[shared], help="合并各区县的交换文件，得到全市的数")
    city.add_argument("files", nargs="+", type=Path, metavar="FILE.json", help="各区县的交换文件")
    city.add_argument(
        "--metric", nargs="+", default=[], choices=tuple(CATALOGUE), metavar="CODE", help="指标代码（默认全部）"
    )
    city.add_argument(
        "--by", nargs="+", default=[], choices=("module", "month"), help="按服务模块或月份拆分（默认不拆）"
    )
    city.add_argument("--out", type=Path, metavar="FILE.xlsx", help="另存全部结果")
    city.set_defaults(run=run_city)


def run_exchange(options: argparse.Namespace) -> int:
    if options.end < options.start:
        raise NotMeasurable(f"截止日 {options.end} 早于起始日 {options.start}，请对调")
    ledger = open_ledger(Store(options.store), options.viewer)
    content = exchange_for(options.viewer, ledger, options.district, Slice(options.start, options.end))
    options.out.write_bytes(content)
    if options.json:
        print_json({"file": options.out.name, "bytes": len(content), "snapshot": ledger.snapshot.id})
    else:
        print(f"已导出 {options.out.name}（{len(content) / 1000:,.0f} KB），不含任何一件工单")
    return 0


def run_city(options: argparse.Namespace) -> int:
    exchanges = []
    for path in options.files:
        try:
            exchanges.append(read(path.name, path.read_bytes()))
        except OSError as error:
            raise StoreError(f"{path.name}：读不到（{error.strerror}）") from None
    city = combine(exchanges, Store(options.store).settings)
    rows = city.rows[city.rows["metric"].isin(options.metric or CATALOGUE)]
    rows = rows[(rows["module"] != "") == ("module" in options.by)]
    rows = rows[(rows["period"] != "") == ("month" in options.by)]
    if options.out:
        sheets = {"全市汇总": city_table(city)}
        options.out.write_bytes(workbook_for(options.viewer, options.store, options.out.name, sheets, city_notes(city)))
        say(f"已导出 {options.out.name}")
    if options.json:
        told = json.loads(rows.to_json(orient="records", double_precision=15))
        districts = [{"district": d.district, "snapshot": d.snapshot, "as_of": str(d.as_of)} for d in city.districts]
        about = {"from": city.start, "to": city.end, "synthetic": city.synthetic, "apart": city.apart}
        print_json(about | {"districts": districts, "rows": told})
        return 0
    for row in rows.itertuples():
        metric = CATALOGUE[row.metric]
        small = "（样本不足）" if row.small else ""
        without = f"（未计入：{row.without}）" if row.without else ""
        place = " ".join(
            p for p in (row.district if row.district != CITY else f"【{CITY}】", row.module, row.period[:7]) if p
        )
        print(f"{metric.name} {place}：{number(row.value, metric.unit)}{small}{without}")
    for note in city_notes(city):
        print(note, file=sys.stderr)
    return 0
