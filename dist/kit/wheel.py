"""The Python wheel: the program in `scripts`, without any Python."""

import base64
import csv
import hashlib
import io
import re
import zipfile

from . import binary, facts
from .pack import Entry, zipped


class Refused(ValueError):
    """A wheel that must not be published, and why."""


def name(target: facts.Target) -> str:
    return f"{facts.NAME}-{facts.VERSION}-py3-none-{target.wheel}.whl"


def make(target: facts.Target, program: bytes, texts: dict[str, bytes]) -> bytes:
    """Packs a program that is built already. All channels ship the same bytes."""
    info = f"{facts.NAME}-{facts.VERSION}.dist-info"
    tags = [f"Tag: py3-none-{platform}" for platform in target.wheel.split(".")]
    wheel = ["Wheel-Version: 1.0", "Generator: stopleak dist", "Root-Is-Purelib: false", *tags, ""]
    licences = {text for text in texts if "LICENSE" in text}
    metadata = [
        "Metadata-Version: 2.4",
        f"Name: {facts.NAME}",
        f"Version: {facts.VERSION}",
        f"Summary: {facts.SUMMARY}",
        f"Keywords: {','.join(facts.PACKAGE['keywords'])}",
        f"License-Expression: {facts.LICENSE}",
        *(f"License-File: {text}" for text in sorted(licences)),
        "Classifier: Environment :: Console",
        "Classifier: Topic :: Security",
        *_project(),
        "Requires-Python: >=3.7",
        "Description-Content-Type: text/markdown",
        "",
        texts["README.md"].decode(),
    ]
    entries = [
        Entry(f"{facts.NAME}-{facts.VERSION}.data/scripts/{target.program}", program, 0o755),
        *(Entry(f"{info}/licenses/{text}", texts[text]) for text in sorted(licences)),
        Entry(f"{info}/METADATA", "\n".join(metadata).encode()),
        Entry(f"{info}/WHEEL", "\n".join(wheel).encode()),
    ]
    record = io.StringIO()
    rows = csv.writer(record, lineterminator="\n")
    for entry in entries:
        rows.writerow([entry.name, _digest(entry.data), len(entry.data)])
    rows.writerow([f"{info}/RECORD", "", ""])
    entries.append(Entry(f"{info}/RECORD", record.getvalue().encode()))
    return zipped(entries, ordered=True)


def _project() -> list[str]:
    home = facts.repository()
    return [] if "/OWNER/" in home else [f"Project-URL: Source, {home}"]


