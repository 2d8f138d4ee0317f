"""Who may sign in, with which role, and for how long."""

from analytics.access.accounts import Account, Accounts, SignInRefused

__all__ = ["Account", "Accounts", "SignInRefused"]
