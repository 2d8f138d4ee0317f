"""The rules of the closed loop in one table: what is asked, where it is written, which metric counts it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """``metric``: its denominator are the cases the rule speaks of, its rest those that break it."""

    metric: str
    asks: str
    broken: str
    clause: str


RULES = (
    Rule("responded_rate", "受理后部门要接收、着手办理", "受理后无人响应", "快速响应"),
    Rule("timely_receipt_rate", "转办后限时接收", "转办后超期未接收", "首接负责，不得推诿扯皮"),
    Rule(
        "replied_first_rate",
        "先向企业反馈，再办结",
        "未反馈就办结",
        "受理、转办、办理、督办、反馈、办结、回访全流程闭环",
    ),
    Rule("follow_up_rate", "办结后要回访", "办结后未回访", "受理、转办、办理、督办、反馈、办结、回访全流程闭环"),
    Rule("unsolved_redone_rate", "回访说没有解决的要重办", "答“未解决”而未重办", "限时整改、监督反馈"),
    Rule("late_supervised_rate", "超过期限的要督办", "超期而未督办", "责任到人、限时办结"),
    Rule("hard_consulted_rate", "疑难、跨部门的要联席会商", "该会商而未会商", "疑难问题联席会商制"),
)
#: The main line of the loop: a metric whose numerator are the cases accepted in the period that got there.
MAIN_LINE = (
    ("demand", "受理"),
    ("responded_rate", "接收办理"),
    ("replied_rate", "反馈"),
    ("closure_rate", "办结"),
    ("revisited_rate", "回访"),
)
#: Steps beside the main line.
SIDE_STEPS = (("transfer_rate", "转办"), ("consult_rate", "会商"), ("supervise_rate", "督办"))
