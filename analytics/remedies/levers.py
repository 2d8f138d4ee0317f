"""Causes that cases of a type share, and the smallest set of them behind most of the demand.

A lever is one thing that can be changed: a service item, the hand-over between two departments (first receiver → who
acts), a policy text that cases name, a form, a system.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix, csr_matrix, hstack, identity

from analytics.issues import Findings
from analytics.ledger import Ledger
from analytics.metrics.moment import Moment
from analytics.metrics.query import anchored, within
from analytics.metrics.slices import Where
from analytics.remedies.saving import whole_year

KINDS = {"item": "事项", "interface": "部门衔接", "policy": "政策文件", "form": "材料", "system": "系统平台"}
POLICY = re.compile(r"《([^《》]{2,40})》")
FORMS = ("申请表", "登记表", "申报表", "证明", "承诺书", "申请书", "执照", "许可证", "发票")
SYSTEMS = ("系统", "平台", "网站", "小程序")
#: A lever is common ground of a type when it stands behind so much of it.
COMMON = 0.3
LEAST_CASES = 5
MOST_LEVERS = 200
SECONDS = 5.0


@dataclass(frozen=True)
class Ground:
    """Cases of types and the levers behind them.

    ``cases``: type id of each case; ``levers``: kind, value, name; ``hits``: cases × levers.
    """

    cases: pd.Series
    levers: pd.DataFrame
    hits: csr_matrix


def ground(ledger: Ledger, found: Findings, where: Where = ()) -> Ground:
    """Return the levers behind the cases of the last year; types that are no problem are left out."""
    rows = _rows(ledger, found, where)
    parts = [
        _column(rows, "item", rows["item_no"]),
        _column(rows, "interface", _interface(rows)),
        _policies(rows),
        _words(rows, found, "form", FORMS),
        _words(rows, found, "system", SYSTEMS),
    ]
    pairs = pd.concat(parts, ignore_index=True).drop_duplicates()
    levers = pairs[["kind", "value"]].drop_duplicates().sort_values(["kind", "value"], ignore_index=True)
    column = pairs.merge(levers.reset_index(names="column"), on=["kind", "value"])["column"] if len(pairs) else []
    hits = coo_matrix((np.ones(len(pairs)), (pairs["row"], column)), (len(rows), len(levers))).tocsr()
    levers["name"] = _names(ledger, levers)
    return Ground(rows["type_id"], levers, hits)


def _rows(ledger: Ledger, found: Findings, where: Where) -> pd.DataFrame:
    """Return case_no, type_id, place (in the run), item_no, department, first_department, title, content."""
    span = whole_year(ledger, where)
    facts, cases = ledger.table("case_facts"), ledger.table("cases")
    moment = Moment.of(ledger, span, ledger.settings)
    facts = anchored(within(facts, ledger, span, moment), "accepted_at", moment)
    chosen = facts.select("case_no", "item_no", "department", "first_department")
    rows = ledger.whole.run(chosen.inner_join(cases.select("case_no", "title", "content"), "case_no"))
    own = found.cases[["case_no", "type_id"]].assign(place=np.arange(len(found.cases)))
    rows = rows.merge(own[own["type_id"].notna()], on="case_no")
    kept = rows["type_id"].isin(found.types.index[~found.types["dismissed"]])
    return rows[kept].sort_values("case_no", ignore_index=True)


def _column(rows: pd.DataFrame, kind: str, values: pd.Series) -> pd.DataFrame:
    known = values.notna().to_numpy()
    return pd.DataFrame({"row": np.flatnonzero(known), "kind": kind, "value": values[known].to_numpy(object)})


def _interface(rows: pd.DataFrame) -> pd.Series:
    """Return first receiver and acting department, where they differ."""
    handed = rows["first_department"].notna() & rows["department"].notna()
    handed &= rows["first_department"] != rows["department"]
    both = rows["first_department"].astype(object) + " → " + rows["department"].astype(object)
    return both.where(handed, None)


def _policies(rows: pd.DataFrame) -> pd.DataFrame:
    text = rows["title"].fillna("") + "\n" + rows["content"].fillna("")
    named = text[text.str.contains("《", regex=False)].map(lambda t: sorted(set(POLICY.findall(t)))).explode().dropna()
    return pd.DataFrame({"row": named.index.to_numpy(), "kind": "policy", "value": named.to_numpy(object)})


def _words(rows: pd.DataFrame, found: Findings, kind: str, endings: tuple[str, ...]) -> pd.DataFrame:
    """Return the words of a kind (a form, a system) that each case names, as the run has read them."""
    columns = [i for i, word in enumerate(found.run.vocabulary) if word.endswith(endings) and word not in SYSTEMS]
    if not columns or rows.empty:
        return pd.DataFrame({"row": [], "kind": [], "value": []}).astype({"row": int})
    used = found.run.counts[rows["place"].to_numpy()][:, columns].tocoo()
    words = np.array([found.run.vocabulary[c] for c in columns], dtype=object)
    return pd.DataFrame({"row": used.row, "kind": kind, "value": words[used.col]})


def item_names(ledger: Ledger) -> dict[str, str]:
    """Return the newest name of every service item by its number."""
    items = ledger.table("items")
    listed = ledger.run(items.select("item_no", "item_name", "in_force_from").order_by("in_force_from"))
    return dict(zip(listed["item_no"], listed["item_name"], strict=True))


def _names(ledger: Ledger, levers: pd.DataFrame) -> list[str]:
    named = item_names(ledger)
    return [
        f"《{v}》" if k == "policy" else named.get(v, v) if k == "item" else v
        for k, v in zip(levers["kind"], levers["value"].astype(str), strict=True)
    ]


def common(found: Ground) -> pd.DataFrame:
    """Return what each type's cases have in common: id, kind, name, lever (row of levers), cases, of, share.

    Levers behind three tenths of a type's cases or more, the largest share first.
    """
    codes, ids = pd.factorize(found.cases)
    of = np.bincount(codes, minlength=len(ids))
    kinds = csr_matrix((np.ones(len(codes)), (codes, np.arange(len(codes)))), (len(ids), len(codes)))
    counted = (kinds @ found.hits).tocoo()
    table = pd.DataFrame({"id": ids[counted.row], "lever": counted.col, "cases": counted.data, "of": of[counted.row]})
    table["share"] = table["cases"] / table["of"]
    table = table[(table["share"] >= COMMON) & (table["cases"] >= LEAST_CASES)]
    table = table.join(found.levers[["kind", "name"]], on="lever")
    return table.sort_values(["id", "share", "lever"], ascending=[True, False, True], ignore_index=True)


def fewest(found: Ground, share: float, without: Collection[str] = ()) -> pd.DataFrame:
    """Return the smallest set of levers that stands behind ``share`` of the demand, largest part first.

    Columns: kind, name, cases (all behind it), added (not behind one above it), reached (share
    of all so far), types (how many it is common ground of). Only levers that are common ground
    of a type may be chosen; types ``without`` (already on the board) are left out. Exact by
    mixed-integer programming (HiGHS) unless that takes more than some seconds: then the best
    found. Where even all levers cannot reach the share, all that add something.
    """
    kept = ~found.cases.isin(set(without)).to_numpy()
    ground = Ground(found.cases[kept].reset_index(drop=True), found.levers, found.hits[kept])
    if ground.cases.empty:
        return _told(ground, [], pd.Series(dtype=int))
    touching = common(ground)
    types = touching.groupby("lever")["id"].nunique()
    size = pd.Series(np.asarray(ground.hits.sum(axis=0)).ravel()).reindex(types.index)
    candidates = size.nlargest(MOST_LEVERS).index.to_numpy()
    return _told(ground, _cover(ground.hits[:, candidates], candidates, share), types)


def _cover(hits: csr_matrix, candidates: np.ndarray, share: float) -> list[int]:
    """Choose the fewest columns that hit so much of all rows."""
    # A tenth of a second that the first numbers need not wait for.
    from scipy.optimize import Bounds, LinearConstraint, milp

    rows = pd.DataFrame({"key": [tuple(hits.indices[a:b]) for a, b in zip(hits.indptr, hits.indptr[1:], strict=False)]})
    groups = rows["key"].map(lambda k: tuple(sorted(k))).value_counts()
    groups = groups[[len(k) > 0 for k in groups.index]]
    if groups.empty:
        return []
    n, m = len(candidates), len(groups)
    pairs = [(g, c) for g, key in enumerate(groups.index) for c in key]
    inside = csr_matrix((np.ones(len(pairs)), tuple(zip(*pairs, strict=True))), (m, n))
    weights = groups.to_numpy(float)
    target = min(share * hits.shape[0], weights.sum())
    covered = hstack([-inside, identity(m)]).tocsr()
    enough = csr_matrix(np.concatenate([np.zeros(n), weights])[None, :])
    solved = milp(
        # Among equally few, the one that covers most.
        np.concatenate([np.ones(n), -weights / weights.sum() / 2]),
        integrality=np.concatenate([np.ones(n), np.zeros(m)]),
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(covered, -np.inf, 0), LinearConstraint(enough, target - 1e-6, np.inf)],
        options={"time_limit": SECONDS, "mip_rel_gap": 0.01},
    )
    return [] if solved.x is None else [int(c) for c in candidates[solved.x[:n] > 0.5]]


def _told(ground: Ground, chosen: list[int], types: pd.Series) -> pd.DataFrame:
    """Return the chosen levers, each time the one that adds most to those above it."""
    left, total = np.ones(len(ground.cases), dtype=bool), max(len(ground.cases), 1)
    columns = {c: ground.hits[:, [c]].toarray().ravel() > 0 for c in chosen}
    rows, reached = [], 0
    while columns:
        best = max(columns, key=lambda c: (int((columns[c] & left).sum()), -c))
        hit = columns.pop(best)
        added = int((hit & left).sum())
        left &= ~hit
        reached += added
        lever = ground.levers.iloc[best]
        rows.append((lever["kind"], lever["name"], int(hit.sum()), added, reached / total, int(types.get(best, 0))))
    return pd.DataFrame(rows, columns=["kind", "name", "cases", "added", "reached", "types"])
