"""What the running server answers to whom: every route of it, under every name, with and without a session."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import secrets
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from analytics.access import Accounts
from analytics.settings import ROOT
from analytics.store import Store
from analytics.viewer import ADMIN, ANALYST
from pages.entrance.gates import OPEN, OUR_SITE, ROUTES, is_ours, name_in, route_of
from tests.browser.conftest import serving
from tests.small import publish

PASSWORD = "Yanta-2026-spring"
LISTED = """
import json, sys
from pathlib import Path
from pages.entrance.serving import app
built = app(Path("dashboard.py").resolve())._build_starlette_app()
print(json.dumps([[r.path if hasattr(r, "path") else "", sorted(getattr(r, "methods", None) or [])] for r in built.routes]))
"""


@dataclass
class Site:
    """A running server and ways to ask it."""

    address: str

    @property
    def host(self) -> str:
        return self.address.removeprefix("http://")

    def ask(
        self, path: str, method: str = "GET", cookie: str = "", body: bytes | str | None = None, **headers: str
    ) -> http.client.HTTPResponse:
        """Ask once, following nothing; the answer's body is read (``told``)."""
        con = http.client.HTTPConnection(self.host, timeout=600)
        given = {k.replace("_", "-"): v for k, v in headers.items()} | ({"Cookie": cookie} if cookie else {})
        con.request(method, path, body, given)
        answer = con.getresponse()
        answer.told = answer.read()  # type: ignore[attr-defined]
        con.close()
        return answer

    def sign_in(self, name: str) -> str:
        """Return the cookie of a new session."""
        form = urllib.parse.urlencode({"name": name, "password": PASSWORD})
        answer = self.ask("/signin", "POST", body=form, Content_Type="application/x-www-form-urlencoded")
        assert answer.status == 303, answer.told  # type: ignore[attr-defined]
        return str(answer.headers["Set-Cookie"]).split(";")[0]

    def page(self, path: str, cookie: str = "", origin: str = "", host: str = "") -> contextlib.AbstractContextManager:
        """Open the WebSocket of a page."""
        headers = {"Cookie": cookie} if cookie else {}
        address = f"ws://{self.host}/_stcore/stream"
        return connect(
            address,
            origin=origin or self.address,
            additional_headers=headers | ({"Host": host} if host else {}),
            subprotocols=["streamlit"],
            max_size=None,
            open_timeout=600,
        )


def run(socket, page: str, query: str = "") -> tuple[str, bytes]:
    """Run a page once; returns Streamlit's id of the session and all that was sent."""
    message = BackMsg()
    message.rerun_script.query_string, message.rerun_script.page_name = query, page
    socket.send(message.SerializeToString())
    session, parts = "", []
    while True:
        parts.append(socket.recv(timeout=600))
        told = ForwardMsg.FromString(parts[-1])
        if told.WhichOneof("type") == "new_session":
            session = told.new_session.initialize.session_id
        if told.WhichOneof("type") == "script_finished":
            return session, b"".join(parts)


def filled(route: str) -> str:
    """Return an address of a route."""
    return re.sub(r"\{[^}]*\}", "x", route)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    cases = [
        {"case_no": f"{d}1", "title": "诉求", "accepted_at": "2026-11-02", "department": d, "module": "finance"}
        for d in ("甲局", "乙局")
    ]
    return publish(tmp_path_factory.mktemp("gates") / "store", {"cases": cases})


