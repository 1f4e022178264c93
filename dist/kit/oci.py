"""The container image: an OCI layout in a tar file, from nothing but the program."""

import gzip
import io
import json
import tarfile
from datetime import datetime, timezone

from . import facts
from .pack import Entry, gz, sha256, tar

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def name() -> str:
    return f"{facts.NAME}-{facts.VERSION}-oci.tar"


class Broken(ValueError):
    """An image that no container engine should load, and why."""


def make(programs: dict[facts.Target, bytes], texts: dict[str, bytes]) -> bytes:
    """An image for each Linux target, in one index."""
    blobs: dict[str, bytes] = {}

    def put(data: bytes, kind: str) -> dict:
        blobs[sha256(data)] = data
        return {"mediaType": kind, "digest": f"sha256:{sha256(data)}", "size": len(data)}

    created = datetime.fromtimestamp(facts.epoch(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    labels = {
        "org.opencontainers.image.title": facts.NAME,
        "org.opencontainers.image.version": facts.VERSION,
        "org.opencontainers.image.description": facts.SUMMARY,
        "org.opencontainers.image.licenses": facts.LICENSE,
        "org.opencontainers.image.source": facts.repository(),
    }
    manifests = []
    for target, program in programs.items():
        licences = [Entry(f"usr/share/doc/{facts.NAME}/{text}", data) for text, data in texts.items() if "LICENSE" in text]
        layer = tar([Entry(f"usr/bin/{facts.NAME}", program, 0o755), *licences])
        platform = {"architecture": target.oci, "os": "linux"}
        config = {
            "created": created,
            **platform,
            # git's hooks and CI systems mount the repository there.
            "config": {"Entrypoint": [f"/usr/bin/{facts.NAME}"], "Env": ["PATH=/usr/bin"], "WorkingDir": "/repo", "Labels": labels},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256(layer)}"]},
            "history": [{"created": created, "comment": "dist/make"}],
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": put(_json(config), CONFIG),
            "layers": [put(gz(layer), LAYER)],
            "annotations": labels,
        }
        manifests.append({**put(_json(manifest), MANIFEST), "platform": platform})
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
    top = {**put(_json(index), INDEX), "annotations": {"org.opencontainers.image.ref.name": facts.VERSION}}
    entries = [Entry(f"blobs/sha256/{digest}", data) for digest, data in blobs.items()]
    entries.append(Entry("index.json", _json({"schemaVersion": 2, "mediaType": INDEX, "manifests": [top]})))
    entries.append(Entry("oci-layout", _json({"imageLayoutVersion": "1.0.0"})))
    return tar(entries)


def _json(value: dict) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def check(data: bytes) -> dict[str, bytes]:
    """Follows every digest. Returns the program of each architecture, or raises `Broken`."""
    with tarfile.open(fileobj=io.BytesIO(data)) as packed:
        files = {member.name: packed.extractfile(member).read() for member in packed if member.isfile()}
    if json.loads(files.get("oci-layout", b"{}")).get("imageLayoutVersion") != "1.0.0":
        raise Broken("oci-layout is missing or of another version")
    seen = {"oci-layout", "index.json"}

    def blob(descriptor: dict) -> bytes:
        algorithm, _, digest = descriptor["digest"].partition(":")
        path = f"blobs/{algorithm}/{digest}"
        if path not in files:
            raise Broken(f"{path} is missing")
        if len(files[path]) != descriptor["size"] or sha256(files[path]) != digest:
            raise Broken(f"{path} does not have its size and digest")
        seen.add(path)
        return files[path]

    programs = {}
    queue = list(json.loads(files["index.json"])["manifests"])
    while queue:
        descriptor = queue.pop()
        content = json.loads(blob(descriptor))
        if descriptor["mediaType"] == INDEX:
            queue += content["manifests"]
            continue
        config = json.loads(blob(content["config"]))
        platform = {"architecture": config["architecture"], "os": config["os"]}
        if descriptor.get("platform") != platform:
            raise Broken(f"the index says {descriptor.get('platform')}, the image {platform}")
        layers = [gzip.decompress(blob(layer)) for layer in content["layers"]]
        if [f"sha256:{sha256(layer)}" for layer in layers] != config["rootfs"]["diff_ids"]:
            raise Broken("the layers are not those of the configuration")
        with tarfile.open(fileobj=io.BytesIO(layers[-1])) as packed:
            member = packed.getmember(config["config"]["Entrypoint"][0].lstrip("/"))
            programs[config["architecture"]] = packed.extractfile(member).read()
    if extra := files.keys() - seen:
        raise Broken(f"nothing leads to {sorted(extra)}")
    return programs
