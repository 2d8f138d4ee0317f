"""The synthetic ledger, deterministic by seed and as-of, with its planted truths apart."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.demo import arrivals, progress, world
from analytics.demo.texts import Writer
from analytics.model import CHANNELS, TABLES
from analytics.store import Snapshot, Store

CASES = 60_000
ENTERPRISES = 8_000
SEED = 20240701
#: Share of closed cases whose ledger holds the answer.
ANSWERED = 0.7
Progress = Callable[[float, str], None]
_CHANNELS_THEN = np.array([0.34, 0.14, 0.08, 0.03, 0.02, 0.04, 0.25, 0.07, 0.03])
_CHANNELS_NOW = np.array([0.18, 0.22, 0.2, 0.05, 0.03, 0.07, 0.17, 0.06, 0.02])


@dataclass
class DemoLedger:
    """The ledger's tables (name → frame) and the truth that only tests read."""

    tables: dict[str, pd.DataFrame]
    truth: pd.DataFrame
    plants: dict[str, object]


def generate(
    as_of: dt.datetime,
    cases: int = CASES,
    enterprises: int = ENTERPRISES,
    seed: int = SEED,
    progress_to: Progress = lambda share, text: None,
) -> DemoLedger:
    """Make the ledger as it stands at ``as_of``; nothing in it happens at or after that."""
    end = as_of.date()
    found, types = world.problems(seed), world.problem_types()
    plants = arrivals.plant(found, end, seed)
    progress_to(0.05, "正在安排诉求的到来")
    at, problem = arrivals.draw(found, plants, end, cases, seed)
    at, problem = at[at < np.datetime64(as_of)], problem[at < np.datetime64(as_of)]
    people, firms, listed = world.officers(), world.enterprises(seed, enterprises), world.items(seed)
    duty = world.rota(people, end + dt.timedelta(days=14))
    frame = _cases(at, problem, found, types, firms, listed, duty, seed)
    progress_to(0.2, "正在撰写诉求文字")
    _write(frame, found, types, firms, seed, progress_to)
    progress_to(0.7, "正在推演办理过程")
    events = progress.run(frame, people, seed)
    events = events[events["happened_at"] < as_of].reset_index(drop=True)
    _reply(frame, events, found, types, seed)
    ratings = progress.rate(frame, events, as_of, seed)
    writer = Writer(seed + 1)
    ratings["comment"] = [writer.comment(g, late) for g, late in zip(ratings["grade"], ratings["late"], strict=True)]
    tables = {
        "cases": frame,
        "events": events,
        "ratings": ratings,
        "enterprises": firms,
        "departments": world.departments(),
        "officers": people,
        "rota": duty,
        "items": listed,
        "activities": world.activities(seed, end),
        "scenes": world.scenes(seed),
    }
    tables = {n: t[[c for c in TABLES[n].names if c in t]].reset_index(drop=True) for n, t in tables.items()}
    truth = frame[["case_no", "problem_no", "type_no", "repeat_of"]].assign(
        problem=[f"{found[p].target}{found[p].detail}" for p in frame["problem_no"]],
        type=[types[t].name for t in frame["type_no"]],
    )
    return DemoLedger(tables, truth, _planted(plants))


