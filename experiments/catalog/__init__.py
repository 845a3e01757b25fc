"""The experiments that ship with callsim: run them as they stand (``catalog:NAME``), or copy one to begin with."""

from __future__ import annotations

import difflib
from pathlib import Path

PREFIX = "catalog:"
"""How a name of the catalog is told from a file."""

FRAGMENT = ".part.yaml"
"""How the files end that only others include."""

_FOLDER = Path(__file__).parent


def names() -> list[str]:
    """All names, sorted."""
    return sorted(file.stem for file in _FOLDER.glob("*.yaml") if not file.name.endswith(FRAGMENT))


def path(name: str) -> Path:
    """The file of an experiment.

    Raises:
        KeyError: there is no such experiment; the text names the nearest, or all.
    """
    known = names()
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        advice = f"did you mean '{close[0]}'?" if close else f"there are: {', '.join(known)}"
        raise KeyError(f"the catalog has no {name!r}; {advice}")
    return _FOLDER / f"{name}.yaml"


def text(name: str) -> str:
    """The text of an experiment.

    Raises:
        KeyError: there is no such experiment.
    """
    return path(name).read_text(encoding="utf-8")


def purpose(name: str) -> str:
    """What an experiment is for: its first comment line.

    Raises:
        KeyError: there is no such experiment.
    """
    first = text(name).partition("\n")[0]
    return first.lstrip("# ").strip() if first.startswith("#") else ""


def fragments(name: str) -> dict[str, str]:
    """File names and texts of what an experiment includes.

    Raises:
        KeyError: there is no such experiment.
    """
    written = text(name)
    parts = (file for file in sorted(_FOLDER.glob(f"*{FRAGMENT}")) if file.name in written)
    return {file.name: file.read_text(encoding="utf-8") for file in parts}
