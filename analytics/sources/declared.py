"""The sources and jobs that an office declares in its settings: `[[sources]]` and `[[jobs]]` of settings.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from analytics.refusal import Refusal
from analytics.settings import DATA

FILE = "settings.toml"
#: When a source is looked at stands beside it; analytics.jobs reads these.
WHEN = ("every", "at", "days")
FOLDER, DATABASE = "folder", "database"
_KEYS = {
    FOLDER: ("folder", "files", "settle_seconds"),
    DATABASE: ("url", "secret", "query", "updated", "overlap_minutes"),
}
_COMMON = ("name", "kind", "profile", *WHEN)


class SourceError(Refusal):
    """A source that is declared wrongly or cannot be reached; the message is Chinese, for people, and holds no secret."""


@dataclass(frozen=True)
class FolderSource:
    """A watched folder: each file is imported once it rests, and moved to done/ or refused/."""

    name: str
    folder: Path
    files: tuple[str, ...] = ("*",)
    #: So long a file must keep its size and time of change before it is taken.
    settle_seconds: float = 10
    profile: str = ""
    when: Mapping[str, Any] = field(default_factory=dict, compare=False)

    kind = FOLDER

    @property
    def described(self) -> str:
        return f"文件夹 {self.folder}"


@dataclass(frozen=True)
class DatabaseSource:
    """A query of a database; with ``updated`` only rows that changed since the last take are asked for."""

    name: str
    url: str
    query: str
    secret: Path | None = None
    updated: str = ""
    #: Rows changed so long before the newest one known are asked for again: late commits come with an earlier time.
    overlap_minutes: float = 10
    profile: str = ""
    when: Mapping[str, Any] = field(default_factory=dict, compare=False)

    kind = DATABASE

    @property
    def described(self) -> str:
        return f"数据库 {self.url}" + (f"，按「{self.updated}」增量" if self.updated else "，每次全取")


Source: TypeAlias = FolderSource | DatabaseSource


def tables(store: Path, section: str) -> list[dict[str, Any]]:
    """Return the tables of a [[section]]: the store's own settings.toml where it has that section, else the project's.

    Read anew at each call, so that a running scheduler sees a change. Raises SourceError for a file that is no TOML.
    """
    for path in (store / FILE, DATA / FILE):
        if not path.exists():
            continue
        try:
            found = tomllib.loads(path.read_text("utf-8-sig")).get(section)
        except (OSError, ValueError) as error:
            raise SourceError(f"{path.name}：读不出来（{error}），请对照 data/{FILE} 改正") from None
        if found is not None:
            if not isinstance(found, list) or not all(isinstance(t, dict) for t in found):
                raise SourceError(f"{path.name}：{section} 要写成 [[{section}]]，两层方括号，每个一节")
            return found
    return []


def declared_sources(store: Path) -> tuple[Source, ...]:
    """Return the sources of a store's settings, in their order; raises SourceError naming section and key."""
    found: dict[str, Source] = {}
    for number, raw in enumerate(tables(store, "sources"), start=1):
        where = f"[[sources]] 第 {number} 节"
        source = _source(raw, f"{where}（{raw['name']}）" if raw.get("name") else where, store)
        if source.name in found:
            raise SourceError(f"{where}：名称“{source.name}”已用过，请换一个")
        found[source.name] = source
    return tuple(found.values())


def _source(raw: Mapping[str, Any], where: str, store: Path) -> Source:
    kind = raw.get("kind")
    if kind not in _KEYS:
        raise SourceError(f'{where}：kind 要写 "{FOLDER}"（文件夹）或 "{DATABASE}"（数据库），现在是 {kind!r}')
    if unknown := [k for k in raw if k not in (*_COMMON, *_KEYS[kind])]:
        raise SourceError(f"{where}：没有“{'、'.join(unknown)}”这个设置；可用：{'、'.join((*_COMMON, *_KEYS[kind]))}")
    name = text(raw, "name", where).strip()
    shared: dict[str, Any] = {"profile": text(raw, "profile", where, ""), "when": {k: raw[k] for k in WHEN if k in raw}}
    if kind == FOLDER:
        return FolderSource(
            name,
            whole_path(raw, "folder", where, store),
            _patterns(raw, where),
            amount(raw, "settle_seconds", where, FolderSource.settle_seconds, least=0, most=3600),
            **shared,
        )
    return DatabaseSource(
        name,
        text(raw, "url", where),
        text(raw, "query", where),
        whole_path(raw, "secret", where, store) if raw.get("secret") else None,
        text(raw, "updated", where, ""),
        amount(raw, "overlap_minutes", where, DatabaseSource.overlap_minutes, least=0, most=60 * 24 * 31),
        **shared,
    )


def text(raw: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
    """Return a text of a section; raises SourceError where it is none, or lacks without a default."""
    value = raw.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise SourceError(f"{where}：{key} 要写加引号的文字" + ("" if key in raw else "，现在没有写"))
    return value


def amount(raw: Mapping[str, Any], key: str, where: str, default: float, least: float, most: float) -> float:
    """Return a number of a section within bounds; raises SourceError."""
    value = raw.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise SourceError(f"{where}：{key} = {value!r} 要写 {least:g} 到 {most:g} 之间的数")
    return value


def whole_path(raw: Mapping[str, Any], key: str, where: str, store: Path) -> Path:
    """Return an absolute path outside the store: a backup would carry off what lies inside."""
    path = Path(text(raw, key, where))
    if not path.is_absolute():
        raise SourceError(f"{where}：{key} = “{path}” 要写完整路径（以 / 开头）")
    if path.resolve().is_relative_to(store.resolve()):
        raise SourceError(f"{where}：{key} = “{path}” 在数据目录里，备份会把它一起带走，请放到数据目录之外")
    return path


def _patterns(raw: Mapping[str, Any], where: str) -> tuple[str, ...]:
    given = raw.get("files", ["*"])
    patterns = [given] if isinstance(given, str) else given
    if not isinstance(patterns, list) or not patterns or not all(isinstance(p, str) and p for p in patterns):
        raise SourceError(f'{where}：files 要写文件名的样子，如 ["*.xlsx", "*.csv"]')
    return tuple(patterns)