@pytest.fixture(scope="module")
def open_site(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server of one machine, without sign-in."""
    with serving(publish(tmp_path_factory.mktemp("open") / "store", {"cases": CASE}).folder) as address:
        yield Site(address)


CASE = [{"case_no": "C1", "title": "秘密", "accepted_at": "2026-11-02"}]


@pytest.fixture(scope="module")
def site(store: Store) -> Iterator[Site]:
    """A server with sign-in: root, zhang (甲局) and li (乙局)."""
    accounts = Accounts(store)
    for name, role, department in (("root", ADMIN, None), ("zhang", ANALYST, "甲局"), ("li", ANALYST, "乙局")):
        accounts.change_password(name, str(accounts.add(name, role, department)), PASSWORD)
    accounts.add("fresh", ANALYST)
    with serving(store.folder) as address:
        yield Site(address)


def test_every_route_of_the_server_stands_in_the_table() -> None:
    done = subprocess.run([sys.executable, "-c", LISTED], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = {path for path, _ in json.loads(done.stdout.splitlines()[-1])}
    shown = {p for p in listed if p}
    assert shown - set(ROUTES) == set(), "a new route: say in pages/entrance/gates.py who is answered"
    assert set(ROUTES) - shown == {"/static/{path:path}"}  # the mount without a path
    assert {route_of(filled(route)) for route in ROUTES} == set(ROUTES)


@pytest.mark.parametrize("route", [r for r, rule in ROUTES.items() if rule not in (OPEN, OUR_SITE)])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"])
def test_without_a_session_nothing_answers(site: Site, route: str, method: str) -> None:
    for cookie in ("", "insight_session=" + secrets.token_urlsafe(32), "_streamlit_user=forged"):
        answer = site.ask(filled(route), method, cookie, Accept="text/html")
        assert answer.status == 401
        assert answer.headers["Cache-Control"] == "no-store"


def test_what_stands_open_says_nothing_of_the_ledger(site: Site) -> None:
    for route in (r for r, rule in ROUTES.items() if rule == OPEN):
        answer = site.ask(filled(route))
        assert answer.status != 401
        assert not any(word.encode() in answer.told for word in ("甲局", "乙局", "诉求主题"))
    assert json.loads(site.ask("/healthz").told)["status"] == "ok"


def test_pages_lead_to_the_sign_in(site: Site) -> None:
    for path in ("/", "/case-list?period=本年", "/none", "/index.html", "/static", "/mediax/1", "/signinx"):
        answer = site.ask(urllib.parse.quote(path, safe="/?="), Accept="text/html")
        assert answer.status == 303, path
        assert answer.headers["Location"].startswith("/signin?next=")
    assert site.ask("/").status == 401


def test_the_browser_is_told_to_ask_no_other_host(site: Site, open_site: Site) -> None:
    """Whatever words of a ledger or an address make of a page (an image, a frame, a font), only this server is asked."""
    for answer in (open_site.ask("/", Accept="text/html"), site.ask("/signin"), site.ask("/", Accept="text/html")):
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
        for kind in ("default", "img", "media", "font", "connect", "frame", "style", "script", "worker"):
            assert set(policy[f"{kind}-src"].split()) <= {
                "'self'", "data:", "blob:", "'unsafe-inline'", "'unsafe-eval'",
            }  # fmt: skip


def test_a_websocket_needs_a_session(site: Site) -> None:
    for cookie in ("", "insight_session=forged", "_streamlit_user=forged"):
        with pytest.raises(InvalidStatus, match="403"), site.page("/", cookie):
            pass
    with site.page("/", site.sign_in("root")) as socket:
        _, told = run(socket, "case-list", "period=本年")
    assert "甲局".encode() in told


def test_a_first_password_opens_nothing_but_its_change(site: Site, store: Store) -> None:
    accounts = Accounts(store)
    cookie = f"insight_session={accounts.open_session(accounts.get('fresh'))}"
    assert site.ask("/_stcore/host-config", cookie=cookie).status == 401
    answer = site.ask("/", cookie=cookie, Accept="text/html")
    assert (answer.status, answer.headers["Location"].split("?")[0]) == (303, "/signin/password")
    assert site.ask("/signin/password", cookie=cookie).status == 200
    with pytest.raises(InvalidStatus, match="403"), site.page("/", cookie):
        pass


def test_a_file_is_for_the_session_it_was_made_for(site: Site) -> None:
    mine, other, again = site.sign_in("zhang"), site.sign_in("li"), site.sign_in("zhang")
    with site.page("/", mine) as socket:
        _, told = run(socket, "case-list", "period=本年")
        files = {f.decode() for f in re.findall(rb"/media/[0-9a-f]+\.\w+", told)}
        assert any(f.endswith((".csv", ".xlsx", ".png")) for f in files)
        for file in files:
            got = site.ask(file, cookie=mine)
            assert (got.status, got.headers["Cache-Control"]) == (200, "no-store")
            assert site.ask(file).status == 401
            assert site.ask(file, cookie=other).status == 404
            assert site.ask(file, cookie=again).status == 404  # the same person, another session
        leave(site, mine)
        assert {site.ask(file, cookie=mine).status for file in files} == {401}


def test_a_file_made_on_a_click_is_for_who_clicked(site: Site) -> None:
    mine, other = site.sign_in("root"), site.sign_in("zhang")
    with site.page("/", mine) as socket:
        session, told = run(socket, "case-list", "period=本年")
        promised = re.findall(rb"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", told)
        files: set[str] = set()
        for one in dict.fromkeys(p.decode() for p in promised):
            asked = BackMsg()
            asked.backend_operation_request.request_id, asked.backend_operation_request.session_id = one, session
            asked.backend_operation_request.deferred_file.file_id = one
            socket.send(asked.SerializeToString())
            answer = b""
            while not answer or ForwardMsg.FromString(answer).WhichOneof("type") != "backend_operation_response":
                answer = socket.recv(timeout=600)
            files |= {f.decode() for f in re.findall(rb"/media/[0-9a-f]+\.\w+", answer)}
        assert files
        for file in files:
            assert site.ask(file, cookie=mine).status == 200
            assert site.ask(file, cookie=other).status == 404
            assert site.ask(file).status == 401


def leave(site: Site, cookie: str) -> None:
    mark = re.search(r'name="mark" value="(\w+)"', site.ask("/signout", cookie=cookie).told.decode())
    assert mark
    form = f"mark={mark[1]}"
    done = site.ask("/signout", "POST", cookie, form, Content_Type="application/x-www-form-urlencoded")
    assert done.headers["Location"] == "/signin"


def test_an_upload_goes_to_ones_own_page_alone(site: Site) -> None:
    mine, other = site.sign_in("root"), site.sign_in("zhang")
    with site.page("/", mine) as socket:
        session, _ = run(socket, "data")
        path = f"/_stcore/upload_file/{session}/1"
        assert site.ask(path, "PUT", body=b"x" * 1000).status == 401
        assert site.ask(path, "PUT", other, b"x" * 1000).status == 404
        assert site.ask(path, "DELETE", other).status == 404
        assert site.ask(path, "PUT", mine, b"x" * 1000).status == 403  # its own, and without the page's token
        assert site.ask("/_stcore/upload_file/none/1", "PUT", mine, b"x").status == 404


def test_signing_out_needs_a_post_with_the_sessions_mark(site: Site) -> None:
    cookie = site.sign_in("li")
    for method, body in (
        ("GET", None),
        ("HEAD", None),
        ("POST", ""),
        ("POST", "mark=" + "0" * 64),
        ("POST", "mark=%C3%A9"),
    ):
        asked = site.ask("/signout", method, cookie, body, Content_Type="application/x-www-form-urlencoded")
        assert asked.status < 500
        assert site.ask("/_stcore/host-config", cookie=cookie).status == 200
    leave(site, cookie)
    assert site.ask("/_stcore/host-config", cookie=cookie).status == 401


def test_behind_a_proxy_guesses_count_by_where_they_come_from(site: Site) -> None:
    """One who guesses keeps nobody else waiting, nor gets on by writing another address before what the proxy adds."""

    def tried(password: str, forwarded: str) -> http.client.HTTPResponse:
        form = urllib.parse.urlencode({"name": "root", "password": password})
        return site.ask(
            "/signin", "POST", body=form, Content_Type="application/x-www-form-urlencoded", X_Forwarded_For=forwarded
        )

    for number in range(6):
        answer = tried("wrong", f"198.51.100.{number}, 203.0.113.5")
    assert "秒后再试" in answer.told.decode()  # type: ignore[attr-defined]
    assert tried(PASSWORD, "203.0.113.5").status == 401
    assert tried(PASSWORD, "198.51.100.1").status == 303


def test_a_providers_session_ends_from_our_pages_alone(site: Site) -> None:
    assert site.ask("/auth/logout").status == 403
    assert site.ask("/auth/logout", Sec_Fetch_Site="cross-site", Referer=f"{site.address}/").status == 403
    assert site.ask("/auth/logout", Referer="http://evil.example/").status == 403
    assert site.ask("/auth/logout", Referer=f"{site.address}/").status != 403
    assert site.ask("/auth/logout", Sec_Fetch_Site="same-origin").status != 403


STRANGE = ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "[::2]", "x@y", "[", ""]  # fmt: skip


@pytest.mark.parametrize("host", STRANGE)
def test_under_another_name_nothing_is_answered(open_site: Site, host: str) -> None:
    """DNS rebinding: a page of another site lets its own name point to this machine, and asks as if it were at home."""
    host = host.format(port=open_site.host.partition(":")[2])
    for path in ("/", "/healthz", *(filled(route) for route in ROUTES if route != "/_stcore/stream")):
        answer = open_site.ask(path, Host=host, Accept="text/html")
        assert answer.status in (421, 400), path
        assert b"<script" not in answer.told
    with (
        pytest.raises(InvalidStatus, match=r"40[03]|421"),
        open_site.page("/", origin=f"http://{host}", host=host or "x"),
    ):
        pass


def test_a_page_of_another_site_changes_nothing(open_site: Site) -> None:
    with pytest.raises(InvalidStatus, match="403"), open_site.page("/", origin="http://evil.example"):
        pass
    for path, method in (("/_stcore/upload_file/x/1", "PUT"), ("/signin", "POST"), ("/signout", "POST")):
        assert open_site.ask(path, method, body="x", Origin="http://evil.example").status == 421


def test_under_its_own_names_it_is_answered(open_site: Site) -> None:
    port = open_site.host.partition(":")[2]
    for host in (f"localhost:{port}", "127.0.0.1", "LOCALHOST", f"[::1]:{port}"):
        assert open_site.ask("/", Host=host, Accept="text/html").status == 200, host


@pytest.mark.parametrize(
    ("host", "bound", "also", "ours"),
    [
        ("insight.example", "127.0.0.1", ["insight.example"], True),
        ("insight.example:8501", "127.0.0.1", ["INSIGHT.example"], True),
        ("a.insight.example", "127.0.0.1", ["insight.example"], False),
        ("192.168.1.10", "192.168.1.10", [], True),
        ("192.168.1.11", "192.168.1.10", [], False),
        ("localhost", "192.168.1.10", [], False),
        ("192.168.1.11", "0.0.0.0", [], True),
        ("evil.example", "0.0.0.0", [], False),
        ("evil.example", "::", [], False),
        ("evil.example", None, [], False),
        ("board.example", "board.example", [], True),
        ("", None, [""], False),
    ],
)
def test_names(host: str, bound: str | None, also: list[str], ours: bool) -> None:
    assert is_ours(name_in(host.lower()), bound, also) is ours


def test_it_does_not_start_on_settings_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[privacy]\nleast_shared = -5\n", "utf-8")
    command = [sys.executable, "dashboard.py", "--server.port", "0", "--server.headless", "true"]
    import os

    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"INSIGHT_STORE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 2
    assert "没有启动" in done.stderr
    assert "least_shared = -5 不能小于 0" in done.stderr
    assert "Traceback" not in done.stderr
