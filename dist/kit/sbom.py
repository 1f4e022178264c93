"""The bill of materials: CycloneDX 1.6, from Cargo.lock and what cargo resolves for the target."""

import json
import uuid
import zlib
from datetime import datetime, timezone

from . import crates, facts
from .pack import sha256


def name(target: facts.Target) -> str:
    return f"{target.archive}.cdx.json"


def make(target: facts.Target, program: bytes) -> bytes:
    """Lists every crate with licence, checksum and needs. Crates that only build are `excluded`."""
    purl = f"pkg:cargo/{facts.NAME}@{facts.VERSION}"
    found = crates.all_of(target.triple)
    purls = {(crate.name, crate.version): crate.purl for crate in found}
    components = [
        {
            "type": "library",
            "bom-ref": crate.purl,
            "name": crate.name,
            "version": crate.version,
            "scope": "excluded" if crate.build else "required",
            "hashes": [{"alg": "SHA-256", "content": crate.checksum}],
            "licenses": [{"expression": crate.licence}],
            "purl": crate.purl,
        }
        for crate in found
    ]
    needs = [{"ref": crate.purl, "dependsOn": [purls[need] for need in crate.needs]} for crate in found]
    needs.insert(0, {"ref": purl, "dependsOn": [purls[need] for need in crates.direct(target.triple)]})
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        # Of the program's hash, so that it is the same for the same program.
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, sha256(program))}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(facts.epoch(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": purl,
                "name": facts.NAME,
                "version": facts.VERSION,
                "description": facts.SUMMARY,
                "hashes": [{"alg": "SHA-256", "content": sha256(program)}],
                "licenses": [{"expression": facts.LICENSE}],
                "purl": purl,
            },
            "properties": [{"name": "target", "value": target.triple}],
        },
        "components": components,
        "dependencies": needs,
    }
    return (json.dumps(bill, indent=2) + "\n").encode()


def audited(program: bytes) -> set[tuple[str, str]] | None:
    """Returns the crates that `cargo auditable` recorded in a program, or nothing if it did not."""
    start = program.find(b".dep-v0")
    at = 0
    while start >= 0 and (at := program.find(b"\x78", at)) >= 0:
        # The section has no mark of its own: it is the zlib stream that holds such a list.
        if program[at + 1] in (0x01, 0x5E, 0x9C, 0xDA):
            try:
                stream = zlib.decompressobj()
                text = stream.decompress(program[at:], 1 << 20)
                if text.startswith(b'{"packages":') and stream.eof:
                    packages = json.loads(text)["packages"]
                    return {(p["name"], p["version"]) for p in packages if p.get("kind") != "build"}
            except (zlib.error, ValueError):
                pass
        at += 1
    return None
