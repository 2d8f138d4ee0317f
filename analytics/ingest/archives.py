"""An archive is looked through before it is read: bombs, lies about sizes, unsafe XML."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath

from analytics.ingest.refusing import RefusedFile
from analytics.settings import Settings

_CHUNK = 1 << 20
#: So many files lie in an archive, those that are passed over too.
MOST_PARTS = 5000
#: What cannot be opened as an archive shows itself in many ways.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    IndexError,
)


@dataclass(frozen=True)
class Member:
    """A file in an archive: its name, and where its content lies."""

    name: str
    archive: bytes
    part: zipfile.ZipInfo

    @property
    def is_table_like(self) -> bool:
        """Whether it may hold a table: no folder, no litter of a file system, no note beside the data."""
        path = PurePosixPath(self.name)
        hidden = any(p.startswith((".", "__MACOSX", "~$")) for p in path.parts)
        return not self.part.is_dir() and not hidden and path.name != "Thumbs.db" and self.part.file_size > 0

    def read(self) -> bytes:
        """Return the content, whose size has been checked; raises RefusedFile."""
        try:
            with zipfile.ZipFile(io.BytesIO(self.archive)) as archive:
                return archive.read(self.part)
        except BROKEN:
            raise RefusedFile(self.name, "在压缩包里已损坏，请重新压缩后再导入") from None


def members(name: str, content: bytes, settings: Settings) -> list[Member]:
    """Return the files of an archive in its order; raises RefusedFile for what must not be unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
        if len(parts) > MOST_PARTS:
            raise RefusedFile(name, f"里面有 {len(parts):,} 个文件，超过 {MOST_PARTS:,} 个；请只放入台账再导入")
        _check_sizes(name, content, parts, settings)
    except BROKEN:
        raise RefusedFile(name, "文件损坏或没有传完，请重新导出或另存后再导入") from None
    return [Member(_name(part), content, part) for part in parts]


def _name(part: zipfile.ZipInfo) -> str:
    """Return a member's name; Windows writes Chinese ones in GBK without saying so."""
    if part.flag_bits & 0x800:
        return part.filename
    try:
        return part.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return part.filename


def check_entities(name: str, content: bytes) -> None:
    """Refuse an XLSX whose parts declare entities; raises RefusedFile, also where it cannot be opened."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            xml = [p for p in archive.infolist() if p.filename.endswith((".xml", ".rels"))]
            if any(re.search(rb"<!(DOCTYPE|ENTITY)", archive.open(p).read(4096)) for p in xml):
                raise RefusedFile(name, "工作簿含外部实体定义，不安全，已拒绝；请用 Excel 另存后再导入")
    except (*BROKEN, KeyError):
        raise RefusedFile(name, "工作簿损坏或没有传完，请重新导出或另存后再导入") from None


def _check_sizes(name: str, content: bytes, parts: list[zipfile.ZipInfo], settings: Settings) -> None:
    unpacked = sum(p.file_size for p in parts) / 1024**2
    packed = max(len(content) / 1024**2, 0.001)
    if unpacked > settings.max_unpacked_mb or (unpacked > 100 and unpacked / packed > 200):
        raise RefusedFile(name, f"解压后有 {unpacked:.0f} MB，疑似压缩炸弹，已拒绝；若确是台账，请拆分后再导入")
    if any(p.flag_bits & 1 for p in parts):
        raise RefusedFile(name, "文件加了密码，请在 Excel 中取消密码后另存再导入")
    for part in parts:
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or not _honest(content, part):
            raise RefusedFile(name, "压缩包里写的大小与实际不符，疑似压缩炸弹，已拒绝；请用 Excel 另存后再导入")


def _honest(content: bytes, part: zipfile.ZipInfo) -> bool:
    """Tell whether a part unpacks to the size that it says: readers that trust it would be flooded."""
    head = content[part.header_offset : part.header_offset + 30]
    if len(head) < 30 or head[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile(part.filename)
    start = part.header_offset + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    raw = memoryview(content)[start : start + part.compress_size]
    if len(raw) < part.compress_size:
        raise zipfile.BadZipFile(part.filename)
    if part.compress_type == zipfile.ZIP_STORED:
        return part.file_size == part.compress_size
    engine, size, waiting = zlib.decompressobj(-15), 0, bytes(raw[:_CHUNK])
    at = len(waiting)
    while not engine.eof and waiting:
        size += len(engine.decompress(waiting, _CHUNK))
        if size > part.file_size:
            return False
        waiting = engine.unconsumed_tail or bytes(raw[at : at + _CHUNK])
        at += 0 if engine.unconsumed_tail else len(waiting)
    return size == part.file_size
