"""Starting the server: what it is bound to, what stands around every answer, and its own addresses.

See docs/decisions/0006.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import quote, urlencode

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from streamlit import config
from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.bootstrap import load_config_options

from analytics.checkup import faults_of_settings
from analytics.jobs import background
from analytics.refusal import Refusal
from analytics.settings import SettingsError, default_store, load_settings
from analytics.store import Store, StoreError
from analytics.viewer import require_sign_in
from pages.entrance import doors, gates, logs, who
from pages.navigation.places import OLD_ADDRESSES, goal_of

#: Whatever a ledger's or an address's words make of a page, the browser asks no other host. (No form-action: the way to a
#: provider is a form that is redirected.)
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:;"
    " worker-src 'self' blob:; frame-src 'self' data: blob:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
LONGEST_UNKNOWN = 80
_READING = ("GET", "HEAD", "OPTIONS")
_loaded = Event()
Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Around:
    """ASGI middleware: asked under a name of ours alone, with a session where sign-in is set up, told how to be kept."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await asyncio.to_thread(_loaded.wait)
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            if await asyncio.to_thread(_refusal, HTTPConnection(scope), False):
                await send({"type": "websocket.close", "code": 1008})
                return
            await self.app(scope, receive, send)
            return
        request = Request(scope)  # type: ignore[arg-type]
        answer = await asyncio.to_thread(_refusal, request, request.method in _READING)
        if answer is None and (goal := _to_a_page(request)):
            answer = RedirectResponse(goal, status_code=303)
        await (answer or self.app)(scope, receive, _with_headers(send, request.url.path))


def _with_headers(send: Send, path: str) -> Send:
    """Return ``send`` with the security headers on every answer; nothing but the program's own files may be kept."""
    kept = path.startswith("/static/")

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            given = [(k, v) for k, v in message.get("headers", []) if kept or k.lower() != b"cache-control"]
            message["headers"] = [*given, *_HEADERS, *([] if kept else [(b"cache-control", b"no-store")])]
        await send(message)

    return sending


def _refusal(request: HTTPConnection, reads_only: bool) -> Response | None:
    """Return what a request is answered that is not let in (see ``gates``); None to let it through."""
    path = request.url.path
    try:
        if not gates.named_rightly(request.headers.raw, reads_only):
            name = gates.name_in(request.headers.get("host", ""))[:LONGEST_UNKNOWN]
            told = f"本服务不以“{name}”这个名字提供。管理员可在 settings.toml 的 [server] hosts 中加上它，重启后生效。"
            return PlainTextResponse(told, status_code=421)
        rule = gates.rule_of(path)
        if rule == gates.OUR_SITE and not doors.from_our_site(request):
            return PlainTextResponse("请从本站的页面操作", status_code=403)
        if rule in (gates.OPEN, gates.OUR_SITE) or not who.sign_in_needed():
            return None
        account = who.visitor(request.cookies)
    except Refusal as error:  # the accounts or the settings cannot be read
        return PlainTextResponse(str(error), status_code=503)
    if account is None or account.must_change:
        return _to_sign_in(request, "/signin/password" if account else "/signin")
    if rule == gates.OWN and not gates.owns(path, request.cookies):
        return PlainTextResponse("没有这个文件", status_code=404)
    return None


def _to_sign_in(request: HTTPConnection, door: str) -> Response:
    """Return the way to a door for who asks for a page, a refusal for anything else."""
    page = not gates.route_of(request.url.path) and request.scope.get("method") == "GET"
    if not page or "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse("请先登录", status_code=401)
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{door}?next={quote(asked)}", status_code=303)


def _to_a_page(request: Request) -> str | None:
    """Return where an address that is no page's leads to; None to let the request through.

    Streamlit would answer with its own English page. An unknown address is named to the first page, which says so.
    """
    asked = request.url.path
    if request.method != "GET" or gates.route_of(asked) or "text/html" not in request.headers.get("accept", ""):
        return None
    goal = goal_of(asked)
    if goal is None:
        return None
    known = asked.strip("/") in OLD_ADDRESSES
    query = request.url.query if known else urlencode({"unknown": asked[:LONGEST_UNKNOWN]})
    return goal + (f"?{query}" if query else "")


