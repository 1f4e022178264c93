"""Archives whose bytes depend on their content alone: sorted, one time, no names of this machine."""

import gzip
import hashlib
import io
import tarfile
import time
import zipfile
from dataclasses import dataclass

from . import facts


@dataclass(frozen=True)
class Entry:
    """A file to pack."""

    name: str
    data: bytes
    mode: int = 0o644


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def gz(data: bytes) -> bytes:
    """Compresses without a name and a time."""
    return gzip.compress(data, 9, mtime=0)


def _folders(entries: list[Entry]) -> list[str]:
    """The directories that the names need, outer ones first."""
    found = set()
    for entry in entries:
        parts = entry.name.split("/")[:-1]
        found.update("/".join(parts[: i + 1]) for i in range(len(parts)))
    return sorted(found - {".", ""})


def tar(entries: list[Entry], folders: bool = True) -> bytes:
    """A tar file with owner root. `folders`: with an entry for each directory."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as made:
        for folder in _folders(entries) if folders else []:
            info = _info(folder, 0o755)
            info.type = tarfile.DIRTYPE
            made.addfile(info)
        for entry in sorted(entries, key=lambda entry: entry.name):
            info = _info(entry.name, entry.mode)
            info.size = len(entry.data)
            made.addfile(info, io.BytesIO(entry.data))
    return out.getvalue()


def _info(name: str, mode: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mode, info.mtime = mode, facts.epoch()
    info.uname = info.gname = "root"
    return info


def zipped(entries: list[Entry], ordered: bool = False) -> bytes:
    """A zip file. `ordered`: in the order given, which wheels need."""
    out = io.BytesIO()
    moment = time.gmtime(max(facts.epoch(), 315532800))[:6]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for entry in entries if ordered else sorted(entries, key=lambda entry: entry.name):
            info = zipfile.ZipInfo(entry.name, moment)
            info.create_system = 3
            info.external_attr = (0o100000 | entry.mode) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(info, entry.data)
    return out.getvalue()


def ar(entries: list[Entry]) -> bytes:
    """An ar file, in the order given."""
    out = bytearray(b"!<arch>\n")
    for entry in entries:
        head = f"{entry.name:<16}{facts.epoch():<12}{0:<6}{0:<6}{0o100000 | entry.mode:<8o}"
        out += f"{head}{len(entry.data):<10}`\n".encode()
        out += entry.data + b"\n" * (len(entry.data) % 2)
    return bytes(out)
