"""Signing in, in a real Chromium: a local account's whole way, and a real OpenID Connect provider."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from analytics.access import Accounts
from analytics.store import Store
from analytics.store.audit import LOCKED, REFUSED, SIGN_IN, SIGN_OUT, AuditLog
from analytics.viewer import ADMIN, ANALYST, LEADER
from tests.browser.conftest import free_port, serving
from tests.small import publish

PASSWORD = "Yanta-2026-spring"
SITE = Path(__file__).resolve().parent.parent / "trust" / "provider" / "site.py"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two departments with a case each."""
    cases = [
        {"case_no": f"{d}1", "title": f"{d}的诉求", "accepted_at": "2026-11-02", "department": d, "module": "finance"}
        for d in ("甲局", "乙局")
    ]
    return publish(tmp_path / "store", {"cases": cases})


def sign_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("账号").fill(name)
    page.get_by_label("口令").fill(password)
    page.get_by_role("button", name="登录").click()


def test_a_local_account_from_the_first_password_to_the_way_out(page: Page, store: Store) -> None:
    accounts = Accounts(store)
    first = accounts.add("zhang", ANALYST, "甲局")
    with serving(store.folder) as address:
        page.goto(f"{address}/case-list?metric=受理量&period=本年")
        assert page.url.startswith(f"{address}/signin?next=")
        sign_in(page, "zhang", "guess")
        expect(page.get_by_role("alert")).to_have_text("账号或口令不对")
        sign_in(page, "zhang", str(first))
        expect(page.get_by_role("heading", name="改口令")).to_be_visible()
        page.goto(address)  # the page stays shut until the password is changed
        expect(page.get_by_role("heading", name="改口令")).to_be_visible()
        page.goto(f"{address}/signin/password")
        page.get_by_label("现在的口令").fill(str(first))
        page.get_by_label("新口令", exact=True).fill(PASSWORD)
        page.get_by_label("再输一次新口令").fill(PASSWORD)
        page.get_by_role("button", name="改口令").click()
        expect(page.get_by_role("heading", name="总览")).to_be_visible()
        page.goto(f"{address}/case-list?period=本年")
        expect(page.get_by_text("只列甲局承办或首接的")).to_be_visible()
        expect(page.get_by_role("link", name="系统管理")).to_have_count(0)
        page.goto(f"{address}/system")
        expect(page.get_by_text("不能管理账号、审计、留存期限与备份")).to_be_visible()
        expect(page.get_by_role("heading", name="账号", exact=True)).to_have_count(0)
        page.reload()
        page.get_by_role("button", name="zhang").click()
        expect(page.get_by_text("分析员（甲局）", exact=True)).to_be_visible()
        page.get_by_role("button", name="退出", exact=True).click()
        expect(page.get_by_role("heading", name="登录")).to_be_visible()
        page.goto(f"{address}/case-list")
        assert "/signin" in page.url
    acts = [e.act for e in AuditLog(store.folder).entries()]
    assert {SIGN_IN, SIGN_OUT, REFUSED} <= set(acts)
    assert AuditLog(store.folder).verify() is None


def test_a_closed_account_is_shut_out_at_the_next_click(page: Page, store: Store) -> None:
    accounts = Accounts(store)
    for name in ("root", "second"):
        accounts.change_password(name, str(accounts.add(name, ADMIN)), PASSWORD)
    with serving(store.folder) as address:
        page.goto(address)
        sign_in(page, "root", PASSWORD)
        expect(page.get_by_role("heading", name="总览")).to_be_visible()
        accounts.change("root", enabled=False)
        page.get_by_role("button", name="更多").click()
        page.get_by_role("link", name="指标口径").click()
        expect(page.get_by_role("link", name="去登录")).to_be_visible()
        expect(page.get_by_text("受理量")).to_have_count(0)


