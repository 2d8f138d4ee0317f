"""All alarms as of one day in one list: known types and problems, and bursts that nobody has found yet, each matter once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from analytics.issues.alarms import FEWEST_WEEKS, GUARD_WEEKS, QUIET_WEEKS, Watched
from analytics.issues.desk import IssueDesk
from analytics.issues.findings import Findings
from analytics.issues.trends import watched
from analytics.ledger import Ledger
from analytics.store import Store, StoreError

if TYPE_CHECKING:
    from analytics.issues.bursts import Bursts

TYPE, PROBLEM, BURST = "type", "problem", "burst"
RISING, HIGH, FALLEN = "正在抬头", "居高不下", "已回落"
LEVEL_NAMES = {PROBLEM: "具体问题", BURST: "未归类的突发", TYPE: "一类问题"}
#: What began within so many weeks is rising; what has been high for longer stays high.
NEW_WEEKS = 8
#: An alarm that is over is told for so many weeks more.
TOLD_WEEKS = 4
#: Two alarms are one matter when the one holds so much of the other.
MOSTLY = 0.5
COLUMNS = [
    "level", "id", "name", "type_id", "since", "last", "observed", "cases", "repeats", "expected", "chance", "state",
    "case_nos",
]  # fmt: skip
_WEEK = pd.Timedelta(weeks=1)


@dataclass(frozen=True)
class Alarm:
    """One alarm: cases (those that repeat others left out) accepted from the week ``since`` on, ``last`` the last week in
    alarm (Mondays), ``expected`` as many as usual in that time, ``chance`` of a false alarm over all that was looked at."""

    level: str
    id: str
    name: str
    since: pd.Timestamp
    last: pd.Timestamp
    expected: float
    chance: float
    state: str
    cases: frozenset[str] = field(repr=False)

    def joined_with(self, other: Alarm, as_of: dt.datetime) -> Alarm:
        """Return this alarm with what another says of the same matter as of the same day."""
        since, last = min(self.since, other.since), max(self.last, other.last)
        return replace(
            self,
            since=since,
            last=last,
            expected=max(self.expected, other.expected),
            chance=min(self.chance, other.chance),
            state=state_of(since, last, pd.Timestamp(as_of)) or FALLEN,
            cases=self.cases | other.cases,
        )


def alarms(ledger: Ledger) -> pd.DataFrame:
    """Return the alarms as of the ledger's day, the newest matter first.

    Columns: level (type, problem, burst), id, name, type_id (of most of its cases, '' for none), since and last (weeks,
    Mondays), observed (cases since then that the alarm was judged by, repeats left out), cases (as many as its list holds,
    repeats in), repeats (of them), expected (float), chance (float), state (正在抬头, 居高不下, 已回落), case_nos (list of str,
    sorted, of all departments: who shows them asks ``Ledger.may_see``).
    """
    ledger = _attached(ledger)
    found = _found(ledger)
    told = sorted(_alarms(ledger), key=lambda a: (a.state == FALLEN, -a.since.value, a.chance, a.id))
    again = _repeats(ledger, found, frozenset().union(*(a.cases for a in told)))
    whole = {a.id: sorted(a.cases.union(again.index[again.isin(a.cases)])) for a in told}
    rows = [
        (
            a.level,
            a.id,
            a.name,
            _type_of(a, found),
            a.since,
            a.last,
            len(a.cases),
            len(whole[a.id]),
            len(whole[a.id]) - len(a.cases),
            a.expected,
            a.chance,
            a.state,
            whole[a.id],
        )
        for a in told
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def cases_of(told: pd.DataFrame, id: str) -> tuple[str, ...]:
    """Return the numbers of an alarm's cases, repeats in, of what ``alarms`` says; none where there is no such alarm now."""
    numbers = told.set_index("id")["case_nos"]
    return tuple(numbers[id]) if id in numbers.index else ()


def name_of(told: pd.DataFrame, id: str) -> str:
    """Return what an alarm is called in what ``alarms`` says, its id where there is none such now."""
    names = told.set_index("id")["name"]
    return str(names[id]) if id in names.index else id


