"""A password or key from a file that only the service may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from analytics.refusal import Refusal

LONGEST = 4096


def read_secret(path: Path, where: str, refusal: type[Refusal] = Refusal) -> str:
    """Return the first line of a file; raises ``refusal`` where it lacks, is empty, or somebody else may read it."""
    try:
        with path.open(encoding="utf-8") as file:
            if fault := _fault(os.fstat(file.fileno()), path):
                raise refusal(f"{where}：{fault}")
            line = file.readline(LONGEST).rstrip("\r\n")
    except FileNotFoundError:
        raise refusal(f"{where}：找不到口令文件 {path}，请建好并运行 chmod 600 {path}") from None
    except PermissionError:
        raise refusal(f"{where}：运行账户读不了口令文件 {path}，请把它的所有者改为运行账户") from None
    except (OSError, UnicodeDecodeError) as error:
        raise refusal(f"{where}：口令文件 {path} 读不出来（{type(error).__name__}），应是一行 UTF-8 文字") from None
    if not line:
        raise refusal(f"{where}：口令文件 {path} 的第一行是空的，请把口令写在第一行")
    return line


def _fault(found: os.stat_result, path: Path) -> str:
    """Say that somebody beside this process's account may read a file; '' where nobody may (and on Windows, which has no modes)."""
    if os.name != "posix":
        return ""
    if mode := stat.S_IMODE(found.st_mode) & 0o077:
        return (
            f"口令文件 {path} 别人也能读（权限 {stat.S_IMODE(found.st_mode):o}，多出 {mode:o}），"
            f"没有使用；请运行 chmod 600 {path}"
        )
    if found.st_uid not in (os.geteuid(), 0):
        return f"口令文件 {path} 属于别的账户，没有使用；请把它的所有者改为运行账户"
    return ""
