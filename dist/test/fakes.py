"""Smallest programs of each kind: headers only, to test what reads them. None of them runs."""

import struct


def elf(machine: int = 62, loader: str = "", libraries: tuple[str, ...] = (), versions: tuple[str, ...] = (), wide: bool = True, end: str = "<") -> bytes:
    """An ELF program. `versions` are names such as GLIBC_2.17, needed from the first library."""
    strings = bytearray(b"\0")

    def text(value: str) -> int:
        at = len(strings)
        strings.extend(value.encode() + b"\0")
        return at

    needed = [text(library) for library in libraries]
    named = [text(version) for version in versions]
    head, row, pair = (64, 56, end + "qQ") if wide else (52, 32, end + "iI")
    kinds = [1] + ([3] if loader else []) + ([2] if libraries or versions else [])
    at = head + row * len(kinds)
    interp = loader.encode() + b"\0" if loader else b""
    dynamic_at = at + len(interp)
    dynamic_size = struct.calcsize(pair) * (len(needed) + 4) if 2 in kinds else 0
    verneed_at = dynamic_at + dynamic_size
    verneed = b""
    if named:
        verneed = struct.pack(end + "HHIII", 1, len(named), needed[0], 16, 0)
        for i, name in enumerate(named):
            verneed += struct.pack(end + "IHHII", 0, 0, i + 2, name, 16 if i + 1 < len(named) else 0)
    strings_at = verneed_at + len(verneed)
    tags = [(1, name) for name in needed] + [(5, strings_at)]
    if named:
        tags += [(0x6FFFFFFE, verneed_at), (0x6FFFFFFF, 1)]
    dynamic = b"".join(struct.pack(pair, *tag) for tag in tags) if dynamic_size else b""
    dynamic = dynamic.ljust(dynamic_size, b"\0")
    size = strings_at + len(strings)
    places = {1: (0, size), 3: (at, len(interp)), 2: (dynamic_at, dynamic_size)}
    out = b"\x7fELF" + bytes([2 if wide else 1, 1 if end == "<" else 2, 1]) + b"\0" * 9
    if wide:
        out += struct.pack(end + "HHIQQQIHHHHHH", 3, machine, 1, 0, head, 0, 0, head, row, len(kinds), 0, 0, 0)
        out += b"".join(struct.pack(end + "IIQQQQQQ", kind, 4, places[kind][0], places[kind][0], 0, places[kind][1], places[kind][1], 1) for kind in kinds)
    else:
        out += struct.pack(end + "HHIIIIIHHHHHH", 3, machine, 1, 0, head, 0, 0, head, row, len(kinds), 0, 0, 0)
        out += b"".join(struct.pack(end + "IIIIIIII", kind, places[kind][0], places[kind][0], 0, places[kind][1], places[kind][1], 4, 1) for kind in kinds)
    return out + interp + dynamic + verneed + bytes(strings)


def macho(cpu: int = 0x01000007, oldest: tuple[int, int] = (10, 12), kind: int = 2, platform: int = 1) -> bytes:
    """A Mach-O program, by default for x86-64 and macOS 10.12."""
    command = struct.pack("<IIIIII", 0x32, 24, platform, oldest[0] << 16 | oldest[1] << 8, 0, 0)
    return struct.pack("<4sIIIIIII", b"\xcf\xfa\xed\xfe", cpu, 3, kind, 1, len(command), 0, 0) + command


ARM64 = 0x0100000C


def fat(*programs: bytes) -> bytes:
    """A Mach-O file with several programs."""
    at, rows, body = 8 + 20 * len(programs), b"", b""
    for program in programs:
        (cpu,) = struct.unpack_from("<I", program, 4)
        rows += struct.pack(">IIIII", cpu, 3, at + len(body), len(program), 0)
        body += program
    return b"\xca\xfe\xba\xbe" + struct.pack(">I", len(programs)) + rows + body


def pe(machine: int = 0x8664, libraries: tuple[str, ...] = ("KERNEL32.dll",), flags: int = 0x22) -> bytes:
    """A Windows program with one section, at address 4096."""
    wide = machine not in (0x14C, 0x1C4)
    optional = 240 if wide else 224
    start, base = 64 + 24 + optional + 40, 4096
    names_at = 20 * (len(libraries) + 1)
    rows, names = b"", b""
    for library in libraries:
        rows += struct.pack("<IIIII", 0, 0, 0, base + names_at + len(names), 0)
        names += library.encode() + b"\0"
    section = rows + b"\0" * 20 + names
    head = struct.pack("<H", 0x20B if wide else 0x10B).ljust(120 if wide else 104, b"\0")
    head = (head + struct.pack("<II", base, len(section))).ljust(optional, b"\0")
    out = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 64)
    out += b"PE\0\0" + struct.pack("<HHIIIHH", machine, 1, 0, 0, 0, optional, flags) + head
    return out + struct.pack("<8sIIIIIIHHI", b".data", len(section), base, len(section), start, 0, 0, 0, 0, 0) + section
