"""Questions asked in a child process, so that the parent never opens DuckDB and may go on forking."""

from __future__ import annotations

import json
import os
from collections.abc import Callable


def answered(question: Callable[[], dict[str, object]]) -> dict[str, object]:
    """Return what a question answers in a forked child, as a fresh process would see it; a fault there fails here."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            found = question()
        except BaseException as error:
            found = {"error": f"{type(error).__name__}: {error}"}
        os.write(write, json.dumps(found).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    found = json.loads(text)
    assert "error" not in found, found
    return found
