#!/usr/bin/env python3
"""Tests of the parts in dist/kit, with programs that are headers only. They need no build.

    python3 dist/test/units.py
"""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

os.environ["SOURCE_DATE_EPOCH"] = "1700000000"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))
import fakes
from kit import archive, binary, deb, facts, local, manifests, mirror, npm, oci, pack, unpack, wheel

TEXTS = facts.texts() | {"THIRD-PARTY-LICENSES": b"none\n"}
FAKES = {
    "x86_64-unknown-linux-gnu": fakes.elf(),
    "aarch64-unknown-linux-gnu": fakes.elf(183),
    "x86_64-apple-darwin": fakes.macho(),
    "aarch64-apple-darwin": fakes.macho(fakes.ARM64, (11, 0)),
    "x86_64-pc-windows-msvc": fakes.pe(),
}
GLIBC = ("libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2")
LD, MUSL = "/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"


def one(triple: str) -> tuple[facts.Target, bytes]:
    return facts.target(triple), FAKES[triple]


def doctored(triple: str, program: bytes | None = None, tags: str = "", name: str = "", **changes) -> tuple[str, bytes]:
    """A wheel for a target, with another program or other tags. `changes` replace files by suffix."""
    target, own = one(triple)
    if tags:
        target = facts.Target(target.triple, tags, target.npm)
    data = wheel.make(target, own if program is None else program, TEXTS)
    changed = {suffix: value for suffix, value in changes.items()}
    if changed:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            entries = [pack.Entry(i.filename, packed.read(i), i.external_attr >> 16 & 0o777) for i in packed.infolist()]
        entries = [pack.Entry(e.name, changed.get(e.name.rpartition("/")[2], e.data), e.mode) for e in entries]
        data = pack.zipped(entries, ordered=True)
    return name or wheel.name(target), data


