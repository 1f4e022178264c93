"""The npm packages: one with the launcher, and one for each platform as its optional dependency."""

import json
from pathlib import Path

from . import facts
from .pack import Entry, gz, tar

HERE = Path(__file__).resolve().parents[1] / "npm"
NEEDS = {"node": ">=14.18"}


def platform(target: facts.Target) -> str:
    return f"@{facts.NAME}/{'-'.join(target.npm)}"


def file(package: str) -> str:
    """The name that `npm pack` gives."""
    return f"{package.lstrip('@').replace('/', '-')}-{facts.VERSION}.tgz"


def _common(name: str, description: str) -> dict:
    common = {"name": name, "version": facts.VERSION, "description": description, "license": facts.LICENSE}
    if "/OWNER/" not in facts.repository():
        # npm compares it with the repository that the provenance names.
        common["repository"] = {"type": "git", "url": f"git+{facts.repository()}.git"}
    return common


def _packed(manifest: dict, entries: list[Entry], texts: dict[str, bytes]) -> bytes:
    entries = [Entry(f"package/{entry.name}", entry.data, entry.mode) for entry in entries]
    entries.append(Entry("package/package.json", (json.dumps(manifest, indent=2) + "\n").encode()))
    entries += [Entry(f"package/{name}", data) for name, data in texts.items() if "LICENSE" in name]
    return gz(tar(entries, folders=False))


def make_platform(target: facts.Target, program: bytes, texts: dict[str, bytes]) -> bytes:
    """Only a program. npm installs it where `os` and `cpu` fit."""
    system, cpu = target.npm
    manifest = _common(platform(target), f"The program of {facts.NAME} for {system} {cpu}")
    manifest |= {"os": [system], "cpu": [cpu], "files": [f"bin/{target.program}"], "preferUnplugged": True}
    readme = f"# {manifest['name']}\n\n{manifest['description']}. Install the package `{facts.NAME}`; it chooses this one.\n"
    entries = [Entry(f"bin/{target.program}", program, 0o755), Entry("README.md", readme.encode())]
    return _packed(manifest, entries, texts)


def make_main(texts: dict[str, bytes]) -> bytes:
    """The launcher. It has no install script, so it also works with `--ignore-scripts`."""
    manifest = _common(facts.NAME, facts.SUMMARY)
    manifest |= {
        "keywords": facts.PACKAGE["keywords"],
        "bin": {facts.NAME: f"bin/{facts.NAME}.js"},
        "files": [f"bin/{facts.NAME}.js"],
        "engines": NEEDS,
        "optionalDependencies": {platform(target): facts.VERSION for target in facts.TARGETS},
    }
    own = {name: data for name, data in texts.items() if not name.startswith("THIRD")}
    launcher = (HERE / "launcher.js").read_bytes()
    entries = [Entry(f"bin/{facts.NAME}.js", launcher, 0o755), Entry("README.md", texts["README.md"])]
    return _packed(manifest, entries, own)
