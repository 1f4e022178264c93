"""The repository that pre-commit and prek take the hooks from, without a compiler."""

import re
from pathlib import Path
from string import Template

from . import facts

HERE = Path(__file__).resolve().parents[1] / "pre-commit-mirror"


def make(texts: dict[str, bytes]) -> dict[str, bytes]:
    """Returns the files of the mirror. Its hooks are those of this repository that build."""
    if re.search(r"[-+]", facts.VERSION):
        # PyPI would write it differently, and the pin would not fit.
        raise ValueError(f"{facts.VERSION} is a pre-release; the mirror only has releases")
    values = {"version": facts.VERSION, "repository": facts.repository(), "mirror": f"{facts.repository()}-pre-commit"}
    files = {path.name: Template(path.read_text(encoding="utf-8")).substitute(values).encode() for path in sorted(HERE.iterdir())}
    files[".pre-commit-hooks.yaml"] = hooks((facts.ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")).encode()
    return files | {name: data for name, data in texts.items() if name in ("LICENSE-APACHE", "LICENSE-MIT")}


def hooks(ours: str) -> str:
    """Returns the hooks with the language `rust`, for the language `python`."""
    made = []
    for hook in re.split(r"^(?=- id: )", ours, flags=re.MULTILINE)[1:]:
        if "\n  language: rust\n" not in hook:
            continue
        hook = hook.replace("\n  language: rust\n", "\n  language: python\n")
        made.append(re.sub(r" Builds stopleak with cargo[^.\n]*\.", "", hook))
    if not made:
        raise ValueError(".pre-commit-hooks.yaml has no hook with the language rust")
    return "".join(made)
