"""The vocabulary: tables, columns with Chinese labels, and code lists.

Every module may import this one; it imports none.
"""

from __future__ import annotations

from dataclasses import dataclass

MODULES = {
    "investment": "投资服务",
    "project": "项目服务",
    "policy": "政策服务",
    "finance": "金融服务",
    "talent": "人才服务",
    "legal": "法治服务",
    "innovation": "科创服务",
    "ip": "知识产权服务",
    "relief": "助企纾困兜底",
}

STAGES = {
    "accepted": "受理",
    "transferred": "转办",
    "received": "接收",
    "returned": "回退",
    "processing": "办理",
    "paused": "暂停计时",
    "resumed": "恢复计时",
    "consulted": "会商",
    "supervised": "督办",
    "replied": "反馈",
    "closed": "办结",
    "followed_up": "回访",
    "reopened": "重办",
}

GRADES = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}

CHANNELS = (
    "综合服务中心窗口",
    "一体化政务服务平台",
    "秦务员APP",
    "陕西中小企业融资服务平台",
    "中介服务网上超市",
    "政策通",
    "12345热线",
    "走访/座谈会",
    "其他",
)

ACTIVITY_KINDS = ("企业座谈会", "走访", "政策发布", "宣讲培训", "其他")
FOLLOW_RESULTS = {"solved": "已解决", "unsolved": "未解决", "unreached": "未联系上"}
ROLES = {"leader": "分管领导", "chief": "首席服务专员", "officer": "服务专员"}
ITEM_KINDS = {"basic": "基本", "added": "增值"}
UNKNOWN = "（未填）"


@dataclass(frozen=True)
class Column:
    """One column of a ledger table.

    ``kind`` is one of text, time, day, integer, or the name of a code list
    (module, stage, grade, follow_result, role). ``personal`` columns are masked
    unless the viewer may see them.
    """

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    personal: bool = False
    unlocks: str = ""


@dataclass(frozen=True)
class Table:
    """One ledger table: ``key`` names the columns that identify a row."""

    name: str
    label: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)


CASES = Table(
    "cases",
    "诉求台账",
    ("case_no",),
    (
        Column("case_no", "工单编号", required=True),
        Column("accepted_at", "受理时间", "time", required=True),
        Column("title", "诉求主题"),
        Column("content", "诉求内容"),
        Column("module", "服务模块", "module", unlocks="各模块负荷、时限与满意度"),
        Column("own_class", "诉求分类"),
        Column("department", "承办部门", unlocks="各部门时限与满意度"),
        Column("co_departments", "协办部门"),
        Column("first_department", "首接部门", unlocks="首接闭环率"),
        Column("officer_no", "首接专员编号", unlocks="人均负荷"),
        Column("channel", "来源渠道", unlocks="各渠道受理量"),
        Column("item_no", "事项编码", unlocks="清单覆盖率、清单外诉求"),
        Column("promised_days", "承诺时限（工作日）", "integer", unlocks="按期办结率、超期未办、临期"),
        Column("promised_hours", "承诺时限（小时）", "integer"),
        Column("due_at", "办理期限", "time", unlocks="按期办结率、超期未办、临期"),
        Column("closed_at", "办结时间", "time", unlocks="办结率、办理时长、积压"),
        Column("credit_code", "统一社会信用代码", personal=True),
        Column("enterprise", "企业名称"),
        Column("street", "所属街道", unlocks="各街道受理量"),
        Column("industry", "行业门类", unlocks="各行业受理量"),
        Column("size", "企业规模"),
        Column("chain", "产业链"),
        Column("lifecycle", "全生命周期阶段"),
        Column("contact_name", "联系人", personal=True),
        Column("contact_phone", "联系电话", personal=True),
        Column("reply", "答复意见"),
        Column("updated_at", "更新时间", "time"),
    ),
)

EVENTS = Table(
    "events",
    "环节记录",
    ("case_no", "event_key"),
    (
        Column("case_no", "工单编号", required=True),
        Column("stage", "环节", "stage", required=True),
        Column("happened_at", "发生时间", "time", required=True),
        Column("department", "经办部门"),
        Column("to_department", "转往部门"),
        Column("officer_no", "经办人编号"),
        Column("result", "回访结果", "follow_result"),
        Column("note", "备注"),
        Column("event_key", "环节序号"),
    ),
)

RATINGS = Table(
    "ratings",
    "好差评",
    ("case_no",),
    (
        Column("case_no", "工单编号", required=True),
        Column("grade", "评价等级", "grade", required=True),
        Column("rated_at", "评价时间", "time", required=True),
        Column("comment", "评价内容"),
        Column("called_back_at", "差评回访时间", "time"),
        Column("rectified_at", "差评整改时间", "time"),
    ),
)

ENTERPRISES = Table(
    "enterprises",
    "企业名录",
    ("credit_code",),
    (
        Column("credit_code", "统一社会信用代码", required=True, personal=True),
        Column("enterprise", "企业名称", required=True),
        Column("industry", "行业门类"),
        Column("size", "企业规模"),
        Column("street", "所属街道"),
        Column("chain", "产业链"),
        Column("lifecycle", "全生命周期阶段"),
    ),
)

DEPARTMENTS = Table(
    "departments",
    "部门名录",
    ("department",),
    (
        Column("department", "部门名称", required=True),
        Column("module", "牵头模块", "module"),
    ),
)

