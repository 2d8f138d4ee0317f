"""The table of pages: file, title, address, and the group of the menu it stands in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A page: its file under pages/ without ending, its title, and its address."""

    file: str
    title: str
    address: str


#: Group of the menu → its pages; a group of one page is that page. An address must not be the file's name: a
#: fresh server would take such a request for a page of its own and run the file without the entry.
GROUPS: dict[str, tuple[Place, ...]] = {
    "总览": (Place("overview", "总览", "home"),),
    "办理情况": (
        Place("sla", "时限合规", "time-limits"),
        Place("load", "模块负荷", "demand-load"),
        Place("loop", "闭环流程", "closed-loop"),
        Place("satisfaction", "满意度", "ratings"),
        Place("teams", "队伍与轮值", "teams-rota"),
    ),
    "共性问题": (
        Place("issues", "一类问题", "recurring"),
        Place("remedies", "治理台账", "remedies-board"),
    ),
    "查工单": (
        Place("cases", "工单明细", "case-list"),
        Place("explore", "需求探索", "exploration"),
    ),
    "简报": (Place("briefing", "简报", "briefings"),),
    "更多": (
        Place("items", "事项清单", "service-list"),
        Place("reform", "改革进度", "reform-plan"),
        Place("triage", "分派建议", "suggestions"),
        Place("data", "数据管理", "ledger"),
        Place("city", "全市汇总", "city-view"),
        Place("glossary", "指标口径", "definitions"),
        Place("administration", "系统管理", "system"),
    ),
}
PLACES = tuple(place for group in GROUPS.values() for place in group)
FIRST = PLACES[0]
#: Pages that the filter bar has no effect on.
UNFILTERED = {"briefing", "city", "data", "glossary", "administration"}
#: For administrators; others do not find them in the menu.
RESERVED = {"administration"}
#: Addresses that people may still have → where they lead now.
OLD_ADDRESSES = {"home": "", "administration": "system"}


def goal_of(path: str) -> str | None:
    """Return the path that an old address leads to, None for a path that is a page's own.

    An unknown path leads to the first page, which says so.
    """
    address = path.strip("/")
    if address in OLD_ADDRESSES:
        return f"/{OLD_ADDRESSES[address]}"
    known = {place.address for place in PLACES if place is not FIRST} | {""}
    return None if address in known else "/"
