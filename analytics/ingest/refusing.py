"""A file that is not imported, and why."""

from __future__ import annotations

from analytics.refusal import Refusal


class RefusedFile(Refusal):
    """A file that cannot be read; the message is Chinese and says what to do."""

    def __init__(self, file: str, reason: str):
        super().__init__(f"{file}：{reason}")
        self.file, self.reason = file, reason


class NoTable(RefusedFile):
    """A file of a kind that holds no table, such as a picture: beside tables in an archive it is passed over."""
