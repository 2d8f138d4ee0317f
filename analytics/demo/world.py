"""The invented district: types of problem, items, departments, enterprises, teams, rota."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from analytics import workdays
from analytics.model import MODULES
from analytics.settings import DATA

START = dt.date(2024, 7, 1)
SECOND_LIST = dt.date(2025, 7, 1)
PROBLEMS_A_TYPE = 6
OFFICERS_A_TEAM = 9
ON_DUTY = 2
OVERLOADED_TEAM = "legal"

STREETS = (
    "小寨路街道",
    "大雁塔街道",
    "长延堡街道",
    "电子城街道",
    "等驾坡街道",
    "鱼化寨街道",
    "丈八沟街道",
    "曲江街道",
    "杜城街道",
    "漳浒寨街道",
)
INDUSTRIES = {
    "批发和零售业": 0.24,
    "科学研究和技术服务业": 0.15,
    "信息传输、软件和信息技术服务业": 0.14,
    "租赁和商务服务业": 0.13,
    "住宿和餐饮业": 0.08,
    "建筑业": 0.07,
    "制造业": 0.06,
    "文化、体育和娱乐业": 0.05,
    "教育": 0.03,
    "房地产业": 0.03,
    "卫生和社会工作": 0.02,
}
TRADES = {
    "批发和零售业": "商贸",
    "科学研究和技术服务业": "科技",
    "信息传输、软件和信息技术服务业": "软件",
    "租赁和商务服务业": "咨询",
    "住宿和餐饮业": "餐饮",
    "建筑业": "建设",
    "制造业": "制造",
    "文化、体育和娱乐业": "文化",
    "教育": "教育",
    "房地产业": "置业",
    "卫生和社会工作": "健康",
}
SIZES = {"大型": 0.02, "中型": 0.08, "小型": 0.32, "微型": 0.43, "个体": 0.15}
CHAINS = {
    "电子信息": 0.22,
    "文化旅游": 0.2,
    "商贸物流": 0.2,
    "现代金融": 0.1,
    "生物医药": 0.08,
    "智能制造": 0.1,
    "绿色建筑": 0.1,
}
LIFECYCLE = {"准入": 0.12, "准营": 0.16, "发展": 0.52, "变更": 0.13, "退出": 0.07}

#: Module → departments: the lead first, then those that answer for parts of it.
MODULE_DEPARTMENTS = {
    "investment": ("区投资合作局", "区商务局", "区行政审批局"),
    "project": (
        "区住建局",
        "资源规划雁塔分局",
        "生态环境雁塔分局",
        "区城管局",
        "区消防救援大队",
        "区水务局",
        "区交通局",
    ),
    "policy": ("区发改委", "区税务局", "区财政局", "区残联"),
    "finance": ("区金融工作局", "区工商联"),
    "talent": ("区人社局", "公安雁塔分局", "区教育局", "区卫健局"),
    "legal": ("区司法局", "区法院", "区信访局", "区市场监管局"),
    "innovation": ("区科工局", "区数据局"),
    "ip": ("区知识产权局", "区文旅体育局"),
    "relief": ("区政府办", "区应急管理局", "区民政局", "区统计局", "区审计局"),
}
HARD_DEPARTMENT = "资源规划雁塔分局"  # slow only because its cases are hard
SLOW_DEPARTMENT = "区金融工作局"  # slow in itself

SYLLABLES = "云锦越启明川澜嘉禾辰曜珩岚序泽霖朗睿祺沐汐航拓衡峤砚蓝"
OBJECTS = {
    "park": ("产业园", "大厦", "商业广场", "创新中心", "科创园", "商务楼"),
    "bank": ("银行雁塔支行", "商业银行营业部", "融资担保公司", "村镇银行", "小额贷款公司", "农商支行"),
    "window": ("综合窗口", "网上办事平台", "自助服务系统", "办事大厅三楼窗口", "审批系统", "申报平台"),
    "firm": ("建设集团", "置业公司", "信息科技公司", "装饰工程公司", "供应链公司", "文化传媒公司"),
    "policy": ("若干措施", "实施细则", "扶持办法", "申报指南", "补充通知", "兑现清单"),
}


@dataclass(frozen=True)
class ProblemType:
    """One issue type with the words people use for it."""

    module: str
    name: str
    items: tuple[str, ...]
    days: int
    kind: str
    subjects: tuple[str, ...]
    details: tuple[str, ...]
    facts: tuple[str, ...]
    asks: tuple[str, ...]
    department: str
    hardness: float


@dataclass(frozen=True)
class Problem:
    """One concrete matter of a type: an object and a particular circumstance."""

    id: int
    type_no: int
    target: str
    detail: str
    street: str


@lru_cache(maxsize=1)
def problem_types() -> tuple[ProblemType, ...]:
    """Read data/demo/types.txt (blank-line separated blocks of five lines)."""
    text = (DATA / "demo" / "types.txt").read_text("utf-8")
    blocks = [b.splitlines() for b in text.split("\n\n")]
    blocks = [[line for line in b if line and not line.startswith("#")] for b in blocks]
    seen: dict[str, int] = {}
    found = []
    for head, subjects, details, facts, asks in (b for b in blocks if b):
        module, name, first, second, days, kind = (c.strip() for c in head.split("|"))
        index = seen.setdefault(module, 0)
        seen[module] += 1
        departments = MODULE_DEPARTMENTS[module]
        department = departments[index % len(departments)]
        hardness = 0.55 if department == HARD_DEPARTMENT else (0.0, 0.15, -0.15)[index % 3]
        listed = () if module == "relief" and index >= 5 else (first, second)
        found.append(
            ProblemType(
                module,
                name,
                listed,
                int(days),
                kind,
                tuple(subjects.split(";")),
                tuple(details.split(";")),
                tuple(facts.split(";")),
                tuple(asks.split(";")),
                department,
                hardness,
            )
        )
    return tuple(found)


def problems(seed: int) -> tuple[Problem, ...]:
    """Return six problems a type, each with an invented object of its own."""
    rng = np.random.default_rng([seed, 1])
    names = [a + b for a in SYLLABLES for b in SYLLABLES if a != b]
    picks = iter(rng.permutation(len(names)))
    found: list[Problem] = []
    for type_no, issue_type in enumerate(problem_types()):
        for detail in issue_type.details[:PROBLEMS_A_TYPE]:
            name, ending = names[next(picks)], str(rng.choice(OBJECTS[issue_type.kind]))
            target = f"《{name}计划{ending}》" if issue_type.kind == "policy" else name + ending
            found.append(Problem(len(found), type_no, target, detail, str(rng.choice(STREETS))))
    return tuple(found)


def departments() -> pd.DataFrame:
    """Return department and the module it leads (None where it only takes part)."""
    rows = [(d, m if i == 0 else None) for m, ds in MODULE_DEPARTMENTS.items() for i, d in enumerate(ds)]
    return pd.DataFrame(rows, columns=["department", "module"]).drop_duplicates("department")


def items(seed: int) -> pd.DataFrame:
    """Return the service items of both versions of the list."""
    rng = np.random.default_rng([seed, 2])
    rows: list[dict[str, object]] = []
    number = dict.fromkeys(MODULES, 0)
    for issue_type in problem_types():
        others = [d for d in MODULE_DEPARTMENTS[issue_type.module] if d != issue_type.department]
        for position, name in enumerate(issue_type.items):
            number[issue_type.module] += 1
            code = f"{list(MODULES).index(issue_type.module) + 1:02d}{number[issue_type.module]:03d}"
            base = {
                "item_no": code,
                "item_name": name,
                "module": issue_type.module,
                "department": issue_type.department,
                "co_departments": "、".join(others[:2]),
                "promised_days": issue_type.days + (0, 2)[position],
                "item_kind": "增值" if rng.random() < 0.6 else "基本",
                "online": rng.choice(["线上", "线下", "线上线下"]),
                "stationed_on": START + dt.timedelta(days=int(rng.integers(0, 31))),
            }
            fate = rng.random()
            if fate > 0.04:  # the rest came with the second list
                until = SECOND_LIST - dt.timedelta(days=1)
                rows.append({"version": "2024年版", **base, "in_force_from": START, "in_force_to": until})
            if fate < 0.96:  # the rest was dropped
                shorter = int(base["promised_days"]) - 1 if rng.random() < 0.25 else base["promised_days"]
                rows.append(
                    {
                        "version": "2025年版",
                        **base,
                        "promised_days": shorter,
                        "in_force_from": SECOND_LIST,
                        "in_force_to": None,
                    }
                )
    for module in MODULES:  # listed, never asked for
        number[module] += 1
        code = f"{list(MODULES).index(module) + 1:02d}{number[module]:03d}"
        rows.append(
            {
                "version": "2024年版",
                "item_no": code,
                "item_name": f"{MODULES[module].removesuffix('服务')}专题咨询",
                "module": module,
                "department": MODULE_DEPARTMENTS[module][0],
                "co_departments": "",
                "promised_days": 5,
                "item_kind": "增值",
                "online": "线下",
                "stationed_on": START,
                "in_force_from": START,
                "in_force_to": None,
            }
        )
    return pd.DataFrame(rows)


def enterprises(seed: int, count: int) -> pd.DataFrame:
    """Return invented enterprises; names begin with 示例, credit codes fail their check digit."""
    rng = np.random.default_rng([seed, 3])
    industry = rng.choice(list(INDUSTRIES), count, p=_shares(INDUSTRIES))
    size = rng.choice(list(SIZES), count, p=_shares(SIZES))
    word = rng.integers(0, len(SYLLABLES), (count, 2))
    name = [
        f"示例{SYLLABLES[a]}{SYLLABLES[b]}{TRADES[i]}{'店' if z == '个体' else '有限公司'}{n:04d}"
        for n, ((a, b), i, z) in enumerate(zip(word, industry, size, strict=True))
    ]
    return pd.DataFrame(
        {
            "credit_code": [f"00610113MA{n:07d}X" for n in range(count)],
            "enterprise": name,
            "industry": industry,
            "size": size,
            "street": rng.choice(STREETS, count, p=_falling(len(STREETS), 0.35)),
            "chain": rng.choice(list(CHAINS), count, p=_shares(CHAINS)),
            "lifecycle": rng.choice(list(LIFECYCLE), count, p=_shares(LIFECYCLE)),
        }
    )


def officers() -> pd.DataFrame:
    """Return nine teams of 1+1+X; the overloaded team has few officers."""
    surnames = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
    rows = []
    for index, module in enumerate(MODULES):
        size = 4 if module == OVERLOADED_TEAM else OFFICERS_A_TEAM
        for seat in range(size + 2):
            role = ("leader", "chief")[seat] if seat < 2 else "officer"
            places = MODULE_DEPARTMENTS[module]
            department = places[0] if seat < 2 else places[seat % len(places)]
            name = surnames[(index * 11 + seat) % len(surnames)] + "示" + "甲乙丙丁戊己庚辛壬癸子"[seat]
            rows.append((f"{index + 1:02d}{seat + 1:02d}", name, module, role, department))
    return pd.DataFrame(rows, columns=["officer_no", "officer_name", "module", "role", "department"])


def rota(people: pd.DataFrame, end: dt.date) -> pd.DataFrame:
    """Return who is on duty: two officers a team on every working day, in turn."""
    days = workdays.calendar()
    span = days[(days["day"] >= pd.Timestamp(START)) & (days["day"] <= pd.Timestamp(end)) & days["is_workday"]]["day"]
    frames = []
    for module, team in people[people["role"] == "officer"].groupby("module", sort=False):
        seats = 1 if module == OVERLOADED_TEAM else ON_DUTY
        turn = np.arange(len(span))[:, None] * seats + np.arange(seats)
        pick = team.iloc[(turn % len(team)).ravel()]
        frames.append(
            pd.DataFrame(
                {
                    "day": np.repeat(span.to_numpy(), turn.shape[1]),
                    "module": module,
                    "officer_no": pick["officer_no"].to_numpy(),
                    "department": pick["department"].to_numpy(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def activities(seed: int, end: dt.date) -> pd.DataFrame:
    """Return invented meetings, visits, releases and trainings: about two a month, none at or after ``end``."""
    rng = np.random.default_rng([seed, 9])
    days = workdays.calendar()
    span = days[(days["day"] >= pd.Timestamp(START)) & (days["day"] < pd.Timestamp(end)) & days["is_workday"]]["day"]
    names = {
        "企业座谈会": "{}企业座谈会",
        "走访": "{}重点企业走访",
        "政策发布": "{}惠企措施发布",
        "宣讲培训": "{}专题宣讲",
    }
    rows = []
    for day in span.iloc[7::10]:
        kind, module = rng.choice(list(names)), str(rng.choice(list(MODULES)))
        topic = names[kind].format(MODULES[module].removesuffix("服务"))
        rows.append((day.date(), kind, topic, module, MODULE_DEPARTMENTS[module][0], int(rng.integers(8, 120))))
    columns = ["held_on", "activity_kind", "topic", "module", "department", "reached"]
    return pd.DataFrame(rows, columns=columns).drop_duplicates(["held_on", "activity_kind", "topic"])


def scenes(seed: int) -> pd.DataFrame:
    """Return two "一类事" scenes a module: the first in 2024, the second online and offline in 2025."""
    rng = np.random.default_rng([seed, 10])
    rows = []
    for place, (module, name) in enumerate(MODULES.items()):
        title = name.removesuffix("服务")
        for year, online in ((2024, "线下"), (2025, "线上线下")):
            day = dt.date(year, 8, 1) + dt.timedelta(days=int(rng.integers(0, 140)))
            stage = list(LIFECYCLE)[(place + year) % len(LIFECYCLE)]
            chain = list(CHAINS)[place % len(CHAINS)]
            rows.append((f"{title}“一类事”{'一期' if year == 2024 else '集成'}场景", module, day, online, stage, chain))
    return pd.DataFrame(rows, columns=["scene", "module", "launched_on", "online", "lifecycle", "chain"])


def _shares(table: dict[str, float]) -> np.ndarray:
    shares = np.array(list(table.values()))
    return shares / shares.sum()


def _falling(count: int, power: float) -> np.ndarray:
    weight = 1 / np.arange(1, count + 1) ** power
    return weight / weight.sum()
