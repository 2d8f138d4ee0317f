"""What an office may set: targets, thresholds, limits and where things lie; one schema, and its errors in Chinese.

See docs/decisions/0027.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Interval, Len, Predicate

from analytics.refusal import Refusal

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
FILE = "settings.toml"
_MOST_SHOWN = 60
#: Sections of the same file that another package reads, with errors of its own (analytics/sources/declared).
ELSEWHERE = ("sources", "jobs")

Count = Annotated[int, Interval(ge=1, le=1_000_000)]
Days = Annotated[int, Interval(ge=0, le=3650)]
Megabytes = Annotated[int, Interval(ge=1, le=1_000_000)]
Target = Annotated[float, Interval(ge=0, le=1_000_000_000)]
Word = Annotated[str, Len(max_length=1000)]
#: The base address of a service: no account, query or fragment, which would end up where addresses are shown.
_SERVICE = re.compile(r"https?://[^\s/?#@]+(?:/[^\s?#@]*)?")


def _is_service(text: str) -> bool:
    return not text or _SERVICE.fullmatch(text) is not None


Service = Annotated[str, Len(max_length=1000), Predicate(_is_service)]


class SettingsError(Refusal):
    """A file that an office may edit and that cannot be read; the message is Chinese and names file, place and remedy."""


def _in(section: str, default: Any, told: str, key: str = "") -> Any:
    """Declare a setting: where it stands in the file ('' for a section of its own), its default, its meaning in Chinese."""
    made = {"default_factory": dict} if default == {} else {"default": default}
    return field(**made, metadata={"section": section, "key": key, "told": told})


@dataclass(frozen=True)
class Settings:
    """Every setting with its bounds, its section of the file and its default; a further one is a further field.

    A section that is a list of tables ([[...]]) is a tuple of frozen dataclasses, declared with section ''.
    """

    #: Metric code → target.
    targets: dict[str, Target] = _in("", {}, "指标代码 = 目标，写在五个数旁边；率写小数，没有目标的不写")
    minimum_rated: Count = _in("thresholds", 30, "评价少于这么多件，标“样本不足”，不写率、不排名")
    minimum_cases: Count = _in("thresholds", 10, "率的分母、时长的件数少于这么多，标“样本不足”")
    at_risk_days: Days = _in("thresholds", 5, "多少个工作日内到期的算“临期”")
    stale_days: Days = _in("thresholds", 7, "台账最新一条记录早于这么多天，每页提示")
    call_back_days: Days = _in("thresholds", 1, "差评几个工作日内要回访")
    rectify_days: Days = _in("thresholds", 15, "差评几个工作日内要整改")
    receive_days: Days = _in("thresholds", 1, "转办几个工作日内要接收")
    consult_departments: Count = _in("thresholds", 3, "涉及几个部门的应上联席会商")
    max_file_mb: Megabytes = _in("import", 250, "一个文件最大多少 MB")
    max_unpacked_mb: Megabytes = _in("import", 2048, "压缩的文件解开后最大多少 MB")
    keep_snapshots: Count = _in("store", 30, "保留最近几个快照")
    #: So many settled cases are sealed into a part that snapshots share; never in a ledger of fewer than twice as many.
    part_cases: Annotated[int, Interval(ge=1, le=100_000_000)] = _in(
        "store", 250_000, "台账有它的两倍以上时，每这么多件已了结的工单存成一份各快照共用的文件"
    )
    embedding_model: Word = _in("issues", "", "句向量模型的目录；空的只看词语，不用另装")
    #: Types are found among the newest cases, so many at most, in whole weeks: memory and time grow with their texts.
    most_texts: Annotated[int, Interval(ge=1, le=100_000_000)] = _in(
        "issues", 1_000_000, "归类最多看最近多少件（整周）"
    )
    #: The one thing that may be sent cases' texts, masked: a language model that the office runs itself; '' for none.
    language_model: Service = _in("language_model", "", "本单位自己运行的语言模型的网址；空的不用", key="address")
    language_model_name: Word = _in("language_model", "", "它在那里叫什么", key="model")
    language_model_key: Word = _in(
        "language_model", "", "密钥文件，在数据目录之外，chmod 600；空的没有", key="key_file"
    )
    language_model_seconds: Annotated[int, Interval(ge=1, le=3600)] = _in(
        "language_model", 60, "等它多少秒", key="seconds"
    )
    #: Years that a closed case keeps its personal data and texts (0: for ever), and the smallest count shared.
    retention_years: Annotated[int, Interval(ge=0, le=100)] = _in(
        "privacy", 0, "办结满几年抹去个人信息与文字；0 为一直保留"
    )
    least_shared: Annotated[int, Interval(ge=0, le=1_000_000)] = _in(
        "privacy", 5, "供对外共享的表里，小于它的计数隐去；0 为不隐去"
    )
    #: Where Spark answers (local[2], spark://host:7077, sc://host), '' for DuckDB; where Parquet for it lies ('' in the store).
    spark: Word = _in("engine", "", "由 Spark 算指标：local[2]、spark://主机:7077、sc://主机:15002；空的用 DuckDB")
    spark_parquet: Word = _in(
        "engine", "", "各台机器都能读到的目录，放给 Spark 的 Parquet；空的放在数据目录里", key="parquet"
    )
    #: ClickHouse, embedded, answers instead of DuckDB.
    clickhouse: bool = _in("engine", False, "由进程内的 ClickHouse 算指标")
    #: The claim of the sign-in provider that names an account.
    sign_in_claim: Annotated[str, Len(min_length=1, max_length=100)] = _in(
        "sign_in", "email", "统一身份认证的哪个声明对应账号名", key="claim"
    )
    #: Names, beside those it is bound to, under which a browser may ask the server (that of a reverse proxy).
    hosts: tuple[Word, ...] = _in("server", (), "除绑定的地址外，浏览器还可用哪些网址打开")

    @property
    def key(self) -> str:
        """The settings as a cache key."""
        return repr(self)


def default_store() -> Path:
    """Return the store's folder: INSIGHT_STORE, or data/store in the project."""
    return Path(os.environ.get("INSIGHT_STORE") or DATA / "store")


