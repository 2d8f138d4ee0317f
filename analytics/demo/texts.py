"""What enterprises write: the same matter in many words, lengths and slips."""

from __future__ import annotations

import random

from analytics.demo.world import Problem, ProblemType

OPENINGS = (
    "",
    "",
    "",
    "您好，",
    "尊敬的领导：",
    "领导好！",
    "反映一个问题：",
    "咨询一下，",
    "你好，我是{e}的，",
    "我公司是{e}，",
    "我们单位在{st}，",
    "本人系{e}负责人，",
    "麻烦问下，",
)
BACKGROUNDS = (
    "",
    "",
    "",
    "我们是做{i}的小企业，",
    "公司成立不到{n}年，",
    "员工{n}多人，",
    "目前正是旺季，",
    "这件事已经拖了{n}周，",
    "前后跑了{n}趟，",
)
EFFECTS = (
    "",
    "",
    "影响很大。",
    "耽误了生产经营。",
    "资金压力很大。",
    "员工意见也很多。",
    "客户已经在催了。",
    "一天损失好几千。",
    "已经影响投标。",
    "再拖下去只能停业。",
)
CLOSINGS = (
    "",
    "",
    "谢谢！",
    "盼复。",
    "望尽快答复。",
    "感谢支持。",
    "请予以解决，谢谢。",
    "恳请领导重视！",
    "期待回复",
)
TITLES = (
    "{s}问题",
    "关于{s}的诉求",
    "{o}{s}",
    "{d}怎么办",
    "咨询{s}（{d}）",
    "反映{o}{d}",
    "{s}：{d}",
    "求助{s}",
    "{o}的{d}",
)
SLIPS = (
    ("账", "帐"),
    ("的", "得"),
    ("已经", "己经"),
    ("需要", "须要"),
    ("，", " "),
    ("没有", "没"),
    ("申请", "申清"),
    ("在", "再"),
    ("请", "清"),
    ("。", "！！"),
)
VARIANTS = (
    ("两个月", "快两个月"),
    ("三次", "好几次"),
    ("没有人", "没人"),
    ("企业", "公司"),
    ("我们", "我司"),
    ("一直", "始终"),
    ("现在", "目前"),
    ("不知道", "不清楚"),
    ("尽快", "抓紧"),
    ("告知", "说明"),
)

REPLIES = (
    "经{dep}核实，您反映的{s}（{d}）情况属实，{how}。",
    "您好，{o}{d}的问题已由{dep}办理完毕：{how}。",
    "就{s}一事，{dep}已与贵单位联系，{how}。感谢支持。",
    "{dep}答复：{how}；{d}今后照此办理。",
)
HOWS = (
    "已一次性书面告知所需材料和办理时限，补齐后当日受理",
    "已会同{o}现场核对，差错部分已更正",
    "已召集有关科室会商，明确由本部门牵头到底",
    "已按政策口径出具书面答复，并附依据条款",
    "已安排专人全程代办，{d}按容缺办理",
    "已约谈{o}，对方承诺整改并书面反馈",
)


class Writer:
    """Writes titles, texts and comments from one seeded stream."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def case(
        self, issue_type: ProblemType, problem: Problem, enterprise: str, industry: str, street: str
    ) -> tuple[str, str]:
        """Return the title and the text of one case."""
        pick = self.random.choice
        words = {
            "o": self._target(problem.target),
            "s": pick(issue_type.subjects),
            "d": problem.detail,
            "e": enterprise,
            "i": industry,
            "st": street,
            "n": self.random.randint(2, 9),
        }
        facts = self.random.sample(issue_type.facts, self.random.choice((1, 1, 2, 2, 3)))
        ask = self.random.sample(issue_type.asks, self.random.choice((1, 1, 2)))
        body = "".join(
            (
                pick(OPENINGS),
                pick(BACKGROUNDS),
                "，".join(facts),
                "。",
                pick(EFFECTS),
                "；".join(ask),
                "。",
                pick(CLOSINGS),
            )
        )
        return self._title(issue_type, words), self._slip(self._vary(body.format(**words)))

    def reply(self, issue_type: ProblemType, problem: Problem, department: str) -> str:
        """Return what the enterprise was told when its case was closed."""
        words = {
            "o": problem.target,
            "s": self.random.choice(issue_type.subjects),
            "d": problem.detail,
            "dep": department,
        }
        how = self.random.choice(HOWS).format(**words)
        return self.random.choice(REPLIES).format(**words, how=how)

    def _title(self, issue_type: ProblemType, words: dict[str, object]) -> str:
        if self.random.random() < 0.3:
            return self.random.choice(issue_type.asks).format(**words)
        return self.random.choice(TITLES).format(**words)

    def _target(self, target: str) -> str:
        """Now and then people shorten a name."""
        return target[:4].strip("《》") if self.random.random() < 0.12 and len(target) > 6 else target

    def _vary(self, text: str) -> str:
        for old, new in VARIANTS:
            if old in text and self.random.random() < 0.35:
                text = text.replace(old, new, 1)
        return text

    def _slip(self, text: str) -> str:
        if self.random.random() < 0.25:
            old, new = self.random.choice(SLIPS)
            text = text.replace(old, new, 1)
        return text

    def comment(self, grade: int, late: bool) -> str | None:
        """Return what comes with a grade; most people write nothing."""
        if self.random.random() > (0.6 if grade <= 2 else 0.15):
            return None
        if grade <= 2:
            return self.random.choice(
                ("超过承诺时间才办", "拖了太久", "一直没人联系我")
                if late
                else ("问题没有真正解决", "让我跑了好几个部门", "答复像是套话", "态度可以但没办成")
            )
        return self.random.choice(
            ("办得很快", "专员很负责", "一次说清楚了", "基本解决", "希望以后更快", "线上就办好了")
        )
