"""How files of a store become durable: whole or not at all, and on the disk when it is said."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from analytics.refusal import Refusal


class StoreError(Refusal):
    """A store that cannot be read or written; the message is Chinese, for people."""


def move_pointer(pointer: Path, name: str) -> None:
    """Let a small file name another thing (see write_whole)."""
    write_whole(pointer, name.encode())


def write_whole(path: Path, content: bytes) -> None:
    """Write a small file by an atomic rename, synced before and after: it is there whole or as it was."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Put a file's content on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Put a folder's entries on the disk, where the system can."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(handle)
        os.close(handle)


def clear(path: Path) -> None:
    """Delete a file or a folder with all in it, where it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def copy(source: Path, target: Path) -> None:
    """Copy a file, sharing its blocks where the file system can."""
    try:
        subprocess.run(["cp", "--reflink=auto", "--", str(source), str(target)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        shutil.copyfile(source, target)


def digest(path: Path) -> str:
    """Return the BLAKE2b checksum of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32)).hexdigest()
