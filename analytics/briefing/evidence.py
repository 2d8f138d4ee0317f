"""Metrics as facts: every number that a section prints is evaluated here and keeps its origin."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import cached_property

import pandas as pd

from analytics import model
from analytics.briefing.facts import Fact, Sentence
from analytics.briefing.period import Period
from analytics.ledger import Ledger
from analytics.loop.passing import dragging
from analytics.metrics import CATALOGUE, Slice, compute_many, unmet
from analytics.metrics.beginning import begun, known_since
from analytics.metrics.comparison import Basis, basis, has_changed, is_slight, spreads, step, working_days
from analytics.metrics.measures import ListCoverage, PerOfficer
from analytics.remedies.board import Board, board_of, effects
from analytics.remedies.effect import Effect
from analytics.settings import Settings
from analytics.wording import SLIGHT, SMALL, number

#: A number as it is printed, without sign and unit.
NUMERAL = re.compile(r"\d[\d,]*(?:\.\d+)?")
#: So many overdue cases are looked through for their next step.
EVERY = 1000
Where = tuple[tuple[str, str], ...]


class Evidence:
    """The ledger and period of a briefing, and the facts printed so far."""

    def __init__(self, ledger: Ledger, period: Period, settings: Settings, scope: Where = ()):
        self.ledger, self.period, self.settings = ledger, period, settings
        whole = period.slice.narrowed(**dict(scope))
        previous, year = basis(ledger, whole, "previous", period.before), basis(ledger, whole, "year", period.year_ago)
        self.now, self.before, self.year_ago = previous.now, previous.flows, year.flows
        #: How the period is compared: with the one before and with a year ago, each perhaps refused with its reason.
        self.previous, self.year = previous, year
        self.facts: dict[str, Fact] = {}
        self.sentences = 0
        self._asked: dict[tuple[object, ...], pd.DataFrame] = {}

    def basis(self, slice: Slice) -> Basis:
        """Return how the period is compared with ``before`` or ``year_ago``."""
        return self.year if slice is self.year_ago else self.previous

    def beside(self, code: str, slice: Slice) -> Slice:
        """Return what a metric is compared with for ``before`` or ``year_ago``: of a stock another moment than of flows."""
        found = self.basis(slice).beside(CATALOGUE[code])
        return found if found is not None else slice

    def first_day(self, *scopes: Sequence[tuple[str, object]]) -> dt.date:
        """Return the day that the ledger begins, that types reach where a scope is of them; never, where it is empty."""
        named = {name: "" for scope in scopes for name, _ in scope if name in model.ATTACHED}
        return known_since(self.ledger, self.now.narrowed(**named)) if named else begun(self.ledger) or dt.date.max

    @cached_property
    def dragging(self) -> pd.DataFrame:
        """The overdue cases with their next step, asked once for table and advice (analytics.loop.passing)."""
        return dragging(self.ledger, self.now, EVERY, self.settings)

    @cached_property
    def board(self) -> tuple[Board, dict[str, Effect]]:
        """The board of remedies as it stood at the as-of, and the effects by card, measured once."""
        shown, found = board_of(self.ledger)
        return shown, {card.id: effect for card, effect in effects(self.ledger, found, shown)}

    # -- asking -------------------------------------------------------------------------------

    def can(self, *codes: str) -> bool:
        """Tell whether the ledger holds what the metrics need, and they can be had of this scope."""
        scoped = set(dict(self.now.where)) - {"module"}
        whole_only = scoped and any(isinstance(CATALOGUE[c].measure, PerOfficer | ListCoverage) for c in codes)
        return not whole_only and not any(unmet(code, self.ledger) for code in codes)

    def splits(self, dimension: str) -> bool:
        """Tell whether the ledger holds a dimension and the briefing is not about one of its values."""
        return not self.ledger.lacks((dimension,)) and dimension not in dict(self.now.where)

    def rows(
        self, codes: Sequence[str], slice: Slice, by: tuple[str, ...] = (), grain: str | None = None
    ) -> pd.DataFrame:
        """Return metrics as compute_many does, asked once; those that cannot be had are left out."""
        key = (tuple(codes), slice, by, grain)
        if key not in self._asked:
            known = [c for c in codes if self.can(c)]
            empty = pd.DataFrame(
                columns=["metric", *by, "value", "numerator", "denominator", "low", "high", "n", "small"]
            )
            self._asked[key] = compute_many(known, self.ledger, slice, by, grain, self.settings) if known else empty
        return self._asked[key]

    def row(self, code: str, slice: Slice, where: Where = ()) -> pd.Series:
        """Return one metric of a slice, narrowed to a group; all groups of a dimension are asked at once."""
        if len(where) == 1:
            (name, value), *_ = where
            rows = self.rows((code,), slice, (name,))
            found = rows[rows[name].astype(object) == value]
            if len(found):
                return found.iloc[0]
        narrowed = slice.narrowed(**dict(where)) if where else slice
        return self.rows((code,), narrowed).iloc[0]

    # -- facts --------------------------------------------------------------------------------

    def keep(self, fact: Fact) -> Fact:
        self.facts[fact.id] = fact
        return fact

    def metric(self, code: str, slice: Slice | None = None, part: str = "value", where: Where = ()) -> Fact:
        """Return a metric's value (or numerator, denominator, low, high) as a fact; small rates say 样本不足."""
        slice = slice or self.now
        row, metric = self.row(code, slice, where), CATALOGUE[code]
        unit = metric.unit if part in ("value", "low", "high") else "件"
        value = None if pd.isna(row[part]) else float(row[part])
        text = number(value, unit)
        if row["small"] and part == "value":
            text = f"{SMALL}（{row['n']:.0f} 件）"
        everywhere = tuple((k, "|".join(v)) for k, v in slice.where)
        merged = tuple(sorted((dict(everywhere) | dict(where)).items()))
        id = ".".join([code, part, f"{slice.start}", f"{slice.end}", *(f"{k}={v}" for k, v in merged)])
        return self.keep(
            Fact(id, text, value, unit, "metric", code, part, f"{slice.start}", f"{slice.end}", slice.lag.days, merged)
        )

    def derived(self, op: str, unit: str, value: float, *of: Fact, text: str | None = None) -> Fact:
        """Return a number worked out of others: op is difference, points, percent, share, sum, ratio or per_day."""
        id = f"{op}({','.join(f.id for f in of)})"
        return self.keep(
            Fact(id, text or number(value, unit), value, unit, "derived", op=op, of=tuple(f.id for f in of))
        )

    def given(self, name: str, value: float, unit: str, text: str | None = None) -> Fact:
        """Return what was set or counted outside the ledger's metrics."""
        return self.keep(Fact(f"given.{name}", text or number(value, unit), value, unit, "given"))

    def quoted(self, name: str, text: str, room: str = "analytics.attention") -> list[object]:
        """Return a sentence written by another package as words and facts (``how``: quoted), in their order."""
        pieces: list[object] = []
        end = 0
        for place, match in enumerate(NUMERAL.finditer(text)):
            value = float(match[0].replace(",", ""))
            fact = Fact(f"quoted.{name}.{place}", match[0], value, "", "quoted", op=room)
            pieces += [text[end : match.start()], self.keep(fact)]
            end = match.end()
        return [*pieces, text[end:]]

    def share(self, part: Fact, whole: Fact) -> Fact:
        """Return part ÷ whole as a percentage; of too few cases it says 样本不足."""
        value = (part.value or 0) / whole.value if whole.value else float("nan")
        few = (whole.value or 0) < self.settings.minimum_cases
        return self.derived("share", "%", value, part, whole, text=SMALL if few else None)

    def days(self, slice: Slice) -> Fact:
        """Return the working days of a slice as far as the ledger knows it."""
        count = working_days(slice, self.ledger.as_of)
        return self.given(f"working_days.{slice.start}.{slice.end}", count, "天", f"{count} 个工作日")

    def per_day(self, code: str, slice: Slice, where: Where = ()) -> Fact:
        """Return a flow by working day."""
        count, days = self.metric(code, slice, where=where), self.days(slice)
        return self.derived("per_day", "件", (count.value or 0) / (days.value or 1), count, days)

    # -- changes ------------------------------------------------------------------------------

    def moved(self, code: str, slice: Slice, where: Where = ()) -> str:
        """Say how a metric moved against ``before`` or ``year_ago``.

        增加 12.3%, 上升 1.2 个百分点; what chance gives is 基本持平 when it is slight, else 增加 54.4%（在正常波动以内）.
        """
        now, old = self.row(code, self.now, where), self.row(code, self.beside(code, slice), where)
        if pd.isna(now["value"]) or pd.isna(old["value"]):
            return "无法比较"
        if now["small"] or old["small"]:
            return f"{SMALL}，不作比较"
        if self.changed(code, slice, where):
            return self.step(code, slice, where)
        if is_slight(CATALOGUE[code], now["value"], old["value"], self.basis(slice)):
            return SLIGHT
        return f"{self.step(code, slice, where)}，在正常波动以内"

    def step(self, code: str, slice: Slice, where: Where = ()) -> str:
        """Return the change of a metric in words without regard to chance; by working day where those differ."""
        metric, made = CATALOGUE[code], self.basis(slice)
        now, old = self.metric(code, self.now, where=where), self.metric(code, self.beside(code, slice), where=where)
        told = None if now.value is None or old.value is None else step(metric, now.value, old.value, made)
        if told is None or now.value is None or old.value is None:
            return "持平"
        by_day = made.per_day(metric) and old.value > 0
        if by_day:
            now, old = self.per_day(code, self.now, where), self.per_day(code, slice, where)
        if now.value == old.value or not told.startswith(("+", "-")):
            return "持平"
        assert now.value is not None
        assert old.value is not None
        up, text = now.value > old.value, told.lstrip("+-")
        if metric.unit == "件" and not text.endswith("件"):
            self.derived("percent", "%", (now.value - old.value) / old.value, now, old, text=text)
        else:
            self.derived("difference", metric.unit, now.value - old.value, now, old, text=text)
        words = ("上升", "下降") if metric.unit == "%" else ("延长", "缩短") if metric.is_duration else ("增加", "减少")
        return f"{'每工作日' if by_day else ''}{words[0] if up else words[1]} {text}"

    def changed(self, code: str, slice: Slice, where: Where = ()) -> bool:
        """Tell whether a metric changed by more than noise (see comparison.has_changed)."""
        now, old = self.row(code, self.now, where), self.row(code, self.beside(code, slice), where)
        names, values = tuple(n for n, _ in where), tuple(v for _, v in where)
        made = self.basis(slice)
        spread = spreads(self.ledger, made, names).get(values, 1.0) if code == "demand" else 1.0
        return has_changed(CATALOGUE[code], now, old, made, spread)

    # -- sentences ----------------------------------------------------------------------------

    def say(self, id: str, *parts: object) -> Sentence:
        """Join words and facts to one sentence that knows its facts."""
        used = tuple(dict.fromkeys(p.id for p in parts if isinstance(p, Fact)))
        return Sentence(id, "".join(str(p) for p in parts if p not in (None, "")), used)

    def label(self, dimension: str, value: object) -> str:
        return model.label_of(dimension, value)