def _cases(
    at: np.ndarray,
    problem: np.ndarray,
    found: tuple[world.Problem, ...],
    types: tuple[world.ProblemType, ...],
    firms: pd.DataFrame,
    listed: pd.DataFrame,
    duty: pd.DataFrame,
    seed: int,
) -> pd.DataFrame:
    rng = np.random.default_rng([seed, 6])
    n = len(at)
    type_no = np.array([p.type_no for p in found])[problem]
    frame = pd.DataFrame({"accepted_at": at.astype("datetime64[us]"), "problem_no": problem, "type_no": type_no})
    day = frame["accepted_at"].dt.normalize()
    frame["case_no"] = day.dt.strftime("YT%Y%m%d") + (frame.groupby(day).cumcount() + 1).astype(str).str.zfill(4)
    frame["module"] = np.array([k.module for k in types])[type_no]
    frame["department"] = np.array([k.department for k in types], dtype=object)[type_no]
    frame["department"] = _shared_out(frame, rng)
    frame["hardness"] = np.array([k.hardness for k in types])[type_no]
    firm = _firms(problem, found, firms, rng)
    frame["repeat_of"] = _repeat(frame, firm, rng)
    for column in ("credit_code", "enterprise", "industry", "size", "street", "chain", "lifecycle"):
        frame[column] = firms[column].to_numpy()[firm]
    age = (at - at[0]) / (at[-1] - at[0])
    mix = _CHANNELS_THEN + (_CHANNELS_NOW - _CHANNELS_THEN) * age[:, None]
    frame["channel"] = np.array(CHANNELS)[
        (rng.random((n, 1)) > mix.cumsum(axis=1) / mix.sum(axis=1, keepdims=True)).sum(axis=1)
    ]
    _assign_items(frame, types, listed, rng)
    _assign_officers(frame, duty, rng)
    frame["contact_name"] = rng.choice(list("赵钱孙李周吴郑王冯陈"), n)
    frame["contact_name"] += "某"
    frame["contact_phone"] = ["154" + f"{d:08d}" for d in rng.integers(0, 10**8, n)]
    return frame


