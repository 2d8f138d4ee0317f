"""Put first on a Python's path: writes down, and refuses, every connection that leaves this machine."""

from __future__ import annotations

import os
import socket
import traceback
from typing import Any

_LOG = os.environ.get("GUARD_LOG", "")
_connect, _connect_ex, _lookup = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo
HERE = ("127.", "localhost", "::1", "0.0.0.0")


def _stays(host: object) -> bool:
    return host in (None, "", b"", "::") or str(host).startswith(HERE)


def _refuse(what: str) -> None:
    if _LOG:
        with open(_LOG, "a", encoding="utf-8") as log:
            log.write(what + "\n" + "".join(traceback.format_stack(limit=8)) + "\n")
    raise OSError(f"no connection leaves this machine: {what}")


def _checked(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6) and not _stays(address[0]):
        _refuse(f"connect {address}")


def connect(self: socket.socket, address: Any) -> None:
    _checked(self, address)
    _connect(self, address)


def connect_ex(self: socket.socket, address: Any) -> int:
    _checked(self, address)
    return _connect_ex(self, address)


def getaddrinfo(host: Any, *given: Any, **more: Any) -> Any:
    if not _stays(host):
        _refuse(f"look up {host}")
    return _lookup(host, *given, **more)


if _LOG:
    socket.socket.connect, socket.socket.connect_ex = connect, connect_ex  # type: ignore[method-assign]
    socket.getaddrinfo = getaddrinfo
