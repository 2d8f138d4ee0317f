"""Many people at once: sessions of Streamlit's own protocol click through all pages while imports are published.

`python -m benchmarks load [PEOPLE [SECONDS [STORE]]]` (30 people, 300 seconds, a demo of 100,000 cases).
Counts every page run from the click to its end; a page that shows an error or two snapshots is counted as one.
Done twice: all people come within five seconds of the server's start, and all come once it has answered beforehand
what it answers by itself.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from analytics.settings import ROOT
from analytics.store import Store

#: Addresses that people open, with what they ask of a page.
ADDRESSES = [
    ("", ""), ("", "period=本月"), ("", "module=金融服务"), ("demand-load", ""), ("demand-load", "period=本年"), ("time-limits", ""),
    ("ratings", ""), ("closed-loop", ""), ("teams-rota", ""), ("service-list", ""), ("reform-plan", ""), ("recurring", ""),
    ("remedies-board", ""), ("exploration", ""), ("case-list", ""), ("case-list", "metric=超期未办"), ("suggestions", ""),
    ("briefings", ""), ("city-view", ""), ("ledger", ""), ("definitions", ""), ("administration", ""),
]  # fmt: skip
SNAPSHOT = re.compile(rb"\xe6\x95\xb0\xe6\x8d\xae\xe5\xbf\xab\xe7\x85\xa7[ \xef\xbc\x9a]*(S\d{6}-\d{12})")  # 数据快照
WRONG = ("出错", "损坏", "Traceback")
THINK = (5.0, 15.0)
#: Seconds without work after which a server has answered beforehand what it does by itself.
REST = 12.0
#: Seconds that a visitor waits for the next message before it is an error.
PATIENCE = 120.0


@dataclass
class Seen:
    """What the visitors met: seconds a page run, by address; what went wrong; imports published meanwhile."""

    seconds: list[tuple[str, float]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    published: int = 0


#: Tells whether enough was seen.
Over = Callable[[Seen], bool]


async def visitor(url: str, over: Over, seen: Seen, seed: int) -> None:
    """Click through pages in a random order, thinking in between, until it is over."""
    rng, kept = random.Random(seed), {}
    await asyncio.sleep(rng.uniform(0, 5))
    async with websockets.connect(f"{url}/_stcore/stream", subprotocols=["streamlit"], max_size=None) as socket_:
        while not over(seen):
            page, query = rng.choice(ADDRESSES)
            sent = BackMsg()
            sent.rerun_script.page_name, sent.rerun_script.query_string = page, query
            begun = time.monotonic()
            await socket_.send(sent.SerializeToString())
            said = await _run(socket_, kept)
            seen.seconds.append((page, time.monotonic() - begun))
            _judge(page, said, seen)
            await asyncio.sleep(rng.uniform(*THINK))


async def _run(socket_: websockets.ClientConnection, kept: dict[str, bytes]) -> bytes:
    """Take in one run of a page and return its elements; the browser keeps messages by hash, and so does this."""
    parts: list[bytes] = []
    while True:
        raw = await asyncio.wait_for(socket_.recv(), PATIENCE)
        message = ForwardMsg()
        message.ParseFromString(raw if isinstance(raw, bytes) else raw.encode())
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            parts.append(kept.get(message.ref_hash, b""))
        elif kind == "delta":
            kept[message.hash] = message.delta.SerializeToString()
            parts.append(kept[message.hash])
        elif kind == "script_finished":
            return b"\n".join(parts)


def _judge(page: str, said: bytes, seen: Seen) -> None:
    shown = set(SNAPSHOT.findall(said))
    if len(shown) > 1 and page not in ("ledger", "briefings", "administration"):  # those list earlier ones
        seen.wrong.append(f"{page}: snapshots {sorted(shown)}")
    for word in WRONG:
        if word.encode() in said:
            seen.wrong.append(f"{page}: {word}")
    if len(said) < 500:
        seen.wrong.append(f"{page}: only {len(said)} bytes")


@contextmanager
def server(store: Path) -> Iterator[tuple[int, subprocess.Popen]]:
    """Serve a store on a free port; yields the port and the process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "dashboard.py", "--server.port", str(port), "--server.headless", "true"],
        cwd=ROOT, env=os.environ | {"INSIGHT_STORE": str(store)}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        for _ in range(240):
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1)
                break
            time.sleep(0.25)
        yield port, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def memory(process: subprocess.Popen) -> float:
    """Return a process's resident memory in MiB."""
    status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


