"""Is a deployment in order? Each check says so, or what is wrong and what to do."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from analytics.access import Accounts
from analytics.clock import shanghai_now
from analytics.language_model import LanguageModel, ModelError
from analytics.refusal import Refusal
from analytics.settings import ROOT, SettingsError, text_of
from analytics.store import Store, StoreError
from analytics.store.audit import AuditLog
from analytics.store.backup import put_aside
from analytics.store.parts import sound
from analytics.viewer import ADMIN

GOOD, WARNING, BAD = "正常", "注意", "不行"
LOCK = ROOT / ".ci" / "requirements.lock"
#: Free space, as a multiple of the current snapshot, below which imports are in danger.
ROOM = 3


@dataclass(frozen=True)
class Check:
    """One thing looked at: its state (GOOD, WARNING, BAD) and what is to be said of it."""

    name: str
    state: str
    told: str


def checks(store: Store) -> list[Check]:
    """Look at the installation, the store, sign-in and the disk; nothing is changed."""
    return [
        *_installation(),
        *_settings(store),
        *_language_model(store),
        *_data(store),
        *_kept_too_long(store),
        *_put_aside(store),
        *_people(store),
        *_disk(store),
    ]


def readable(store: Store) -> tuple[bool, dict[str, str]]:
    """Tell whether a store can be read, and which snapshot it shows: nothing of what is in it."""
    from analytics.store import open_duckdb  # Ibis: the server that asks this listens before it needs it

    try:
        current = store.current()
        if current is None:
            return True, {"snapshot": "", "ledger": "empty"}
        open_duckdb(store, current, current.as_of).schema("case_facts")
        return True, {"snapshot": current.id, "ledger": "readable"}
    except (StoreError, OSError, ValueError) as error:
        return False, {"ledger": type(error).__name__}


def _installation() -> Iterator[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Check("Python", GOOD if sys.version_info >= (3, 11) else BAD, f"{version}（需要 3.11 以上）")
    locked = (
        dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", LOCK.read_text("utf-8"), re.MULTILINE)) if LOCK.exists() else {}
    )
    other = []
    for name, wanted in locked.items():
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # needed on another system only
        if found != wanted:
            other.append(f"{name} {found}（应为 {wanted}）")
    told = f"{len(locked)} 个组件与锁定的版本一致" if not other else "、".join(other) + "；请重新运行 make run 安装"
    yield Check("组件", WARNING if other or not locked else GOOD, told)


def faults_of_settings(store: Store) -> list[str]:
    """Return what is wrong with the files that an office may edit: settings, synonyms, days off; one sentence a file."""
    from analytics import workdays  # pandas and the catalogue: a server listens before it needs them
    from analytics.ingest import heads, parsing
    from analytics.issues import texts
    from analytics.reform import b_ready, milestones

    readers: tuple[tuple[Callable[..., object], Path | Store], ...] = (
        (_known_targets, store),
        (heads.read_synonyms, heads.SYNONYMS),
        (parsing.read_code_words, parsing.CODE_SYNONYMS),
        (workdays.read_overrides, workdays.OVERRIDES),
        (milestones.read_plan, milestones.PLAN),
        (b_ready.read_topics, b_ready.TOPICS),
        (text_of, texts.STOP_WORDS),
    )
    faults = []
    for reader, given in readers:
        try:
            reader(given)
        except SettingsError as error:
            faults.append(str(error))
    return faults


def _known_targets(store: Store) -> None:
    from analytics.metrics import CATALOGUE

    for code in store.settings.targets:
        if code not in CATALOGUE:
            near = get_close_matches(code, CATALOGUE, 1)
            remedy = f"是不是 {near[0]}？" if near else ""
            raise SettingsError(f"settings.toml：[targets] {code:.60} 不是指标代码，{remedy}请改正或删去这一行")


def _settings(store: Store) -> Iterator[Check]:
    faults = faults_of_settings(store)
    yield Check("设置", BAD if faults else GOOD, "；".join(faults) or "设置、同义词表和放假安排都读得懂")


def _language_model(store: Store) -> Iterator[Check]:
    """Say what leaves the machine for a language model, and where to."""
    try:
        model = LanguageModel.of(store.settings, store.folder)
        if model is None:
            yield Check("语言模型", GOOD, "没有配置，不向任何地方发送诉求文字")
            return
        model.key()
    except SettingsError:
        return  # said above
    except ModelError as error:
        yield Check("语言模型", BAD, str(error))
        return
    told = f"有人按“请模型起名”时，一类里至多三十件（遮盖后）的标题与内容发往 {model.address}（{model.name}），此外什么也不发"
    clear = "；经网络而没有加密，请改用 https" if model.in_clear else ""
    yield Check("语言模型", WARNING if clear else GOOD, told + clear)


def _data(store: Store) -> Iterator[Check]:
    try:
        current = store.current()
    except StoreError as error:
        yield Check("台账", BAD, str(error))
        return
    if current is None:
        yield Check("台账", WARNING, "还没有台账：请导入，或生成演示数据")
        return
    mark = "，演示数据" if current.synthetic else ""
    yield Check("台账", GOOD, f"快照 {current.id}，{current.cases:,} 件{mark}")
    damaged = [s.id for s in store.snapshots() if not store.whole(s.id)]
    if (now := store.damaged()) and now not in damaged:
        damaged.append(now)
    damaged += [f"分卷 {part.id}" for part in current.parts if not sound(store.parts, part)]
    told = f"已损坏：{'、'.join(damaged)}；请从备份恢复，或重新导入" if damaged else "全部快照和分卷与校验和一致"
    yield Check("校验和", BAD if damaged else GOOD, told)
    if current.newest and current.newest > shanghai_now():
        yield Check("时钟", WARNING, "系统时间早于台账中最新的记录，请核对系统时间")
    try:
        wrong = AuditLog(store.folder).verify()
        yield Check("审计", BAD if wrong else GOOD, wrong or "审计记录完整，没有被改动")
    except StoreError as error:
        yield Check("审计", BAD, str(error))


def _kept_too_long(store: Store) -> Iterator[Check]:
    """Look for personal data past its term in everything that lies in the store, where a term is set."""
    from analytics import retention

    try:
        years = store.settings.retention_years
        if not years or store.current() is None:
            return
        found = retention.plan(store, years, shanghai_now().date())
    except Refusal as error:
        yield Check("留存期限", BAD, str(error))
        return
    mend = f"；请运行 python -m analytics retention --years {years} --apply"
    told = found.sentence() + ("" if found.nothing else mend)
    yield Check("留存期限", BAD if not found.nothing else WARNING if found.left else GOOD, told)


def _put_aside(store: Store) -> Iterator[Check]:
    """Name the store folders that restoring left beside this one: retention does not reach them."""
    if left := put_aside(store.folder):
        named = "、".join(path.name for path in left[:3]) + (f" 等 {len(left)} 个" if len(left) > 3 else "")
        told = f"恢复时改名留下的旧数据目录还在：{named}；里面的个人信息不随留存期限抹去，核对无误后请删除"
        yield Check("旧数据目录", WARNING, told)


def _people(store: Store) -> Iterator[Check]:
    every = Accounts(store).all()
    if not every:
        yield Check("登录", WARNING, "没有账号：只能在本机使用；给别人用之前先建账号或接统一身份认证")
        return
    admins = [a for a in every if a.role == ADMIN and a.enabled]
    waiting = [a.name for a in every if a.must_change and a.enabled]
    told = f"{len(every)} 个账号，{len(admins)} 个管理员" + (
        f"；还没改初始口令：{'、'.join(waiting)}" if waiting else ""
    )
    yield Check(
        "登录", GOOD if admins else BAD, told if admins else told + "；没有可用的管理员，请用 accounts add 新建"
    )


def _disk(store: Store) -> Iterator[Check]:
    folder = store.folder if store.folder.exists() else Path(".")
    if not os.access(folder, os.W_OK):
        yield Check("数据目录", WARNING, "不能写：可以查看，不能导入、记录人工判断和审计")
    elif os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) & 0o007:
        yield Check("数据目录", WARNING, "本机其他用户也能读，请运行 chmod -R o-rwx 数据目录")
    else:
        yield Check("数据目录", GOOD, "只有所有者能读写")
    newest = max((p.stat().st_size for p in store.files.glob("*.duckdb")), default=0)
    free = shutil.disk_usage(folder).free
    enough = free > ROOM * newest
    told = f"剩余 {free / 1024**3:.1f} GB" + ("" if enough else f"，不足一个快照的 {ROOM} 倍，导入可能失败")
    yield Check("磁盘", GOOD if enough else WARNING, told)