class Wheels(unittest.TestCase):
    def refused(self, wanted: str, made: tuple[str, bytes]) -> None:
        with self.assertRaises(wheel.Refused) as caught:
            wheel.check(*made)
        self.assertIn(wanted, str(caught.exception))

    def test_each_platform(self):
        for triple in FAKES:
            wheel.check(*doctored(triple))

    def test_a_program_of_another_platform(self):
        for wheels in FAKES:
            for programs in FAKES:
                if wheels != programs:
                    with self.subTest(wheel=wheels, program=programs):
                        self.refused("is a program for", doctored(wheels, FAKES[programs]))

    def test_glibc(self):
        linux = "x86_64-unknown-linux-gnu"
        for tags, program, wanted in [
            ("manylinux_2_17_x86_64", fakes.elf(62, LD, GLIBC, ("GLIBC_2.2.5", "GLIBC_2.17")), ""),
            ("manylinux2014_x86_64", fakes.elf(62, LD, GLIBC, ("GLIBC_2.17", "GLIBC_PRIVATE")), ""),
            # 2.9 is older than 2.17, whatever the letters say.
            ("manylinux_2_17_x86_64", fakes.elf(62, LD, GLIBC, ("GLIBC_2.9",)), ""),
            ("manylinux_2_17_x86_64", fakes.elf(62, LD, GLIBC, ("GLIBC_2.18", "GLIBC_2.2.5")), "needs glibc 2.18"),
            ("manylinux2014_x86_64", fakes.elf(62, LD, GLIBC, ("GLIBC_2.34",)), "needs glibc 2.34"),
            ("manylinux_2_34_x86_64", fakes.elf(62, LD, GLIBC, ("GLIBC_2.34",)), ""),
            ("manylinux_2_17_x86_64.musllinux_1_1_x86_64", fakes.elf(62, LD, GLIBC, ("GLIBC_2.17",)), "is loaded by"),
            ("manylinux_2_17_x86_64", fakes.elf(62, LD, (*GLIBC, "libssl.so.3")), "needs libssl.so.3"),
            ("manylinux_2_17_x86_64", fakes.elf(62, MUSL, ("libc.musl-x86_64.so.1",)), "is loaded by"),
            ("musllinux_1_1_x86_64", fakes.elf(62, MUSL, ("libc.musl-x86_64.so.1",)), ""),
            ("musllinux_1_1_x86_64", fakes.elf(62, MUSL, ("libc.musl-x86_64.so.1", "libz.so.1")), "needs libz.so.1"),
            ("musllinux_1_1_x86_64", fakes.elf(62, LD, GLIBC), "is loaded by"),
            ("manylinux_2_17_i686", fakes.elf(3, wide=False), ""),
            ("manylinux_2_17_s390x", fakes.elf(22, end=">"), ""),
            ("manylinux_2_17_ppc64le", fakes.elf(21), ""),
            ("linux_x86_64", fakes.elf(), "PyPI refuses"),
            ("any", fakes.elf(), "PyPI refuses"),
        ]:
            with self.subTest(tags=tags, wanted=wanted):
                made = doctored(linux, program, tags)
                self.refused(wanted, made) if wanted else wheel.check(*made)

    def test_macos_and_windows(self):
        arm, both = fakes.macho(fakes.ARM64, (11, 0)), fakes.fat(fakes.macho(), fakes.macho(fakes.ARM64, (11, 0)))
        mac, windows = "x86_64-apple-darwin", "x86_64-pc-windows-msvc"
        for triple, tags, program, wanted in [
            (mac, "macosx_10_12_universal2", both, ""),
            (mac, "macosx_10_12_universal2", fakes.macho(), "is a program for"),
            (mac, "macosx_10_12_x86_64", both, "is a program for"),
            (mac, "macosx_11_0_arm64", arm, ""),
            (mac, "macosx_10_9_x86_64", fakes.macho(), "needs macOS 10.12"),
            (mac, "macosx_11_0_arm64", fakes.macho(fakes.ARM64, (12, 0)), "needs macOS 12.0"),
            (mac, "macosx_10_12_x86_64", fakes.macho(kind=6), "no program"),
            (mac, "macosx_11_0_arm64", fakes.macho(fakes.ARM64, (14, 0), platform=2), "not for macOS"),
            (windows, "win_arm64", fakes.pe(0xAA64), ""),
            (windows, "win32", fakes.pe(0x14C), ""),
            (windows, "win32", fakes.pe(), "is a program for"),
            (windows, "win_amd64", fakes.pe(libraries=("VCRUNTIME140.dll",)), "Windows does not have"),
            (windows, "win_amd64", fakes.pe(flags=0x2022), "no program"),
        ]:
            with self.subTest(tags=tags, wanted=wanted):
                made = doctored(triple, program, tags)
                self.refused(wanted, made) if wanted else wheel.check(*made)

    def test_what_is_no_program(self):
        for program in (b"", b"#!/bin/sh\n", b"MZ", b"\x7fELF", fakes.elf()[:40], b"\xca\xfe\xba\xbe\0\0\0\x41", fakes.macho()[:30]):
            with self.assertRaises(wheel.Refused):
                wheel.check(*doctored("x86_64-unknown-linux-gnu", program))
        # No damage of the headers is anything but refused or read.
        for whole in (fakes.elf(62, LD, GLIBC, ("GLIBC_2.17",)), fakes.pe(), fakes.macho(), fakes.fat(fakes.macho())):
            for at in range(len(whole)):
                for value in (0, 0x7F, 0xFF):
                    try:
                        binary.read(whole[:at] + bytes([value]) + whole[at + 1 :])
                    except binary.Malformed:
                        pass

    def test_the_wheel_itself(self):
        linux = "x86_64-unknown-linux-gnu"
        name, data = doctored(linux)
        renamed = name.replace("manylinux_2_17_x86_64.", "")
        self.refused("different tags", (renamed, data))
        self.refused("not that of a wheel", ("stopleak.whl", data))
        self.refused("no zip file", (name, data[:100]))
        self.refused("no zip file", (name, b""))
        self.refused("hash of", doctored(linux, METADATA=b"Name: other\n"))
        self.refused("hash of", doctored(linux, stopleak=fakes.elf(183)))
        self.refused("hash of", doctored(linux, RECORD=b""))
        # Another version, as after a half-done bump.
        self.refused("RECORD", (name.replace(facts.VERSION, "9.9.9"), data))

    def test_metadata_says_what_cargo_says(self):
        _, data = doctored("x86_64-unknown-linux-gnu")
        files = unpack.zipped(data)
        metadata = files[f"stopleak-{facts.VERSION}.dist-info/METADATA"].decode()
        for line in (f"Name: {facts.NAME}", f"Version: {facts.VERSION}", f"License-Expression: {facts.LICENSE}"):
            self.assertIn(f"\n{line}\n", metadata)


