"""What package managers of others read: Homebrew, Scoop, winget, Nix. Filled in from the hashes."""

import base64
from datetime import datetime, timezone
from pathlib import Path
from string import Template

from . import facts

HERE = Path(__file__).resolve().parents[1] / "templates"
BREW = [
    ("on_macos", "on_arm", "aarch64-apple-darwin"),
    ("on_macos", "on_intel", "x86_64-apple-darwin"),
    ("on_linux", "on_arm", "aarch64-unknown-linux-gnu"),
    ("on_linux", "on_intel", "x86_64-unknown-linux-gnu"),
]
NIX = {
    "x86_64-linux": "x86_64-unknown-linux-gnu",
    "aarch64-linux": "aarch64-unknown-linux-gnu",
    "x86_64-darwin": "x86_64-apple-darwin",
    "aarch64-darwin": "aarch64-apple-darwin",
}
WINDOWS = "x86_64-pc-windows-msvc"


def make(sums: dict[str, str]) -> tuple[dict[str, bytes], list[str]]:
    """Returns the manifests, and what is left out because its archive is not in `sums`."""
    values = {
        "version": facts.VERSION,
        "repository": facts.repository(),
        "summary": facts.SUMMARY,
        "date": datetime.fromtimestamp(facts.epoch(), timezone.utc).date().isoformat(),
    }
    archives = {target.triple: target.archive for target in facts.TARGETS}
    unix = {triple: sums[f"{name}.tar.gz"] for triple, name in archives.items() if f"{name}.tar.gz" in sums}
    missing = [triple for triple in archives if triple not in unix]
    made = {}
    if any(triple in unix for _, _, triple in BREW):
        made["homebrew/stopleak.rb"] = _fill("stopleak.rb", values | {"platforms": _brew(unix)})
        rows = [f'    {system} = {{ target = "{triple}"; hash = "{_sri(unix[triple])}"; }};' for system, triple in NIX.items() if triple in unix]
        made["nix/stopleak.nix"] = _fill("stopleak.nix", values | {"platforms": "\n".join(rows)})
    if packed := sums.get(f"{archives[WINDOWS]}.zip"):
        values |= {"archive": archives[WINDOWS], "triple": WINDOWS, "hash": packed, "HASH": packed.upper()}
        made["scoop/stopleak.json"] = _fill("stopleak.json", values)
        folder = f"winget/manifests/s/stopleak/stopleak/{facts.VERSION}"
        for kind in ("installer", "locale.en-US", "version"):
            name = "stopleak.stopleak" + (f".{kind}" if kind != "version" else "")
            made[f"{folder}/{name}.yaml"] = _fill(f"winget/{kind}.yaml", values)
    return made, missing


def _fill(template: str, values: dict[str, str]) -> bytes:
    return Template((HERE / template).read_text(encoding="utf-8")).substitute(values).encode()


def _sri(digest: str) -> str:
    return "sha256-" + base64.b64encode(bytes.fromhex(digest)).decode()


def _brew(sums: dict[str, str]) -> str:
    lines, inside = [], ""
    for system, cpu, triple in BREW:
        if triple not in sums:
            continue
        if system != inside:
            lines += [*(["  end", ""] if inside else []), f"  {system} do"]
            inside = system
        url = f"{facts.repository()}/releases/download/v{facts.VERSION}/{facts.NAME}-{facts.VERSION}-{triple}.tar.gz"
        lines += [f"    {cpu} do", f'      url "{url}"', f'      sha256 "{sums[triple]}"', "    end"]
    return "\n".join([*lines, "  end", ""])
