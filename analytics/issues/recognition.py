"""Names in texts: persons, places, firms, offices, projects and documents.

Three sources, each where the others are weak: the LAC model (``tagging``), the way Chinese names are built
(what ends in 小区, 路, 公司 …), and the ledger itself: a string that is a name in most texts with it is one in the
others too, a string that is seldom one isn't, and the ledger's own enterprises are firms wherever they occur.

Cost: 0.5 ms a title, 4 ms a text of 230 characters, one core; equal texts are read once. The model takes
0.5 s and 90 MB once a process, everything else grows with the distinct names (some 200 bytes each).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from analytics.issues.tagging import Tagged, tagged
from analytics.issues.texts import plain

PERSON, PLACE, FIRM, OFFICE, PROJECT, DOCUMENT = "person", "place", "firm", "office", "project", "document"
COLUMNS = ["row", "name", "key", "kind", "start", "end"]
#: A masked place of a published text: A市, B3区, A7县. It is a place, though nobody knows which.
MASK = re.compile(r"[A-Za-z]\d*\s?(?:省|市|区县|县市|区|县|镇|乡|街道|村)")
#: The model has seen no masks: while it reads, such a place bears a real one's name.
_STAND_IN = {
    "省": "江西省",
    "市": "南昌市",
    "区": "青山区",
    "县": "南昌县",
    "镇": "青山镇",
    "乡": "青山乡",
    "村": "青山村",
}
_PLACE_END = (
    "小区|花园|家园|花苑|苑|公馆|公寓|别墅|山庄|新城|新村|广场|大厦|大楼|公园|景区|商城|市场|社区|村|组|镇|乡|街道|"
    "国际|大道|路|街|巷|大桥|桥|立交|隧道|高速|公路|铁路|地铁站|车站|站|水库|湖|河|江|山|园区|开发区|经开区|高新区|新区|府|郡|湾|城|园|苑"
)
_FIRM_END = (
    "有限责任公司|股份有限公司|有限公司|公司|集团|厂|银行|支行|分行|合作社|酒店|宾馆|超市|商行|事务所|驾校|中介|门店|"
    "培训学校|学校|大学|学院|中学|小学|幼儿园|医院|诊所|卫生院|养老院|物业|置业|地产|科技|实业"
)
_OFFICE_END = "局|委员会|委|厅|办|办公室|政府|派出所|法院|检察院|大队|支队|中队|街道办|街道办事处|居委会|村委会|管理处|服务中心|政务中心|海关|税务所"
_PROJECT_END = "项目|工程|专案|案|计划|平台|系统"
_ENDS = [
    (kind, re.compile(f"(?:{ends})$"))
    for kind, ends in ((OFFICE, _OFFICE_END), (FIRM, _FIRM_END), (PROJECT, _PROJECT_END), (PLACE, _PLACE_END))
]
_ANY_END = re.compile(f"(?:{'|'.join((_FIRM_END, _PROJECT_END, _PLACE_END))})$")
_ADMINISTRATIVE = re.compile(r"^(?:[\u4e00-\u9fff]{1,4}?(?:省|自治区|市|区|县|镇|乡|街道|社区))+(?=[\u4e00-\u9fff]{2})")
#: 一期, 3栋, 二单元: where in a place, not which place.
_PART = re.compile(r"(?:第?[一二三四五六七八九十\d]+(?:期|栋|幢|号楼|号院|单元|标段|区))+$")
_KIND = {"LOC": PLACE, "ORG": FIRM, "PER": PERSON}
#: What may stand inside a name beside its recognised part.
_INSIDE = {"n", "nz", "nw", "s", "m", "a", "an", "f", "vn"}
#: Ends that only a proper name takes; before others a common noun makes a kind of thing (配套幼儿园, 公寓小区).
_ALWAYS_PROPER = re.compile(
    r"(?:有限公司|集团|大学|学院|[^道公马铁头支干线一]路|街|大道|镇|乡|村|[一二三四五六七八九十\d](?:中|小|路|村|组))$"
)
_COMMON = {"n", "v", "vn", "vd", "a", "ad", "an", "f", "s", "d", "m", "q", "r", "p", "c", "u", "xc", "w", "t", "TIME"}
LONGEST_NAME = 20
_DOCUMENT = re.compile(r"《[^《》]{2,40}》")
#: A line of buses or trains by its number.
_LINE = re.compile(r"(?<![A-Za-z\d])[A-Z]?\d{1,4}(?:路(?![段口面边上])|号线)")
#: A string is a name where at least so large a share of the texts that hold it use it as one …
SELDOM = 0.3
#: … and is one in all of them from this share on.
MOSTLY = 0.5


@dataclass(frozen=True)
class Name:
    """A name in a text: as written, its core by which it is told from others, its kind, its place in the plain text."""

    name: str
    key: str
    kind: str
    start: int
    end: int


def recognised(texts: Sequence[str | None], enterprises: Iterable[str] = ()) -> pd.DataFrame:
    """Return the names in texts: row (place of the text), name, key, kind, start, end (in ``plain(text)``).

    ``kind``: person, place, firm (also schools, hospitals), office (of the state), project,
    document (in 《》). ``key`` is the name
    without what many names share (星沙镇星沙派小区二期 → 星沙派), to compare names by. ``enterprises``: firms of
    the ledger, found literally. The result depends on the texts alone, not on their order.
    """
    lines = [plain(t) for t in texts]
    found = names_of(list(dict.fromkeys(lines)), enterprises)
    rows = [(row, n.name, n.key, n.kind, n.start, n.end) for row, line in enumerate(lines) for n in found.get(line, [])]
    return pd.DataFrame(rows, columns=COLUMNS)


def names_of(lines: Sequence[str], enterprises: Iterable[str] = ()) -> dict[str, list[Name]]:
    """Return the names in each of distinct plain texts, in order."""
    return {line: names for line, (_, names) in read(lines, enterprises).items()}


def read(lines: Sequence[str], enterprises: Iterable[str] = ()) -> dict[str, tuple[list[Tagged], list[Name]]]:
    """Return the tagged words and the names of each of distinct plain texts; a masked place is one word, tagged LOC."""
    words = dict(zip(lines, _tagged_without_masks(lines), strict=True))
    own = {line: _with_lines(line, _with_documents(line, _candidates(told))) for line, told in words.items()}
    common = _common({n.key for names in own.values() for n in names})
    own = {line: [n for n in names if not _is_kind_of_thing(n, common)] for line, names in own.items()}
    known = _agreed(own) | {e: FIRM for e in enterprises if e and len(e) > 2}
    return {line: (words[line], _with_known(line, names, known)) for line, names in own.items()}


def _tagged_without_masks(lines: Sequence[str]) -> list[list[Tagged]]:
    """Tag texts whose masked places bear real names meanwhile; a mask comes back as one word, tagged LOC."""
    readable = [MASK.sub(lambda m: _STAND_IN[_unit(m[0])], line) for line in lines]
    return [_masked_again(line, words) for line, words in zip(lines, tagged(readable), strict=True)]


def _unit(mask: str) -> str:
    return {"街道": "镇", "区县": "区", "县市": "县"}.get(mask[-2:], mask[-1])


def _masked_again(line: str, words: list[Tagged]) -> list[Tagged]:
    """Put the masks of a text back among its tagged words."""
    origin, at = [], 0
    for mask in MASK.finditer(line):
        origin += [(i, i + 1) for i in range(at, mask.start())]
        origin += [(mask.start(), mask.end())] * len(_STAND_IN[_unit(mask[0])])
        at = mask.end()
    if not at:
        return words
    origin += [(i, i + 1) for i in range(at, len(line))]
    masks = {(m.start(), m.end()) for m in MASK.finditer(line)}
    again: list[Tagged] = []
    place, last = 0, (-1, -1)
    for word, tag in words:
        rest = ""
        for span in origin[place : place + len(word)]:
            if span not in masks:
                rest += line[span[0]]
            elif span != last:
                again += [(rest, tag)] if rest else []
                again.append((line[span[0] : span[1]], "LOC"))
                rest = ""
            last = span
        again += [(rest, tag)] if rest else []
        place += len(word)
    return again


def _candidates(words: list[Tagged]) -> list[Name]:
    """Return the names of one tagged text, adjacent parts joined: 伊景园＋滨河苑, 科技＋二路."""
    names: list[Name] = []
    at = here = 0
    while here < len(words):
        size = _size(words, here)
        text = "".join(w for w, _ in words[here : here + size])
        if size and not MASK.fullmatch(text):
            name = _named(text, words[here : here + size], at)
            names += [name] if name else []
        size = max(size, 1)
        at += sum(len(w) for w, _ in words[here : here + size])
        here += size
    return names


def _with_documents(line: str, names: list[Name]) -> list[Name]:
    """Add what stands in 《》, and take off the names inside."""
    told = [Name(m[0], m[0][1:-1], DOCUMENT, m.start(), m.end()) for m in _DOCUMENT.finditer(line)]
    others = [n for n in names if not any(d.start < n.end and n.start < d.end for d in told)]
    return sorted([*told, *others], key=lambda n: n.start)


def _with_lines(line: str, names: list[Name]) -> list[Name]:
    """Add 205路, 3号线 where no name holds them."""
    free = [m for m in _LINE.finditer(line) if not any(n.start < m.end() and m.start() < n.end for n in names)]
    return sorted([*names, *(Name(m[0], m[0], PLACE, m.start(), m.end()) for m in free)], key=lambda n: n.start)


def _size(words: list[Tagged], here: int) -> int:
    """Return how many words from here on are one name; 0 where none begins."""
    word, tag = words[here]
    if MASK.fullmatch(word):
        return 1
    size = 1 if tag in _KIND and len(word) > 1 else 0
    end = here + size
    if size:
        while end < len(words) and words[end][1] in ("LOC", "ORG") and not MASK.fullmatch(words[end][0]):
            end += 1
    length, best = len("".join(w for w, _ in words[here:end])), end - here if size else 0
    for reach in range(end, min(end + 3, len(words))):
        follower, kind = words[reach]
        length += len(follower)
        if kind not in _INSIDE or length > LONGEST_NAME:
            break
        ends = _ANY_END.fullmatch(follower) if size else _proper(words[here:reach], follower)
        if ends or (best and _PART.fullmatch(follower)):
            best = reach - here + 1
    return best


def _proper(before: list[Tagged], last: str) -> bool:
    """Tell whether plain nouns before a word that ends like a name make one of it: 科技＋二路, but not 配套＋学校."""
    if len(before) != 1 or before[0][1] not in ("n", "nz", "nw", "a", "s"):
        return False
    return bool(re.fullmatch(r"[东南西北中一二三四五六七八九十\d]+(?:路|街|巷|桥|村|组|中|小)", last)) or (
        before[0][1] in ("nz", "nw") and bool(_ANY_END.fullmatch(last))
    )


def _named(text: str, words: list[Tagged], at: int) -> Name | None:
    """Make a name of a span; nothing where only a kind of thing is left of it (小区, 教育局)."""
    kind = next((k for k, ends in _ENDS if ends.search(_PART.sub("", text))), None)
    kind = kind or next((_KIND[t] for _, t in reversed(words) if t in _KIND), PLACE)
    if len(words) == 1 and words[0][1] == "PER":
        kind = PERSON
    key = key_of(text)
    return Name(text, key, kind, at, at + len(text)) if len(key) > 1 or (kind == OFFICE and key) else None


def key_of(name: str) -> str:
    """Return what tells a name from others of its kind: 星沙镇星沙派小区二期 → 星沙派; empty where nothing does."""
    core = _PART.sub("", MASK.sub("", name))
    short = _ADMINISTRATIVE.sub("", core)
    core = short if len(_ANY_END.sub("", short)) > 1 else core
    bare = _ANY_END.sub("", core)
    return bare if len(bare) > 1 else (core if bare else "")


def _common(keys: set[str]) -> set[str]:
    """Return keys that, read alone, hold nothing but words of the dictionary: 普惠, 公寓, 机关事务."""
    import rjieba

    ordered = sorted(keys)
    return {
        key
        for key, words in zip(ordered, tagged(ordered), strict=True)
        if all(tag in _COMMON for _, tag in words) and all(len(w) > 1 for w in rjieba.cut(key))
    }


def _is_kind_of_thing(name: Name, common: set[str]) -> bool:
    """Tell whether a name names no one thing: 配套幼儿园 and 过街天桥, but not 科技路 or 电子科技职业学院."""
    kind_of_thing = name.key in common or name.key[-1:] in ("性", "型", "级", "类", "式")
    return kind_of_thing and name.kind in (PLACE, FIRM, PROJECT) and not _ALWAYS_PROPER.search(name.name)


def _agreed(own: dict[str, list[Name]]) -> dict[str, str]:
    """Return names that most texts with their string use as names → kind; drops the others from ``own``."""
    used: dict[str, Counter[str]] = {}
    for names in own.values():
        for name in {n.name: n for n in names}.values():
            used.setdefault(name.name, Counter())[name.kind] += 1
    held = Counter(s for line in own for s in _held(line, used))
    share = {name: sum(kinds.values()) / max(held[name], 1) for name, kinds in used.items()}
    for line, names in own.items():
        own[line] = [n for n in names if share[n.name] >= SELDOM]
    return {
        name: min(kinds, key=lambda k: (-kinds[k], k))
        for name, kinds in used.items()
        if share[name] >= MOSTLY and len(name) > 2
    }


def _held(line: str, known: dict) -> set[str]:
    """Return the known strings in a text."""
    most = min(LONGEST_NAME, len(line))
    return {
        line[i:j] for i in range(len(line)) for j in range(i + 2, min(i + most, len(line)) + 1) if line[i:j] in known
    }


def _with_known(line: str, names: list[Name], known: dict[str, str]) -> list[Name]:
    """Add what other texts call a name, longest first, where no name stands yet."""
    taken = [False] * len(line)
    for n in names:
        taken[n.start : n.end] = [True] * (n.end - n.start)
    more = []
    for text in sorted(_held(line, known), key=lambda s: (-len(s), s)):
        for found in re.finditer(re.escape(text), line):
            if not any(taken[found.start() : found.end()]):
                more.append(Name(text, key_of(text) or text, known[text], found.start(), found.end()))
                taken[found.start() : found.end()] = [True] * len(text)
    return sorted([*names, *more], key=lambda n: n.start)
