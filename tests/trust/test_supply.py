"""What the program is made of, and that it speaks to nobody."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg

from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.settings import ROOT
from analytics.store import Store
from benchmarks import load

CI = ROOT / ".ci"
GUARD = Path(__file__).parent / "guard"


def alone(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in a thread of its own: the browser tests' driver keeps a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def locked(name: str) -> dict[str, str]:
    """Return package → version of a lock, having seen that each comes with hashes."""
    found = {}
    for block in re.split(r"\n(?=\S)", (CI / name).read_text("utf-8")):
        if match := re.match(r"([\w.-]+)==([^\s;\\]+)", block):
            assert "--hash=sha256:" in block, match[0]
            found[match[1].lower()] = match[2]
    return found


def test_everything_that_runs_is_locked_with_hashes() -> None:
    run, dev = locked("requirements.lock"), locked("requirements-dev.lock")
    wanted = re.findall(
        r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE
    )
    assert len(wanted) > 20
    assert {n.lower(): v for n, v in wanted}.items() <= run.items()
    assert run.items() <= dev.items()
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert makefile.count("--require-hashes") == 2


def test_each_requirement_says_why_it_is_there() -> None:
    lines = [x for x in (ROOT / "requirements.txt").read_text("utf-8").splitlines() if "==" in x]
    assert all("#" in line for line in lines)


#: Refuses what the lock does not install, then imports every module of the product and what it asks for later.
ONLY_THE_LOCK = """
import importlib, importlib.metadata as md, pkgutil, re, sys
plain = lambda name: re.sub(r"[-_.]+", "-", name).lower()
owners, locked = md.packages_distributions(), {plain(n) for n in sys.argv[1:]}
class OnlyTheLock:
    def find_spec(self, name, path=None, target=None):
        held = {plain(d) for d in owners.get(name.partition(".")[0], [])}
        if held and not held & locked:
            raise ModuleNotFoundError(f"{name} is not locked", name=name)
sys.meta_path.insert(0, OnlyTheLock())
import analytics, pages.common, pages.entrance
for package in (analytics, pages.common, pages.entrance):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if module.name != "analytics.__main__":
            importlib.import_module(module.name)
import authlib.integrations.starlette_client, jsonschema, rjieba, statsmodels.api, plotly.io, typst, docxtpl
"""


def test_what_runs_needs_nothing_but_the_lock() -> None:
    command = [sys.executable, "-c", ONLY_THE_LOCK, *locked("requirements.lock")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-800:]


def test_the_bill_of_materials_and_the_licences_are_of_the_lock() -> None:
    run = locked("requirements.lock")
    bill = json.loads((ROOT / "docs" / "sbom.cdx.json").read_text("utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    assert {c["name"].lower(): c["version"] for c in bill["components"]} == run
    rows = re.findall(
        r"^\| ([\w.-]+) \| (\S+) \| (.+) \|$", (ROOT / "docs" / "licences.md").read_text("utf-8"), re.MULTILINE
    )
    assert {n.lower(): v for n, v, _ in rows if n not in ("组件", "---")} == run
    gone_wrong = [
        n for n, _, licence in rows if re.search(r"AGPL|Affero|SSPL|proprietary|未写明", licence, re.IGNORECASE)
    ]
    assert not gone_wrong


def test_an_audit_that_reaches_nobody_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    spec = importlib.util.spec_from_file_location("audit", CI / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    audit = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(audit)
    monkeypatch.setattr(audit, "asked", lambda lock, service: None)
    assert audit.main() == 0
    assert "没有核对" in capsys.readouterr().out
    monkeypatch.setenv("INSIGHT_AUDIT", "required")
    assert audit.main() == 1
    weak = {"dependencies": [{"name": "x", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}]}
    monkeypatch.setattr(audit, "asked", lambda lock, service: weak)
    monkeypatch.delenv("INSIGHT_AUDIT")
    assert audit.main() == 1
    assert "PYSEC-1" in capsys.readouterr().out


def test_deployment_files_name_what_is_there() -> None:
    container = (ROOT / "docs" / "deploy" / "Containerfile").read_text("utf-8")
    for line in re.findall(r"^COPY (.+)$", container, re.MULTILINE):
        for source in line.split()[:-1]:
            assert list(ROOT.glob(source)), source
    unit = (ROOT / "docs" / "deploy" / "insight.service").read_text("utf-8")
    assert "INSIGHT_SIGN_IN=required" in unit
    assert "INSIGHT_SIGN_IN=required" in container


# -- nobody is spoken to ------------------------------------------------------------------------


def test_usage_statistics_are_off() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["browser"]["gatherUsageStats"] is False
    assert config["server"]["address"] == "127.0.0.1"
    assert config["server"]["showEmailPrompt"] is False


def test_streamlit_offers_nothing_of_its_own(tmp_path: Path) -> None:
    """Where a coding assistant is installed it would offer, in English and over the page, to install texts for it."""
    (tmp_path / ".claude").mkdir()
    code = (
        "from streamlit.web.bootstrap import load_config_options; load_config_options({})\n"
        "from streamlit.web.skills import agent_harness_present, nudge_suppression_reason as why\n"
        "print(agent_harness_present(), why())"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ | {"HOME": str(tmp_path)}, capture_output=True, text=True
    )
    assert told.stdout.split() == ["True", "welcome_hidden"], told.stderr


def test_a_query_reaches_no_file_and_no_host(demo_store: Store) -> None:
    ledger = open_ledger(demo_store)
    for sql in (
        "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM 'https://example.org/x.parquet'", "COPY cases TO '/tmp/out.csv'",
        "INSTALL httpfs", "ATTACH '/tmp/x.duckdb'", "SELECT * FROM glob('/*')", "SET enable_external_access = true",
    ):  # fmt: skip
        with pytest.raises(duckdb.Error):
            ledger.run_sql(sql)


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every Python started from here writes down what would leave the machine; returns the file."""
    log = tmp_path / "left"
    monkeypatch.setenv("GUARD_LOG", str(log))
    monkeypatch.setenv("PYTHONPATH", f"{GUARD}{os.pathsep}{ROOT}")
    return log


