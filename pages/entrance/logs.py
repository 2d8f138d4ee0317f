"""Logs as lines of JSON, without a value of the ledger: an exception leaves its type and its way, not its words."""

from __future__ import annotations

import json
import logging
import sys
import traceback

from analytics.privacy import mask_text

FRAMES = 6


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message; of an exception its type and the last frames."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": mask_text(record.getMessage()),
        }
        line |= {k: getattr(record, k) for k in ("page", "role", "seconds", "snapshot") if hasattr(record, k)}
        if record.exc_info and record.exc_info[0]:
            frames = traceback.extract_tb(record.exc_info[2])[-FRAMES:]
            line["exception"] = record.exc_info[0].__name__
            line["where"] = [f"{f.filename.rsplit('/', 2)[-1]}:{f.lineno} {f.name}" for f in frames]
        return json.dumps(line, ensure_ascii=False)


def write_lines() -> None:
    """Send every logger's lines to standard error as JSON, in place of what was set up before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in ("fontTools", "matplotlib", "watchdog", "httpx", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
