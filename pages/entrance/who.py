"""Who is at the page: somebody at the machine, a local account's session, or whom the provider vouches for."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Mapping

import streamlit as st
from streamlit.auth_util import encode_provider_token
from streamlit.errors import StreamlitSecretNotFoundError
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import _get_signed_cookie_with_chunks

from analytics.access import Account, Accounts
from analytics.access.accounts import OIDC_KIND, SESSION_HOURS
from analytics.settings import default_store, load_settings
from analytics.store import Store
from analytics.store.audit import REFUSED, SIGN_IN, AuditLog
from analytics.viewer import LOCAL, Viewer, require_sign_in
from pages.common.foreign import escaped

COOKIE = "insight_session"
#: Set to "required", nobody is let in without signing in, whatever is set up.
REQUIRED = "INSIGHT_SIGN_IN"
#: Where a session holds who is at the page.
VIEWER = "_viewer"
_GREETED = "_greeted"


def accounts() -> Accounts:
    """Return the accounts of the store that is shown."""
    return Accounts(Store(default_store()))


def has_provider() -> bool:
    """Tell whether a provider (OIDC) is set up in .streamlit/secrets.toml."""
    try:
        return "auth" in st.secrets
    except StreamlitSecretNotFoundError:
        return False


def sign_in_needed() -> bool:
    """Tell whether visitors must sign in: a provider is set up, an account was made, or it is demanded."""
    return os.environ.get(REQUIRED) == "required" or has_provider() or bool(accounts().all())


def viewer() -> Viewer:
    """Return who asks; before anybody has come in, the one at the machine, who is refused where sign-in is needed."""
    found: Viewer = st.session_state.get(VIEWER, LOCAL)
    return found


def enter() -> Viewer | None:
    """Let the visitor in and return the viewer; None for one who must first sign in (see ``ask``).

    Asked at every run of a page: a closed account or an ended session shuts the page at the next click.
    """
    st.session_state[VIEWER] = LOCAL
    if not sign_in_needed():
        return LOCAL
    require_sign_in()
    account = visitor(st.context.cookies)
    if account is None or account.must_change:
        return None
    if account.kind == OIDC_KIND and st.session_state.get(_GREETED) != account.name:
        st.session_state[_GREETED] = account.name
        AuditLog(default_store()).record(account.viewer, SIGN_IN, account.name, {"by": OIDC_KIND})
    st.session_state[VIEWER] = account.viewer
    return account.viewer


def visitor(cookies: Mapping[str, str]) -> Account | None:
    """Return the account that cookies let in: that of a local session, or of whom the provider vouches for; else None."""
    return accounts().by_session(cookies.get(COOKIE, "")) or _vouched_for(_claims(cookies))


def session_of(cookies: Mapping[str, str]) -> str:
    """Return what tells the session of some cookies from others, '' for none: a digest, of which nothing follows."""
    provided = "".join(
        cookies[name]
        for name in sorted(cookies)
        if name == USER_COOKIE_NAME or name.startswith(f"{USER_COOKIE_NAME}__")
    )
    told = cookies.get(COOKIE, "") or provided
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest() if told else ""


def session_here() -> str:
    """Return the session of the page that runs here (see ``session_of``)."""
    return session_of(st.context.cookies)


def leaving_mark(cookies: Mapping[str, str]) -> str:
    """Return what a form to sign out must carry, '' without a local session: no page of another site can know it."""
    token = cookies.get(COOKIE, "")
    return hashlib.sha256(f"leave:{token}".encode("utf-8", "replace")).hexdigest() if token else ""


def _claims(cookies: Mapping[str, str]) -> dict[str, object]:
    """Return what the provider's signed cookie says of a person; nothing where there is none, or none of its own."""
    if not has_provider():
        return {}
    try:
        signed = _get_signed_cookie_with_chunks(dict(cookies), USER_COOKIE_NAME)
        said = json.loads(signed or b"{}")
    except ValueError:
        return {}
    return said if isinstance(said, dict) and said.get("is_logged_in") else {}


def _vouched_for(claims: Mapping[str, object]) -> Account | None:
    name = _name_in(claims)
    if not name or _expired(claims) or claims.get("email_verified") is False:
        return None
    return accounts().by_provider(name)


def _name_in(claims: Mapping[str, object]) -> str:
    return str(claims.get(load_settings().sign_in_claim) or "")


def _expired(claims: Mapping[str, object]) -> bool:
    """Tell whether the provider vouched too long ago: its cookie outlives a working day."""
    made = claims.get("iat")
    return bool(made) and dt.datetime.now(dt.UTC).timestamp() - float(str(made)) > SESSION_HOURS * 3600


def provider_way() -> str:
    """Return what leads to the provider's sign-in (the token of Streamlit's own route), '' where none is set up."""
    return encode_provider_token("default") if has_provider() else ""


def refused_by_provider(cookies: Mapping[str, str]) -> str:
    """Say why somebody whom the provider vouches for is not let in, '' where nobody stands there; it is audited."""
    claims = _claims(cookies)
    if not claims or _vouched_for(claims):
        return ""
    if _expired(claims):
        return "登录已过期，请重新登录。"
    name = _name_in(claims)
    AuditLog(default_store()).record_once(Viewer(name, ""), REFUSED, name)
    return f"身份认证已通过（{name or '没有可用的身份'}），但还没有开通本系统，请找管理员开通。"


def ask() -> None:
    """Say how to sign in, on a page that was open when its session ended or before there was anybody to sign in."""
    st.title("企业诉求洞察", anchor=False)
    if has_provider() or accounts().all():
        st.html("<a href='/signin' target='_self'>去登录</a>")
    else:
        st.info(
            "还没有账号。请管理员在服务器上运行：python -m analytics accounts add 账号名 --role admin",
            icon=":material/person_add:",
        )


def shown(here: Viewer) -> None:
    """Say who is signed in, and offer to leave."""
    if here.local:
        return
    with st.popover(escaped(here.name), icon=":material/account_circle:"):
        st.text(here.described)
        if accounts().by_session(st.context.cookies.get(COOKIE, "")):
            mark = leaving_mark(st.context.cookies)
            st.html(
                "<a href='/signin/password' target='_self'>改口令</a><form method='post' action='/signout'>"
                f"<input type='hidden' name='mark' value='{mark}'><button>退出</button></form>"
            )
        else:
            st.button("退出", on_click=st.logout, key="leave")
