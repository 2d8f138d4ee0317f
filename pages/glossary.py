"""指标口径: every metric as the catalogue defines it, and whether this ledger can give it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analytics.metrics import CATALOGUE, unmet
from analytics.metrics.comparison import how_compared
from analytics.store import StoreError
from pages.address import inputs
from pages.common import asking

GOOD = {"up": "越高越好", "down": "越低越好", "neutral": "—"}


def table(words: str) -> pd.DataFrame:
    """Return the catalogue as people read it, rows that hold all the words."""
    settings = asking.settings()
    try:
        ledger = asking.ledger()
    except StoreError:
        ledger = None
    rows = [
        {
            "指标": m.name,
            "怎么算": m.described(settings) + "。" + (f"注意：{m.trap}。" if m.trap else ""),
            "单位": m.unit,
            "分子": m.numerator,
            "分母": m.denominator,
            "方向": GOOD[m.good],
            "样本不足": f"分母少于 {m.minimum(settings)}" if m.minimum(settings) else "—",
            "目标": "—"
            if m.code not in settings.targets
            else f"{settings.targets[m.code]:.0%}"
            if m.is_rate
            else f"{settings.targets[m.code]:.0f}",
            "怎么比": how_compared(m),
            "现有台账": (unmet(m.code, ledger) or "可以算") if ledger else "还没有台账",
            "依据": m.source,
            "代码": m.code,
        }
        for m in CATALOGUE.values()
    ]
    frame = pd.DataFrame(rows)
    for word in words.split():
        frame = frame[frame.apply(lambda r, w=word: any(w in str(c) for c in r), axis=1)]
    return frame


st.caption(
    "页面、图、导出与命令行都从这一份目录取数，同一个数只有一种算法。率的区间为 Wilson 95% 区间，时长的中位数按 Kaplan–Meier 估计。"
    "件数每件都算，重复诉求也算，与工单清单相同。"
)
words = inputs.words("查找", "find", placeholder="如：满意、超期、Kaplan")
frame = table(words)
if frame.empty:
    st.info("没有找到。换个词试试。", icon=":material/search_off:")
for _, row in frame.iterrows():
    with st.container(border=True):
        st.markdown(f"**{row['指标']}**　:gray[{row['单位']} · {row['代码']} · {row['方向']}]  \n{row['怎么算']}")
        st.caption(
            f"分子：{row['分子']}　分母：{row['分母']}　样本不足：{row['样本不足']}　目标：{row['目标']}　怎么比：{row['怎么比']}　现有台账：{row['现有台账']}　依据：{row['依据']}"
        )
