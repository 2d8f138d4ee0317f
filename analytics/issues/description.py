"""Three sentences on a type: what is asked, of whom and how often; what the answers do; what its cases have in common.

Pure: a frame of the type's cases in, sentences out. Every sentence tells its counts and of how many cases they are;
what a ledger doesn't hold is left out of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from analytics.issues.clauses import act_of
from analytics.issues.recognition import DOCUMENT, PROJECT, recognised
from analytics.issues.texts import plain

#: A share from which something is said to be common to the cases, and the fewest cases that it is said of.
COMMON, FEWEST = 0.15, 3
#: So many cases are read, evenly taken.
READ = 200
#: What an answer does → how it says so. Of an answer that does several, the first counts.
ANSWERS = {
    "说明已办结或已整改": "已(?:经)?(?:整改|解决|处理|办结|办理|完成|修复|清理|拆除|支付|发放|退还|退款|恢复|落实)|现已|整改完毕|处理完毕",
    "说明正在办理或列入计划": "正在|将(?:会|于|在|尽快|继续|进一步)|计划|拟|下一步|近期|预计|启动|责令|督促|要求.{0,12}(?:整改|处理)",
    "解释政策或条件": "根据|依据|按照|规定|政策|条件|标准|办法|细则|文件|流程|材料",
    "请其另向其他单位反映或办理": "请(?:您)?.{0,10}(?:联系|咨询|拨打|前往|向)|可(?:以)?(?:拨打|前往|向)|建议您?.{0,6}(?:向|联系|通过)",
    "说明不予办理或无法办理": "不予|无法|不能|不符合|暂不|不具备|不属于",
}
ASKED, ANSWERED, SHARED = "asked", "answered", "shared"
UNTOLD = "从字面看不出做了什么的"
_PAPER = re.compile(
    r"[\u4e00-\u9fff]{1,6}(?:证明|证书|许可证|执照|合同|发票|申请表|批文|批复|备案表|鉴定书|产权证|房产证|身份证)"
)
_FIELDS = {
    "item_name": "事项",
    "item_no": "事项",
    "department": "承办部门",
    "street": "街道",
    "industry": "行业",
    "channel": "渠道",
}


def describe(
    cases: pd.DataFrame,
    keywords: Sequence[str] = (),
    enterprises: Sequence[str] = (),
    every: pd.Series | None = None,
) -> list[str]:
    """Return the sentences that can be said of a type's cases (see ``told``)."""
    return list(told(cases, keywords, enterprises, every).values())


def told(
    cases: pd.DataFrame,
    keywords: Sequence[str] = (),
    enterprises: Sequence[str] = (),
    every: pd.Series | None = None,
) -> dict[str, str]:
    """Return what can be said of a type's cases: ASKED, ANSWERED, SHARED → a sentence each; what cannot be said is left out.

    ``cases``: one row a case: title, content, accepted_at (datetime) and, where the ledger has them, reply, department,
    item_name, street, industry, channel. ``keywords``: those of the type, best first, to say how many cases hold them.
    ``every``: when each of the type's cases was accepted (datetime), where ``cases`` are only some of them.
    """
    if cases.empty:
        return {}
    every = cases["accepted_at"] if every is None else every
    said = {ASKED: _asked(cases, every), ANSWERED: _answered(cases), SHARED: _shared(cases, keywords, enterprises)}
    if len(cases) < len(every):
        sampled = f"在均匀抽看的 {len(cases):,} 件里，"
        said |= {k: sampled + said[k] for k in (ANSWERED, SHARED) if said[k]}
    return {k: s for k, s in said.items() if s}


def _asked(cases: pd.DataFrame, every: pd.Series) -> str:
    read = _thinned(cases)
    acts = pd.Series([act_of_text(t, x) for t, x in zip(read["title"], read["content"], strict=True)])
    told = acts[acts != ""].value_counts()
    kinds = "、".join(f"{act} {n} 件" for act, n in told.items())
    sentence = f"{_day(every.min())}至{_day(every.max())}共 {len(every):,} 件，{_rhythm(every)}"
    if kinds:
        sentence += f"；读 {len(read)} 件，写明来意的 {int(told.sum())} 件中，{kinds}"
    of_whom = _largest(cases, "department")
    some = f"均匀抽看 {len(cases):,} 件，" if len(cases) < len(every) else ""
    return sentence + (f"；{some}{of_whom}" if of_whom else "") + "。"


