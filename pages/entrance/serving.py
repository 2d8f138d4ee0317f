"""Starting the server: what it is bound to, what stands around every answer, and its own addresses."""

from __future__ import annotations

import asyncio
import gc
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
from starlette.requests import Request
from starlette.responses import RedirectResponse
from streamlit import config
from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.bootstrap import load_config_options

from analytics.jobs import background
from analytics.settings import default_store
from analytics.store import Store, StoreError
from analytics.viewer import require_sign_in
from pages.entrance import doors, logs, who
from pages.navigation.places import OLD_ADDRESSES, goal_of

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
LONGEST_UNKNOWN = 80
_loaded = Event()
Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
OPEN = (
    "/_stcore/",
    "/static/",
    "/media/",
    "/component/",
    "/auth/",
    "/oauth2callback",
    "/signin",
    "/signout",
    "/healthz",
)


class Around:
    """ASGI middleware: security headers on every answer; without a session, a page leads to the sign-in."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await asyncio.to_thread(_loaded.wait)
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)  # type: ignore[arg-type]
        if goal := _to_sign_in(request) or _to_a_page(request):
            await RedirectResponse(goal, status_code=303)(scope, receive, send)
            return

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        await self.app(scope, receive, with_headers)


def _to_sign_in(request: Request) -> str | None:
    """Return where to send a visitor who must first sign in with a local account; None to let the request through."""
    if request.method != "GET" or request.url.path.startswith(OPEN):
        return None
    if "text/html" not in request.headers.get("accept", "") or who.has_provider() or not who.sign_in_needed():
        return None
    if who.accounts().by_session(request.cookies.get(who.COOKIE, "")):
        return None
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/signin?next={quote(asked)}"


def _to_a_page(request: Request) -> str | None:
    """Return where an address that is no page's leads to; None to let the request through.

    Streamlit would answer with its own English page. An unknown address is named to the first page, which says so.
    """
    asked = request.url.path
    if request.method != "GET" or asked.startswith(OPEN) or "text/html" not in request.headers.get("accept", ""):
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


def serve(script: Path, arguments: Sequence[str]) -> None:
    """Serve the dashboard: `python dashboard.py --server.port 8501`; options are Streamlit's own.

    Beside a folder named pages, a server started by `streamlit run` takes its first session for the
    older kind of multipage app, and that session's figures never answer the mouse.
    """
    PagesManager.uses_pages_directory = False
    given = settings_of(arguments)
    config._main_script_path = str(script)
    load_config_options(given)
    check_binding(config.get_option("server.address"))
    if who.sign_in_needed():
        require_sign_in()
    where = f"{config.get_option('server.address') or '本机'}:{config.get_option('server.port')}"
    print(f"看板地址：http://{where}（按 Ctrl+C 停止）", flush=True)
    st.App(script, routes=doors.ROUTES, middleware=[Middleware(Around)], lifespan=_with_logs).run(config=given)


@asynccontextmanager
async def _with_logs(app: object) -> AsyncIterator[None]:
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
