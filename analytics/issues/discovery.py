"""One run of discovery: texts of the ledger in, types and problems with lasting ids out."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import scipy.sparse as sp

from analytics.issues import names
from analytics.issues.answers import Answer, Said
from analytics.issues.constraints import Constraints
from analytics.issues.corpus import Corpus, count_words
from analytics.issues.embedding import Embed
from analytics.issues.found import Found
from analytics.issues.group_evidence import Group
from analytics.issues.group_names import GroupName, name_groups
from analytics.issues.identity import Matched, match
from analytics.issues.kinds import centres_of, find_kinds, sample_units, units_of
from analytics.issues.layout import lay_out
from analytics.issues.problems import problems_of
from analytics.issues.questions import questions_of
from analytics.issues.reach import known_from, since
from analytics.issues.repeats import repeats_of
from analytics.issues.space import centred
from analytics.ledger import Ledger
from analytics.store.runs import PROBLEM, TYPE, Run, RunFiles

Progress = Callable[[float, str], None]
RECENT_DAYS = 56
TEXTS = (
    "SELECT case_no, title, content, accepted_at,"
    " coalesce(credit_code, contact_phone, enterprise, contact_name) AS sender FROM cases WHERE {} ORDER BY case_no"
)
#: A problem is named from so many of its most typical cases, a type from so many of its problems and single cases.
READ_OF_PROBLEM, READ_OF_TYPE = 10, 120
#: Kinds are found by so many cases of a matter.
MOST_OF_MATTER = 20


def discover(
    ledger: Ledger,
    constraints: Constraints,
    most: int,
    previous: Run | None = None,
    progress: Progress = lambda share, text: None,
    embed: Embed | None = None,
) -> RunFiles:
    """Find the types and problems of a ledger's cases (the newest ``most``, in whole weeks), as files of a run to publish.

    The same ledger, decisions and previous run give the same result; the order of rows in the
    ledger does not matter.
    """
    begun = time.monotonic()
    progress(0.02, "正在读取诉求文字")
    first = since(ledger, most)
    texts = ledger.duckdb.frame(TEXTS.format(known_from(first)))
    progress(0.08, f"正在分词（{len(texts):,} 件）")
    corpus = count_words(list(zip(texts["title"], texts["content"], strict=True)))
    found = find(texts, corpus, ledger.as_of, constraints.answers, progress, embed)
    before = _before(texts, previous)
    progress(0.75, "正在与上次的类型对应")
    ids, kinds = _identify_kinds(found, before, constraints, previous)
    matter_ids, matters = _identify_matters(found, before, previous)
    progress(0.88, "正在命名")
    firms = ledger.duckdb.frame("SELECT DISTINCT enterprise FROM cases WHERE enterprise IS NOT NULL")["enterprise"]
    groups = _lasting_names(_described(found, ids, matter_ids, constraints, kinds, firms), previous)
    progress(0.96, "正在画出分布")
    card = {
        "snapshot": ledger.snapshot.id,
        "synthetic": ledger.snapshot.synthetic,
        "as_of": ledger.as_of.isoformat(),
        "since": first.isoformat() if first else None,
        "cases": len(texts),
        "types": len(ids),
        "problems": len(matter_ids),
        "unassigned": int((found.kind < 0).sum()),
        "repeats": int((found.first >= 0).sum()),
        "highest_type": _highest(ids, previous, "highest_type"),
        "highest_problem": _highest(matter_ids, previous, "highest_problem"),
        "changes": {TYPE: _changes(kinds), PROBLEM: _changes(matters)},
        "answers": len(constraints.answers),
        "questions": questions_of(found, ids, groups.set_index("id")["typical"]),
        "seconds": 0.0,
    }
    files = as_files(found, ids, matter_ids, groups, card)
    card["seconds"] = round(time.monotonic() - begun, 2)
    return files


def find(
    texts: pd.DataFrame,
    corpus: Corpus,
    as_of: dt.datetime,
    answers: Sequence[Answer] = (),
    progress: Progress = lambda share, text: None,
    embed: Embed | None = None,
) -> Found:
    """Find matters over the whole ledger, then the kinds that they are of; a repeated case follows its first."""
    at, pairs = texts["accepted_at"].to_numpy(), list(zip(texts["title"], texts["content"], strict=True))
    first = repeats_of(corpus.counts, texts["sender"], at)
    told = Said.of(answers, texts["case_no"], first)
    once = np.flatnonzero(first < 0)
    progress(0.2, "正在分辨具体问题")
    matter = np.full(len(texts), -1, dtype=np.int64)
    matters = problems_of(corpus.part(once), [pairs[r] for r in once], at[once], told.among(once))
    matter[once] = matters.found
    repeated = first >= 0
    _number_repeated(matter, first[repeated])
    progress(0.5, "正在寻找类型")
    meaning = embed(pairs) if embed else None
    centre = None if meaning is None else meaning.mean(axis=0)
    meaning = centred(meaning, centre)
    late = at[once] >= np.datetime64(as_of - pd.Timedelta(days=RECENT_DAYS))
    sampled = _sample(matter[once], late, np.isin(once, told.rows))
    rows = once[sampled]
    unit = units_of(matter[rows])
    read = [pairs[r] for r in rows]
    kinds, found, piece = find_kinds(
        corpus.counts[rows], read, unit, None if meaning is None else meaning[rows], told.among(rows).kinds
    )
    progress(0.6, "正在给每件诉求归类")
    kind, _, vectors = kinds.tell(corpus.counts, meaning)
    kind[rows] = np.where(found >= 0, found, kind[rows])
    matter[repeated], kind[repeated] = matter[first[repeated]], kind[first[repeated]]
    kind = _as_their_matter(kind, matter)
    doubts = [replace(d, one=int(once[d.one]), other=int(once[d.other])) for d in matters.doubts]
    pieces = np.full(len(texts), -1, dtype=np.int64)
    pieces[rows] = piece
    return Found(texts, corpus, kinds, vectors, kind, matter, np.zeros(len(texts)), first, told, doubts, pieces, centre)


def _number_repeated(matter: np.ndarray, first: np.ndarray) -> None:
    """Make a matter of each case alone that was said again: its repeats belong to it."""
    alone = np.unique(first[matter[first] < 0])
    matter[alone] = matter.max(initial=-1) + 1 + np.arange(len(alone))


def _sample(matter: np.ndarray, late: np.ndarray, told: np.ndarray) -> np.ndarray:
    """Return the places of cases to find kinds by: of a large matter the first few, and all that people ``told`` of."""
    unit = units_of(matter)
    newest = np.zeros(int(unit.max(initial=-1)) + 1, dtype=bool)
    newest[unit[late]] = True
    wanted = np.union1d(sample_units(len(newest), np.flatnonzero(newest)), unit[told])
    place = pd.Series(unit).groupby(unit).cumcount().to_numpy()
    found: np.ndarray = np.flatnonzero(np.isin(unit, wanted) & ((place < MOST_OF_MATTER) | told))
    return found


def _as_their_matter(kind: np.ndarray, matter: np.ndarray) -> np.ndarray:
    """Return kinds with all cases of a matter in the kind of most of them (the earlier number where even)."""
    inside = np.flatnonzero(matter >= 0)
    if not len(inside):
        return kind
    votes = pd.DataFrame({"matter": matter[inside], "kind": kind[inside]}).groupby(["matter", "kind"]).size()
    most = votes.rename("n").reset_index().sort_values(["matter", "n", "kind"], ascending=[True, False, True])
    home = most.drop_duplicates("matter").set_index("matter")["kind"]
    result = kind.copy()
    result[inside] = home.reindex(matter[inside]).to_numpy()
    return result


def _before(texts: pd.DataFrame, previous: Run | None) -> pd.DataFrame:
    """Return kind and matter of each case in the run before, None where it had none."""
    if previous is None:
        return pd.DataFrame({"kind": None, "matter": None}, index=range(len(texts)), dtype=object)
    old = previous.cases.set_index("case_no")[["kind", "matter"]].reindex(texts["case_no"])
    return old.astype(object).where(old.notna(), None).reset_index(drop=True)


def _identify_kinds(
    found: Found, before: pd.DataFrame, constraints: Constraints, previous: Run | None
) -> tuple[list[str], Matched]:
    """Give kinds their ids, hold what people have pinned, and part what they have split."""
    matched = match(before["kind"], found.kind, "T", _number(previous, "highest_type"))
    ids = list(matched.ids)
    own = np.array([*ids, None], dtype=object)[found.kind]
    own = constraints.held(own, before["kind"].to_numpy(dtype=object))
    own = constraints.parted(own, before["kind"].to_numpy(dtype=object), found.texts["case_no"], found.vectors)
    present = list(dict.fromkeys([*ids, *sorted({i for i in own if i is not None} - set(ids))]))
    present = [i for i in present if (own == i).any()]
    number = {i: n for n, i in enumerate(present)}
    found.kind = np.array([number.get(i, -1) for i in own], dtype=np.int64)
    found.kinds = replace(found.kinds, centres=centres_of(found.vectors, found.kind))
    found.confidence = found.kinds.confidence_in(found.vectors, found.kind)
    return present, matched


def _identify_matters(found: Found, before: pd.DataFrame, previous: Run | None) -> tuple[list[str], Matched]:
    """Give matters their ids."""
    matched = match(before["matter"], found.matter, "P", _number(previous, "highest_problem"))
    return matched.ids, matched


def _described(
    found: Found,
    ids: list[str],
    matter_ids: list[str],
    constraints: Constraints,
    kinds: Matched,
    enterprises: Iterable[str],
) -> pd.DataFrame:
    """Return one row a type and a problem: id, level, name, plain, failed, keywords, typical cases, joined."""
    uses = (found.corpus.counts > 0).astype(np.float32).tocsr()
    usual = np.asarray(uses.mean(axis=0)).ravel()
    sizes = np.bincount(found.matter[found.matter >= 0], minlength=1)
    # A type is called by what its problems share: a large problem counts as much as a single case.
    once = np.where(found.matter >= 0, 1 / np.maximum(sizes[found.matter], 1), 1.0)
    types = _described_level(found, uses, found.kind, ids, usual, once)
    types["level"] = TYPE
    types["joined"] = [constraints.joined(i, kinds.came_from.get(i)) for i in ids]
    problems = _described_level(found, uses, found.matter, matter_ids, usual, np.ones(len(once)))
    problems["level"], problems["joined"] = PROBLEM, None
    groups = pd.concat([types, problems], ignore_index=True)
    named = name_groups(
        [_read(found, level, rows) for level, rows in zip(groups["level"], groups.pop("rows"), strict=True)],
        enterprises,
    )
    groups["plain"], groups["failed"] = [n.plain for n in named], [list(n.failed) for n in named]
    groups["name"] = [n.name for n in named]
    groups["name"] = _told_apart(groups, named)
    return groups


def _told_apart(groups: pd.DataFrame, named: Sequence[GroupName]) -> pd.Series:
    """Return names that differ within a level: a type's takes one of its topics along, a problem's a keyword."""
    more = [
        list(n.topics) if level == TYPE else k
        for n, level, k in zip(named, groups["level"], groups["keywords"], strict=True)
    ]
    names_of = groups["name"].copy()
    for level in (TYPE, PROBLEM):
        own = np.flatnonzero(groups["level"] == level)
        names_of.iloc[own] = names.told_apart(groups["name"].iloc[own].tolist(), [more[i] for i in own])
    return names_of


def _read(found: Found, level: str, rows: np.ndarray) -> Group:
    """Return the titles and texts from which a group is named."""
    texts = found.texts
    return Group(
        level, texts["title"].to_numpy(object)[rows].tolist(), texts["content"].to_numpy(object)[rows].tolist()
    )


def _lasting_names(groups: pd.DataFrame, previous: Run | None) -> pd.DataFrame:
    """Let a type or problem that was there before keep its automatic name: people know it by that."""
    if previous is None or "failed" not in previous.groups:  # named by an older program, which nobody checked
        return groups
    known = previous.groups.set_index("id")
    stays = groups["id"].isin(known.index)
    for column in ("name", "plain", "failed"):
        groups.loc[stays, column] = groups.loc[stays, "id"].map(known[column])
    return groups


def _described_level(
    found: Found, uses: sp.csr_matrix, group: np.ndarray, ids: list[str], usual: np.ndarray, weight: np.ndarray
) -> pd.DataFrame:
    """Return one row a group: id, keywords, typical cases, and the rows from which it is named."""
    vocabulary = found.corpus.vocabulary
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(len(ids) + 1))
    titles, numbers = found.texts["title"].to_numpy(object), found.texts["case_no"].to_numpy(object)
    made: dict[str, list[object]] = {"id": list(ids), "keywords": [], "typical": [], "rows": []}
    for number in range(len(ids)):
        rows = order[bounds[number] : bounds[number + 1]]
        typical = names.typical(found.vectors, rows, READ_OF_PROBLEM)
        share = np.asarray(uses[rows].T @ weight[rows]).ravel() / weight[rows].sum()
        made["keywords"].append(names.keywords(share, usual, vocabulary))
        made["typical"].append(_three(typical, titles, numbers))
        made["rows"].append(typical if group is found.matter else _one_of_each(rows, found.matter))
    return pd.DataFrame(made)


def _one_of_each(rows: np.ndarray, matter: np.ndarray) -> np.ndarray:
    """Return one row of every problem and all single cases, evenly thinned: they tell what a type is about."""
    _, first = np.unique(matter[rows], return_index=True)
    single = np.flatnonzero(matter[rows] < 0)
    once = rows[np.union1d(first, single)]
    return once[np.linspace(0, len(once) - 1, min(len(once), READ_OF_TYPE)).astype(int)]


def _three(rows: np.ndarray, titles: np.ndarray, numbers: np.ndarray) -> list[str]:
    """Return the numbers of the most typical cases, no two with the same title."""
    chosen: dict[object, str] = {}
    for row in rows:
        chosen.setdefault(titles[row], str(numbers[row]))
    return list(chosen.values())[: names.TYPICAL]


def as_files(
    found: Found, ids: list[str], matter_ids: list[str], groups: pd.DataFrame, card: dict[str, object]
) -> RunFiles:
    """Return what a run leaves behind; words that count for no type are left out of its model."""
    places = lay_out(found.vectors, found.kind, found.kinds.centres)
    numbers = found.texts["case_no"].to_numpy(object)
    cases = pd.DataFrame(
        {
            "case_no": numbers,
            "kind": np.array([*ids, None], dtype=object)[found.kind],
            "matter": np.array([*matter_ids, None], dtype=object)[found.matter],
            "confidence": found.confidence.astype(np.float32),
            "repeat_of": np.where(found.first >= 0, numbers[np.maximum(found.first, 0)], None),
            "x": places[:, 0],
            "y": places[:, 1],
        }
    )
    everywhere = np.bincount(found.corpus.counts.indices, minlength=found.corpus.counts.shape[1])
    model: dict[str, np.ndarray] = {
        "weights": found.kinds.space.weights.astype(np.float32),
        "axes": found.kinds.space.axes.astype(np.float16),
        "centres": found.kinds.centres,
        "kinds": np.array(ids, dtype=str),
        "sharpness": np.array([found.kinds.sharpness]),
        "everywhere": everywhere,
    }
    if found.meaning_centre is not None:
        model["meaning_centre"] = found.meaning_centre
    return RunFiles(
        card, cases, groups, found.corpus.counts, found.vectors.astype(np.float16), found.corpus.vocabulary, model
    )


def _changes(matched: Matched) -> dict[str, list[str]]:
    return {k: getattr(matched, k) for k in ("born", "grown", "split", "merged", "vanished")}


def _number(previous: Run | None, name: str) -> int:
    return int(str(previous.card[name])) if previous else 0


def _highest(ids: list[str], previous: Run | None, name: str) -> int:
    own = max((int(i[1:]) for i in ids if i[1:].isdigit()), default=0)
    return max(own, _number(previous, name))