def test_wrong_passwords_wait_and_forms_from_elsewhere_are_refused(page: Page, store: Store) -> None:
    accounts = Accounts(store)
    accounts.change_password("root", str(accounts.add("root", ADMIN)), PASSWORD)
    with serving(store.folder) as address:
        page.goto(f"{address}/signin?next=//evil.example")
        for _ in range(5):
            sign_in(page, "root", "guess")
            expect(page.get_by_role("alert")).to_be_visible()
        sign_in(page, "root", PASSWORD)
        expect(page.get_by_role("alert")).to_contain_text("秒后再试")
        asked = urllib.request.Request(f"{address}/signin", b"name=root&password=x", {"Origin": "http://evil.example"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked)
        assert refused.value.code == 421
        accounts.reset("root")
        headers = urllib.request.urlopen(f"{address}/signin").headers
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert LOCKED in [e.act for e in AuditLog(store.folder).entries()]


# -- the provider -------------------------------------------------------------------------------


@contextlib.contextmanager
def provider(folder: Path, callback: str) -> Iterator[str]:
    """Run a real provider; yields the address of its metadata."""
    port = free_port()
    folder.mkdir()
    log = (folder / "log").open("w")
    process = subprocess.Popen([sys.executable, str(SITE), str(folder), str(port), callback], stdout=log, stderr=log)
    metadata = f"http://127.0.0.1:{port}/o/.well-known/openid-configuration"
    try:
        for _ in range(2400):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(metadata, timeout=1)
                break
            time.sleep(0.25)
        else:
            raise TimeoutError((folder / "log").read_text())
        yield metadata
    finally:
        process.terminate()
        process.wait(600)
        log.close()


def secrets(home: Path, callback: str, metadata: str) -> None:
    (home / ".streamlit").mkdir(parents=True)
    (home / ".streamlit" / "secrets.toml").write_text(
        f'[auth]\nredirect_uri = "{callback}"\ncookie_secret = "{"x" * 32}"\nclient_id = "insight"\n'
        f'client_secret = "insight-secret"\nserver_metadata_url = "{metadata}"\n'
        'client_kwargs = { "scope" = "openid email profile" }\n',
        "utf-8",
    )


def vouch(page: Page, name: str) -> None:
    page.get_by_role("button", name="统一身份认证登录").click()
    page.locator("#id_username").fill(name)
    page.locator("#id_password").fill("provider-password")
    page.locator("input[type=submit]").click()


def test_a_real_provider_vouches_for_those_who_have_an_account(page: Page, store: Store, tmp_path: Path) -> None:
    Accounts(store).add("li@district.example", LEADER, "乙局", oidc=True)
    port = free_port()
    callback = f"http://127.0.0.1:{port}/oauth2callback"
    with provider(tmp_path / "provider", callback) as metadata:
        secrets(tmp_path / "home", callback, metadata)
        with serving(store.folder, port, HOME=str(tmp_path / "home")) as address:
            page.goto(address)
            expect(page.get_by_role("button", name="统一身份认证登录")).to_be_visible()
            expect(page.get_by_text("受理量")).to_have_count(0)
            vouch(page, "li")
            expect(page.get_by_role("heading", name="总览")).to_be_visible()
            page.get_by_role(
                "button", name=re.compile("li.?@district.example")
            ).click()  # the address is no link: it holds a joiner
            expect(page.get_by_text("领导（乙局）", exact=True)).to_be_visible()
            page.get_by_role("button", name="退出").click()
            expect(page.get_by_role("button", name="统一身份认证登录")).to_be_visible()
            page.context.clear_cookies()
            page.goto(address)
            vouch(page, "stranger")
            expect(page.get_by_text("还没有开通本系统")).to_be_visible()
            expect(page.get_by_text("受理量")).to_have_count(0)
    told = [(e.act, e.target) for e in AuditLog(store.folder).entries()]
    assert (SIGN_IN, "li@district.example") in told
    assert (REFUSED, "stranger@district.example") in told


# -- where it may be reached from ---------------------------------------------------------------


def started(store: Store, *arguments: str) -> subprocess.CompletedProcess:
    command = [
        sys.executable,
        "dashboard.py",
        "--server.port",
        str(free_port()),
        "--server.headless",
        "true",
        *arguments,
    ]
    environment = os.environ | {"INSIGHT_STORE": str(store.folder)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, cwd=SITE.parents[3])


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.10", "example.org"])
def test_other_machines_are_not_served_without_sign_in(store: Store, address: str) -> None:
    done = started(store, "--server.address", address)
    assert done.returncode == 2
    assert "还没有设置登录" in done.stderr
    assert "accounts add" in done.stderr
    assert "Traceback" not in done.stderr
