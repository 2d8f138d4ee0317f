"""Who is at the page: somebody at the machine, a local account's session, or whom the provider vouches for."""

from __future__ import annotations

import datetime as dt
import os

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from analytics.access import Account, Accounts
from analytics.access.accounts import OIDC_KIND, SESSION_HOURS
from analytics.settings import default_store, load_settings
from analytics.store import Store
from analytics.store.audit import REFUSED, SIGN_IN, AuditLog
from analytics.viewer import LOCAL, Viewer, require_sign_in

COOKIE = "insight_session"
#: Set to "required", nobody is let in without signing in, whatever is set up.
REQUIRED = "INSIGHT_SIGN_IN"
_KEY, _GREETED = "_viewer", "_greeted"


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
    found: Viewer = st.session_state.get(_KEY, LOCAL)
    return found


def enter() -> Viewer | None:
    """Let the visitor in and return the viewer; None for one who must first sign in (see ``ask``).

    Asked at every run of a page: a closed account or an ended session shuts the page at the next click.
    """
    st.session_state[_KEY] = LOCAL
    if not sign_in_needed():
        return LOCAL
    require_sign_in()
    account = accounts().by_session(st.context.cookies.get(COOKIE, "")) or _vouched_for()
    if account is None or account.must_change:
        return None
    st.session_state[_KEY] = account.viewer
    return account.viewer


def _vouched_for() -> Account | None:
    """Return the account of whom the provider names, None where it names nobody with one; told and refused are audited."""
    if not has_provider() or not st.user.is_logged_in or _expired():
        return None
    name = str(st.user.get(load_settings().sign_in_claim) or "")
    known = accounts().by_provider(name) if st.user.get("email_verified") is not False else None
    if st.session_state.get(_GREETED) != name:
        st.session_state[_GREETED] = name
        asked = known.viewer if known else Viewer(name, "")
        AuditLog(default_store()).record(asked, SIGN_IN if known else REFUSED, name, {"by": OIDC_KIND})
    return known


def _expired() -> bool:
    """Tell whether the provider vouched too long ago: its cookie outlives a working day."""
    made = st.user.get("iat")
    return bool(made) and dt.datetime.now(dt.UTC).timestamp() - float(str(made)) > SESSION_HOURS * 3600


def ask() -> None:
    """Draw the ways to sign in, or say why somebody whom the provider vouches for is not let in."""
    st.title("企业诉求洞察", anchor=False)
    local = any(a.kind != OIDC_KIND for a in accounts().all())
    if has_provider():
        if st.user.is_logged_in:
            st.warning(
                "登录已过期，请重新登录。"
                if _expired()
                else f"身份认证已通过（{st.session_state.get(_GREETED) or '没有可用的身份'}），但还没有开通本系统，请找管理员开通。",
                icon=":material/person_off:",
            )
            st.button("退出，换一个账号", on_click=st.logout)
        else:
            st.button("统一身份认证登录", type="primary", icon=":material/login:", on_click=st.login)
    if local:
        st.html("<a href='/signin' target='_self'>用本系统的账号登录</a>")
    elif not has_provider():
        st.info(
            "还没有账号。请管理员在服务器上运行：python -m analytics accounts add 账号名 --role admin",
            icon=":material/person_add:",
        )


def shown(here: Viewer) -> None:
    """Say who is signed in, and offer to leave."""
    if here.local:
        return
    with st.popover(here.name, icon=":material/account_circle:"):
        st.text(here.described)
        if accounts().by_session(st.context.cookies.get(COOKIE, "")):
            st.html("<a href='/signin/password' target='_self'>改口令</a>　<a href='/signout' target='_self'>退出</a>")
        else:
            st.button("退出", on_click=st.logout, key="leave")
