"""The documented calibration: recomputed from its rows, and a part of it drawn again."""

from __future__ import annotations

import pandas as pd

from analytics.settings import ROOT
from benchmarks.remedies import OUT, SEED, WORLDS, judged, tables

ROWS = pd.read_csv(OUT)
PAGE = (ROOT / "docs" / "remedies.md").read_text("utf-8")


def test_intervals_hold_and_verdicts_are_seldom_wrong_in_every_world() -> None:
    worlds = tables(ROWS)["worlds"]
    assert set(worlds.index) == set(WORLDS)
    assert (worlds["remedies"] >= 400).all()
    assert worlds["coverage"].between(0.92, 0.98).all()
    assert (worlds[["false_praise", "false_harm"]] <= 0.05).all(axis=None)
    assert ROWS.loc[ROWS["left"] == 1.0, "ratio"].notna().sum() >= 800


def test_the_page_says_what_the_rows_say() -> None:
    for name, row in tables(ROWS)["worlds"].iterrows():
        assert f"| `{name}` | {row['remedies']:.0f} | {row['coverage']:.1%} |" in PAGE
    power = tables(ROWS)["power"]
    for left, row in power.iterrows():
        cells = " | ".join(f"{v:.0%}" for v in row)
        assert f"| 减少 {1 - left:.0%} | {cells} |" in PAGE


def test_a_world_drawn_again_is_the_same() -> None:
    again = pd.DataFrame(judged(("planted", SEED)))
    kept = ROWS[(ROWS["world"] == "planted") & (ROWS["seed"] == SEED)].reset_index(drop=True)
    assert again["verdict"].tolist() == kept["verdict"].tolist()
    pd.testing.assert_series_equal(again["ratio"].astype(float), kept["ratio"], atol=1e-3)