def _digest(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


# The libraries of glibc, which a manylinux tag promises to be there.
GLIBC = re.compile(r"(libc|libm|libdl|librt|libpthread|libutil|libgcc_s|ld-linux[-\w]*)\.so\.\d+")
LEGACY = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
WINDOWS = {"win_amd64": "x86_64", "win_arm64": "arm64", "win32": "x86"}


def disagreement(tag: str, programs: list[binary.Program]) -> str:
    """Says why a program does not run everywhere where a platform tag says it does, or nothing."""
    if tag in WINDOWS:
        return _all(programs, "windows", [WINDOWS[tag]]) or _windows(programs)
    if found := re.fullmatch(r"macosx_(\d+)_(\d+)_(x86_64|arm64|universal2)", tag):
        wanted = ["x86_64", "arm64"] if found[3] == "universal2" else [found[3]]
        says = (int(found[1]), int(found[2]))
        # No Mac with this processor has an older system than 11.
        floor = {cpu: max(says, (11, 0)) if cpu == "arm64" else says for cpu in wanted}
        newer = [p for p in programs if p.cpu in floor and p.macos > floor[p.cpu]]
        if wrong := _all(programs, "macos", wanted):
            return wrong
        return f"needs macOS {newer[0].macos[0]}.{newer[0].macos[1]}" if newer else ""
    if found := re.fullmatch(r"(manylinux_(\d+)_(\d+)|manylinux1|manylinux20\d\d)_(\w+)", tag):
        glibc = LEGACY.get(found[1]) or (found[2] and (int(found[2]), int(found[3])))
        if not glibc:
            return "unknown tag"
        return _all(programs, "linux", [found[4]]) or _glibc(programs[0], glibc)
    if found := re.fullmatch(r"musllinux_\d+_\d+_(\w+)", tag):
        return _all(programs, "linux", [found[1]]) or _musl(programs[0])
    return "unknown tag, or one that PyPI refuses"


def _all(programs: list[binary.Program], system: str, cpus: list[str]) -> str:
    found = [f"{program.system} {program.cpu}" for program in programs]
    wanted = [f"{system} {cpu}" for cpu in cpus]
    return "" if sorted(found) == sorted(wanted) else f"is a program for {' and '.join(found)}"


def _glibc(program: binary.Program, oldest: tuple[int, int]) -> str:
    if "musl" in program.loader:
        return f"is loaded by {program.loader}"
    if program.glibc > oldest:
        return f"needs glibc {'.'.join(map(str, program.glibc))}"
    foreign = [library for library in program.libraries if not GLIBC.fullmatch(library)]
    return f"needs {', '.join(foreign)}" if foreign else ""


def _musl(program: binary.Program) -> str:
    if program.loader and "ld-musl-" not in program.loader:
        return f"is loaded by {program.loader}"
    foreign = [name for name in program.libraries if not re.fullmatch(r"(libc\.|ld-)musl-\w+\.so\.1|libc\.so", name)]
    return f"needs {', '.join(foreign)}" if foreign else ""


def _windows(programs: list[binary.Program]) -> str:
    runtime = [name for name in programs[0].libraries if re.match(r"(vcruntime|msvcp|msvcr)\d", name)]
    return f"needs {', '.join(runtime)}, which Windows does not have" if runtime else ""


def check(file: str, data: bytes) -> None:
    """Raises `Refused` unless the wheel is whole and its program fits each of its tags."""
    parts = re.fullmatch(r"([\w.]+)-([\w.+!]+)-([\w.]+)-([\w.]+)-([\w.]+)\.whl", file)
    if not parts:
        raise Refused("the name is not that of a wheel")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            infos = packed.infolist()
            files = {info.filename: packed.read(info) for info in infos}
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise Refused(f"no zip file: {error}") from error
    if len(files) != len(infos):
        raise Refused("a name is in it twice")
    top = f"{parts[1]}-{parts[2]}"
    _record(files, f"{top}.dist-info/RECORD")
    lines = files[f"{top}.dist-info/WHEEL"].decode().splitlines() if f"{top}.dist-info/WHEEL" in files else []
    platforms = parts[5].split(".")
    tags = {f"Tag: {python}-{abi}-{platform}" for python in parts[3].split(".") for abi in parts[4].split(".") for platform in platforms}
    if {line for line in lines if line.startswith("Tag:")} != tags:
        raise Refused("WHEEL and the name have different tags")
    if "Root-Is-Purelib: false" not in lines:
        raise Refused("WHEEL says that it is the same for all platforms")
    scripts = [name for name in files if name.startswith(f"{top}.data/scripts/")]
    wanted = f"{top}.data/scripts/{parts[1]}{'.exe' if platforms[0].startswith('win') else ''}"
    if scripts != [wanted]:
        raise Refused(f"the programs are {scripts}, not {wanted}")
    mode = next(info.external_attr >> 16 for info in infos if info.filename == wanted)
    if mode & 0o777 != 0o755:
        raise Refused(f"the program has mode {mode & 0o777:o}")
    try:
        programs = binary.read(files[wanted])
    except binary.Malformed as error:
        raise Refused(f"{wanted}: {error}") from error
    for platform in platforms:
        if wrong := disagreement(platform, programs):
            raise Refused(f"the tag is {platform}, but the program {wrong}" if " " in wrong else f"{platform}: {wrong}")


def _record(files: dict[str, bytes], name: str) -> None:
    if name not in files:
        raise Refused(f"there is no {name}")
    rows = {row[0]: row for row in csv.reader(io.StringIO(files[name].decode())) if row}
    for file, data in files.items():
        if file != name and rows.get(file, [None])[1:] != [_digest(data), str(len(data))]:
            raise Refused(f"RECORD does not have the hash of {file}")
    if extra := rows.keys() - files.keys():
        raise Refused(f"RECORD names {sorted(extra)}, which are not there")
