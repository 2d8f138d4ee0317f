"""Who may ask which address of the server, and under which of its names: what does not stand open here is shut.

See docs/decisions/0013.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from starlette.routing import compile_path
from streamlit import config
from streamlit.runtime import Runtime

from analytics.settings import load_settings
from pages.entrance import who

#: OPEN: anybody. OUR_SITE: anybody, from a page of ours. SIGNED_IN: whoever has a session. OWN: the session it was made for.
OPEN, OUR_SITE, SIGNED_IN, OWN = "open", "our site", "signed in", "own"
#: Every route of the server → who is answered where sign-in is set up; an address of none of them is a page: SIGNED_IN.
ROUTES: dict[str, str] = {
    "/signin": OPEN,
    "/signin/password": OPEN,  # without a session it leads to the sign-in
    "/signout": OPEN,  # leaves by POST with the session's own mark
    "/healthz": OPEN,
    "/_stcore/health": OPEN,
    "/static/{path:path}": OPEN,  # the program's own scripts and fonts
    "/auth/login": OPEN,
    "/oauth2callback": OPEN,
    "/auth/logout": OUR_SITE,
    "/_stcore/stream": SIGNED_IN,
    "/_stcore/metrics": SIGNED_IN,
    "/_stcore/host-config": SIGNED_IN,
    "/component/{path:path}": SIGNED_IN,
    "/_stcore/bidi-components/{path:path}": SIGNED_IN,
    "/_stcore/agent/interact": SIGNED_IN,
    "/_stcore/agent/openapi.json": SIGNED_IN,
    "/_stcore/agent/mcp": SIGNED_IN,
    "/media/{file_id:path}": OWN,
    "/_stcore/upload_file/{session_id}/{file_id}": OWN,
}
_PATTERNS = [(compile_path(path)[0], path) for path in ROUTES]
#: File of a page → the sessions that it was made for (see ``remember_owners``).
_made_for: dict[str, set[str]] = {}
#: The sessions for which a file is made at this moment, outside any run of a page.
_asking: ContextVar[set[str] | None] = ContextVar("asking", default=None)


def route_of(path: str) -> str:
    """Return the route of an address, '' for a page."""
    return next((route for pattern, route in _PATTERNS if pattern.match(path)), "")


def rule_of(path: str) -> str:
    """Return who is answered under an address."""
    return ROUTES.get(route_of(path), SIGNED_IN)


# -- names --------------------------------------------------------------------------------------


def name_in(host: str) -> str:
    """Return the name or address of a Host header or an origin, without port; '' for what is none."""
    try:
        return (urlsplit(host if "//" in host else f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_ours(name: str, bound: str | None, also: Iterable[str] = ()) -> bool:
    """Tell whether a name is one that the server is bound to, or one of ``also``.

    A server of this machine alone is asked as localhost, one of all networks also by any of its addresses: a name that
    somebody else lets point here (DNS rebinding) is a name, never an address.
    """
    if name and name in {name_in(other.lower()) for other in (bound or "", *also)}:
        return True
    address, own = _address(name), _address(bound or "")
    everywhere = bound in (None, "") or (own is not None and own.is_unspecified)
    if address is not None:
        return address.is_loopback or everywhere
    local = bound == "localhost" or (own is not None and own.is_loopback) or everywhere
    return (name == "localhost" and local) or (everywhere and name == socket.gethostname().lower())


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None


def named_rightly(headers: Iterable[tuple[bytes, bytes]], reads_only: bool) -> bool:
    """Tell whether a request asks under a name of ours, and what changes something comes from a page under one."""
    found = [(k.lower(), v.decode("latin-1").lower()) for k, v in headers]
    hosts, origins = ([v for k, v in found if k == name] for name in (b"host", b"origin"))
    asked = [*hosts, *([] if reads_only else origins)]
    bound, also = (
        config.get_option("server.address"),
        (*load_settings().hosts, config.get_option("browser.serverAddress")),
    )
    return len(hosts) == 1 and all(is_ours(name_in(given), bound, also) for given in asked)


# -- files --------------------------------------------------------------------------------------


def remember_owners() -> None:
    """Keep with every file that a page offers the session whose page it was; called once the server runs."""
    manager = Runtime.instance().media_file_mgr
    storage, execute = manager._storage, manager.execute_deferred
    add, delete = storage.load_and_get_id, storage.delete_file

    def added(*given: object, **named: object) -> str:
        made: str = add(*given, **named)  # type: ignore[arg-type]
        _made_for.setdefault(made, set()).update(_asking.get() or {who.session_here()})
        return made

    def deleted(made: str) -> None:
        _made_for.pop(made, None)
        delete(made)

    def executed(promised: str) -> str:
        """Make a file that is asked for by a click, outside any run of a page: for the sessions whose page promised it."""
        pages = [page for page, held in list(manager._deferred_ids_by_session.items()) if promised in held]
        before = _asking.set({_session_of_page(page) for page in pages})
        try:
            return execute(promised)
        finally:
            _asking.reset(before)

    storage.load_and_get_id, storage.delete_file = added, deleted  # type: ignore[method-assign]
    manager.execute_deferred = executed  # type: ignore[method-assign]


def _session_of_page(page: str) -> str:
    """Return the session (see ``who.session_of``) that Streamlit's session of a page belongs to, '' for none."""
    client = Runtime.instance().get_client(page)
    context = client.client_context if client else None
    return who.session_of(context.cookies) if context else ""


def owns(path: str, cookies: Mapping[str, str]) -> bool:
    """Tell whether what lies under an address (a file, or where a page's upload goes) is of the session of the cookies."""
    mine = who.session_of(cookies)
    if path.startswith("/media/"):
        return mine in _made_for.get(path.removeprefix("/media/").partition(".")[0], ())
    return mine == _session_of_page(path.split("/")[3])
