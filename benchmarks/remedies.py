"""Do the intervals of effects hold, how often is a remedy wrongly praised, how soon is a true one seen?

Worlds of the demo (its arrivals, without the texts) with remedies whose effect is known; every
remedy is judged by ``analytics.remedies.effect.measure`` as the product does, types known.
Writes docs/remedies.csv (one row a remedy) and prints the tables that docs/remedies.md shows. With another first seed
(`python -m benchmarks remedies 9001`) it only prints.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.demo import arrivals, world
from analytics.remedies.effect import HARMED, WORKED, Remedy, measure
from analytics.remedies.series import Daily

END, CASES = dt.date(2026, 11, 24), 60_000
#: The first seed; a run with another one says whether what is documented holds for any.
SEED = 7001
#: World → (how many, what it is): at least four hundred remedies each.
WORLDS = {
    "planted": (60, "演示数据自己的八项措施"),
    "crossed": (40, "效果 × 周数，各类各不相同"),
    "noisy": (50, "各类自己起伏（每周 ±25%，前后周相关）"),
    "drifting": (30, "各类自己逐年下降四成，措施无效"),
    "scoped": (40, "措施只在三成半的街道生效"),
}
LEFT, WEEKS = (0.5, 0.7, 0.85, 1.0), (8, 13, 26, 52)
OUT = Path(__file__).resolve().parent.parent / "docs" / "remedies.csv"


def drawn(seed: int, remedies: dict[int, tuple[dt.date, float]] | None) -> tuple[np.ndarray, dict, set[int]]:
    """Return cases by day × type of one world, its remedies, and the types in which a problem emerges."""
    found = world.problems(seed)
    planted = arrivals.plant(found, END, seed)
    emerging = {found[p].type_no for p in planted.emergences}
    chosen = planted.remedies if remedies is None else remedies
    plants = arrivals.Plants(planted.emergences, chosen)
    at, problem = arrivals.draw(found, plants, END, CASES, seed)
    kinds = np.array([p.type_no for p in found])[problem]
    day = (at.astype("datetime64[D]") - np.datetime64(world.START)).astype(int)
    counts = np.zeros((day.max() + 1, len(world.problem_types())), int)
    np.add.at(counts, (day, kinds), 1)
    return counts, chosen, emerging


def crossed(seed: int, left: tuple[float, ...]) -> dict[int, tuple[dt.date, float]]:
    """Give sixteen types in which nothing emerges a remedy each: every effect with every number of weeks."""
    found = world.problems(seed)
    emerging = {found[p].type_no for p in arrivals.plant(found, END, seed).emergences}
    free = [t for t in range(len(world.problem_types())) if t not in emerging]
    rng = np.random.default_rng([seed, 41])
    cells = [(share, weeks) for share in left for weeks in WEEKS]
    types = rng.permutation(free)[: len(cells)]
    return {int(t): (END - dt.timedelta(weeks=w), s) for t, (s, w) in zip(types, cells, strict=True)}


def own_noise(days: int, rng: np.random.Generator) -> np.ndarray:
    """Return the share of cases kept each day: weekly first-order autoregression (0.5), 25% spread."""
    level = np.zeros(days // 7 + 2)
    for week in range(1, len(level)):
        level[week] = 0.5 * level[week - 1] + rng.normal(0, 0.25 * np.sqrt(1 - 0.25))
    return np.minimum(1, np.exp(np.repeat(level, 7)[:days]) / np.exp(0.5))


def judged(job: tuple[str, int]) -> list[dict[str, object]]:
    """Draw one world, judge all its remedies."""
    name, seed = job
    rng = np.random.default_rng([seed, 42])
    everywhere_left = (1.0,) * 4 if name in ("drifting", "scoped") else LEFT
    counts, remedies, _ = drawn(seed, None if name == "planted" else crossed(seed, everywhere_left))
    inside = None
    if name == "noisy":
        kept = np.column_stack([own_noise(len(counts), rng) for _ in range(counts.shape[1])])
        counts = rng.binomial(counts, kept)
    elif name == "drifting":
        fall = 1 - 0.4 * np.clip(np.arange(len(counts)) / 730, 0, 1)
        for type_no in remedies:
            counts[:, type_no] = rng.binomial(counts[:, type_no], fall)
    elif name == "scoped":
        inside = rng.binomial(counts, 0.35)
        for (type_no, (day, _)), share in zip(list(remedies.items()), np.repeat(LEFT, len(WEEKS)), strict=True):
            since = (day - world.START).days
            lost = inside[since:, type_no] - rng.binomial(inside[since:, type_no], share)
            inside[since:, type_no] -= lost
            counts[since:, type_no] -= lost
            remedies[type_no] = (day, float(share))
    everywhere = Daily(world.START, pd.DataFrame(counts, columns=[f"T{i}" for i in range(counts.shape[1])]))
    scoped = None if inside is None else Daily(world.START, pd.DataFrame(inside, columns=everywhere.counts.columns))
    treated = {f"T{t}" for t in remedies}
    where = (("street", ("示例街道",)),) if scoped else ()
    rows = []
    for type_no, (day, share) in remedies.items():
        effect = measure(Remedy(f"T{type_no}", day, where), everywhere, scoped, treated)
        step = effect.step
        before = counts[max(0, (day - world.START).days - 364) : (day - world.START).days, type_no].mean() * 7
        rows.append(
            {
                "world": name,
                "seed": seed,
                "left": share,
                "weeks": effect.weeks,
                "a_week": round(float(before), 1),
                "ratio": step and round(step.ratio, 4),
                "low": step and round(step.low, 4),
                "high": step and round(step.high, 4),
                "verdict": effect.verdict,
                "doubts": "；".join(c.name for c in effect.doubts),
            }
        )
    return rows


def tables(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables of the documentation: coverage and false praise by world, power by effect and weeks."""
    known = rows.dropna(subset=["ratio"]).copy()
    known["held"] = (known["low"] <= known["left"]) & (known["left"] <= known["high"])
    none = known[known["left"] == 1.0]
    worlds = known.groupby("world").agg(remedies=("held", "size"), coverage=("held", "mean"))
    worlds["no_effect"] = none.groupby("world").size()
    worlds["false_praise"] = none.groupby("world")["verdict"].agg(lambda v: (v == WORKED).mean())
    worlds["false_harm"] = none.groupby("world")["verdict"].agg(lambda v: (v == HARMED).mean())
    cells = known[known["world"] == "crossed"].assign(seen=lambda t: t["verdict"] == WORKED)
    power = cells.pivot_table(index="left", columns="weeks", values="seen")
    busy = cells.assign(busy=pd.cut(cells["a_week"], [0, 5, 10, 1000], labels=["<5", "5–10", ">10"]))
    volume = busy.pivot_table(index="left", columns="busy", values="seen", observed=True)
    return {"worlds": worlds, "power": power, "volume": volume}


def main(arguments: Sequence[str] = ()) -> None:
    """Draw all worlds, judge all remedies, write the rows, print the tables."""
    first = int(arguments[0]) if arguments else SEED
    jobs = [(name, first + number) for name, (many, _) in WORLDS.items() for number in range(many)]
    with ProcessPoolExecutor(2) as pool:
        rows = pd.DataFrame([row for part in pool.map(judged, jobs) for row in part])
    if first == SEED:
        rows.to_csv(OUT, index=False)
    for name, table in tables(rows).items():
        print(f"\n{name}\n{table.round(3).to_string()}")


if __name__ == "__main__":
    main()
