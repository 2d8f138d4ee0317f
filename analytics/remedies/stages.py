"""Stages of a card and the moves between them: 识别 → 立项 → 会商 → 整改措施 → 实施 → 评估 → 销号, or 未见效 → 会商."""

from __future__ import annotations

from collections.abc import Mapping

STAGES = {
    "identified": "识别",
    "chartered": "立项",
    "consulting": "会商",
    "planned": "整改措施",
    "implementing": "实施",
    "evaluating": "评估",
    "closed": "销号",
    "ineffective": "未见效",
    "dropped": "不立项",
}
#: From a stage, where a card may go: forward first, one step back last.
MOVES = {
    "identified": ("chartered", "dropped"),
    "chartered": ("consulting", "identified"),
    "consulting": ("planned", "chartered"),
    "planned": ("implementing", "consulting"),
    "implementing": ("evaluating", "planned"),
    "evaluating": ("closed", "ineffective", "implementing"),
    "ineffective": ("consulting",),
    "closed": ("consulting",),
    "dropped": ("identified",),
}
#: Stages in which a card waits for somebody.
OPEN = ("identified", "chartered", "consulting", "planned", "implementing", "evaluating", "ineffective")
#: Stages in which a remedy is in force, so that its effect can be looked at.
IN_FORCE = ("implementing", "evaluating", "closed", "ineffective")
#: What a card is judged by; these stages need a computed effect.
JUDGED = ("closed", "ineffective")
FIELDS = {
    "owner": "牵头部门",
    "people": "责任人",
    "due": "完成期限",
    "measures": "整改措施",
    "effective_on": "生效日期",
    "scope": "适用范围",
    "papers": "附件",
    "note": "备注",
}
#: Stage → the fields that must be filled before a card gets there.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "chartered": ("owner", "due"),
    "consulting": ("owner", "due"),
    "planned": ("owner", "due", "measures"),
    "implementing": ("owner", "due", "measures", "effective_on"),
    "evaluating": ("owner", "due", "measures", "effective_on"),
}
#: What a remedy's scope may be narrowed by.
SCOPES = ("department", "channel", "street", "item_no")


def forward(stage: str, to: str) -> bool:
    """Tell whether a move goes on (True) or back."""
    order = list(STAGES)
    return order.index(to) > order.index(stage) or stage in ("ineffective", "closed")
