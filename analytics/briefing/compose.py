"""Compose the tree of facts of a briefing from a ledger and a request.

See docs/decisions/0010.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from analytics.briefing.evidence import Evidence, Where
from analytics.briefing.facts import Briefing, Head, Section, Table
from analytics.briefing.period import Period
from analytics.briefing.sections.advice import advice
from analytics.briefing.sections.appendix import appendix, definitions
from analytics.briefing.sections.limits import limits
from analytics.briefing.sections.modules import modules
from analytics.briefing.sections.needs import needs
from analytics.briefing.sections.overall import overall
from analytics.briefing.sections.problems import problems
from analytics.briefing.sections.ratings import ratings
from analytics.issues.findings import Findings, printed_name
from analytics.ledger import Ledger
from analytics.settings import Settings
from analytics.store import StoreError
from analytics.suggested import told
from analytics.wording import day, minute

Part = Callable[[Evidence, Findings | None], Section]
#: Key → (title, how it is made), in the order of the text.
PARTS: dict[str, tuple[str, Part]] = {
    "overall": ("总体情况", lambda e, f: overall(e)),
    "modules": ("模块运行", lambda e, f: modules(e)),
    "limits": ("时限合规", lambda e, f: limits(e)),
    "ratings": ("满意度", lambda e, f: ratings(e)),
    "problems": ("一类问题", problems),
    "needs": ("需关注事项", lambda e, f: needs(e)),
    "advice": ("下步建议", advice),
}
#: The parts of a 专报 by its subject: one page, so sentences and one figure.
SPECIAL = {
    "department": ("overall", "problems", "limits", "ratings", "advice"),
    "issue_type": ("overall", "modules", "limits", "ratings", "advice"),
}
#: What a 专报 may be about.
SUBJECTS = {"issue_type": "一类问题", "department": "承办部门"}
CENTRE = "企业综合服务中心"


@dataclass(frozen=True)
class Request:
    """What is asked for: a period, the parts, the head's fields, and (of a 专报) its subject."""

    period: Period
    parts: tuple[str, ...] = tuple(PARTS)
    with_appendix: bool = True
    title: str = ""
    recipient: str = ""
    secrecy: str = ""
    number: str = ""
    signer: str = ""
    issuer: str = CENTRE
    subject: Where = field(default=())

    @property
    def kind(self) -> str:
        return "专报" if self.subject else self.period.report

    @property
    def name(self) -> str:
        """What tells this briefing from others of its store: kind, period and subject."""
        return "-".join([self.kind, self.period.key, *(v for _, v in self.subject)])


def compose(ledger: Ledger, request: Request, found: Findings | None, settings: Settings | None = None) -> Briefing:
    """Return the facts of a briefing.

    ``found``: the findings in force, None before the first run. Raises StoreError for a period that begins after the
    ledger's last record and for a request without a section.
    """
    settings, period = settings or ledger.settings, request.period
    last = (ledger.as_of - dt.timedelta(microseconds=1)).date()
    if period.start > last:
        raise StoreError(f"统计期 {period.title} 还没有开始：台账里最新的记录在 {day(last)}")
    e = Evidence(ledger, period, settings, request.subject)
    chosen = [k for k in PARTS if k in (SPECIAL[request.subject[0][0]] if request.subject else request.parts)]
    if not chosen:
        raise StoreError(f"至少选一部分；可选：{'、'.join(t for t, _ in PARTS.values())}")
    sections = tuple(PARTS[k][1](e, found) for k in chosen)
    tables = appendix(e) if request.with_appendix and not request.subject else ()
    if request.subject:
        sections = tuple(replace(s, tables=(), figures=s.figures if s.key == "overall" else ()) for s in sections)
    return Briefing(
        kind=request.kind,
        period=period.key,
        start=period.start,
        end=period.end,
        snapshot=ledger.snapshot.id,
        as_of=ledger.as_of,
        synthetic=ledger.snapshot.synthetic,
        head=_head(e, request, found),
        notices=tuple(_notices(e)),
        sections=sections,
        appendix=not_shown(sections, tables),
        definitions=() if request.subject else definitions(e),
        footer=f"数据快照 {ledger.snapshot.id}；统计时刻 {minute(ledger.as_of)}；口径见{'「指标口径」页' if request.subject else '附件'}",
        facts=tuple(e.facts.values()),
    )


def not_shown(sections: tuple[Section, ...], tables: tuple[Table, ...]) -> tuple[Table, ...]:
    """Return the tables that the text does not show already."""
    shown = {t.id for s in sections for t in s.tables}
    return tuple(t for t in tables if t.id not in shown)


def _head(e: Evidence, request: Request, found: Findings | None) -> Head:
    title = request.title or f"企业诉求办理情况{request.kind}"
    if request.subject and not request.title:
        title = f"关于{subject_name(request.subject, found)}的{request.kind}"
    made = e.ledger.as_of.date()
    return Head(
        title,
        request.period.called(e.ledger),
        request.recipient,
        request.secrecy,
        request.number,
        request.signer,
        request.issuer,
        day(made),
    )


def subject_name(subject: Where, found: Findings | None) -> str:
    """Return how people call the subject of a 专报."""
    (dimension, value), *_ = subject
    if dimension == "issue_type":
        return f"「{printed_name(found, value) if found else value}」一类问题"
    return value


def _notices(e: Evidence) -> list[str]:
    said = []
    if e.ledger.snapshot.synthetic:
        said.append("演示数据：本文件由合成数据生成，企业、人员与数字均为虚构。")
    if e.period.unfinished(e.ledger):
        said.append(f"{e.period.now}未满：数据截至 {minute(e.ledger.as_of)}，与前期比较时前期也只计相同的天数。")
    if suggestions := told(e.ledger):
        said.append(f"台账工单里，{suggestions}。")
    if not e.metric("demand").value:
        said.append(f"{e.period.now}台账中没有受理记录，请核对是否漏导。")
    return said
