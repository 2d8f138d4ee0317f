"""What an address should list, worked out by the tests' own reading of it: nothing of ``pages`` is used."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from analytics.caselist import ListRequest, count_cases
from analytics.issues import IssueDesk
from analytics.issues.alarm_list import alarms
from analytics.ledger import Ledger, open_ledger
from analytics.metrics import CATALOGUE, Slice, compute, period
from analytics.metrics.measures import Flow
from analytics.store import Store

#: Parameters that say how a list is shown, not which cases.
ORDER = {"sort", "ascending", "compare"}
OWN = {"period", "from", "to", "as_of", "metric", "part", "q", "alarm", *ORDER}


@dataclass(frozen=True)
class Asked:
    """What an address asks for: a ledger as of a day, a slice, a metric and the part of it."""

    ledger: Ledger
    slice: Slice
    metric: str
    part: str
    words: str
    alarm: str = ""


@dataclass(frozen=True)
class Oracle:
    """Answers for the addresses of one store."""

    store: Store

    def asked(self, address: str) -> Asked:
        """Read an address (``/case-list?metric=…``): codes only, as links write them."""
        given = parse_qs(urlsplit(address).query)
        ledger = self._ledger(given.get("as_of", [""])[-1])
        name = given.get("period", ["this_month"])[-1]
        if name == "own":
            start, end = (dt.date.fromisoformat(given[n][-1]) for n in ("from", "to"))
        else:
            start, end = period(name, ledger.as_of)
        where = {n: tuple(v for g in values for v in g.split("|")) for n, values in given.items() if n not in OWN}
        metric, part = given.get("metric", ["demand"])[-1], given.get("part", ["denominator"])[-1]
        return Asked(
            ledger,
            Slice(start, end).narrowed(**where),
            metric,
            part,
            given.get("q", [""])[-1],
            given.get("alarm", [""])[-1],
        )

    def _ledger(self, day: str) -> Ledger:
        as_of = dt.datetime.fromisoformat(day) + dt.timedelta(days=1) if day else None
        return IssueDesk(self.store).attach(open_ledger(self.store, as_of=as_of))

    def cases(self, address: str) -> int:
        """Return how many cases an address names."""
        asked = self.asked(address)
        told = alarms(asked.ledger).set_index("id")["case_nos"] if asked.alarm else {}
        among = tuple(told[asked.alarm]) if asked.alarm else None
        request = ListRequest(asked.metric, asked.part, asked.words, among=among)
        return count_cases(asked.ledger, asked.slice, request)

    def measured(self, address: str) -> int | None:
        """Return the same number as the metric counts it; None where it counts no cases (stays, words searched)."""
        asked = self.asked(address)
        measure = CATALOGUE[asked.metric].measure
        if asked.words or asked.alarm or not isinstance(measure, Flow) or measure.table != "case_facts":
            return None
        row = compute(asked.metric, asked.ledger, asked.slice).iloc[0]
        if not CATALOGUE[asked.metric].is_rate:
            return int(row["value"])
        whole, met = int(row["denominator"]), int(row["numerator"])
        return {"denominator": whole, "numerator": met, "rest": whole - met}[asked.part]
