"""The Debian package, without debhelper: an ar file of two tar files."""

import hashlib
import os
import re
from datetime import datetime, timezone
from email.utils import format_datetime

from . import facts
from .pack import Entry, ar, gz, tar

# The project has no address for mail. Who publishes packages sets one.
MAINTAINER = os.environ.get("STOPLEAK_MAINTAINER", "the stopleak authors <noreply@github.com>")

# The program is static so that it runs on every Linux. A static program that can be placed anywhere
# looks like a library to lintian.
OVERRIDES = f"""\
{facts.NAME}: statically-linked-binary [usr/bin/{facts.NAME}]
{facts.NAME}: shared-library-lacks-prerequisites [usr/bin/{facts.NAME}]
"""


def name(target: facts.Target) -> str:
    return f"{facts.NAME}_{_version()}_{target.deb}.deb"


def _version() -> str:
    # A pre-release sorts before its release.
    return facts.VERSION.replace("-", "~")


def make(target: facts.Target, program: bytes, texts: dict[str, bytes], share: dict[str, bytes]) -> bytes:
    doc = f"usr/share/doc/{facts.NAME}"
    moment = format_datetime(datetime.fromtimestamp(facts.epoch(), timezone.utc))
    change = f"{facts.NAME} ({_version()}) unstable; urgency=medium\n\n  * Release {facts.VERSION}. The changes are in NEWS.gz.\n\n -- {MAINTAINER}  {moment}\n"
    files = [
        Entry(f"usr/bin/{facts.NAME}", program, 0o755),
        Entry(f"{doc}/copyright", _copyright()),
        Entry(f"{doc}/changelog.gz", gz(change.encode())),
        Entry(f"{doc}/NEWS.gz", gz(texts["CHANGELOG.md"])),
        Entry(f"{doc}/THIRD-PARTY-LICENSES.gz", gz(texts["THIRD-PARTY-LICENSES"])),
        Entry(f"usr/share/lintian/overrides/{facts.NAME}", OVERRIDES.encode()),
    ]
    files += share_files(share)
    size = sum(-(-len(entry.data) // 1024) for entry in files)
    control = [
        f"Package: {facts.NAME}",
        f"Version: {_version()}",
        f"Architecture: {target.deb}",
        f"Maintainer: {MAINTAINER}",
        f"Installed-Size: {size}",
        "Suggests: git",
        "Section: vcs",
        "Priority: optional",
        *_home(),
        "Description: secret scanner for files, commits and git histories",
        *_folded(facts.DESCRIPTION),
    ]
    sums = "".join(f"{hashlib.md5(e.data, usedforsecurity=False).hexdigest()}  {e.name}\n" for e in sorted(files, key=lambda e: e.name))
    about = [Entry("./control", ("\n".join(control) + "\n").encode()), Entry("./md5sums", sums.encode())]
    data = [Entry(f"./{entry.name}", entry.data, entry.mode) for entry in files]
    return ar([Entry("debian-binary", b"2.0\n"), Entry("control.tar.gz", gz(tar(about))), Entry("data.tar.gz", gz(tar(data)))])


def share_files(share: dict[str, bytes]) -> list[Entry]:
    """Completions and man pages, where Linux distributions look for them."""
    places = {"bash": "usr/share/bash-completion/completions/{0}", "zsh": "usr/share/zsh/vendor-completions/_{0}", "fish": "usr/share/fish/vendor_completions.d/{0}.fish"}
    found = []
    for path, data in share.items():
        folder, _, file = path.partition("/")
        if folder == "man":
            found.append(Entry(f"usr/share/man/man1/{file}.gz", gz(data)))
        elif folder == "completions" and (shell := file.rpartition(".")[2]) in places:
            found.append(Entry(places[shell].format(facts.NAME), data))
    return found


def _home() -> list[str]:
    return [] if "/OWNER/" in facts.repository() else [f"Homepage: {facts.repository()}"]


def _folded(text: str) -> list[str]:
    return [" " + line for line in re.findall(r"\S.{0,74}(?!\S)", text)]


def _copyright() -> bytes:
    mit = (facts.ROOT / "LICENSE-MIT").read_text(encoding="utf-8")
    holder = re.search(r"Copyright \(c\) (.+)", mit)
    text = "\n".join(" " + (line or ".") for line in mit.split("\n\n", 1)[1].strip().splitlines())
    return (
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
        f"Upstream-Name: {facts.NAME}\n\n"
        "Files: *\n"
        f"Copyright: {holder[1] if holder else f'the authors of {facts.NAME}'}\n"
        "License: MIT or Apache-2.0\n\n"
        f"License: MIT\n{text}\n\n"
        "License: Apache-2.0\n On Debian systems, the text is in /usr/share/common-licenses/Apache-2.0.\n"
    ).encode()