def act_of_text(title: object, content: object) -> str:
    """Return what a case does (咨询, 投诉, 诉求), told by its title, else by the beginning of its text."""
    for text in (plain(_text(title)), plain(_text(content))[:80]):
        words = [
            w
            for w in ("咨询", "请问", "投诉", "举报", "希望", "建议", "请求", "恳请", "求助", "吗", "怎么办", "如何")
            if w in text
        ]
        if act := act_of(words):
            return act
    return ""


def _rhythm(days: pd.Series) -> str:
    weeks = max((days.max() - days.min()).days / 7, 1.0)
    often = len(days) / weeks
    return f"平均每周 {often:.1f} 件" if often >= 1 else f"平均每月 {often * 30.44 / 7:.1f} 件"


def _largest(cases: pd.DataFrame, column: str) -> str:
    if column not in cases or cases[column].notna().sum() < FEWEST:
        return ""
    counted = cases[column].dropna().astype(str).value_counts()
    first = counted[counted == counted.iloc[0]].sort_index().index[0]
    return f"{_FIELDS[column]}最多的是{first}（{counted.iloc[0]:,} 件，占写明的 {int(counted.sum()):,} 件的 {counted.iloc[0] / counted.sum():.0%}）"


def _answered(cases: pd.DataFrame) -> str:
    if "reply" not in cases:
        return ""
    replies = cases["reply"].dropna().astype(str).map(plain)
    replies = replies[replies != ""]
    if len(replies) < FEWEST:
        return ""
    read = replies.iloc[:: max(len(replies) // READ, 1)]
    done = pd.Series([next((does for does, says in ANSWERS.items() if re.search(says, r)), UNTOLD) for r in read])
    counted = done.value_counts()
    ordered = [does for does in counted.index if does != UNTOLD] + [UNTOLD] * (UNTOLD in counted)
    told = "、".join(f"{does} {counted[does]} 件" for does in ordered)
    return f"{len(cases):,} 件中 {len(replies):,} 件有答复；读 {len(read)} 件，{told}。"


def _shared(cases: pd.DataFrame, keywords: Sequence[str], enterprises: Sequence[str]) -> str:
    """Return what many cases have in common: words, item, street, industry, paper, system, document."""
    told = [t for t in (_largest(cases, c) for c in ("item_name", "street", "industry")) if t]
    told += _held(cases, keywords)
    told += _named_in_texts(_thinned(cases), enterprises)
    return f"共同之处：{'；'.join(told)}。" if told else ""


def _held(cases: pd.DataFrame, keywords: Sequence[str]) -> list[str]:
    texts = [_text(t) + _text(x) for t, x in zip(cases["title"], cases["content"], strict=True)]
    counted = [(sum(word in text for text in texts), word) for word in keywords]
    common = [f"“{word}”（{n:,} 件）" for n, word in counted if n >= max(FEWEST, COMMON * len(texts))][:3]
    return [f"{len(texts):,} 件中说到{'、'.join(common)}"] if common else []


def _named_in_texts(read: pd.DataFrame, enterprises: Sequence[str]) -> list[str]:
    texts = [f"{plain(_text(t))}。{plain(_text(x))[:300]}" for t, x in zip(read["title"], read["content"], strict=True)]
    names = recognised([plain(_text(t)) for t in read["title"]], enterprises)
    names = names[names["kind"].isin((DOCUMENT, PROJECT))]
    found = {
        "材料": pd.Series([p for t in texts for p in sorted({_paper(m) for m in _PAPER.findall(t)})], dtype=object)
    }
    found["系统、平台或文件"] = names.drop_duplicates(["row", "name"])["name"]
    least = max(FEWEST, COMMON * len(read))
    told = []
    for kind, values in found.items():
        common = values.value_counts()
        common = common[common >= least].sort_index().sort_values(ascending=False, kind="stable")[:2]
        if len(common):
            listed = "、".join(f"{v}（{n} 件）" for v, n in common.items())
            told.append(f"读 {len(read)} 件，提到的{kind}有{listed}")
    return told


def _paper(found: str) -> str:
    """Return the paper without the words before it: 没有拿到房产证 → 房产证."""
    ends = re.search(
        r"(?:[\u4e00-\u9fff]{2})?(?:证明|证书|许可证|执照|合同|发票|申请表|批文|批复|备案表|鉴定书)$|产权证$|房产证$|身份证$",
        found,
    )
    return ends[0] if ends else found


def _thinned(cases: pd.DataFrame) -> pd.DataFrame:
    return cases.iloc[:: max(-(-len(cases) // READ), 1)]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _day(moment: pd.Timestamp) -> str:
    return f"{moment.year}年{moment.month}月{moment.day}日"
