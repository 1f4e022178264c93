"""Reads back what dist/make packs, so that dist/check compares bytes and not intentions."""

import io
import subprocess
import tarfile
import zipfile


def tarred(data: bytes) -> dict[str, bytes]:
    """The files of a tar file, which may be compressed."""
    with tarfile.open(fileobj=io.BytesIO(data)) as packed:
        return {member.name.removeprefix("./"): packed.extractfile(member).read() for member in packed if member.isfile()}


def zipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def deb(data: bytes) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The control files and the files of a Debian package."""
    if data[:8] != b"!<arch>\n":
        raise ValueError("no ar file")
    members, at = {}, 8
    while at < len(data):
        size = int(data[at + 48 : at + 58])
        members[data[at : at + 16].decode().strip()] = data[at + 60 : at + 60 + size]
        at += 60 + size + size % 2
    if list(members) != ["debian-binary", "control.tar.gz", "data.tar.gz"] or members["debian-binary"] != b"2.0\n":
        raise ValueError(f"members {list(members)}")
    return tarred(members["control.tar.gz"]), tarred(members["data.tar.gz"])


def rpm_digests(path: str) -> dict[str, str]:
    """The SHA-256 of each file of an RPM package, as `rpm` reads them."""
    dump = subprocess.check_output(["rpm", "-qp", "--nosignature", "--dump", path], text=True)
    rows = (line.split() for line in dump.splitlines())
    return {row[0].lstrip("/"): row[3] for row in rows}
