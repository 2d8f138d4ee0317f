"""What a title says, without how it is asked: 请求在八字槽门增设一个地铁站 → 八字槽门 缺少 地铁站."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from analytics.issues.recognition import MASK, Name
from analytics.issues.tagging import Tagged
from analytics.settings import DATA

#: The tag of a word that is a recognised name, before its kind (``name:firm``), of a masked place, and of a joint of clauses.
NAMED, MASKED, JOINT = "name:", "mask", "joint"
FUNCTION = frozenset({"u", "c", "w", "xc", "p", "r"})
_NOMINAL = frozenset({"n", "vn", "nz", "a", "an", "f", "s", "m", "q", "u", "LOC", "ORG", "nw", "t", "TIME", MASKED})
_INNER_MARKS = "·-－"
#: 星沙镇星沙派小区: a name is told by its own part.
_ABOVE = re.compile(r"^(?:[\u4e00-\u9fff]{1,3}?(?:省|市|区|县|镇|乡|街道))+(?=[\u4e00-\u9fff]{3})")
Clause = list[Tagged]


@dataclass(frozen=True)
class TitleWords:
    """The word lists of ``data/title_words.toml``."""

    request: frozenset[str]
    tail: frozenset[str]
    question: frozenset[str]
    when: frozenset[str]
    light: frozenset[str]
    wish: frozenset[str]
    add: frozenset[str]
    handle: frozenset[str]
    speed: frozenset[str]
    keep: frozenset[str]
    open: frozenset[str]
    gives: frozenset[str]
    manner: frozenset[str]
    askers: frozenset[str]
    vague: frozenset[str]
    trouble: re.Pattern[str]
    neutral: re.Pattern[str]
    acts: dict[str, frozenset[str]]


@lru_cache(maxsize=1)
def title_words() -> TitleWords:
    """Read ``data/title_words.toml``."""
    read = tomllib.loads((DATA / "title_words.toml").read_text("utf-8"))
    acts = {act: frozenset(cues.split()) for act, cues in read.pop("acts").items()}
    trouble, neutral = (re.compile("|".join(map(re.escape, read.pop(k).split()))) for k in ("trouble", "neutral"))
    return TitleWords(**{k: frozenset(v.split()) for k, v in read.items()}, trouble=trouble, neutral=neutral, acts=acts)


def says_trouble(text: str) -> bool:
    """Tell whether a phrase says what is wrong, not only what it is about."""
    words = title_words()
    return bool(words.trouble.search(words.neutral.sub(" ", text)))


def unfinished(words: Sequence[Tagged]) -> bool:
    """Tell whether a phrase stops before what it is about: 房产证无法, 管理待进行, 不给员工."""
    lists = title_words()
    last = words[-1][0] if words else ""
    if not last or last in lists.open or last.endswith(tuple(w for w in lists.open if len(w) > 1)):
        return True
    given = next((i for i, (w, _) in enumerate(words) if w in lists.gives), None)
    return given is not None and not any(t in ("v", "vn", "a", "vd", "an") for _, t in words[given + 1 :])


def denies(word: str) -> bool:
    """Tell whether a word turns the sense of what follows, so that neither may be left out."""
    return bool(re.search("不|未|没|无|难|拒|待|缺少", word))


def act_of(words: Sequence[str]) -> str:
    """Return what a title does: 咨询, 投诉 or 诉求; empty where it doesn't say."""
    for act, cues in title_words().acts.items():
        if any(w in cues for w in words):
            return act
    return ""


def clauses_of(words: Sequence[Tagged], names: Sequence[Name]) -> list[Clause]:
    """Cut a tagged title at its marks; recognised names and masked places become one word each."""
    clauses: list[Clause] = [[]]
    for word, tag in _with_names(words, names):
        if tag == "w" and word in _INNER_MARKS and clauses[-1]:
            clauses[-1][-1] = (clauses[-1][-1][0] + word, clauses[-1][-1][1])
        elif tag == "w":
            clauses.append([])
        elif word.strip("\u200b \u3000"):
            clauses[-1].append((word, tag))
    return [c for c in clauses if c]


