"""Recurring problems taken up, remedied, and told honestly whether the remedy worked."""
