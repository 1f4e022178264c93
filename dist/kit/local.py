"""The directories of this machine, which no program that is shipped may name."""

import os
import re
import subprocess
from pathlib import Path

from . import facts


def work() -> Path:
    """Where cargo works."""
    return Path(os.environ.get("CARGO_TARGET_DIR") or facts.ROOT / "target").resolve()


def places() -> dict[Path, str]:
    """The directories, and what a program calls them. Inner ones come later."""
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    sysroot = subprocess.check_output(["rustc", "--print", "sysroot"], text=True, cwd=facts.ROOT).strip()
    return {home: "/cargo", Path(sysroot): "/rust", facts.ROOT: "/stopleak", work(): "/target"}


def traces(program: bytes) -> list[str]:
    """The directories that are in a program all the same."""
    return [place for place in map(str, places()) if _holds(program, place) or _holds(program, place.replace("\\", "/"))]


def _holds(program: bytes, place: str) -> bool:
    wanted = re.escape(place.encode())
    if len(re.findall(r"[/\\]", place)) < 2:
        # Something like /src, which is also a part of other paths.
        wanted = rb"(?<![\w./\\-])" + wanted + rb"[/\\]"
    return re.search(wanted, program) is not None