async def importing(store: Path, every: float, over: Over, seen: Seen) -> None:
    """Publish an import of a hundred new cases again and again, each by a process of its own, and count them."""
    number = int(time.time())
    with tempfile.TemporaryDirectory() as folder:
        while True:
            await asyncio.sleep(every)
            if over(seen):
                return
            number += 1
            file = Path(folder) / f"演示数据{number}.csv"
            rows = [f"L{number}-{i},2026-11-20 09:00,请协调解决贷款续期难,区金融工作局,金融服务" for i in range(100)]
            file.write_text("\n".join(["工单编号,受理时间,内容,承办部门,服务模块", *rows]), "utf-8")
            command = [sys.executable, "-m", "analytics", "import", str(file), "--store", str(store), "--json"]
            process = await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
            )
            seen.published += await process.wait() == 0


async def run(
    store: Path, people: int, over: Over, every: float = 30.0, *, rested: bool = False
) -> tuple[Seen, list[float], float]:
    """Let people loose on a store until it is over; returns what they saw, memory every ten seconds (MiB), and the
    seconds of a processor that the server took. ``rested``: they come once the server is at rest."""
    seen, used = Seen(), []
    with server(store) as (port, process):
        if rested:
            await at_rest(process)

        async def watch() -> None:
            while not over(seen):
                used.append(memory(process))
                await asyncio.sleep(10)

        before = processor(process)
        visits = [visitor(f"ws://127.0.0.1:{port}", over, seen, seed) for seed in range(people)]
        results = await asyncio.gather(importing(store, every, over, seen), watch(), *visits, return_exceptions=True)
        seen.wrong += [f"visitor: {r!r}" for r in results if isinstance(r, BaseException)]
        spent = processor(process) - before
    return seen, used, spent


async def at_rest(process: subprocess.Popen) -> None:
    """Wait until a server has taken next to nothing for a while, and no process that it began is at work."""
    while True:
        before = processor(process)
        await asyncio.sleep(REST)
        if processor(process) - before < 0.05 * REST and not _children(process.pid):
            return


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text("utf-8").rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


def processor(process: subprocess.Popen) -> float:
    """Return the seconds of a processor that a process has taken."""
    held = Path(f"/proc/{process.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(held[11]) + int(held[12])) / os.sysconf("SC_CLK_TCK")


def told(seen: Seen, used: list[float], spent: float) -> str:
    """Say what was met in a few lines."""
    times = np.array([s for _, s in seen.seconds])
    lines = [
        f"{len(times)} page runs, {seen.published} imports published meanwhile, {len(seen.wrong)} wrong",
        f"seconds a page: median {np.median(times):.2f}, p95 {np.quantile(times, 0.95):.2f}, most {times.max():.2f}",
        f"the server's processor: {spent:.0f} s, {spent / len(times):.2f} a page run",
        f"memory MiB: first {used[0]:.0f}, middle {used[len(used) // 2]:.0f}, last {used[-1]:.0f}",
    ]
    slow = sorted(
        {p for p, _ in seen.seconds}, key=lambda p: -np.quantile([s for q, s in seen.seconds if q == p], 0.95)
    )
    for page in slow[:6]:
        mine = [s for q, s in seen.seconds if q == page]
        lines.append(
            f"  {page or 'home'}: {len(mine)} runs, median {np.median(mine):.2f}, p95 {np.quantile(mine, 0.95):.2f}"
        )
    return "\n".join([*lines, *dict.fromkeys(seen.wrong[:10])])


def main(arguments: list[str]) -> None:
    people, seconds = int(arguments[0]) if arguments else 30, float(arguments[1]) if len(arguments) > 1 else 300.0
    with tempfile.TemporaryDirectory() as folder:
        store = Path(arguments[2]) if len(arguments) > 2 else Path(folder)
        if len(arguments) < 3:
            command = [sys.executable, "-m", "analytics", "demo", "--cases", "100000", "--store", folder]
            subprocess.run(command, check=True, cwd=ROOT)
            assert Store(store).current()
        for rested, words in ((False, "all come with the server's start"), (True, "all come once it is at rest")):
            print(f"{people} people, {seconds:g} s, {words}:", flush=True)
            print(told(*asyncio.run(run(store, people, for_seconds(seconds), rested=rested))), flush=True)


def for_seconds(seconds: float) -> Over:
    """Tell that it is over so many seconds after the first question."""
    ends: list[float] = []

    def over(seen: Seen) -> bool:
        ends.append(time.monotonic() + seconds) if not ends else None
        return time.monotonic() >= ends[0]

    return over
