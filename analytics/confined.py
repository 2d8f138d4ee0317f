"""A process of its own for what came from outside: so much memory, time and output, and its end is nobody else's.

See docs/decisions/0026.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Bounds:
    """What a process may take at most: bytes of memory, seconds of a processor and of the clock, bytes that it returns."""

    memory: int
    seconds: int
    patience: int
    output: int


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code (negative: the signal that ended it, None: it took too long) and its output."""

    code: int | None
    output: bytes


def run(module: str, given: bytes, bounds: Bounds, *arguments: str) -> Ended:
    """Run a module (its ``main`` guard) with ``given`` on standard input; the caller never waits longer than the patience.

    A module named by its file (``….py``) is run without the packages that it lies in, which saves their start.
    """
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as target:
        source.write(given)
        source.seek(0)
        try:
            done = subprocess.run(
                [
                    sys.executable,
                    "-c",
                    _CHILD,
                    *map(str, (bounds.memory, bounds.seconds, bounds.output)),
                    module,
                    *arguments,
                ],
                stdin=source,
                stdout=target,
                stderr=subprocess.DEVNULL,
                timeout=bounds.patience,
                cwd=ROOT,
                env=environment,
            )
        except subprocess.TimeoutExpired:  # it was killed
            return Ended(None, b"")
        target.seek(0)
        return Ended(done.returncode, target.read(bounds.output))


def limit(memory: int, seconds: int, output: int) -> None:
    """Bound this process for good: the kernel ends what wants more, and it writes no larger file than its output."""
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, output),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


_CHILD = """
import runpy, sys
from analytics.confined import limit
memory, seconds, output = map(int, sys.argv[1:4])
limit(memory, seconds, output)
module = sys.argv[4]
sys.argv = sys.argv[4:]
if module.endswith(".py"):
    runpy.run_path(module, run_name="__main__")
else:
    runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
