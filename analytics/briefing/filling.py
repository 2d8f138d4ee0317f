"""Render an office's Word template in a confined process (see analytics.confined)."""

from __future__ import annotations

import io
import pickle
import sys
import zipfile

from analytics import confined
from analytics.briefing.facts import Briefing
from analytics.store import StoreError

BOUNDS = confined.Bounds(memory=3 << 30, seconds=60, patience=150, output=64 << 20)
REFUSED = 3
#: Bytes that a template may unpack to, and parts that it may have.
MOST_UNPACKED, MOST_PARTS = 200 << 20, 5000
TOO_MUCH = "模板没有做成：里面的占位符或图片要占的内存、时间或篇幅太多；占位符里只写名称，如 {{标题}}，不写运算"


def filled(template: bytes, briefing: Briefing) -> bytes:
    """Return the office's document with the briefing in its places (see ``templates.fill``); raises StoreError.

    A template that wants more memory or time than a briefing needs is refused after BOUNDS.patience seconds at most.
    """
    check_size(template)
    ended = confined.run("analytics.briefing.filling", pickle.dumps((template, briefing)), BOUNDS)
    if ended.code == 0 and ended.output[:4] == b"PK\x03\x04" and len(ended.output) < BOUNDS.output:
        return ended.output
    raise StoreError(ended.output.decode("utf-8", "replace") if ended.code == REFUSED else TOO_MUCH)


def check_size(template: bytes) -> None:
    """Refuse a file that is no archive, or that says it unpacks to more than a template can be (no more is ever read)."""
    try:
        with zipfile.ZipFile(io.BytesIO(template)) as parts:
            held = parts.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeError):
        raise StoreError("模板打不开，请确认是 .docx 文件") from None
    if len(held) > MOST_PARTS or sum(part.file_size for part in held) > MOST_UNPACKED:
        raise StoreError(f"模板解开后超过 {MOST_UNPACKED >> 20} MB，请压缩其中的图片后再用")


def main() -> int:
    from analytics.briefing.templates import fill

    template, briefing = pickle.load(sys.stdin.buffer)
    try:
        made = fill(template, briefing)
    except StoreError as error:
        sys.stdout.buffer.write(str(error).encode())
        return REFUSED
    sys.stdout.buffer.write(made)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