def _repeats(ledger: Ledger, found: Findings | None, cases: frozenset[str]) -> pd.Series:
    """Return which case each repeat of one of the cases repeats (index: case_no), as far as the ledger's day knows it."""
    if found is None or not cases:
        return pd.Series(dtype=object)
    again = found.cases.set_index("case_no")["repeat_of"]
    again = again[again.isin(cases)]
    facts = ledger.table("case_facts")
    known = ledger.whole.run(facts.filter(facts.case_no.isin(again.index.tolist())).select("case_no"))["case_no"]
    return again[again.index.isin(known)]


def rising(ledger: Ledger) -> pd.DataFrame:
    """Return the alarms on single matters (problems and bursts) that began within eight weeks (columns of ``alarms``)."""
    told = alarms(ledger)
    return told[(told["state"] == RISING) & (told["level"] != TYPE)].reset_index(drop=True)


def weeks_lacking(ledger: Ledger) -> int:
    """Return how many more weeks a ledger needs before anything can be told from chance, 0 where there are enough."""
    first = ledger.first_day
    begun = 0 if first is None else (ledger.as_of.date() - first + dt.timedelta(days=first.weekday())).days // 7 + 1
    return max(FEWEST_WEEKS + GUARD_WEEKS + 1 - begun, 0)


def state_of(since: pd.Timestamp, last: pd.Timestamp, as_of: pd.Timestamp) -> str | None:
    """Return the state of an alarm that began in the week ``since`` and was last in alarm in the week ``last``; None: long over."""
    quiet = (as_of - last) // _WEEK - 1
    if quiet >= QUIET_WEEKS:
        return FALLEN if quiet < QUIET_WEEKS + TOLD_WEEKS else None
    return RISING if as_of - since <= NEW_WEEKS * _WEEK else HIGH


@lru_cache(maxsize=8)
def _alarms(ledger: Ledger) -> tuple[Alarm, ...]:
    from analytics.issues.bursts import find_bursts  # scikit-learn: a second that others need not wait

    found = _found(ledger)
    bursts = find_bursts(ledger, found.run if found else None)
    sudden = _of_bursts(bursts, ledger) if bursts else []
    if found is None:
        return tuple(sudden)
    problems = _of_known(ledger, found, PROBLEM)
    matters = _each_once(problems, sudden, found, ledger)
    return (*matters, *_not_explained(_of_known(ledger, found, TYPE), matters))


def _type_of(alarm: Alarm, found: Findings | None) -> str:
    """Return the type that at least half of an alarm's cases lie in, '' where there is none."""
    if found is None:
        return ""
    inside = found.cases[found.cases["case_no"].isin(alarm.cases)]["type_id"].value_counts()
    return str(inside.index[0]) if len(inside) and inside.iloc[0] >= MOSTLY * len(alarm.cases) else ""


def _attached(ledger: Ledger) -> Ledger:
    return ledger if ledger.issues else IssueDesk(Store(ledger.folder), viewer=ledger.viewer).attach(ledger)


def _found(ledger: Ledger) -> Findings | None:
    try:
        return IssueDesk(Store(ledger.folder), viewer=ledger.viewer).findings(ledger) if ledger.issues else None
    except StoreError:  # a damaged run: 一类问题 says what is wrong
        return None


def _told(
    seen: Watched, as_of: pd.Timestamp
) -> Iterable[tuple[str, pd.Timestamp, pd.Timestamp, pd.Timestamp, float, float, str]]:
    """Give of each alarm that is still told: id, since, last, the end of its cases, expected, chance, state."""
    for row in seen.episodes().itertuples():
        state = state_of(row.start, row.last, as_of)
        if state is None:
            continue
        until = row.last if state == FALLEN else seen.counts.index[-1]
        expected = float(seen.expected.loc[row.start : until, row.id].sum())
        yield str(row.id), row.start, row.last, until + _WEEK, expected, float(row.chance), state


def _of_bursts(bursts: Bursts, ledger: Ledger) -> list[Alarm]:
    """Return the bursts in alarm; one is known by its first case."""
    from analytics.issues.burst_names import names_of_bursts  # a model of 90 MB, where there is a burst in alarm only

    told = []
    for id, since, last, until, expected, chance, state in _told(bursts.watched(), pd.Timestamp(ledger.as_of)):
        mine = bursts.members[bursts.members["burst"] == id]
        mine = mine[(mine["accepted_at"] >= since) & (mine["accepted_at"] < until)]
        first = mine.sort_values(["accepted_at", "case_no"])["case_no"].iloc[0]
        told.append(Alarm(BURST, f"B{first}", "", since, last, expected, chance, state, frozenset(mine["case_no"])))
    names = names_of_bursts(ledger, {a.id: a.cases for a in told})
    return [replace(a, name=names[a.id]) for a in told]


