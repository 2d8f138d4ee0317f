"""Who asks, and what a role may do: checked where data leaves ``analytics`` and where decisions are written.

See docs/decisions/0012.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from analytics.refusal import Refusal

LEADER, ANALYST, OPERATOR, ADMIN = "leader", "analyst", "operator", "admin"
ROLES = {LEADER: "领导", ANALYST: "分析员", OPERATOR: "操作员", ADMIN: "管理员"}

REVEAL = "reveal"
EXPORT = "export"
DECIDE = "decide"
GOVERN = "govern"
BRIEF = "brief"
PROPOSE = "propose"
IMPORT = "import"
ROLL_BACK = "roll_back"
ADMINISTER = "administer"
#: What may be done beyond looking → how a person calls it.
ACTS = {
    REVEAL: "看联系人、电话、证件号与信用代码",
    EXPORT: "导出",
    DECIDE: "归类，改名、合并、拆分类型，采纳分派建议",
    GOVERN: "在治理台账上立项、改动、销号",
    BRIEF: "做简报、改句子",
    PROPOSE: "起草、审核、审定清单事项",
    IMPORT: "导入台账",
    ROLL_BACK: "回到别的快照",
    ADMINISTER: "管理账号、审计、留存期限与备份",
}
MAY: dict[str, frozenset[str]] = {
    LEADER: frozenset({EXPORT, GOVERN, BRIEF}),
    ANALYST: frozenset({EXPORT, DECIDE, GOVERN, BRIEF, PROPOSE}),
    OPERATOR: frozenset({REVEAL, EXPORT, BRIEF, PROPOSE, IMPORT}),
    ADMIN: frozenset(ACTS),
}
#: What concerns the whole district is not for somebody who sees one department in full.
DISTRICT_WIDE = frozenset({DECIDE, GOVERN, PROPOSE, IMPORT, ROLL_BACK, ADMINISTER})


class NotAllowed(Refusal):
    """What a viewer may not see or do; the message is Chinese, for people, and names no data."""


@dataclass(frozen=True)
class Viewer:
    """Somebody with a role; with a ``department``, other departments' cases are seen in aggregate only.

    Equal viewers see the same: name and role are no part of it, so that what one was shown may be
    kept for the next of the same department.
    """

    name: str = field(compare=False, repr=False)
    role: str = field(compare=False, repr=False)
    department: str | None = None
    sees_personal: bool = False
    #: Somebody at the machine itself, without sign-in.
    local: bool = field(default=False, compare=False, repr=False)

    def may(self, act: str) -> bool:
        if self.department is not None and act in DISTRICT_WIDE:
            return False
        return act in MAY.get(self.role, frozenset())

    def require(self, act: str) -> None:
        """Raise NotAllowed unless the viewer may do that."""
        admit(self)
        if not self.may(act):
            raise NotAllowed(f"{self.described}不能{ACTS[act]}；需要时请找管理员")

    def revealing(self) -> Viewer:
        """Return the viewer with personal data in clear; raises NotAllowed for a role that may not."""
        self.require(REVEAL)
        return replace(self, sees_personal=True)

    def signature(self, typed: str) -> str:
        """Return who a decision is by: the signed-in name, or at the machine itself what was typed."""
        return typed if self.local else self.name

    @property
    def described(self) -> str:
        return ROLES.get(self.role, "没有角色的人") + (f"（{self.department}）" if self.department else "")


#: Somebody at the machine, where nobody has to sign in.
LOCAL = Viewer("本机", ADMIN, local=True)
_only_signed_in = False


def require_sign_in(on: bool = True) -> None:
    """From now on this process answers nobody who has not signed in: the default viewer is refused."""
    global _only_signed_in
    _only_signed_in = on


def admit(viewer: Viewer) -> None:
    """Raise NotAllowed for the default viewer where signing in is required, and for one who claims too much."""
    if viewer.local and _only_signed_in:
        raise NotAllowed("请先登录")
    if viewer.sees_personal and not viewer.may(REVEAL):
        raise NotAllowed(f"{viewer.described}不能{ACTS[REVEAL]}")