def test_the_guard_sees_what_leaves(watched: Path) -> None:
    for code in (
        "import socket; socket.create_connection(('203.0.113.1', 80), 1)",
        "import urllib.request; urllib.request.urlopen('http://example.org', timeout=1)",
        "import socket; socket.socket().connect_ex(('203.0.113.1', 80))",
    ):
        watched.unlink(missing_ok=True)
        subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=600)
        assert watched.exists(), code


def test_no_page_and_no_command_leaves_this_machine(demo_store: Store, watched: Path, tmp_path: Path) -> None:
    """As it comes; what an office may set (a sign-in provider, databases, a language model) is asked and tested apart."""
    shutil.copytree(demo_store.folder, tmp_path / "s")

    async def visit(port: int) -> None:
        async with websockets.connect(
            f"ws://127.0.0.1:{port}/_stcore/stream", subprotocols=["streamlit"], max_size=None
        ) as line:
            for page in dict.fromkeys(p for p, _ in load.ADDRESSES):
                sent = BackMsg()
                sent.rerun_script.page_name = page
                await line.send(sent.SerializeToString())
                assert len(await load._run(line, {})) > 500, page

    with load.server(tmp_path / "s") as (port, process):
        alone(visit(port))
        assert process.poll() is None
    given = ["--store", str(tmp_path / "s")]
    for command in (
        ["doctor"], ["metrics", "--metric", "demand"], ["cases", "--out", str(tmp_path / "c.xlsx")], ["discover"], ["types"], ["remedies"],
        ["briefing", "--week", "2026-W46", "--out", str(tmp_path)], ["backup", str(tmp_path / "b.tar.gz")],
    ):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "analytics", *command, *given], capture_output=True, text=True, cwd=ROOT, timeout=900
        )
        assert done.returncode == 0, (command, done.stderr[-500:])
    assert not watched.exists(), watched.read_text("utf-8")


def test_only_a_request_for_a_name_reaches_the_language_model(demo_store: Store, watched: Path, tmp_path: Path) -> None:
    """The exception that docs/trust.md names: where a model is set it is asked when somebody asks, at its address, and never else."""
    folder = Path(shutil.copytree(demo_store.folder, tmp_path / "s"))
    (folder / "settings.toml").write_text(
        '[language_model]\naddress = "http://203.0.113.7:8000/v1"\nmodel = "m"\nseconds = 1\n', "utf-8"
    )

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        given = [sys.executable, "-m", "analytics", *command, "--store", str(folder)]
        return subprocess.run(given, capture_output=True, text=True, cwd=ROOT, timeout=900)

    for command in (["doctor"], ["discover"], ["types"], ["briefing", "--week", "2026-W46", "--out", str(tmp_path)]):
        done = run(*command)
        assert done.returncode == 0, (command, done.stderr[-500:])
    assert not watched.exists(), watched.read_text("utf-8")
    found = IssueDesk(Store(folder)).findings(open_ledger(Store(folder)))
    assert found is not None
    refused = run("suggest-name", str(found.types.index[0]))
    assert refused.returncode == 1
    assert "连不上" in refused.stderr
    left = {line for line in watched.read_text("utf-8").splitlines() if line.startswith(("connect", "look up"))}
    assert left == {"look up 203.0.113.7"}  # the guard refuses it there


def test_a_few_people_and_imports_at_once(demo_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of what `python -m benchmarks load` does at length: no error, no page of two snapshots, however slow it is."""
    shutil.copytree(demo_store.folder, tmp_path / "s")
    monkeypatch.setattr(load, "THINK", (0.2, 1.0))
    monkeypatch.setattr(load, "PATIENCE", 3600.0)
    seen, _, _ = alone(
        load.run(
            tmp_path / "s", 5, lambda seen: (seen.published >= 2 and len(seen.seconds) >= 30) or bool(seen.wrong), 6
        )
    )
    assert not seen.wrong
    assert seen.published >= 2
