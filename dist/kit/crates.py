"""The crates in the program: what cargo resolves for a target, with licences and checksums."""

import functools
import json
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

from . import facts


@dataclass(frozen=True)
class Crate:
    """A package that the program is made from."""

    name: str
    version: str
    licence: str
    # Whether it only runs while the program is built: build scripts, macros, and what they need.
    build: bool
    # SHA-256 of the package, as Cargo.lock has it.
    checksum: str
    folder: Path
    # Name and version of what it needs.
    needs: tuple[tuple[str, str], ...]

    @property
    def purl(self) -> str:
        return f"pkg:cargo/{self.name}@{self.version}"


@functools.cache
def all_of(triple: str) -> list[Crate]:
    """Returns the crates of the default features, without the program itself, sorted by name."""
    metadata = _metadata(triple)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]
    linked, reached, queue = set(), set(), [(root, False)]
    while queue:
        at, build = queue.pop()
        if at in linked or (build and at in reached):
            continue
        (reached if build else linked).add(at)
        for need in nodes[at]["deps"]:
            kinds = {kind["kind"] for kind in need["dep_kinds"]}
            macro = any("proc-macro" in target["kind"] for target in packages[need["pkg"]]["targets"])
            if None in kinds:
                queue.append((need["pkg"], build or macro))
            elif "build" in kinds:
                queue.append((need["pkg"], True))
    lock = tomllib.loads((facts.ROOT / "Cargo.lock").read_text(encoding="utf-8"))["package"]
    sums = {(package["name"], package["version"]): package.get("checksum", "") for package in lock}
    crates = []
    for at in linked | reached:
        package = packages[at]
        pair = (package["name"], package["version"])
        if at == root:
            continue
        used = (packages[need["pkg"]] for need in nodes[at]["deps"] if need["pkg"] in linked | reached)
        needs = tuple(sorted((used["name"], used["version"]) for used in used))
        licence = (package["license"] or "").replace("/", " OR ")
        folder = Path(package["manifest_path"]).parent
        crates.append(Crate(*pair, licence, at not in linked, sums[pair], folder, needs))
    return sorted(crates, key=lambda crate: (crate.name, crate.version))


def direct(triple: str) -> list[tuple[str, str]]:
    """Returns name and version of what the program itself needs."""
    metadata = _metadata(triple)
    root = metadata["resolve"]["root"]
    packages = {package["id"]: (package["name"], package["version"]) for package in metadata["packages"]}
    node = next(node for node in metadata["resolve"]["nodes"] if node["id"] == root)
    kinds = [(need["pkg"], {kind["kind"] for kind in need["dep_kinds"]}) for need in node["deps"]]
    return sorted(packages[at] for at, found in kinds if found & {None, "build"})


@functools.cache
def _metadata(triple: str) -> dict:
    command = ["cargo", "metadata", "--format-version=1", "--locked", f"--filter-platform={triple}"]
    return json.loads(subprocess.check_output(command, cwd=facts.ROOT))


def licences(triple: str) -> bytes:
    """The licence texts of the crates in the program, which their licences ask to hand on."""
    parts = [f"Licences of the packages that {facts.NAME} {facts.VERSION} is built from.\n"]
    texts: dict[str, list[str]] = {}
    for crate in all_of(triple):
        if crate.build:
            continue
        parts.append(f"{crate.name} {crate.version}: {crate.licence}")
        names = ("license", "licence", "copying", "notice", "unlicense", "copyright")
        files = sorted(f for f in crate.folder.iterdir() if f.is_file() and f.name.lower().startswith(names))
        for file in files:
            text = file.read_text(encoding="utf-8", errors="replace").strip()
            texts.setdefault(text, []).append(f"{crate.name} {crate.version} {file.name}")
    for text, owners in sorted(texts.items(), key=lambda item: item[1]):
        parts.append(f"\n{'=' * 80}\n{chr(10).join(owners)}\n{'-' * 80}\n\n{text}")
    return ("\n".join(parts) + "\n").encode()