class Packages(unittest.TestCase):
    def test_twice_the_same(self):
        for triple in FAKES:
            target, program = one(triple)
            for make in (lambda: archive.make(target, program, TEXTS, {}), lambda: wheel.make(target, program, TEXTS), lambda: npm.make_platform(target, program, TEXTS)):
                self.assertEqual(make(), make())
        linux = dict([one("x86_64-unknown-linux-gnu"), one("aarch64-unknown-linux-gnu")])
        self.assertEqual(oci.make(linux, TEXTS), oci.make(linux, TEXTS))

    def test_archives_are_what_the_action_looks_for(self):
        for triple in FAKES:
            target, program = one(triple)
            made = archive.make(target, program, TEXTS, {"man/stopleak.1": b"page"})
            held = unpack.tarred(made[f"stopleak-{facts.VERSION}-{triple}.tar.gz"])
            self.assertEqual(held[f"stopleak-{facts.VERSION}-{triple}/{target.program}"], program)
            self.assertEqual(".zip" in " ".join(made), "windows" in triple)
        script = (facts.ROOT / "ci/action/common.sh").read_text() + (facts.ROOT / "ci/action/install.sh").read_text()
        for triple in FAKES:
            self.assertIn(f"target={triple} ", script)

    def test_owners_and_times(self):
        target, program = one("x86_64-unknown-linux-gnu")
        made = archive.make(target, program, TEXTS, {})
        with tarfile.open(fileobj=io.BytesIO(next(iter(made.values())))) as packed:
            for member in packed:
                self.assertEqual((member.uid, member.gid, member.mtime), (0, 0, 1700000000))
        self.assertEqual(pack.gz(b"x")[4:8], b"\0\0\0\0")

    def test_npm(self):
        main = json.loads(unpack.tarred(npm.make_main(TEXTS))["package/package.json"])
        self.assertNotIn("scripts", main)
        for triple in FAKES:
            target, program = one(triple)
            made = unpack.tarred(npm.make_platform(target, program, TEXTS))
            manifest = json.loads(made["package/package.json"])
            self.assertEqual(main["optionalDependencies"][manifest["name"]], facts.VERSION)
            self.assertEqual((manifest["os"], manifest["cpu"]), ([target.npm[0]], [target.npm[1]]))

    def test_deb(self):
        target, program = one("aarch64-unknown-linux-gnu")
        control, held = unpack.deb(deb.make(target, program, TEXTS, {"completions/stopleak.zsh": b"z", "man/stopleak.1": b"m"}))
        self.assertIn("Architecture: arm64\n", control["control"].decode())
        self.assertEqual(held["usr/bin/stopleak"], program)
        self.assertIn("usr/share/zsh/vendor-completions/_stopleak", held)
        self.assertIn("usr/share/man/man1/stopleak.1.gz", held)

    def test_the_image_is_followed_to_the_program(self):
        linux = dict([one("x86_64-unknown-linux-gnu"), one("aarch64-unknown-linux-gnu")])
        data = oci.make(linux, TEXTS)
        self.assertEqual(oci.check(data), {"amd64": fakes.elf(), "arm64": fakes.elf(183)})
        files = unpack.tarred(data)
        for name in files:
            for change in ({name: files[name] + b" "}, {name: None}, {"blobs/sha256/" + "0" * 64: b"x"}):
                changed = {k: v for k, v in (files | change).items() if v is not None}
                if not name.startswith("blobs/") and change.get(name):
                    # A space changes nothing in these two.
                    continue
                with self.subTest(changed=list(change)), self.assertRaises((oci.Broken, KeyError)):
                    oci.check(pack.tar([pack.Entry(k, v) for k, v in changed.items()]))

    def test_manifests(self):
        archives = {}
        for triple in FAKES:
            archives |= archive.make(*one(triple), TEXTS, {})
        sums = {name: pack.sha256(data) for name, data in archives.items()}
        made, missing = manifests.make(sums)
        self.assertEqual(missing, [])
        self.assertEqual(len(made), 6)
        for name, digest in sums.items():
            fitting = [path for path, data in made.items() if digest in data.decode().lower()]
            if not name.endswith("windows-msvc.tar.gz"):
                self.assertTrue(fitting, f"{name} is in no manifest")
        self.assertEqual(json.loads(made["scoop/stopleak.json"])["version"], facts.VERSION)
        self.assertEqual(made["homebrew/stopleak.rb"].decode().count("on_arm do"), 2)
        self.assertNotIn(b"SHA256: $", made[next(path for path in made if "installer" in path)])


