"""The known answers of `theory.json`, by their ids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("theory.json")


@dataclass(frozen=True, slots=True)
class Theory:
    """One known answer.

    Attributes:
        case: its id.
        model: what is modelled, in words, with `parameters`.
        quantity: which figure of it.
        value: the answer, in `unit`.
        source: formula and where it was published.
        kind: ``closed-form``, ``numerically exact``, ``published``, or one of those that hold only in a limit
            (``fluid limit``, ``mean-field limit``, ``published approximation``, ``asymptotic``).
        note: what else is known, or empty.
    """

    case: str
    model: str
    parameters: Mapping[str, object]
    quantity: str
    value: float
    unit: str
    source: str
    kind: str
    note: str

    @property
    def is_exact(self) -> bool:
        """Whether the value is that of the model itself, not of a limit or an approximation."""
        return not any(word in self.kind for word in ("limit", "approximation", "asymptotic"))


def _read() -> dict[str, Theory]:
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    answers = [
        Theory(
            case=row["id"],
            model=row["model"],
            parameters=row["params"],
            quantity=row["quantity"],
            value=float(row["value"]),
            unit=row["unit"],
            source=row["formula/source"],
            kind=row["kind"],
            note=row.get("note", ""),
        )
        for row in rows
    ]
    return {answer.case: answer for answer in answers}


THEORY: dict[str, Theory] = _read()
"""All known answers, in the file's order."""
