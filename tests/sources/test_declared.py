"""What an office writes in its settings: what holds, and in which words what is wrong is said."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from analytics.secret import read_secret
from analytics.settings import DATA
from analytics.sources import DatabaseSource, FolderSource, SourceError, declared_sources
from analytics.sources.database import opened
from analytics.sources.dialects import KINDS, address, missing_driver
from analytics.sources.increment import read, written
from analytics.store import Store

FOLDER = '[[sources]]\nname = "热线"\nkind = "folder"\nfolder = "/srv/in"\n'
QUERY = '[[sources]]\nname = "库"\nkind = "database"\nurl = "postgresql://a@h/d"\nquery = "SELECT 1"\n'


def told(store: Store, text: str) -> tuple:
    (store.folder / "settings.toml").write_text(text, "utf-8")
    return declared_sources(store.folder)


def test_sources_are_read_in_their_order_with_defaults(store: Store) -> None:
    folder, query = told(store, FOLDER + QUERY + 'secret = "/etc/s"\nupdated = "更新时间"\nevery = "2h"\n')
    assert folder == FolderSource("热线", Path("/srv/in"))
    assert query == DatabaseSource("库", "postgresql://a@h/d", "SELECT 1", Path("/etc/s"), "更新时间")
    assert query.when == {"every": "2h"}
    assert told(store, "[thresholds]\nminimum_cases = 3\n") == ()


def test_the_projects_own_settings_declare_none() -> None:
    assert declared_sources(DATA) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sources]\nname = 1", r"要写成 \[\[sources\]\]"),
        ("[[sources]\n", "读不出来"),
        ('[[sources]]\nkind = "ftp"', r"第 1 节：kind 要写 .folder"),
        (FOLDER.replace("/srv/in", "in"), "folder = “in” 要写完整路径"),
        (FOLDER + "folders = 1", "没有“folders”这个设置；可用：.*folder"),
        (FOLDER + "settle_seconds = -1", "settle_seconds = -1 要写 0 到 3600"),
        (FOLDER + "files = []", "files 要写文件名的样子"),
        (FOLDER + FOLDER, "第 2 节：名称“热线”已用过"),
        (FOLDER.replace('name = "热线"\n', ""), "name 要写加引号的文字，现在没有写"),
        (QUERY.replace('query = "SELECT 1"\n', ""), "query 要写加引号的文字，现在没有写"),
        (QUERY + 'overlap_minutes = "5"', "overlap_minutes = '5' 要写"),
    ],
)
def test_what_is_wrong_is_named_with_its_section_and_remedy(store: Store, text: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        told(store, text)


def test_what_a_backup_would_carry_off_must_lie_elsewhere(store: Store) -> None:
    with pytest.raises(SourceError, match="备份会把它一起带走"):
        told(store, FOLDER.replace("/srv/in", str(store.folder / "in")))
    with pytest.raises(SourceError, match="备份会把它一起带走"):
        told(store, QUERY + f'secret = "{store.folder}/secret"\n')


def test_a_secret_is_read_only_where_nobody_else_may(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    with pytest.raises(SourceError, match="找不到口令文件"):
        read_secret(path, "来源", SourceError)
    path.write_text("口令 with spaces \nnot this\n", "utf-8")
    for mode in (0o644, 0o640, 0o604, 0o660):
        path.chmod(mode)
        with pytest.raises(SourceError, match=f"别人也能读（权限 {mode:o}.*chmod 600") as caught:
            read_secret(path, "来源", SourceError)
        assert "with spaces" not in str(caught.value)
    path.chmod(0o600)
    assert read_secret(path, "来源", SourceError) == "口令 with spaces "
    path.write_text("\n", "utf-8")
    with pytest.raises(SourceError, match="第一行是空的"):
        read_secret(path, "来源", SourceError)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_secret_of_another_account_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("x", "utf-8")
    path.chmod(0o600)
    os.chown(path, 65534, 65534)
    with pytest.raises(SourceError, match="属于别的账户"):
        read_secret(path, "来源", SourceError)


@pytest.mark.parametrize(
    "url", ["postgresql://a:geheim@h/d", "mysql://a@h/d?password=geheim", "mssql://a@h/d?PWD=geheim"]
)
def test_a_password_in_the_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(SourceError, match="口令不能写在 url 里") as caught:
        address(url, "来源")
    assert "geheim" not in str(caught.value)


def test_an_unknown_database_is_told_which_are_known() -> None:
    with pytest.raises(SourceError, match=r"不认识数据库“db2”.*达梦.*人大金仓"):
        address("db2://h/d", "来源")


@pytest.mark.parametrize("name", [n for n, k in KINDS.items() if k.install])
def test_a_missing_driver_is_named_with_what_to_install(name: str) -> None:
    said = str(missing_driver(f"{name}://h/d", "来源“库”"))
    assert KINDS[name].label in said
    assert all(package in said for package in KINDS[name].install.split())


@pytest.mark.parametrize(
    ("name", "module"),
    [("oracle", "oracledb"), ("mssql", "pyodbc"), ("dm", "dmPython"), ("kingbase", "ksycopg2"), ("mysql", "pymysql")],
)
def test_a_take_without_the_driver_says_so(name: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SourceError, match="驱动没有装"), opened(DatabaseSource("库", f"{name}://a@h/d", "SELECT 1")):
        pass


@pytest.mark.parametrize("mark", [None, 7, 2.5, "2026-11-25 08:00:00"])
def test_a_mark_is_read_as_it_was_written(mark: object) -> None:
    assert read(written(mark)) == mark  # type: ignore[arg-type]