class Mirror(unittest.TestCase):
    def test_hooks_are_those_that_build(self):
        ours = (facts.ROOT / ".pre-commit-hooks.yaml").read_text()
        made = mirror.hooks(ours)
        self.assertEqual(made.count("- id: "), ours.count("language: rust"))
        self.assertEqual(made.count("language: python"), made.count("- id: "))
        self.assertNotIn("cargo", made)
        for key in ("entry:", "stages:", "always_run:"):
            self.assertEqual(made.count(key), made.count("- id: "))

    def test_the_wheel_is_pinned(self):
        files = mirror.make(TEXTS)
        self.assertIn(f'"stopleak=={facts.VERSION}"', files["pyproject.toml"].decode())
        with mock.patch.object(facts, "VERSION", "1.0.0-rc.1"), self.assertRaises(ValueError):
            mirror.make(TEXTS)


class Table(unittest.TestCase):
    def test_the_action_finds_what_a_release_prints(self):
        if os.name != "posix" or not shutil.which("bash"):
            self.skipTest("bash is not installed")
        with tempfile.TemporaryDirectory() as folder:
            release = Path(folder) / "release"
            release.mkdir()
            archives = {}
            for triple in FAKES:
                archives |= archive.make(*one(triple), TEXTS, {})
            sums = "".join(f"{pack.sha256(data)}  {name}\n" for name, data in archives.items())
            (release / "SHA256SUMS").write_text(sums + f"{'0' * 64}  stopleak-{facts.VERSION}-oci.tar\n")
            made = subprocess.check_output(["bash", str(facts.ROOT / "dist/action-table"), folder], text=True)
        rows = [row.split() for row in made.splitlines()]
        self.assertEqual(sorted(row[1] for row in rows), sorted(FAKES))
        for version, triple, digest, sources in rows:
            self.assertEqual(version, facts.VERSION)
            self.assertEqual(digest, pack.sha256(archives[f"stopleak-{version}-{triple}.tar.gz"]))
            self.assertRegex(sources, "^[0-9a-f]{64}$")


class Local(unittest.TestCase):
    def test_paths_are_found_whole(self):
        for program, place, wanted in [
            (b"a/home/me/.cargo/registry", "/home/me/.cargo", True),
            (b"a/home/you/.cargo/registry", "/home/me/.cargo", False),
            (b"at /src/main.rs", "/src", True),
            (b"crates/src/main.rs", "/src", False),
            (b"stopleak /srcery", "/src", False),
            (b"x C:\\work\\stopleak\\src", "C:\\work\\stopleak", True),
            (b"x C:/work/stopleak/src", "C:\\work\\stopleak", True),
        ]:
            with self.subTest(place=place, program=program), mock.patch.object(local, "places", lambda: {place: ""}):
                self.assertEqual(bool(local.traces(program)), wanted)


class Programs(unittest.TestCase):
    def test_of_this_machine(self):
        python = Path(sys.executable).resolve().read_bytes()
        if python[:4] != b"\x7fELF":
            self.skipTest("Python is no ELF file here")
        self.assertEqual(binary.read(python)[0].system, "linux")


if __name__ == "__main__":
    unittest.main()
