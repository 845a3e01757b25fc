"""What is wrong with an experiment file, and where. All mistakes travel together in one `ExperimentError`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is written: lines and columns count from 1; ``path`` is the place inside the experiment."""

    file: str
    line: int
    column: int
    path: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake (or one warning).

    Attributes:
        file: as it was named on the command line, or by an `include`.
        line: from 1.
        column: from 1.
        path: of the key, as a variant would write it; empty for the whole file.
        value: what is written there, shortened.
        message: what is wrong, what would be right, and the nearest known name where there is one.
    """

    file: str
    line: int
    column: int
    path: str
    value: str
    message: str

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        shown = f" (got {self.value})" if self.value and self.value not in self.message else ""
        return f"{self.file}:{self.line}:{self.column}: {where}{self.message}{shown}"


def problem(place: Place, message: str, value: str = "") -> Problem:
    """A problem at a place; long values are cut."""
    short = value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 3] + "..."
    return Problem(place.file, place.line, place.column, place.path, short, message)


class ExperimentError(ValueError):
    """The file or an override is wrong. ``problems`` has every mistake, in order of place, each once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(str(entry) for entry in self.problems))

    def __reduce__(self) -> tuple[type[ExperimentError], tuple[list[Problem]]]:
        return (ExperimentError, (self.problems,))
