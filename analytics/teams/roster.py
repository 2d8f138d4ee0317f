"""Teams as they are: one leader, one chief specialist and officers; what is missing of that."""

from __future__ import annotations

from dataclasses import dataclass

from analytics import model
from analytics.ledger import Ledger


@dataclass(frozen=True)
class Team:
    """One module's team; names as the viewer may see them."""

    module: str
    leaders: tuple[str, ...]
    chiefs: tuple[str, ...]
    officers: tuple[str, ...]
    departments: tuple[str, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """Say what of 1+1+X is not so."""
        found = []
        if len(self.leaders) != 1:
            found.append("没有分管领导" if not self.leaders else f"分管领导有 {len(self.leaders)} 名，应为 1 名")
        if len(self.chiefs) != 1:
            found.append("没有首席服务专员" if not self.chiefs else f"首席服务专员有 {len(self.chiefs)} 名，应为 1 名")
        if not self.officers:
            found.append("没有服务专员")
        return tuple(found)


def teams(ledger: Ledger) -> list[Team]:
    """Return the team of every module of the domain, in its order; a module without people has an empty team."""
    table = ledger.table("officers")
    people = ledger.run(table.order_by("module", "officer_no"))
    found = []
    for module in model.MODULES:
        mine = people[people["module"] == module]
        named = {role: tuple(mine.loc[mine["role"] == role, "officer_name"].fillna("")) for role in model.ROLES}
        departments = tuple(dict.fromkeys(mine["department"].dropna()))
        found.append(Team(module, named["leader"], named["chief"], named["officer"], departments))
    return found
