"""Attributes over-represented in a type (根源线索), tested with correction for multiple comparisons."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from analytics import model
from analytics.ledger import Ledger
from analytics.metrics import Slice, compute
from analytics.metrics.moment import Moment
from analytics.metrics.query import anchored, check_reach, within

ATTRIBUTES = ("item_no", "department", "channel", "street", "industry", "size", "lifecycle")
#: First or repeated contact of the enterprise with the centre, over the whole ledger.
CONTACT, FIRST, REPEATED = "contact", "首次来访", "再次来访"
LEAST_CASES, LEAST_RATIO, CHANCE = 5, 1.2, 0.05
COLUMNS = ("attribute", "code", "mine", "mine_all", "rest", "rest_all", "ratio", "excess", "chance")


def signs(ledger: Ledger, slice: Slice, type_id: str) -> pd.DataFrame:
    """Return attributes over-represented in a type against all other cases of the slice, most excess first.

    Columns: COLUMNS. ``mine`` of ``mine_all`` cases of the type have the value, ``rest`` of
    ``rest_all`` others (cases where the attribute is unknown left out); ``ratio`` of the two
    shares, ``excess`` the cases beyond the others' share, ``chance``: one-sided Fisher test,
    Holm-corrected over every value of every attribute looked at. Kept: chance under 5%, five
    cases or more, a fifth more often than others.
    """
    check_reach(ledger, slice, ("issue_type",))
    from scipy.stats import hypergeom  # half a second that the first numbers need not wait for
    from statsmodels.stats.multitest import multipletests

    tables = [_counted(ledger, slice, name) for name in ATTRIBUTES if ledger.share_filled(name)]
    tables.append(contacts(ledger, slice))
    parts = [_against(t, type_id) for t in tables if len(t)]
    looked = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["mine"])
    if looked.empty or looked["mine"].sum() == 0:
        return pd.DataFrame(columns=list(COLUMNS))
    chance = hypergeom.sf(
        looked["mine"] - 1, looked["mine_all"] + looked["rest_all"], looked["mine"] + looked["rest"], looked["mine_all"]
    )
    looked["chance"] = multipletests(chance, method="holm")[1]
    kept = (looked["chance"] < CHANCE) & (looked["mine"] >= LEAST_CASES) & (looked["ratio"] >= LEAST_RATIO)
    return looked.loc[kept, list(COLUMNS)].sort_values("excess", ascending=False, ignore_index=True)


def looked_at(ledger: Ledger) -> list[str]:
    """Return the attributes that the ledger can be asked for, as people call them."""
    return [model.DIMENSIONS[n] for n in ATTRIBUTES if ledger.share_filled(n)] + ["首次或再次来访"]


def _counted(ledger: Ledger, slice: Slice, name: str) -> pd.DataFrame:
    rows = compute("demand", ledger, slice, by=("issue_type", name))
    return pd.DataFrame({"type": rows["issue_type"], "attribute": name, "code": rows[name], "n": rows["value"]})


def contacts(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    """Return type, attribute, code (首次来访, 再次来访), n: has the enterprise written before, ever?

    Cases without an enterprise are left out.
    """
    earlier = _earlier(ledger)
    moment = Moment.of(ledger, slice, ledger.settings)
    facts = anchored(within(ledger.table("case_facts"), ledger, slice, moment, ("issue_type",)), "accepted_at", moment)
    both = facts.select("case_no", "issue_type").inner_join(earlier, "case_no")
    rows = ledger.run(both.group_by("issue_type", "repeated").aggregate(n=both.count()))
    code = np.where(rows["repeated"].to_numpy(bool), REPEATED, FIRST)
    return pd.DataFrame({"type": rows["issue_type"], "attribute": CONTACT, "code": code, "n": rows["n"].astype(float)})


def _earlier(ledger: Ledger) -> ir.Table:
    """Return case_no, repeated: is there an earlier case of the same enterprise?"""
    cases = ledger.table("cases")
    firm = cases.credit_code.fill_null(cases.enterprise)
    named = cases.mutate(firm=firm).filter(firm.notnull(), cases.accepted_at < ibis.timestamp(ledger.as_of))
    order = ibis.window(group_by="firm", order_by=[named.accepted_at, named.case_no])
    return named.select("case_no", repeated=ibis.row_number().over(order) > 0)


def _against(table: pd.DataFrame, type_id: str) -> pd.DataFrame:
    known = table[table["code"].notna()]
    own = known["type"].eq(type_id).fillna(False).to_numpy(bool)
    mine = known[own].groupby("code")["n"].sum()
    rest = known[~own].groupby("code")["n"].sum()
    found = pd.DataFrame({"mine": mine, "rest": rest.reindex(mine.index).fillna(0)}).rename_axis("code").reset_index()
    found["attribute"] = table["attribute"].iloc[0]
    found["mine_all"], found["rest_all"] = mine.sum(), rest.sum()
    usual = found["rest"] / max(float(rest.sum()), 1.0)
    with np.errstate(divide="ignore"):
        found["ratio"] = found["mine"] / found["mine_all"] / usual
    found["excess"] = found["mine"] - usual * found["mine_all"]
    return found