def _of_known(ledger: Ledger, found: Findings, level: str) -> list[Alarm]:
    """Return the types or problems in alarm, without those that people said are no problem."""
    table, column = (found.types, "type_id") if level == TYPE else (found.problems, "problem_id")
    told = [
        t for t in _told(watched(ledger, f"issue_{level}"), pd.Timestamp(ledger.as_of)) if _live(found, table, t[0])
    ]
    cases = found.cases[found.cases[column].isin([t[0] for t in told]) & found.cases["repeat_of"].isna()]
    cases = cases.merge(_accepted(ledger, min((t[1] for t in told), default=None)), on="case_no")
    own = {}
    for id, since, _, until, *_ in told:
        inside = (cases[column] == id) & (cases["accepted_at"] >= since) & (cases["accepted_at"] < until)
        own[id, since] = frozenset(cases.loc[inside, "case_no"])
    return [
        Alarm(level, id, str(table.loc[id, "name"]), since, last, expected, chance, state, own[id, since])
        for id, since, last, _, expected, chance, state in told
    ]


def _live(found: Findings, table: pd.DataFrame, id: str) -> bool:
    """Tell whether a group is there and nobody has marked it, or its type, as no problem."""
    if id not in table.index or table.loc[id, "dismissed"]:
        return False
    kind = table.loc[id].get("type_id")
    return not (kind in found.types.index and found.types.loc[kind, "dismissed"])


def _accepted(ledger: Ledger, since: pd.Timestamp | None) -> pd.DataFrame:
    """Return case_no and accepted_at of the cases from a week on."""
    if since is None:
        return pd.DataFrame({"case_no": pd.Series(dtype=object), "accepted_at": pd.Series(dtype="datetime64[ns]")})
    facts = ledger.table("case_facts").select("case_no", "accepted_at")
    return ledger.whole.run(facts.filter(facts.accepted_at >= since.to_pydatetime()))


def _each_once(problems: list[Alarm], bursts: list[Alarm], found: Findings, ledger: Ledger) -> list[Alarm]:
    """Put problems and bursts that are one matter together.

    A burst whose cases lie mostly in one problem, and make most of what came of it, is told as that problem, whether or
    not the problem's own count is in alarm; a problem in alarm that lies mostly in a burst is a part of it.
    """
    told = {p.id: p for p in problems}
    left: list[Alarm] = []
    for burst in bursts:
        home = _home(burst, found, ledger)
        if home is None:
            left.append(burst)
        else:
            known = told.get(home, replace(burst, level=PROBLEM, id=home, name=str(found.problems.loc[home, "name"])))
            told[home] = known.joined_with(burst, ledger.as_of)
    for number, burst in enumerate(left):
        for part in [p for p in told.values() if len(p.cases & burst.cases) >= MOSTLY * len(p.cases)]:
            left[number] = left[number].joined_with(told.pop(part.id), ledger.as_of)
    return [*told.values(), *left]


def _home(burst: Alarm, found: Findings, ledger: Ledger) -> str | None:
    """Return the problem that holds most of a burst's cases and little else of the same weeks, None where there is none."""
    inside = found.cases[found.cases["case_no"].isin(burst.cases)]["problem_id"].value_counts()
    if inside.empty or inside.iloc[0] < MOSTLY * len(burst.cases):
        return None
    home = str(inside.index[0])
    own = found.cases[(found.cases["problem_id"] == home) & found.cases["repeat_of"].isna()]["case_no"]
    lately = own.isin(_accepted(ledger, burst.since)["case_no"]).sum()
    return home if inside.iloc[0] >= MOSTLY * lately and _live(found, found.problems, home) else None


def _not_explained(types: list[Alarm], matters: list[Alarm]) -> list[Alarm]:
    """Leave out the types whose rise is that of matters told already."""
    told: frozenset[str] = frozenset().union(*(m.cases for m in matters))
    return [t for t in types if len(t.cases & told) < MOSTLY * (len(t.cases) - t.expected)]
