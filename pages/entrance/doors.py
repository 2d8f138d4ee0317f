"""The server's own addresses: signing in with a local account, leaving, and whether all is well."""

from __future__ import annotations

import asyncio
from hmac import compare_digest
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from jinja2 import Environment, FileSystemLoader
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from analytics.access import Account, SignInRefused
from analytics.access.accounts import SESSION_HOURS, SHORTEST_PASSWORD
from analytics.checkup import readable
from analytics.settings import default_store
from analytics.store import Store, StoreError
from pages.entrance.who import COOKIE, accounts, leaving_mark, provider_way, refused_by_provider

_PAGES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
LONGEST_FORM = 4096
#: Checking a password takes 64 MiB: no more at once than this.
_AT_ONCE = asyncio.Semaphore(2)
_SIGN_IN = (("name", "账号", "text", "username"), ("password", "口令", "password", "current-password"))
_CHANGE = (
    ("password", "现在的口令", "password", "current-password"),
    ("new", "新口令", "password", "new-password"),
    ("again", "再输一次新口令", "password", "new-password"),
)


def _form(
    title: str,
    told: str,
    fields: tuple,
    onward: str,
    wrong: str = "",
    name: str = "",
    provider: str = "",
    refused: str = "",
) -> HTMLResponse:
    shown = [
        {"name": n, "label": label, "type": kind, "complete": how, "value": name if n == "name" else ""}
        for n, label, kind, how in fields
    ]
    page = _PAGES.get_template("signin.html").render(
        title=title, told=told, fields=shown, next=onward, wrong=wrong, provider=provider, refused=refused
    )
    return HTMLResponse(page, status_code=401 if wrong else 200)


async def _sent(request: Request) -> dict[str, str] | None:
    """Return the fields of a form sent from this site; None for one that is too long or from elsewhere."""
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc != request.headers.get("host"):
        return None
    if int(request.headers.get("content-length") or LONGEST_FORM + 1) > LONGEST_FORM:
        return None
    body = (await request.body()).decode("utf-8", "replace")
    return {k: v[0] for k, v in parse_qs(body, keep_blank_values=True).items()}


def onward(given: str) -> str:
    """Return an address of this site to go on to; anything else becomes the first page."""
    local = given.startswith("/") and not given.startswith(("//", "/\\")) and "\\" not in given
    return given if local and given.isprintable() else "/"


async def sign_in(request: Request) -> Response:
    """Ask for name and password; with the right ones, begin a session."""
    told = "用管理员给的账号登录"
    if request.method == "GET":
        return await asyncio.to_thread(_doors, request, told)
    sent = await _sent(request)
    if sent is None:
        return Response("请从本站的登录页提交", status_code=403, media_type="text/plain; charset=utf-8")
    goal, name = onward(sent.get("next", "/")), sent.get("name", "")[:60]
    try:
        async with _AT_ONCE:
            account = await asyncio.to_thread(accounts().check, name, sent.get("password", ""), _address(request))
    except (SignInRefused, StoreError) as error:
        return _form("登录", told, _SIGN_IN, goal, str(error), name, provider_way())
    return await _begin(request, account, "/signin/password" if account.must_change else goal)


def _doors(request: Request, told: str) -> Response:
    """Return the page with the ways in: the provider's where one is set up, and the form where accounts have passwords."""
    refused = refused_by_provider(request.cookies)
    fields = _SIGN_IN if not provider_way() or accounts().with_password() else ()
    goal = onward(request.query_params.get("next", "/"))
    return _form("登录", told, fields, goal, provider=provider_way(), refused=refused)


async def _begin(request: Request, account: Account, goal: str) -> Response:
    token = await asyncio.to_thread(accounts().open_session, account)
    response = RedirectResponse(goal, status_code=303)
    secure = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))
    response.set_cookie(COOKIE, token, max_age=SESSION_HOURS * 3600, httponly=True, samesite="lax", secure=secure)
    return response


async def password(request: Request) -> Response:
    """Let somebody with a session set another password; all the account's sessions end and a new one begins."""
    account = await asyncio.to_thread(accounts().by_session, request.cookies.get(COOKIE, ""))
    if account is None:
        return RedirectResponse("/signin", status_code=303)
    told = f"{account.name}：{'首次登录要先改口令，' if account.must_change else ''}至少 {SHORTEST_PASSWORD} 个字符"
    if request.method == "GET":
        return _form("改口令", told, _CHANGE, "/")
    sent = await _sent(request)
    if sent is None:
        return Response("请从本站的页面提交", status_code=403, media_type="text/plain; charset=utf-8")
    if sent.get("new") != sent.get("again"):
        return _form("改口令", told, _CHANGE, "/", "两次输入的新口令不一样")
    try:
        async with _AT_ONCE:
            await asyncio.to_thread(
                accounts().change_password,
                account.name,
                sent.get("password", ""),
                sent.get("new", ""),
                _address(request),
            )
    except (SignInRefused, StoreError) as error:
        return _form("改口令", told, _CHANGE, "/", str(error))
    return await _begin(request, account, "/")


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def from_our_site(request: HTTPConnection) -> bool:
    """Tell whether a page of ours leads here; a browser that does not say so (no HTTPS) tells from which page it comes."""
    site = request.headers.get("sec-fetch-site")
    if site:
        return site == "same-origin"
    return urlsplit(request.headers.get("referer", "")).netloc == request.headers.get("host")


async def sign_out(request: Request) -> Response:
    """End the session: by POST with the session's own mark; asked otherwise, a page with the button is shown."""
    given = await _sent(request) if request.method == "POST" else {}
    if given is None or not compare_digest(given.get("mark", "").encode(), leaving_mark(request.cookies).encode()):
        mark = leaving_mark(request.cookies)
        page = _PAGES.get_template("leave.html").render(mark=mark) if mark else ""
        return HTMLResponse(page) if page else RedirectResponse("/signin", status_code=303)
    await asyncio.to_thread(accounts().close_session, request.cookies.get(COOKIE, ""))
    response: Response = RedirectResponse("/signin", status_code=303)
    response.delete_cookie(COOKIE)
    return response


async def health(request: Request) -> Response:
    """Say whether the store can be read: 200 or 503, and nothing of what is in it."""
    ok, told = await asyncio.to_thread(readable, Store(default_store()))
    return JSONResponse({"status": "ok" if ok else "failing"} | told, status_code=200 if ok else 503)


ROUTES = [
    Route("/signin", sign_in, methods=["GET", "POST"]),
    Route("/signin/password", password, methods=["GET", "POST"]),
    Route("/signout", sign_out, methods=["GET", "POST"]),
    Route("/healthz", health),
]