def _shared_out(frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Let one case in four go to another department of the module, so items are shared."""
    department = frame["department"].to_numpy(copy=True)
    moved = rng.random(len(frame)) < 0.25
    for module, choices in world.MODULE_DEPARTMENTS.items():
        mine = moved & (frame["module"].to_numpy() == module)
        department[mine] = rng.choice(np.array(choices, dtype=object), int(mine.sum()))
    return department


def _firms(
    problem: np.ndarray, found: tuple[world.Problem, ...], firms: pd.DataFrame, rng: np.random.Generator
) -> np.ndarray:
    """Choose an enterprise a case: a few ask often, and mostly from the problem's street."""
    weight = rng.pareto(1.6, len(firms)) + 0.2
    anyone = rng.choice(len(firms), len(problem), p=weight / weight.sum())
    street = np.array([p.street for p in found])[problem]
    near = rng.random(len(problem)) < 0.7
    for name in world.STREETS:
        here = np.flatnonzero(firms["street"].to_numpy() == name)
        mine = near & (street == name)
        if len(here):
            anyone[mine] = rng.choice(here, int(mine.sum()), p=weight[here] / weight[here].sum())
    return anyone


def _repeat(frame: pd.DataFrame, firm: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Let one case in fifty be the same enterprise asking again about the same problem."""
    repeat = np.full(len(frame), None, dtype=object)
    last: dict[int, int] = {}
    wish = rng.random(len(frame)) < 0.02
    for i, problem in enumerate(frame["problem_no"]):
        before = last.get(problem)
        if wish[i] and before is not None:
            firm[i], repeat[i] = firm[before], frame["case_no"].iat[before]
        last[problem] = i
    return repeat


def _assign_items(
    frame: pd.DataFrame, types: tuple[world.ProblemType, ...], listed: pd.DataFrame, rng: np.random.Generator
) -> None:
    first = np.array([k.items[0] if k.items else "" for k in types], dtype=object)[frame["type_no"]]
    second = np.array([k.items[1] if k.items else "" for k in types], dtype=object)[frame["type_no"]]
    name = np.where(rng.random(len(frame)) < 0.8, first, second)
    version = np.where(frame["accepted_at"].dt.date < world.SECOND_LIST, "2024年版", "2025年版")
    wanted = pd.DataFrame({"item_name": name, "version": version})
    match = wanted.merge(
        listed[["item_name", "version", "item_no", "promised_days"]], how="left", on=["item_name", "version"]
    )
    unlisted = rng.random(len(frame)) < 0.02
    frame["item_no"] = match["item_no"].mask(unlisted).to_numpy()
    standard = np.array([k.days for k in types])[frame["type_no"]]
    frame["promised_days"] = match["promised_days"].mask(unlisted).fillna(pd.Series(standard)).astype(int).to_numpy()


def _assign_officers(frame: pd.DataFrame, duty: pd.DataFrame, rng: np.random.Generator) -> None:
    """The officer on the rota of that (or the next working) day receives the case."""
    turns = duty.sort_values("day").assign(seat=lambda d: d.groupby(["day", "module"]).cumcount())
    seat = rng.integers(0, world.ON_DUTY, len(frame))
    seat = np.where(frame["module"] == world.OVERLOADED_TEAM, 0, seat)
    asked = frame[["module"]].assign(
        day=frame["accepted_at"].dt.normalize().astype("datetime64[ns]"), seat=seat, order=range(len(frame))
    )
    turns["day"] = turns["day"].astype("datetime64[ns]")
    met = pd.merge_asof(
        asked.sort_values("day", kind="stable"), turns, on="day", by=["module", "seat"], direction="forward"
    )
    met = met.sort_values("order")
    frame["officer_no"] = met["officer_no"].to_numpy()
    home = np.array([world.MODULE_DEPARTMENTS[m][0] for m in frame["module"]], dtype=object)
    frame["first_department"] = np.where(rng.random(len(frame)) < 0.55, frame["department"].to_numpy(), home)


def _write(
    frame: pd.DataFrame,
    found: tuple[world.Problem, ...],
    types: tuple[world.ProblemType, ...],
    firms: pd.DataFrame,
    seed: int,
    progress_to: Progress,
) -> None:
    writer = Writer(seed)
    titles, texts = [], []
    columns = (frame[c].tolist() for c in ("problem_no", "enterprise", "industry", "street"))
    for done, (problem_no, enterprise, industry, street) in enumerate(zip(*columns, strict=True)):
        problem = found[problem_no]
        title, text = writer.case(types[problem.type_no], problem, enterprise, industry, street)
        titles.append(title)
        texts.append(text)
        if done % 5000 == 0:
            progress_to(0.2 + 0.5 * done / len(frame), f"正在撰写诉求文字（{done:,}/{len(frame):,}）")
    frame["title"], frame["content"] = titles, texts


def _reply(
    frame: pd.DataFrame,
    events: pd.DataFrame,
    found: tuple[world.Problem, ...],
    types: tuple[world.ProblemType, ...],
    seed: int,
) -> None:
    """Write what was answered in most cases that are closed."""
    writer, rng = Writer(seed + 2), np.random.default_rng([seed, 11])
    closed = frame["case_no"].isin(events.loc[events["stage"] == "closed", "case_no"]).to_numpy()
    told = closed & (rng.random(len(frame)) < ANSWERED)
    frame["reply"] = [
        writer.reply(types[found[p].type_no], found[p], d) if t else None
        for p, d, t in zip(frame["problem_no"], frame["department"], told, strict=True)
    ]


def _planted(plants: arrivals.Plants) -> dict[str, object]:
    return {
        "emergences": [{"problem_no": p, "first_day": d.isoformat()} for p, d in plants.emergences.items()],
        "remedies": [{"type_no": t, "day": d.isoformat(), "share_left": s} for t, (d, s) in plants.remedies.items()],
        "overloaded_team": world.OVERLOADED_TEAM,
        "hard_department": world.HARD_DEPARTMENT,
        "slow_department": world.SLOW_DEPARTMENT,
    }


def write_store(store: Store, ledger: DemoLedger, now: dt.datetime, keep: int = 30) -> Snapshot:
    """Publish a demo ledger as a snapshot of its own, marked 演示数据; the truth lies beside."""
    batch = f"DEMO-{now:%Y%m%d%H%M%S}"
    with store.draft(keep) as draft:
        for name, frame in ledger.tables.items():
            draft.replace(name, frame, batch)
        draft.record_batch(batch, now, "演示数据", "", len(ledger.tables["cases"]), synthetic=True)
        snapshot = draft.publish(now, "生成演示数据", batch)
    folder = Path(store.folder) / "demo_truth"
    folder.mkdir(exist_ok=True)
    ledger.truth.to_csv(folder / "cases.csv", index=False)
    (folder / "plants.json").write_text(json.dumps(ledger.plants, ensure_ascii=False, indent=1), "utf-8")
    return snapshot