OFFICERS = Table(
    "officers",
    "队伍人员",
    ("officer_no",),
    (
        Column("officer_no", "人员编号", required=True),
        Column("officer_name", "姓名", required=True, personal=True),
        Column("module", "服务队", "module", required=True),
        Column("role", "队内职务", "role", required=True),
        Column("department", "所属部门"),
    ),
)

ROTA = Table(
    "rota",
    "轮值表",
    ("day", "module", "officer_no"),
    (
        Column("day", "值班日期", "day", required=True),
        Column("module", "服务队", "module", required=True),
        Column("officer_no", "人员编号", required=True),
        Column("department", "轮值部门"),
    ),
)

ITEMS = Table(
    "items",
    "增值服务事项清单",
    ("version", "item_no"),
    (
        Column("version", "清单版本", required=True),
        Column("item_no", "事项编码", required=True),
        Column("item_name", "事项名称", required=True),
        Column("module", "服务模块", "module", required=True),
        Column("department", "牵头部门"),
        Column("co_departments", "责任部门"),
        Column("promised_days", "承诺时限（工作日）", "integer"),
        Column("item_kind", "基本/增值"),
        Column("online", "线上/线下"),
        Column("stationed_on", "进驻日期", "day"),
        Column("in_force_from", "生效日期", "day", required=True),
        Column("in_force_to", "失效日期", "day"),
    ),
)

ACTIVITIES = Table(
    "activities",
    "政企活动",
    ("held_on", "activity_kind", "topic"),
    (
        Column("held_on", "活动日期", "day", required=True),
        Column("activity_kind", "活动类别", required=True),
        Column("topic", "活动主题", required=True),
        Column("module", "服务模块", "module"),
        Column("department", "主办部门"),
        Column("reached", "触达企业数", "integer"),
        Column("note", "备注"),
    ),
)

SCENES = Table(
    "scenes",
    "“一类事”场景",
    ("scene",),
    (
        Column("scene", "场景名称", required=True),
        Column("module", "服务模块", "module", required=True),
        Column("launched_on", "上线日期", "day", unlocks="“一类事”场景节点是否按时"),
        Column("online", "线上/线下", unlocks="线上线下集成场景节点"),
        Column("lifecycle", "全生命周期阶段"),
        Column("chain", "产业链"),
    ),
)

TABLES: dict[str, Table] = {
    t.name: t for t in (CASES, EVENTS, RATINGS, ENTERPRISES, DEPARTMENTS, OFFICERS, ROTA, ITEMS, ACTIVITIES, SCENES)
}

#: Stage columns that a wide ledger (one row a case) may carry, and the event each becomes.
WIDE_STAGES = {
    "transferred_at": "transferred",
    "processing_at": "processing",
    "consulted_at": "consulted",
    "supervised_at": "supervised",
    "replied_at": "replied",
    "followed_up_at": "followed_up",
    "reopened_at": "reopened",
}

#: The extra columns of a wide ledger, beside those of ``cases``.
WIDE_COLUMNS = tuple(Column(name, STAGES[stage] + "时间", "time") for name, stage in WIDE_STAGES.items()) + (
    Column("follow_result", "回访结果", "follow_result"),
    Column("grade", "评价等级", "grade"),
    Column("rated_at", "评价时间", "time"),
    Column("comment", "评价内容"),
    Column("called_back_at", "差评回访时间", "time"),
    Column("rectified_at", "差评整改时间", "time"),
)

#: What tells several rows of one case apart: who leads, which step a row is and when it happened.
ROW_COLUMNS = (
    Column("part", "主办/协办"),
    Column("step", "环节", "stage"),
    Column("step_at", "发生时间", "time"),
    Column("step_department", "经办部门"),
)

#: What one may cut by, with Chinese labels.
DIMENSIONS = {
    "module": "模块",
    "department": "承办部门",
    "first_department": "首接部门",
    "channel": "渠道",
    "street": "街道",
    "industry": "行业",
    "size": "规模",
    "chain": "产业链",
    "lifecycle": "生命周期",
    "item_no": "事项",
    "officer_no": "首接专员",
    "grade": "评价等级",
    "weekday": "星期",
    "hour": "时段",
    "stage": "环节",
    "overdue_band": "超期工作日",
    "to_department": "接收部门",
    "next_stage": "下一环节",
    "issue_type": "一类问题",
    "issue_problem": "具体问题",
    "issue_class": "诉求分类",
    "path": "办理路径",
}
#: Dimensions that are not in the ledger but worked out of it → what to say when they have not been.
_NOT_FOUND = "还没有归类过，不能按一类问题拆分；请先在「一类问题」页归类"
_NO_CLASSES = "还没有导入分类表，不能按诉求分类拆分；请先运行 python -m analytics classes 分类表.xlsx，再归类"
ATTACHED = {"issue_type": _NOT_FOUND, "issue_problem": _NOT_FOUND, "issue_class": _NO_CLASSES}
#: What to say of a period before the first day that they know.
TOO_EARLY = "台账大，一类问题只在 {} 起受理的工单里找，更早的不能按它拆分；请把统计期改到这天以后"

GRAINS = ("day", "week", "month", "quarter", "year")
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def label_of(dimension: str, value: object) -> str:
    """Return the Chinese label of a dimension's value."""
    if value is None or value != value:
        return UNKNOWN
    if dimension == "module":
        return MODULES.get(str(value), str(value))
    if dimension in ("stage", "next_stage"):
        return STAGES.get(str(value), str(value))
    if dimension == "grade":
        return GRADES.get(int(str(value)), str(value))
    if dimension == "weekday":
        return WEEKDAYS[int(str(value))]
    if dimension == "hour":
        return f"{int(str(value))}时"
    return str(value)
