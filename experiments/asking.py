"""From what somebody asks for to what the language and the file system take. Light: imported before anything is known
to be right, so that a wrong file is refused at once."""

from __future__ import annotations

import re
from collections.abc import Sequence


def overrides_of(overrides: Sequence[str], replications: int | None, seed: int | None) -> list[str]:
    """Return all changes to a file as ``path=value``; a number given by itself counts last."""
    numbers = {"run.replications": replications, "run.seed": seed}
    return [*overrides, *(f"{path}={value}" for path, value in numbers.items() if value is not None)]


def results_name(experiment: str) -> str:
    """Return an experiment's name as the name of a folder: what no file system likes becomes ``_``."""
    return re.sub(r"[^\w.+-]+", "_", experiment).strip("._") or "experiment"
