"""The archive of a platform: what the action, `cargo binstall` and people download."""

from . import facts
from .pack import Entry, gz, tar, zipped


def entries(target: facts.Target, program: bytes, texts: dict[str, bytes], share: dict[str, bytes]) -> list[Entry]:
    found = [Entry(f"{target.archive}/{target.program}", program, 0o755)]
    return found + [Entry(f"{target.archive}/{name}", data) for name, data in {**texts, **share}.items()]


def make(target: facts.Target, program: bytes, texts: dict[str, bytes], share: dict[str, bytes]) -> dict[str, bytes]:
    """A .tar.gz for each platform; for Windows a .zip as well, which Scoop and winget need."""
    packed = entries(target, program, texts, share)
    made = {f"{target.archive}.tar.gz": gz(tar(packed))}
    if "windows" in target.triple:
        made[f"{target.archive}.zip"] = zipped(packed)
    return made
