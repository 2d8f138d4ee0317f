"""Open cases of a type, each with the most similar solved case and its reply (举一反三)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.issues import Findings
from analytics.ledger import Ledger

MOST = 200
#: Closed cases whose replies are looked through, newest first.
MODELS = 4000
COLUMNS = ("case_no", "title", "department", "accepted_at", "due_at", "model", "likeness", "days", "reply")


def alike(ledger: Ledger, found: Findings, type_id: str) -> pd.DataFrame:
    """Return the open cases of a type, soonest due first, with the solved case most like each.

    ``model`` is a case of the type closed in time (or without a limit), not graded 差评 and not
    answered 未解决 at its follow-up, preferably one whose reply is known; ``likeness`` the cosine
    of both texts, ``days`` the working days it took, ``reply`` what it was told. No more than
    MOST rows; a case for which there is no model has none. Empty where the ledger does not say
    when cases were closed.
    """
    if ledger.lacks(("closed",)):  # which cases are open is not known
        return pd.DataFrame(columns=list(COLUMNS))
    facts = ledger.table("case_facts")
    mine = ledger.own(ledger.table(ledger.issues).filter(lambda t: t.issue_type == type_id).select("case_no"))
    own = facts.semi_join(mine, "case_no")
    texts = ledger.table("cases").select("case_no", "title", "reply")
    waiting = own.filter(own.closed_at.isnull()).order_by(own.due_at, own.case_no).limit(MOST)
    opened = ledger.run(
        waiting.select("case_no", "department", "accepted_at", "due_at").inner_join(texts, "case_no")
    ).sort_values(["due_at", "case_no"], ignore_index=True)
    good = own.filter(
        own.closed_at.notnull(),
        own.due_at.isnull() | (own.closed_at <= own.due_at),
        own.grade.isnull() | (own.grade >= 3),
        own.follow_result.isnull() | (own.follow_result != "unsolved"),
    )
    timed = good.select("case_no", "closed_at", days=good.closed_time - good.accepted_time - good.paused_days)
    told = timed.inner_join(texts, "case_no")
    models = ledger.run(told.order_by(told.reply.isnull(), told.closed_at.desc(), told.case_no).limit(MODELS))
    return _matched(found, opened.drop(columns="reply"), _with_replies(models))


def _with_replies(models: pd.DataFrame) -> pd.DataFrame:
    """Keep the cases whose reply is known, where there are any."""
    known = models[models["reply"].notna()]
    return (known if len(known) else models).reset_index(drop=True)


def _matched(found: Findings, opened: pd.DataFrame, models: pd.DataFrame) -> pd.DataFrame:
    place = pd.Series(np.arange(len(found.cases)), index=found.cases["case_no"])
    opened, models = (t[t["case_no"].isin(place.index)].reset_index(drop=True) for t in (opened, models))
    if opened.empty or models.empty:
        return opened.assign(model=None, likeness=np.nan, days=np.nan, reply=None)[list(COLUMNS)]
    likeness = _vectors(found, place[opened["case_no"]]) @ _vectors(found, place[models["case_no"]]).T
    best = likeness.argmax(axis=1)
    chosen = models.iloc[best].reset_index(drop=True)
    return opened.assign(
        model=chosen["case_no"], likeness=likeness.max(axis=1), days=chosen["days"], reply=chosen["reply"]
    )[list(COLUMNS)]


def _vectors(found: Findings, rows: pd.Series) -> np.ndarray:
    kept: np.ndarray = found.run.vectors[rows.to_numpy()].astype(np.float32)
    return kept
