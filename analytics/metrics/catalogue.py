"""The catalogue of metrics: each defined once, with formula, unit, numerator, denominator, needs and source.

Pages, figures, briefings, exports and tests evaluate these definitions through ``metrics.compute``.

See docs/decisions/0003.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from analytics.metrics import conditions as when
from analytics.metrics.measures import Duration, Flow, ListCoverage, Measure, PerOfficer, Stock
from analytics.settings import Settings

DOMAIN = "领域口径 §6"
#: Tables of which one case may have several rows.
REPEATABLE = ("spells", "transfers", "receipts", "stages")
PLAN = "雁塔区实施方案：问题受理、转办、办理、督办、反馈、办结、回访全流程闭环管理"
PLAN_ROTA = "雁塔区实施方案：日常服务轮班制，由当日轮值部门服务专员全流程办理"
YULIN = "领域口径 §6；榆林12345考核办法"


@dataclass(frozen=True)
class Metric:
    """One definition. ``unit`` 件, %, 个工作日 …; rates are fractions of 1 until shown.

    ``good`` is up, down or neutral; ``needs`` what the ledger must hold (see
    analytics.ledger.NEEDS); ``rated`` metrics count ratings.
    """

    code: str
    name: str
    formula: str
    unit: str
    numerator: str
    denominator: str
    measure: Measure
    good: str = "neutral"
    needs: tuple[str, ...] = ()
    rated: bool = False
    source: str = DOMAIN
    trap: str = ""

    def described(self, settings: Settings) -> str:
        """Return the formula in words, with the limits that the office has set."""
        return self.formula.format(**asdict(settings))

    def minimum(self, settings: Settings) -> int:
        """Return the denominator under which a value is 样本不足 (counts never are)."""
        if not (self.is_rate or self.is_duration):
            return 0
        return settings.minimum_rated if self.rated else settings.minimum_cases

    @property
    def times(self) -> str:
        """What is counted: 件 of cases, 次 of what may befall a case more than once."""
        return "次" if getattr(self.measure, "table", "") in REPEATABLE else "件"

    @property
    def is_rate(self) -> bool:
        return self.unit == "%"

    @property
    def is_duration(self) -> bool:
        return isinstance(self.measure, Duration)

    @property
    def is_stock(self) -> bool:
        return isinstance(self.measure, Stock)


ACCEPTED = ("case_facts", "accepted_at")
CLOSED = ("case_facts", "closed_at")
RATED = ("rating_facts", "rated_at")

CATALOGUE: dict[str, Metric] = {
    m.code: m
    for m in (
        Metric("demand", "受理量", "期内受理的工单数", "件", "期内受理的工单", "—", Flow(*ACCEPTED)),
        Metric(
            "closures",
            "办结量",
            "期内办结的次数（重办后再办结另计）",
            "件",
            "期内办结",
            "—",
            Flow("spells", "closed_at"),
            needs=("closed",),
        ),
        Metric(
            "reopened",
            "重办量",
            "期内重办的次数",
            "件",
            "期内重办",
            "—",
            Flow("spells", "opened_at", among=lambda t, m: t.again),
            "down",
            needs=("reopenings",),
        ),
        Metric(
            "closure_rate",
            "办结率",
            "期内受理的工单中，截至统计时刻已办结的比例",
            "%",
            "其中已办结",
            "期内受理的工单",
            Flow(*ACCEPTED, hit=when.closed),
            "up",
            needs=("closed",),
            trap="越近受理的工单越来不及办结，对比期按同等时龄计算",
        ),
        Metric(
            "on_time_rate",
            "按期办结率",
            "期内到期的工单中，在期限内办结的比例",
            "%",
            "其中期限内办结",
            "期内到期的工单（含到期仍未办结的）",
            Flow("case_facts", "due_day", among=when.came_due, hit=when.closed_in_time),
            "up",
            needs=("due", "closed"),
            trap="分母不是“已办结的工单”，到期未办的照算",
        ),
        Metric(
            "came_due",
            "到期量",
            "期内办理期限届满的工单数",
            "件",
            "期内到期的工单",
            "—",
            Flow("case_facts", "due_day", among=when.came_due),
            needs=("due",),
        ),
        Metric(
            "overdue_open",
            "超期未办",
            "统计时刻已过期限仍未办结的工单数",
            "件",
            "已过期限且未办结",
            "—",
            Stock(overdue=True),
            "down",
            needs=("due", "closed"),
        ),
        Metric(
            "days_late",
            "超期工作日",
            "期内到期而未在期限内办结的工单，从期限到办结（未办结的到统计时刻）的工作日之和",
            "个工作日",
            "期内到期、超期的工单",
            "—",
            Flow("limited_cases", "due_day", among=when.came_due_late, amount=when.days_late),
            "down",
            needs=("due", "closed"),
        ),
        Metric(
            "at_risk",
            "临期",
            "统计时刻未办结、将在 {at_risk_days} 个工作日内到期的工单数",
            "件",
            "未办结且临近期限",
            "—",
            Stock(among=lambda t, m: (t.due_at >= m.at) & (t.due_at <= m.risk_until)),
            "down",
            needs=("due", "closed"),
        ),
        Metric(
            "backlog",
            "积压",
            "统计时刻未办结的工单数 = 前日积压 + 受理 − 办结 + 重办",
            "件",
            "未办结的工单",
            "—",
            Stock(),
            "down",
            needs=("closed",),
        ),
        Metric(
            "handling_median",
            "办理时长中位数",
            "期内受理的工单从受理到办结的工作日，按 Kaplan–Meier 取中位数（未办结的按删失计，暂停计时除外）",
            "个工作日",
            "—",
            "期内受理的工单",
            Duration(*ACCEPTED, when.handling, when.closed),
            "down",
            needs=("closed",),
            trap="只算已办结工单的平均数会偏低",
        ),
        Metric(
            "handling_p90",
            "办理时长P90",
            "同上，取第 90 百分位",
            "个工作日",
            "—",
            "期内受理的工单",
            Duration(*ACCEPTED, when.handling, when.closed, 0.9),
            "down",
            needs=("closed",),
        ),
        Metric(
            "handling_natural",
            "办理时长中位数（自然日）",
            "期内受理的工单从受理到办结的自然日，按 Kaplan–Meier 取中位数",
            "天",
            "—",
            "期内受理的工单",
            Duration(*ACCEPTED, when.handling_natural, when.closed),
            "down",
            needs=("closed",),
        ),
        Metric(
            "first_response",
            "首次响应时长",
            "从受理到部门第一次行动（接收、办理、会商、反馈等）的工作日中位数，按 Kaplan–Meier",
            "个工作日",
            "—",
            "期内受理的工单",
            Duration(*ACCEPTED, when.responding, when.responded),
            "down",
            needs=("response",),
        ),
        Metric(
            "stage_stay",
            "环节停留时长",
            "期内进入某环节的工单在该环节停留的工作日中位数，按 Kaplan–Meier",
            "个工作日",
            "—",
            "期内进入该环节的次数",
            Duration("stages", "happened_at", when.staying, when.moved_on, among=when.is_waiting_stage),
            "down",
            needs=("response",),
        ),
        Metric(
            "stage_stay_p90",
            "环节停留时长P90",
            "同上，取第 90 百分位",
            "个工作日",
            "—",
            "期内进入该环节的次数",
            Duration("stages", "happened_at", when.staying, when.moved_on, 0.9, among=when.is_waiting_stage),
            "down",
            needs=("response",),
        ),
        Metric(
            "transfer_rate",
            "转办率",
            "期内受理的工单中，转办过的比例",
            "%",
            "转办 1 次及以上",
            "期内受理的工单",
            Flow(*ACCEPTED, hit=when.has_event("transfers")),
            needs=("transfers",),
        ),
        Metric(
            "multi_transfer_rate",
            "多次转办率",
            "期内受理的工单中，转办 2 次及以上的比例",
            "%",
            "转办 2 次及以上",
            "期内受理的工单",
            Flow(*ACCEPTED, hit=when.has_event("transfers", 2)),
            "down",
            needs=("transfers",),
            trap="两次以上可能是推诿，需逐件看",
        ),
        Metric(
            "first_closure_rate",
            "首接闭环率",
            "期内办结的工单中，由首接部门办结的比例",
            "%",
            "首接部门即办结部门",
            "期内办结的工单",
            Flow(*CLOSED, among=when.closed, hit=lambda t, m: t.closing_department == t.first_department),
            "up",
            needs=("closed", "first_department"),
        ),
        Metric(
            "timely_receipt_rate",
            "及时接收率",
            "接收期限（{receive_days} 个工作日）在期内届满的转办中，限内接收的比例",
            "%",
            "期限内接收",
            "接收期限在期内届满的转办",
            Flow(
                "receipts",
                "due_day",
                among=when.ran_out,
                hit=lambda t, m: t.received_days <= m.settings.receive_days,
            ),
            "up",
            needs=("transfers", "receipts"),
            source=YULIN,
        ),
        Metric(
            "return_rate",
            "回退率",
            "期内转办中，被回退的比例",
            "%",
            "被回退",
            "期内转办",
            Flow("transfers", "happened_at", hit=lambda t, m: t.returned),
            "down",
            needs=("transfers",),
            source=YULIN,
        ),
        Metric(
            "consult_rate",
            "会商率",
            "期内受理的工单中，召开过联席会商的比例",
            "%",
            "会商过",
            "期内受理的工单",
            Flow(*ACCEPTED, hit=when.has_event("consultations")),
            needs=("consultations",),
        ),
        Metric(
            "consult_wait",
            "会商等待时长",
            "期内首次会商的工单，从受理到首次会商的工作日中位数",
            "个工作日",
            "—",
            "期内首次会商的工单",
            Duration("case_facts", "first_consulted_at", when.until_consulted, when.consulted),
            "down",
            needs=("consultations",),
            source=PLAN,
        ),
        Metric(
            "supervise_rate",
            "督办率",
            "期内受理的工单中，被督办过的比例",
            "%",
            "督办过",
            "期内受理的工单",
            Flow(*ACCEPTED, hit=when.has_event("chases")),
            "down",
            needs=("chases",),
        ),
        Metric(
            "reopen_rate",
            "重办率",
            "期内办结的工单中，重办过的比例",
            "%",
            "重办过",
            "期内办结的工单",
            Flow(*CLOSED, among=when.closed, hit=when.has_event("reopenings")),
            "down",
            needs=("closed", "reopenings"),
        ),
        Metric(
            "satisfaction",
            "满意率",
            "期内评价中，5、4、3 级（非常满意、满意、基本满意）的比例（官方口径）",
            "%",
            "3 至 5 级",
            "期内评价",
            Flow(*RATED, hit=lambda t, m: t.grade >= 3),
            "up",
            needs=("ratings",),
            rated=True,
        ),
        Metric(
            "strict_satisfaction",
            "严格满意率",
            "期内评价中，5、4 级（非常满意、满意）的比例",
            "%",
            "4 至 5 级",
            "期内评价",
            Flow(*RATED, hit=lambda t, m: t.grade >= 4),
            "up",
            needs=("ratings",),
            rated=True,
        ),
        Metric("ratings", "评价量", "期内收到的评价数", "件", "期内评价", "—", Flow(*RATED), needs=("ratings",)),
        Metric(
            "rating_coverage",
            "参评率",
            "期内办结的工单中，已评价的比例",
            "%",
            "已评价",
            "期内办结的工单",
            Flow(*CLOSED, among=when.closed, hit=lambda t, m: t.grade.notnull() & (t.rated_at < m.horizon)),
            "up",
            needs=("closed", "ratings"),
        ),
        Metric(
            "bad_ratings",
            "差评量",
            "期内 1、2 级评价数",
            "件",
            "1、2 级评价",
            "—",
            Flow(*RATED, among=when.bad),
            "down",
            needs=("ratings",),
        ),
        Metric(
            "called_back_rate",
            "差评回访率",
            "回访期限（{call_back_days} 个工作日）在期内届满的差评中，限内回访的比例",
            "%",
            "期限内回访",
            "回访期限在期内届满的差评",
            Flow(
                "call_backs",
                "due_day",
                among=when.bad_ran_out,
                hit=lambda t, m: t.called_back_days <= m.settings.call_back_days,
            ),
            "up",
            needs=("ratings", "called_back"),
            source="浙江：差评 1 个工作日内回访",
        ),
        Metric(
            "rectified_rate",
            "差评整改率",
            "整改期限（{rectify_days} 个工作日）在期内届满的差评中，限内整改的比例",
            "%",
            "期限内整改",
            "整改期限在期内届满的差评",
            Flow(
                "rectifications",
                "due_day",
                among=when.bad_ran_out,
                hit=lambda t, m: t.rectified_days <= m.settings.rectify_days,
            ),
            "up",
            needs=("ratings", "rectified"),
            source="四川：差评 15 个工作日内整改",
        ),
        Metric(
            "solved_rate",
            "解决率",
            "期内回访到企业的工单中，答“已解决”的比例",
            "%",
            "已解决",
            "回访到企业的工单",
            Flow(
                "case_facts",
                "followed_up_at",
                among=lambda t, m: t.follow_result.isin(["solved", "unsolved"]) & (t.followed_up_at < m.horizon),
                hit=lambda t, m: t.follow_result == "solved",
            ),
            "up",
            needs=("follow_ups",),
        ),
        Metric(
            "follow_up_rate",
            "回访率",
            "期内办结的工单中，已回访的比例",
            "%",
            "已回访",
            "期内办结的工单",
            Flow(*CLOSED, among=when.closed, hit=when.followed_up),
            "up",
            needs=("closed", "follow_ups"),
        ),
        Metric(
            "responded_rate",
            "响应率",
            "期内受理的工单中，部门已接收或着手办理的比例",
            "%",
            "已接收或办理",
            "期内受理的工单",
            Flow(*ACCEPTED, hit=when.responded),
            "up",
            needs=("response",),
            source=PLAN,
        ),
        Metric(
            "replied_rate",
            "反馈率",
            "期内受理的工单中，已向企业反馈的比例",
            "%",
            "已反馈",
            "期内受理的工单",
            Flow(*ACCEPTED, hit=when.replied),
            "up",
            needs=("replies",),
            source=PLAN,
        ),
        Metric(
            "revisited_rate",
            "受理后回访率",
            "期内受理的工单中，已回访的比例",
            "%",
            "已回访",
            "期内受理的工单",
            Flow(*ACCEPTED, hit=when.followed_up),
            "up",
            needs=("follow_ups",),
            source=PLAN,
            trap="越近受理的工单越来不及回访；「回访率」以期内办结的工单为分母",
        ),
        Metric(
            "replied_first_rate",
            "先反馈后办结率",
            "期内办结的工单中，办结前已向企业反馈的比例",
            "%",
            "办结前已反馈",
            "期内办结的工单",
            Flow(*CLOSED, among=when.closed, hit=when.replied_first),
            "up",
            needs=("closed", "replies"),
            source=PLAN,
        ),
        Metric(
            "loop_rate",
            "闭环率",
            "期内办结的工单中，办结前已反馈、办结后已回访，且没有“未解决”而未重办的比例",
            "%",
            "闭环的",
            "期内办结的工单",
            Flow(*CLOSED, among=when.closed, hit=when.loop_closed),
            "up",
            needs=("closed", "replies", "follow_ups"),
            source=PLAN,
        ),
        Metric(
            "unsolved_redone_rate",
            "未解决重办率",
            "期内回访答“未解决”的工单中，已重办的比例",
            "%",
            "已重办",
            "期内回访答“未解决”的工单",
            Flow("case_facts", "followed_up_at", among=when.unsolved, hit=when.has_event("reopenings")),
            "up",
            needs=("follow_ups", "reopenings"),
            source=PLAN,
        ),
        Metric(
            "late_supervised_rate",
            "超期督办率",
            "期内到期而未按期办结的工单中，被督办过的比例",
            "%",
            "督办过",
            "期内到期而未按期办结的工单",
            Flow("case_facts", "due_day", among=when.came_due_late, hit=when.has_event("chases")),
            "up",
            needs=("due", "closed", "chases"),
            source=PLAN,
        ),
        Metric(
            "hard_consulted_rate",
            "疑难会商率",
            "期内受理的跨部门（{consult_departments} 个以上）、转办两次以上或重办过的工单中，会商过的比例",
            "%",
            "会商过",
            "期内受理的疑难、跨部门工单",
            Flow(*ACCEPTED, among=when.calls_for_consultation, hit=when.has_event("consultations")),
            "up",
            needs=("transfers", "consultations"),
            source=PLAN,
        ),
        Metric(
            "moves",
            "环节流转",
            "期内从一个环节走到下一个环节的次数",
            "件",
            "期内开始、已走到下一环节的",
            "—",
            Flow("stages", "happened_at", among=when.moved_on),
            source=PLAN,
        ),
        Metric(
            "load_accepted",
            "人均受理",
            "期内受理的工单 ÷ 轮值人日",
            "件/人日",
            "期内受理的工单",
            "轮值人日",
            PerOfficer(accepted=True),
            needs=("rota",),
        ),
        Metric(
            "load_open",
            "人均在办",
            "统计时刻未办结的工单 ÷ 期内轮值人数",
            "件/人",
            "未办结的工单",
            "期内轮值的专员",
            PerOfficer(accepted=False),
            needs=("rota", "closed"),
        ),
        Metric(
            "on_duty_rate",
            "当班首接率",
            "期内受理、填有首接专员且当日有轮值的工单中，首接专员当日在轮值表上的比例",
            "%",
            "首接专员当日轮值",
            "填有首接专员、当日有轮值的工单",
            Flow(
                "duty_cases",
                "accepted_at",
                among=lambda t, m: t.officer_no.notnull() & t.on_duty.notnull(),
                hit=lambda t, m: t.on_duty,
            ),
            "up",
            needs=("rota", "officer"),
            source=PLAN_ROTA,
        ),
        Metric(
            "list_coverage",
            "清单覆盖率",
            "期内有工单的清单事项 ÷ 期内有效的清单事项",
            "%",
            "期内有工单的事项",
            "期内有效的事项",
            ListCoverage(),
            "up",
            needs=("items", "item"),
        ),
        Metric(
            "off_list_rate",
            "清单外诉求占比",
            "期内受理的工单中，无清单事项对应的比例",
            "%",
            "无清单事项",
            "期内受理的工单",
            Flow(*ACCEPTED, hit=lambda t, m: ~t.on_list),
            needs=("items", "item"),
            trap="清单外诉求是新增事项的候选",
        ),
        Metric(
            "no_limit_rate",
            "无时限工单占比",
            "期内受理的工单中，没有办理期限（含暂停计时）的比例，这些工单不进入按期办结率",
            "%",
            "没有期限",
            "期内受理的工单",
            Flow(*ACCEPTED, hit=lambda t, m: t.due_at.isnull()),
            "down",
            needs=("due",),
        ),
    )
}