def _with_names(words: Sequence[Tagged], names: Sequence[Name]) -> Clause:
    joined: Clause = []
    at, within = 0, None
    for word, tag in words:
        name = next((n for n in names if n.start <= at and at + len(word) <= n.end), None)
        if name is None:
            joined.append((word, MASKED if MASK.fullmatch(word) else tag))
        elif name is within:
            joined[-1] = (joined[-1][0] + word, joined[-1][1])
        else:
            joined.append((word, NAMED + name.kind))
        at, within = at + len(word), name
    return [(_own_part(w) if t.startswith(NAMED) else w, t) for w, t in joined]


def _own_part(name: str) -> str:
    short = _ABOVE.sub("", name)
    return short if len(short) >= 3 else name


def stripped(clause: Clause) -> Clause:
    """Take off how it is asked, at both ends: 请求解决…的问题, 关于…的咨询, 能否…吗."""
    words, rest = title_words(), list(clause)
    asked = bool(rest) and rest[-1][0] in ("吗", "么", "呢")
    while rest and _leads_in(rest[0]):
        rest = rest[1:]
    while rest and (
        rest[-1][0] in words.tail | words.question
        or rest[-1][1] in ("u", "xc", "w", "c", "p", "r")
        or (asked and rest[-1][0] in ("合理", "合法"))
    ):
        rest = rest[:-1]
    return rest


def _leads_in(token: Tagged) -> bool:
    words, (word, tag) = title_words(), token
    if word in words.request or word in words.question or tag in (MASKED, "w", "u", "xc", "r", "p", "c"):
        return True
    return tag == "d" and not denies(word)


def stated(clause: Clause) -> Clause:
    """Turn a question or a wish into what is the matter: 何时开工 → 未开工, 希望增设路灯 → 缺少路灯, 请优化规划 → 规划待优化."""
    return stripped(_wish_as_lack(_when_as_not_yet(clause)))


def _when_as_not_yet(clause: Clause) -> Clause:
    words, turned, here = title_words(), [], 0
    between = words.question | {"正式", "开始", "将", "要", "才会", "可"}
    while here < len(clause):
        if clause[here][0] not in words.when:
            turned.append(clause[here])
            here += 1
            continue
        here += 1
        while here < len(clause) and clause[here][0] in between:
            here += 1
        if here < len(clause) and clause[here][1] in ("v", "vn", "vd"):
            turned.append(("未" + clause[here][0], "v"))
            here += 1
    return turned


def _wish_as_lack(clause: Clause) -> Clause:
    words = title_words()
    cue = next((i for i, (w, _) in enumerate(clause) if w in words.wish), None)
    if cue is None:
        return clause
    before = [x for x in clause[:cue] if x[1].startswith(NAMED) or x[1] in (MASKED, "LOC", "s", "f")]
    rest = [x for x in clause[cue + 1 :] if x[0] not in words.wish | words.question | _ASKED]
    while rest and rest[-1][0] in words.tail - {"解决"}:
        rest = rest[:-1]
    rest = _without_speed(rest)
    verb = next((i for i, (w, t) in enumerate(rest) if t == "v" or (w in words.add | words.handle and t != "n")), None)
    if verb is None:
        return before + rest
    where = [x for x in rest[:verb] if x[1] not in ("p", "d", "c", "r")]
    wanted = rest[verb + 1 :]
    while wanted and wanted[0][1] in ("m", "q", "u", "r", "xc"):
        wanted = wanted[1:]
    how = "".join(w for w, t in rest[:verb][-1:] if t in ("a", "ad"))
    return _lack(clause, before + [x for x in where if x[0] != how], how + rest[verb][0], wanted)


_ASKED = frozenset({"再", "再次", "政府", "领导", "有关部门", "相关部门", "部门", "贵局", "你们", "帮忙"})


def _without_speed(rest: Clause) -> Clause:
    speed = title_words().speed
    return [x for i, x in enumerate(rest) if not (x[0] in speed and i + 1 < len(rest) and rest[i + 1][1] in ("v", "d"))]


def _lack(clause: Clause, where: Clause, verb: str, wanted: Clause) -> Clause:
    words = title_words()
    if not wanted:
        return clause
    if verb in words.handle:
        return where + wanted
    if verb in words.light or verb in words.open:
        return clause
    nominal = all(t in _NOMINAL or t.startswith(NAMED) for _, t in wanted)
    if nominal and verb in words.add:
        return [*where, ("缺少", "v"), *wanted]
    if nominal and len(verb) >= 2 and verb not in words.keep and wanted[-1][1] not in ("f", "m", "q", "u"):
        return [*where, *wanted, ("待" + verb, "v")]
    return clause
