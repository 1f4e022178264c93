"""The RPM package, by rpmbuild from a spec file that only copies."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import deb, facts
from .pack import Entry

SPEC = """\
Name: {name}
Version: {version}
Release: 1
Summary: {summary}
License: {license}
URL: {url}

%description
{description}

%install
cp -a {tree}/. %{{buildroot}}/

%files
{files}
"""


def name(target: facts.Target) -> str:
    return f"{facts.NAME}-{facts.VERSION.replace('-', '~')}-1.{target.rpm}.rpm"


def available() -> str:
    """Says what is missing to make RPM packages, or nothing."""
    return "" if shutil.which("rpmbuild") else "rpmbuild is not installed (Debian and Fedora: rpm, rpm-build)"


def make(target: facts.Target, program: bytes, texts: dict[str, bytes], share: dict[str, bytes]) -> bytes:
    files = [Entry(f"usr/bin/{facts.NAME}", program, 0o755), *deb.share_files(share)]
    # Fedora's zsh looks elsewhere.
    moved = {"usr/share/zsh/vendor-completions/": "usr/share/zsh/site-functions/"}
    for old, new in moved.items():
        files = [Entry(entry.name.replace(old, new), entry.data, entry.mode) for entry in files]
    licences = f"usr/share/licenses/{facts.NAME}"
    docs = f"usr/share/doc/{facts.NAME}"
    files += [Entry(f"{licences if 'LICENSE' in text else docs}/{text}", data) for text, data in texts.items()]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for entry in files:
            place = work / "tree" / entry.name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(entry.data)
            place.chmod(entry.mode)
        spec = work / "stopleak.spec"
        spec.write_text(_spec(files, work / "tree"), encoding="utf-8")
        settings = {
            "_topdir": work,
            "_buildhost": "localhost",
            "use_source_date_epoch_as_buildtime": 1,
            "clamp_mtime_to_source_date_epoch": 1,
            "_build_id_links": "none",
            "__os_install_post": "%{nil}",
            "debug_package": "%{nil}",
            "_binary_payload": "w9.gzdio",
            # The program needs nothing, and a scan for needs depends on the machine.
            "__find_requires": "%{nil}",
            "_use_internal_dependency_generator": 0,
        }
        command = ["rpmbuild", "-bb", "--quiet", "--nodeps", f"--target={target.rpm}-linux"]
        for key, value in settings.items():
            command += ["--define", f"{key} {value}"]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": str(facts.epoch()), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        for entry in (work / "tree").rglob("*"):
            os.utime(entry, (facts.epoch(), facts.epoch()))
        run = subprocess.run([*command, str(spec)], env=environment, capture_output=True, text=True, check=False)
        made = list(work.glob("RPMS/*/*.rpm"))
        if run.returncode or len(made) != 1:
            raise RuntimeError(f"rpmbuild failed:\n{run.stdout}{run.stderr}")
        return made[0].read_bytes()


def _spec(files: list[Entry], tree: Path) -> str:
    listed = []
    for entry in sorted(files, key=lambda entry: entry.name):
        kind = "%license " if "/licenses/" in entry.name else "%doc " if "/doc/" in entry.name else ""
        listed.append(f"%attr({entry.mode:04o}, root, root) {kind}/{entry.name}")
    return SPEC.format(
        name=facts.NAME,
        version=facts.VERSION.replace("-", "~"),
        summary="Secret scanner for files, commits and git histories",
        license=facts.LICENSE,
        url=facts.repository(),
        description="\n".join(line.strip() for line in deb._folded(facts.DESCRIPTION)),
        tree=tree,
        files="\n".join(listed),
    )