def settings_of(arguments: Sequence[str]) -> dict[str, object]:
    """Return --section.option value pairs of a command line as Streamlit's settings."""
    given: dict[str, object] = {}
    for name, value in zip(arguments[::2], arguments[1::2], strict=False):
        if not name.startswith("--"):
            raise SystemExit(f"看不懂参数“{name}”，请写成 --server.port 8501")
        given[name[2:]] = {"true": True, "false": False}.get(value, int(value) if value.isdigit() else value)
    if len(arguments) % 2:
        raise SystemExit(f"参数“{arguments[-1]}”后面缺值")
    return given


def only_this_machine(address: str | None) -> bool:
    """Tell whether an address to bind to can be reached from this machine alone."""
    if address == "localhost":
        return True
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return False


def check_binding(address: str | None) -> None:
    """Refuse to serve others before sign-in is set up: exit code 2, with what to do."""
    if only_this_machine(address) or who.sign_in_needed():
        return
    sys.stderr.write(
        f"没有启动：地址 {address or '（全部网卡）'} 别的机器也能访问，但还没有设置登录，任何人都能看到台账。\n"
        "请先做其中一件：\n"
        "  1. 接统一身份认证：在 .streamlit/secrets.toml 写 [auth]（见 docs/deployment.md）；\n"
        "  2. 建本地账号：python -m analytics accounts add 账号名 --role admin；\n"
        "  3. 只在本机用：去掉 --server.address，或设为 127.0.0.1。\n"
    )
    raise SystemExit(2)


def check_settings() -> None:
    """Refuse to start on settings that cannot be read: exit code 2, with what is wrong."""
    try:
        load_settings()
    except SettingsError as error:
        sys.stderr.write(f"没有启动：{error}\n")
        raise SystemExit(2) from None


def serve(script: Path, arguments: Sequence[str]) -> None:
    """Serve the dashboard: `python dashboard.py --server.port 8501`; options are Streamlit's own.

    Beside a folder named pages, a server started by `streamlit run` takes its first session for the
    older kind of multipage app, and that session's figures never answer the mouse.
    """
    PagesManager.uses_pages_directory = False
    given = settings_of(arguments)
    config._main_script_path = str(script)
    load_config_options(given)
    check_settings()
    check_binding(config.get_option("server.address"))
    if who.sign_in_needed():
        require_sign_in()
    where = f"{config.get_option('server.address') or '本机'}:{config.get_option('server.port')}"
    print(f"看板地址：http://{where}（按 Ctrl+C 停止）", flush=True)
    app(script).run(config=given)


def app(script: Path) -> st.App:
    """Return the server's application: Streamlit's routes and our own, with ``Around`` around them."""
    return st.App(script, routes=doors.ROUTES, middleware=[Middleware(Around)], lifespan=_with_logs)


@asynccontextmanager
async def _with_logs(app: object) -> AsyncIterator[None]:
    gates.remember_owners()
    logs.write_lines()  # the server has set up its own by now
    Thread(target=_load, name="loading", daemon=True).start()
    background.start(default_store())
    yield
    background.stop()


def _load() -> None:
    """Import what pages need while the first browser still loads its scripts; sessions wait for it (see Around)."""
    checking = Thread(target=_check_snapshot, daemon=True)
    checking.start()
    gc.disable()  # what is imported is no garbage: looking through it again and again takes a quarter of the time
    try:
        from pages.common import drawing, frame, warming  # noqa: F401

        for fault in faults_of_settings(Store(default_store())):  # pages that need the file say so too
            logging.getLogger("dashboard").error(fault)
        gc.freeze()
        checking.join()
        warming.start()
    finally:
        gc.enable()
        _loaded.set()


def _check_snapshot() -> None:
    """Take the checksum of the current snapshot, which the first session needs, beside the imports; it is kept."""
    with suppress(StoreError):  # the pages say what is wrong with the store
        Store(default_store()).current()