def load_settings(folder: Path | None = None) -> Settings:
    """Return the settings of a store (by default the one that is shown): its own file over that of the project.

    Read once a process; raises SettingsError for a file that is none, an unknown key or a wrong value.
    """
    return _loaded((folder or default_store()).resolve())


@lru_cache(maxsize=64)
def _loaded(folder: Path) -> Settings:
    return settings_of([DATA / FILE, folder / FILE])


def settings_of(files: list[Path]) -> Settings:
    """Read settings files, a later one over the earlier, key by key (targets all at once); missing ones give defaults."""
    given: dict[str, Any] = {}
    for path in files:
        if path.exists():
            mine = dict(_placed(path, _parsed(path)))
            _checked(mine, path)
            given |= mine
    return _checked(given, files[-1])


def _checked(given: dict[str, Any], path: Path) -> Settings:
    from pydantic import TypeAdapter, ValidationError  # a fifth of a second that a wrong usage need not wait

    try:
        # As JSON, strict: a number in quotes is no number and true is no 1, but a list is a tuple.
        return TypeAdapter(Settings).validate_json(json.dumps(given, default=lambda day: [str(day)]), strict=True)
    except ValidationError as error:
        raise _refused(path, error.errors()[0]) from None


def shown_path(path: Path) -> str:
    """Return a file as people find it: below the project by its short way."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def text_of(path: Path) -> str:
    """Return the text of a file that an office edits; raises SettingsError for one that cannot be read as UTF-8."""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"{shown_path(path)}：文件编码不是 UTF-8，请用 UTF-8 另存后再试") from None
    except OSError as error:
        raise SettingsError(f"{shown_path(path)}：打不开（{error.strerror}），请检查权限") from None


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text_of(path))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        at = re.search(r"line (\d+), column (\d+)", str(error))
        where = f"第 {at[1]} 行第 {at[2]} 列" if at else "末尾或嵌套处"
        raise SettingsError(
            f"{shown_path(path)}：{where}不合 TOML 写法，请对照项目里的 data/{FILE} 改正，如 keep_snapshots = 30"
        ) from None


def _places() -> dict[str, dict[str, Field]]:
    """Return section → key → field; a section of its own has the key ''."""
    found: dict[str, dict[str, Field]] = {}
    for one in fields(Settings):
        section, key = one.metadata["section"], one.metadata["key"] or one.name
        found.setdefault(section or one.name, {})[key if section else ""] = one
    return found


def _placed(path: Path, raw: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Return the field and value of every line of a file; raises SettingsError for a section or key that is none."""
    places = _places()
    for section, held in raw.items():
        if section in ELSEWHERE:
            continue
        if section not in places:
            raise SettingsError(_unknown(path, f"[{section}]", section, [*places, *ELSEWHERE]))
        if "" in places[section]:
            yield places[section][""].name, held
            continue
        if not isinstance(held, dict):
            raise SettingsError(f"{shown_path(path)}：{section} 应是一节，请写成 [{section}]，下面一行一个设置")
        for key, value in held.items():
            if key not in places[section]:
                raise SettingsError(_unknown(path, f"[{section}] {key}", key, list(places[section])))
            yield places[section][key].name, value


