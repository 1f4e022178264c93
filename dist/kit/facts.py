"""What every script needs to know: version, date, targets, texts. Cargo.toml and git say it."""

import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["package"]
NAME = PACKAGE["name"]
VERSION = PACKAGE["version"]
LICENSE = PACKAGE["license"]
SUMMARY = PACKAGE["description"]
DESCRIPTION = (
    "stopleak finds credentials in files, in the lines that you are about to commit, and in whole "
    "git histories. It checks checksums and the structure of tokens and keys offline. If it cannot "
    "read something, it says so and exits with code 2."
)


def repository() -> str:
    """Where releases are downloaded from. `STOPLEAK_REPOSITORY` replaces what Cargo.toml says."""
    stand_in = "https://github.com/OWNER/stopleak"
    return os.environ.get("STOPLEAK_REPOSITORY") or PACKAGE.get("repository") or stand_in


@dataclass(frozen=True)
class Target:
    """A platform, under the name that each channel has for it. Empty: the channel lacks it."""

    triple: str
    wheel: str
    npm: tuple[str, str]
    deb: str = ""
    rpm: str = ""
    oci: str = ""

    @property
    def program(self) -> str:
        return NAME + (".exe" if "windows" in self.triple else "")

    @property
    def archive(self) -> str:
        return f"{NAME}-{VERSION}-{self.triple}"


def _linux(cpu: str, npm: str, deb: str) -> Target:
    # A static program needs no libc, so the oldest tags of both kinds of Linux are true of it.
    tags = f"manylinux_2_17_{cpu}.manylinux2014_{cpu}.musllinux_1_1_{cpu}"
    return Target(f"{cpu}-unknown-linux-gnu", tags, ("linux", npm), deb, cpu, deb)


TARGETS = [
    _linux("x86_64", "x64", "amd64"),
    _linux("aarch64", "arm64", "arm64"),
    Target("x86_64-apple-darwin", "macosx_10_12_x86_64", ("darwin", "x64")),
    Target("aarch64-apple-darwin", "macosx_11_0_arm64", ("darwin", "arm64")),
    Target("x86_64-pc-windows-msvc", "win_amd64", ("win32", "x64")),
]


def target(triple: str) -> Target:
    for known in TARGETS:
        if known.triple == triple:
            return known
    sys.exit(f"{triple}: no target of dist/kit/facts.py")


def host() -> str:
    """The target triple of this machine's compiler."""
    lines = subprocess.check_output(["rustc", "-vV"], text=True).splitlines()
    return next(line.split()[1] for line in lines if line.startswith("host: "))


def epoch() -> int:
    """The time that everything made has, in seconds: of the commit, unless SOURCE_DATE_EPOCH says it."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    # Sources without git: the first time that a zip file can hold.
    return int(run.stdout) if run.returncode == 0 and run.stdout.strip() else 315532800


def texts() -> dict[str, bytes]:
    """The files that every channel ships beside the program."""
    names = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "CHANGELOG.md"]
    return {name: (ROOT / name).read_bytes() for name in names}
