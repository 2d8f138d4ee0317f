"""A real PostgreSQL and a real MariaDB for the tests: installed from Debian's packages, started on a socket of their own.

`python tests/sources/servers.py --install`
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PACKAGES = ("postgresql", "mariadb-server")
MISSING = (
    "数据库来源的测试需要 PostgreSQL 与 MariaDB，本机没有找到，也没有权限自动安装；这些测试会跳过。\n"
    "Debian/Ubuntu/WSL：sudo apt-get install postgresql mariadb-server"
)
#: The password of the account that may only read.
PASSWORD = "tests-only-口令"
SECONDS = 600


def postgres() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest where there are several."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def mariadb() -> str | None:
    """Return MariaDB's server."""
    return shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def install() -> None:
    """Install what is missing with apt-get where that is allowed."""
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not shutil.which("apt-get") or (root and not shutil.which("sudo")):
        return
    # No server of the machine's own is begun for it.
    quiet = {"stdout": subprocess.DEVNULL, "env": os.environ | {"RUNLEVEL": "1", "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run([*root, "apt-get", "update", "-q"], check=False, **quiet)
    subprocess.run([*root, "apt-get", "install", "-yq", "--no-install-recommends", *PACKAGES], check=False, **quiet)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def account(name: str) -> str:
    """Return as whom a server runs: neither starts for root."""
    return name if os.geteuid() == 0 else getpass.getuser()


@contextmanager
def postgresql_running(folder: Path) -> Iterator[int]:
    """Run PostgreSQL on this machine alone, with its data in a folder; yields its port."""
    programs, user, port = postgres(), account("postgres"), free_port()
    assert programs is not None
    data = _folder_of(folder / "postgres", user)
    _run([programs / "initdb", "-D", data, "-U", "owner", "--auth=trust", "--encoding=UTF8", "--no-sync"], user)
    (data / "pg_hba.conf").write_text(
        "local all owner trust\nhost all owner 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n", "utf-8"
    )
    command = [programs / "postgres", "-D", data, "-p", port, "-k", data, "-c", "fsync=off"]
    with _running([*command, "-c", "listen_addresses=127.0.0.1"], user, data, lambda: _answers(port)):
        yield port


@contextmanager
def mariadb_running(folder: Path) -> Iterator[int]:
    """Run MariaDB on this machine alone, with its data in a folder; yields its port."""
    server, user, port = mariadb(), account("mysql"), free_port()
    assert server is not None
    data = _folder_of(folder / "mariadb", user)
    shared = ["--no-defaults", f"--datadir={data}"]
    _run(["mariadb-install-db", *shared, "--auth-root-authentication-method=normal", "--skip-test-db"], user)
    own = [f"--socket={data}/s", f"--pid-file={data}/pid", "--bind-address=127.0.0.1", f"--port={port}"]
    command = [server, *shared, *own, "--character-set-server=utf8mb4", "--innodb-buffer-pool-size=32M"]
    with _running(command, user, data, lambda: _answers(port)):
        yield port


def _folder_of(path: Path, user: str) -> Path:
    """Make a folder that the server's account alone may enter; every one above it is opened for passing through."""
    path.mkdir(parents=True)
    if os.geteuid() == 0:
        shutil.chown(path, user)
        for above in path.parents:
            if above.stat().st_uid == os.geteuid() and above != Path("/"):
                above.chmod(above.stat().st_mode | 0o011)
    path.chmod(0o700)
    return path


def _run(command: list[object], user: str) -> None:
    done = subprocess.run(list(map(str, command)), user=_as(user), cwd="/", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def _as(user: str) -> str | None:
    return user if os.geteuid() == 0 else None


@contextmanager
def _running(command: list[object], user: str, data: Path, answers: Callable[[], bool]) -> Iterator[None]:
    with (data.parent / f"{data.name}.log").open("wb") as log:
        server = subprocess.Popen(list(map(str, command)), user=_as(user), cwd="/", stdout=log, stderr=log)
        try:
            end = time.monotonic() + SECONDS
            while not answers():
                assert server.poll() is None, (data.parent / f"{data.name}.log").read_text("utf-8", "replace")[-2000:]
                assert time.monotonic() < end, f"{command[0]} does not answer"
                time.sleep(0.2)
            yield
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(SECONDS)
            server.kill()


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


if __name__ == "__main__":
    if not (postgres() and mariadb()) and "--install" in sys.argv:
        install()
    if not (postgres() and mariadb()):
        print(MISSING)  # no failure: who has no rights on a machine can still run all other tests
