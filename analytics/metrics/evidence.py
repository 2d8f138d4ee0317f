"""The cases counted by a metric, selected with the conditions that count them."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import pandas as pd
from ibis.expr import types as ir

from analytics.ledger import Ledger
from analytics.metrics.catalogue import CATALOGUE
from analytics.metrics.measures import Duration, Flow, Stock
from analytics.metrics.moment import Moment
from analytics.metrics.query import NotMeasurable, anchored, check_reach, source, within
from analytics.metrics.slices import Slice
from analytics.metrics.stocks import open_cases
from analytics.settings import Settings

#: So many cases are few: named one by one they are found without reading all.
FEW = 200
#: Beside its number, where words are looked for in a case.
SEARCHED = ("title", "content", "enterprise")
PARTS = {"denominator": "分母", "numerator": "分子", "rest": "分母中未达到的"}


def cases_behind(
    metric: str, ledger: Ledger, slice: Slice, part: str = "denominator", settings: Settings | None = None
) -> ir.Table:
    """Return the distinct cases that a metric counts, as an Ibis table with the one column ``case_no`` (string).

    ``part`` is denominator (all that are counted), numerator (those that meet the condition) or rest (those that do not).
    Run it with ``ledger.run``. Raises NotMeasurable for a metric that has no cases of its own (人均…, 清单覆盖率) and for
    types over a period that begins before they reach.
    """
    check_reach(ledger, slice)
    measure = CATALOGUE[metric].measure
    moment = Moment.of(ledger, slice, settings or ledger.settings)
    if isinstance(measure, Stock):
        table = open_cases(measure, ledger, slice, moment)
        chosen = measure.among(table, moment) if measure.among else None
    elif isinstance(measure, Flow | Duration):
        table = anchored(within(source(ledger, measure.table, moment), ledger, slice, moment), measure.anchor, moment)
        chosen = measure.among(table, moment) if measure.among else None
        hit = measure.hit(table, moment) if isinstance(measure, Flow) and measure.hit else None
        if hit is not None and part != "denominator":
            hit = hit.fill_null(False)
            wanted = hit if part == "numerator" else ~hit
            chosen = wanted if chosen is None else chosen & wanted
    else:
        raise NotMeasurable(f"「{CATALOGUE[metric].name}」没有对应的工单列表")
    table = table if chosen is None else table.filter(chosen)
    return table.select("case_no").distinct()


def facts_behind(
    metric: str,
    ledger: Ledger,
    slice: Slice,
    part: str = "denominator",
    settings: Settings | None = None,
    *,
    columns: Sequence[str],
) -> ir.Table:
    """Return columns of the case facts (``case_no`` among them) of the cases that a metric counts (see ``cases_behind``).

    What follows for the facts themselves is said of them too, so that no more is read: a case that is open then has not
    been closed before, and of what is counted by a column of the facts that column lies in the period.
    """
    facts, measure = ledger.table("case_facts"), CATALOGUE[metric].measure
    moment = Moment.of(ledger, slice, settings or ledger.settings)
    if isinstance(measure, Stock):
        facts = facts.filter(facts.closed_at.isnull() | (facts.closed_at >= ibis.timestamp(moment.at)))
    elif isinstance(measure, Flow | Duration) and measure.table == "case_facts":
        facts = anchored(facts, measure.anchor, moment)
    return facts.select(*columns).semi_join(cases_behind(metric, ledger, slice, part, settings), "case_no")


def holding_words(facts: ir.Table, ledger: Ledger, words: str) -> ir.Table:
    """Keep the cases in which every word of ``words`` occurs: in number, title, content or enterprise.

    The one meaning of a search for words. Letters match whatever their case. Adds columns title, content, enterprise.
    """
    table = facts.inner_join(ledger.table("cases").select("case_no", *SEARCHED), "case_no")
    for word in words.split():
        sought = word.lower()
        cased = sought != word.upper()  # Chinese has no case: spare the engine folding every text
        columns = (table[c] for c in ("case_no", *SEARCHED))
        hits = [(c.lower() if cased else c).contains(sought) for c in columns]
        table = table.filter(ibis.or_(*(h.fill_null(False) for h in hits)))
    return table


def with_texts(ledger: Ledger, rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Add texts (columns of the table ``cases``) to few rows with ``case_no``, in their order."""
    named = {f"c{i}": case_no for i, case_no in enumerate(rows["case_no"])}
    wanted = ", ".join(f"${name}" for name in named) or "NULL"
    texts = ledger.run_sql(f"SELECT case_no, {', '.join(columns)} FROM cases WHERE case_no IN ({wanted})", named)
    return rows.merge(texts, on="case_no")
