"""Write docs/licences.md: every package that runs, with its version and licence as the package itself says."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / ".ci" / "requirements.lock"
TARGET = ROOT / "docs" / "licences.md"


def locked() -> list[tuple[str, str]]:
    """Return name and version of every package in the lock."""
    return re.findall(r"^([\w.-]+)==([^\s;\\]+)", LOCK.read_text("utf-8"), re.MULTILINE)


def licence(name: str) -> str | None:
    """Return a package's licence from its metadata, None where it is not installed here."""
    try:
        told = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    if expression := told.get("License-Expression"):
        return str(expression)
    classified = [c.rsplit(" :: ", 1)[1] for c in told.get_all("Classifier", []) if c.startswith("License :: ")]
    classified = [c for c in classified if c != "OSI Approved"]
    plain = str(told.get("License") or "").strip().splitlines()
    return "；".join(classified) or (plain[0][:60] if plain else "") or "（包未写明）"


def page() -> str:
    """Return the page."""
    rows = [(name, version, licence(name) or "（只在别的系统上装）") for name, version in locked()]
    lines = [f"| {name} | {version} | {of} |" for name, version, of in rows]
    return (
        "# 第三方组件与许可证\n\n运行所需的全部组件，版本与校验和锁定在 `.ci/requirements.lock`；机器可读的清单（CycloneDX）在 "
        "[sbom.cdx.json](sbom.cdx.json)。本页由 `make lock` 生成。\n\n| 组件 | 版本 | 许可证 |\n| --- | --- | --- |\n"
        + "\n".join(lines)
        + "\n"
    )


if __name__ == "__main__":
    TARGET.write_text(page(), "utf-8")
    sys.exit(0)
