"""The documented calibration: recomputed from its rows, and a part of it drawn again."""

from __future__ import annotations

import pandas as pd

from analytics.settings import ROOT
from benchmarks.remedies import OUT, judged, tables

ROWS = pd.read_csv(OUT)
PAGE = (ROOT / "docs" / "remedies.md").read_text("utf-8")


def test_intervals_hold_and_praise_is_seldom_false() -> None:
    worlds = tables(ROWS)["worlds"]
    planted = worlds.loc["planted"]
    assert planted["remedies"] >= 200
    assert 0.92 <= planted["coverage"] <= 0.98
    none = ROWS[(ROWS["left"] == 1.0) & ROWS["ratio"].notna()]
    assert len(none) >= 200
    assert (none["verdict"] == "明显见效").mean() <= 0.05
    assert (worlds["false_praise"] <= 0.05).all()


def test_the_page_says_what_the_rows_say() -> None:
    for name, row in tables(ROWS)["worlds"].iterrows():
        assert f"| `{name}` | {row['remedies']:.0f} | {row['coverage']:.1%} |" in PAGE
    power = tables(ROWS)["power"]
    for left, row in power.iterrows():
        cells = " | ".join(f"{v:.0%}" for v in row)
        assert f"| 减少 {1 - left:.0%} | {cells} |" in PAGE


def test_a_world_drawn_again_is_the_same() -> None:
    again = pd.DataFrame(judged(("planted", 1)))
    kept = ROWS[(ROWS["world"] == "planted") & (ROWS["seed"] == 1)].reset_index(drop=True)
    assert again["verdict"].tolist() == kept["verdict"].tolist()
    pd.testing.assert_series_equal(again["ratio"].astype(float), kept["ratio"], atol=1e-3)
