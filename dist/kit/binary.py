"""Reads what a program needs to run from its ELF, Mach-O or PE headers."""

import struct
from dataclasses import dataclass, field


class Malformed(ValueError):
    """No program, or a damaged one."""


@dataclass
class Program:
    """One program for one processor. A fat Mach-O file holds several."""

    system: str
    cpu: str
    # Linux: the loader ("" = static), the libraries, and the newest version of glibc.
    loader: str = ""
    libraries: list[str] = field(default_factory=list)
    glibc: tuple[int, ...] = (0,)
    # macOS: the oldest system that it runs on.
    macos: tuple[int, int] = (0, 0)


def read(data: bytes) -> list[Program]:
    """Returns the programs in a file."""
    try:
        if data[:4] == b"\x7fELF":
            return [_elf(data)]
        if data[:2] == b"MZ":
            return [_pe(data)]
        magic = data[:4]
        if magic in (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"):
            return _fat(data, wide=magic[3] == 0xBF)
        if magic == b"\xcf\xfa\xed\xfe":
            return [_macho(data)]
    except Malformed:
        raise
    except (struct.error, LookupError, OverflowError, ValueError) as error:
        raise Malformed(f"damaged: {error}") from error
    raise Malformed("neither ELF nor 64-bit Mach-O nor PE")


def _text(data: bytes, at: int) -> str:
    end = data.index(b"\0", at) if b"\0" in data[at:] else len(data)
    return data[at:end].decode("utf-8")


ELF_CPUS = {3: "i686", 62: "x86_64", 183: "aarch64", 40: "armv7l", 21: "ppc64", 22: "s390x", 243: "riscv64"}


def _elf(data: bytes) -> Program:
    if data[4] not in (1, 2) or data[5] not in (1, 2):
        raise Malformed("ELF of an unknown class")
    end, wide = "<" if data[5] == 1 else ">", data[4] == 2
    machine = struct.unpack_from(end + "H", data, 18)[0]
    cpu = ELF_CPUS.get(machine, f"ELF machine {machine}")
    if cpu == "ppc64" and end == "<":
        cpu = "ppc64le"
    program = Program("linux", cpu)
    if wide:
        at, size, count = *struct.unpack_from(end + "Q", data, 32), *struct.unpack_from(end + "HH", data, 54)
    else:
        at, size, count = *struct.unpack_from(end + "I", data, 28), *struct.unpack_from(end + "HH", data, 42)
    segments = []
    for i in range(count):
        if wide:
            kind, _, offset, address, _, length = struct.unpack_from(end + "IIQQQQ", data, at + i * size)
        else:
            kind, offset, address, _, length = struct.unpack_from(end + "IIIII", data, at + i * size)
        segments.append((kind, offset, address, length))
        if kind == 3:  # PT_INTERP
            program.loader = _text(data, offset)

    def place(address: int) -> int:
        for kind, offset, start, length in segments:
            if kind == 1 and start <= address < start + length:  # PT_LOAD
                return offset + address - start
        raise Malformed(f"address {address:#x} is in no segment")

    tags: dict[int, list[int]] = {}
    entry = end + ("qQ" if wide else "iI")
    for kind, offset, _, length in segments:
        if kind == 2:  # PT_DYNAMIC
            for at in range(offset, offset + length, struct.calcsize(entry)):
                tag, value = struct.unpack_from(entry, data, at)
                if tag == 0:
                    break
                tags.setdefault(tag, []).append(value)
    if 5 not in tags:  # DT_STRTAB
        return program
    strings = place(tags[5][0])
    program.libraries = [_text(data, strings + at) for at in tags.get(1, [])]  # DT_NEEDED
    if 0x6FFFFFFE in tags:  # DT_VERNEED
        at = place(tags[0x6FFFFFFE][0])
        for _ in range(tags[0x6FFFFFFF][0]):
            _, count, _, aux, following = struct.unpack_from(end + "HHIII", data, at)
            version = at + aux
            for _ in range(count):
                _, _, _, name, more = struct.unpack_from(end + "IHHII", data, version)
                name = _text(data, strings + name)
                if name.startswith("GLIBC_") and name[6:7].isdigit():
                    needed = tuple(int(part) for part in name[6:].split("."))
                    program.glibc = max(program.glibc, needed)
                version += more
                if not more:
                    break
            at += following
            if not following:
                break
    return program


MACHO_CPUS = {0x01000007: "x86_64", 0x0100000C: "arm64"}


def _fat(data: bytes, wide: bool) -> list[Program]:
    programs = []
    (count,) = struct.unpack_from(">I", data, 4)
    if not 0 < count < 20:
        raise Malformed(f"{count} programs in one file; it may be a Java class")
    for i in range(count):
        if wide:
            cpu, _, at, size = struct.unpack_from(">IIQQ", data, 8 + i * 32)
        else:
            cpu, _, at, size = struct.unpack_from(">IIII", data, 8 + i * 20)
        program = _macho(data[at : at + size])
        if program.cpu != _macho_cpu(cpu):
            raise Malformed(f"the table says {_macho_cpu(cpu)}, the program in it {program.cpu}")
        programs.append(program)
    return programs


def _macho_cpu(cpu: int) -> str:
    return MACHO_CPUS.get(cpu, f"Mach-O cpu {cpu:#x}")


def _macho(data: bytes) -> Program:
    magic, cpu, _, kind, count = struct.unpack_from("<4sIIII", data)
    if magic != b"\xcf\xfa\xed\xfe":
        raise Malformed("no 64-bit Mach-O")
    if kind != 2:  # MH_EXECUTE
        raise Malformed(f"Mach-O of kind {kind}, which is no program")
    program, at = Program("macos", _macho_cpu(cpu)), 32
    for _ in range(count):
        command, size = struct.unpack_from("<II", data, at)
        if size < 8:
            raise Malformed(f"load command of {size} bytes")
        oldest = None
        if command == 0x32:  # LC_BUILD_VERSION
            platform, oldest = struct.unpack_from("<II", data, at + 8)
            if platform != 1:
                raise Malformed(f"Mach-O for platform {platform}, not for macOS")
        elif command == 0x24:  # LC_VERSION_MIN_MACOSX
            (oldest,) = struct.unpack_from("<I", data, at + 8)
        elif command & 0x7FFFFFFF in (0x0C, 0x18):  # LC_LOAD_DYLIB, LC_LOAD_WEAK_DYLIB
            (name,) = struct.unpack_from("<I", data, at + 8)
            program.libraries.append(_text(data[at : at + size], name))
        if oldest is not None:
            program.macos = (oldest >> 16, oldest >> 8 & 0xFF)
        at += size
    if program.macos == (0, 0):
        raise Malformed("Mach-O that does not say which macOS it needs")
    return program


PE_CPUS = {0x14C: "x86", 0x8664: "x86_64", 0xAA64: "arm64", 0x1C4: "arm"}


def _pe(data: bytes) -> Program:
    (at,) = struct.unpack_from("<I", data, 0x3C)
    if data[at : at + 4] != b"PE\0\0":
        raise Malformed("MZ without PE")
    machine, sections = struct.unpack_from("<HH", data, at + 4)
    optional, flags = struct.unpack_from("<HH", data, at + 20)
    if not flags & 2 or flags & 0x2000:  # an image, no DLL
        raise Malformed("PE that is no program")
    (magic,) = struct.unpack_from("<H", data, at + 24)
    wide = magic == 0x20B
    if wide == (machine in (0x14C, 0x1C4)):
        raise Malformed("PE whose machine and kind disagree")
    program = Program("windows", PE_CPUS.get(machine, f"PE machine {machine:#x}"))
    (imports,) = struct.unpack_from("<I", data, at + 24 + (120 if wide else 104))
    table = [struct.unpack_from("<8sIIII", data, at + 24 + optional + i * 40) for i in range(sections)]

    def place(address: int) -> int:
        for _, _, start, size, offset in table:
            if start <= address < start + size:
                return offset + address - start
        raise Malformed(f"address {address:#x} is in no section")

    while imports:
        row = place(imports)
        (name,) = struct.unpack_from("<I", data, row + 12)
        if not name:
            break
        program.libraries.append(_text(data, place(name)).lower())
        imports += 20
    return program
