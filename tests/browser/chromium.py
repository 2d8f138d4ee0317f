"""Find Chromium for the browser tests, or install it through the system's package manager."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
PACKAGES = ("chromium", "fonts-noto-cjk")
#: Quiet in a container and without a way out of this machine.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = (
    "浏览器测试需要 Chromium，本机没有找到，也没有权限自动安装。\n"
    "Debian/Ubuntu/WSL：sudo apt-get install chromium fonts-noto-cjk\n"
    "macOS：brew install --cask chromium\n"
    "已装在别处时，可用环境变量 CHROMIUM 指明它的路径。"
)


def find() -> str | None:
    """Return the path of a Chromium or Chrome, or None."""
    named = os.environ.get("CHROMIUM")
    if named and Path(named).exists():
        return named
    found = next((p for n in NAMES if (p := shutil.which(n))), None)
    return found or next((m for m in MAC if Path(m).exists()), None)


def install() -> bool:
    """Install Chromium and a Chinese font with apt-get where that is allowed; tell whether it is there."""
    if not shutil.which("apt-get"):
        return False
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if root and not shutil.which("sudo"):
        return False
    quiet = {"stdout": subprocess.DEVNULL}
    subprocess.run([*root, "apt-get", "update", "-q"], check=False, **quiet)
    subprocess.run([*root, "apt-get", "install", "-yq", "--no-install-recommends", *PACKAGES], check=False, **quiet)
    return find() is not None


if __name__ == "__main__":
    if not find() and not ("--install" in sys.argv and install()):
        sys.exit(MISSING)
