"""Commands of trust: accounts, audit, backup, restore, retention, everything held about one enterprise."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from analytics import dossier, retention
from analytics.access import Accounts
from analytics.cli.output import print_json, say
from analytics.clock import shanghai_now
from analytics.store import Store, StoreError
from analytics.store.audit import KINDS, AuditLog
from analytics.store.backup import back_up, restore
from analytics.viewer import ADMINISTER, ROLES
from analytics.wording import minute


def add_commands(commands: argparse._SubParsersAction, shared: argparse.ArgumentParser) -> None:
    """Add the commands of this file to the command line."""
    accounts = commands.add_parser("accounts", parents=[shared], help="账号：列出、新建、改角色、停用、重置口令")
    accounts.add_argument(
        "action",
        nargs="?",
        choices=("list", "add", "change", "disable", "enable", "reset"),
        default="list",
        help="list 列出，add 新建，change 改角色或部门，disable 停用，enable 启用，reset 重置口令",
    )
    accounts.add_argument("name", nargs="?", metavar="账号名", help="哪个账号（list 不用写）")
    accounts.add_argument("--role", choices=tuple(ROLES), help="、".join(f"{k} {v}" for k, v in ROLES.items()))
    accounts.add_argument("--department", metavar="部门", help="只能看到这个部门的工单全文，其他部门只有汇总数")
    accounts.add_argument("--oidc", action="store_true", help="由统一身份认证登录，账号名即其邮箱等身份，不设口令")
    accounts.set_defaults(run=run_accounts)
    audit = commands.add_parser("audit", parents=[shared], help="审计记录：最近的，或核对有没有被改动")
    audit.add_argument(
        "action", nargs="?", choices=("list", "verify"), default="list", help="list 最近的，verify 核对有没有被改动"
    )
    audit.add_argument("--act", choices=tuple(KINDS), help="只看某一种")
    audit.add_argument("--who", default="", metavar="账号", help="只看某个人")
    audit.add_argument("--most", type=int, default=100, metavar="N", help="最多几条（默认 100）")
    audit.set_defaults(run=run_audit)
    backup = commands.add_parser("backup", parents=[shared], help="把台账、人工判断、账号与审计备份成一个文件")
    backup.add_argument("out", type=Path, metavar="FILE.tar.gz", help="备份写到哪个文件")
    backup.set_defaults(run=run_backup)
    back = commands.add_parser("restore", parents=[shared], help="从备份文件恢复；现有数据目录会改名留存")
    back.add_argument("file", type=Path, metavar="FILE.tar.gz", help="备份文件")
    back.set_defaults(run=run_restore)
    keep = commands.add_parser("retention", parents=[shared], help="留存期满的工单抹去个人信息与文字，只留统计")
    keep.add_argument("--years", type=int, help="留存几年（默认取 data/settings.toml 的 retention_years）")
    keep.add_argument("--apply", action="store_true", help="真正抹去；不带时只列出会抹去什么")
    keep.set_defaults(run=run_retention)
    held = commands.add_parser("enterprise-data", parents=[shared], help="导出系统里关于一家企业的全部数据")
    held.add_argument("enterprise", metavar="企业", help="统一社会信用代码或企业全名")
    held.add_argument("--out", type=Path, required=True, metavar="FILE.xlsx", help="写到哪个文件")
    held.set_defaults(run=run_enterprise)


def run_accounts(options: argparse.Namespace) -> int:
    kept, by = Accounts(Store(options.store)), options.viewer
    by.require(ADMINISTER)
    if options.action == "list":
        rows = kept.all()
        if options.json:
            print_json({"accounts": [vars(a) for a in rows]})
        for a in rows if not options.json else ():
            print(f"{a.name}  {ROLES[a.role]}  {a.department or '全区'}  {a.kind}{'' if a.enabled else '（已停用）'}")
        return 0
    if not options.name:
        say("用法有误：要写账号名。")
        return 2
    password = None
    if options.action == "add":
        if not options.role:
            say("用法有误：新建账号要写 --role。")
            return 2
        password = kept.add(options.name, options.role, options.department, oidc=options.oidc, by=by)
    elif options.action == "change":
        if not options.role:
            say("用法有误：改角色要写 --role（以及 --department，不写即全区）。")
            return 2
        kept.change(options.name, options.role, options.department, by=by)
    elif options.action == "reset":
        password = kept.reset(options.name, by=by)
    else:
        kept.change(options.name, enabled=options.action == "enable", by=by)
    if options.json:
        print_json({"name": options.name, "password": password})
    else:
        print(f"账号 {options.name} 已{'新建' if options.action == 'add' else '更新'}。")
        if password:
            print(f"初始口令（只显示这一次，首次登录须改）：{password}")
    return 0


def run_audit(options: argparse.Namespace) -> int:
    options.viewer.require(ADMINISTER)
    log = AuditLog(options.store)
    if options.action == "verify":
        wrong = log.verify()
        print_json({"intact": wrong is None, "wrong": wrong}) if options.json else print(
            wrong or "审计记录完整，没有被改动"
        )
        return 1 if wrong else 0
    entries = log.entries(options.act or "", options.who, options.most)
    if options.json:
        print_json({"entries": [vars(e) for e in entries]})
        return 0
    for e in entries:
        detail = json.dumps(e.detail, ensure_ascii=False) if e.detail else ""
        print(f"{e.seq:>6}  {minute(e.at)}  {e.who}  {KINDS[e.act]}  {e.target}  {detail}")
    return 0


def run_backup(options: argparse.Namespace) -> int:
    options.viewer.require(ADMINISTER)
    made = back_up(Store(options.store), options.out)
    print_json(made) if options.json else print(f"已备份 {made['files']} 个文件到 {options.out.name}")
    return 0


def run_restore(options: argparse.Namespace) -> int:
    options.viewer.require(ADMINISTER)
    made = restore(options.file, options.store, options.viewer)
    if options.json:
        print_json(made)
    else:
        print(f"已恢复 {made['files']} 个文件，当前快照 {made['snapshot'] or '（空）'}")
        if made["aside"]:
            print(f"原来的数据目录改名为 {made['aside']}，核对无误后可删除")
    return 0


def run_retention(options: argparse.Namespace) -> int:
    years = options.years if options.years is not None else Store(options.store).settings.retention_years
    if years <= 0:
        raise StoreError("没有设留存期；可写 --years，或在 data/settings.toml 的 [privacy] 里写 retention_years")
    store, today = Store(options.store), shanghai_now().date()
    plan = retention.plan(store, years, today, options.viewer)
    if options.apply:
        retention.apply(store, plan, shanghai_now(), options.viewer)
    if options.json:
        print_json(plan.summary() | {"applied": options.apply})
        return 0
    print(plan.sentence(), file=sys.stdout)
    print("已抹去。" if options.apply else "这是试算，什么都没有动；确认后加 --apply。")
    return 0


def run_enterprise(options: argparse.Namespace) -> int:
    found = dossier.everything(Store(options.store), options.enterprise, options.viewer)
    options.out.write_bytes(dossier.workbook_of(Store(options.store), found, options.viewer, options.out.name))
    if options.json:
        print_json({"tables": {name: len(frame) for name, frame in found.items()}, "file": options.out.name})
    else:
        print("、".join(f"{name} {len(frame):,} 行" for name, frame in found.items()) + f"，已写入 {options.out.name}")
    return 0