def _unknown(path: Path, where: str, word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, 1)
    remedy = f"是不是 {near[0]}？" if near else f"可用的有：{'、'.join(known)}。"
    return f"{shown_path(path)}：没有“{where:.{_MOST_SHOWN}}”这个设置，{remedy}请改正或删去"


_WRONG = {
    "int_type": "要写整数，不加引号",
    "int_from_float": "要写整数",
    "int_parsing_size": "数字太大",
    "float_type": "要写数字，不加引号",
    "finite_number": "要写有限的数字",
    "bool_type": "只能写 true 或 false",
    "string_type": "要写加引号的文字",
    "string_too_long": "文字太长",
    "string_too_short": "不能为空",
    "too_short": "不能为空",
    "too_long": "太长",
    "missing": "缺这一项",
    "dict_type": "应是一节，下面一行一个设置",
    "tuple_type": "应是方括号里的一列",
    "unexpected_keyword_argument": "没有这个设置",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "greater_than": "要大于 {gt}",
    "less_than": "要小于 {lt}",
    "literal_error": "只能是 {expected}",
    "predicate_failed": "要写 http:// 或 https:// 开头的网址，不带账号与问号，如 http://10.1.2.3:8000/v1；不用就留空",
}


def _refused(path: Path, fault: Any) -> SettingsError:
    """Say one of pydantic's faults in Chinese: file, key, value, what is wanted, what holds without it."""
    name, *within = map(str, fault["loc"])
    setting = next(f for f in fields(Settings) if f.name == name)
    section, key = setting.metadata["section"], setting.metadata["key"] or name
    where = f"[{section}] {key}" if section else ".".join([name, *within])
    wrong = _WRONG.get(fault["type"], "写法不对").format_map(_Blank(fault.get("ctx", {})))
    given = json.dumps(fault["input"], ensure_ascii=False, default=str)
    shown = given if len(given) <= _MOST_SHOWN else f"{given[:_MOST_SHOWN]}…"
    default = "" if setting.default is MISSING or not section else f"（默认 {_toml(setting.default)}）"
    return SettingsError(f"{shown_path(path)}：{where} = {shown} {wrong}；请改正，或删去这一行{default}")


class _Blank(dict):
    def __missing__(self, key: str) -> str:
        return ""


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
