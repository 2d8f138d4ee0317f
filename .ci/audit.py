"""Ask whether what is locked has known weaknesses: `python .ci/audit.py`.

Found weaknesses fail the check, but for those in audit-accepted.txt (an id and the reason a line). Where
the database cannot be reached it says so and passes: everything works offline. With
INSIGHT_AUDIT=required that fails too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SERVICES = ("pypi", "osv")


def accepted() -> list[str]:
    """Return the ids of weaknesses that were looked at and do not touch this program."""
    lines = (HERE / "audit-accepted.txt").read_text("utf-8").splitlines()
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


def asked(lock: Path, service: str) -> dict | None:
    """Return pip-audit's answer about a lock, None where the service knew nothing or was out of reach."""
    command = [sys.executable, "-m", "pip_audit", "-r", str(lock), "--require-hashes", "--disable-pip", "-f", "json"]
    command += ["-s", service, "--timeout", "10", *(f"--ignore-vuln={i}" for i in accepted())]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        answer: dict = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return answer if any("vulns" in d for d in answer.get("dependencies", [])) else None


def main() -> int:
    """Audit both locks; returns the exit code."""
    failed = False
    for lock in (HERE / "requirements.lock", HERE / "requirements-dev.lock"):
        answer = next((a for s in SERVICES if (a := asked(lock, s))), None)
        if answer is None:
            print(f"{lock.name}：漏洞库连不上，没有核对（联网后 make check 会核对）")
            failed |= os.environ.get("INSIGHT_AUDIT") == "required"
            continue
        found = [
            (d["name"], d["version"], v["id"], v.get("fix_versions"))
            for d in answer["dependencies"]
            for v in d.get("vulns", [])
        ]
        skipped = [d["name"] for d in answer["dependencies"] if "skip_reason" in d]
        print(f"{lock.name}：核对 {len(answer['dependencies']) - len(skipped)} 个包，发现 {len(found)} 处已知漏洞")
        for name, version, id, fixed in found:
            print(f"  {name} {version}：{id}，修复于 {'、'.join(fixed or []) or '（未知）'}")
        failed |= bool(found)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
