"""Two results folders as one comparison: what may be compared, what is tested, and the rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.results.comparing.differing import sentences, settings_of
from experiments.results.comparing.missing import Missing, missing_between
from experiments.results.comparing.pairing import why_apart
from experiments.results.comparing.rows import ComparedRow, Family, compared_rows, csv_rows
from experiments.results.comparing.sound import NotComparable, sound_figures, sound_manifest, sound_objectives
from experiments.results.comparisons import ComparisonRow
from experiments.results.csvfile import write_csv
from experiments.results.reading import Results
from experiments.statistics.resolution import resolution

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change did.

    Attributes:
        before: the folder that the other is compared with.
        after: the folder that is judged.
        rows: every figure that both have.
        differing: what differs apart from the figures, a sentence each.
        apart: why replications are not paired, where they are not; see `experiments.results.comparing.pairing`.
        missing: what only one of them has, and was therefore not compared.
    """

    before: Results
    after: Results
    rows: Sequence[ComparedRow]
    differing: Sequence[str]
    apart: str
    missing: Sequence[Missing]

    @property
    def worse(self) -> list[ComparedRow]:
        """The tested figures that got significantly worse."""
        return [row for row in self.rows if row.tested and row.verdict == "worse"]

    @property
    def members(self) -> list[ComparedRow]:
        """The tested figures that are not the same: the family that Holm's correction is over."""
        return [row for row in self.rows if row.tested and row.verdict != "same"]

    @property
    def resolution(self) -> float:
        """How many times half its interval a difference must be to count as the first of the family; NaN without one.

        See `experiments.statistics.resolution`; where the replications differ, of the fewest.
        """
        counts = [row.used for row in self.members if not math.isnan(row.ci_low)]
        return resolution(min(counts), len(self.members)) if counts else math.nan

    def table(self) -> pd.DataFrame:
        """Return the rows as a frame, with the figures before and after."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(ComparedRow._fields))

    def frame(self) -> pd.DataFrame:
        """Return the rows as a frame with the columns of ``comparisons.csv``, as `save` writes them.

        How they were compared is in its ``attrs``: see `experiments.api.compare`.
        """
        import pandas as pd

        frame = pd.DataFrame(self._written(), columns=list(ComparisonRow._fields))
        frame.attrs.update(
            seeds=[results.manifest.get("seed") for results in (self.before, self.after)],
            paired=sorted({(row.variant, row.point) for row in self.rows if row.paired}),
            apart=self.apart,
            family=len(self.members),
            tested=sum(row.tested for row in self.rows),
            left_out=[tuple(missing) for missing in self.missing],
            differing=list(self.differing),
        )
        return frame

    def save(self, path: Path) -> None:
        """Write the rows with the columns of ``comparisons.csv``.

        Raises:
            OSError: the file cannot be written.
        """
        write_csv(path, ComparisonRow._fields, self._written())

    def _written(self) -> list[ComparisonRow]:
        return csv_rows(self.rows, *labels(self.before.folder, self.after.folder))


def changed(before: Results, after: Results) -> Changed:
    """Compare two folders of the same experiment.

    Raises:
        NotComparable: they hold different experiments, or nothing that both have, or one is damaged: names the file.
    """
    names = [sound_manifest(results)["name"] for results in (before, after)]
    if names[0] != names[1]:
        raise NotComparable(
            f"{before.folder} holds results of {names[0]!r} and {after.folder} of {names[1]!r}: "
            "give two folders of the same experiment, before and after a change"
        )
    figures = sound_figures(before), sound_figures(after)
    family = _family(before, after)
    rows = compared_rows(*figures, family)
    if not rows:
        raise NotComparable(
            f"{before.folder} and {after.folder} have no figure in common: {_played(before)} were played before, "
            f"{_played(after)} after; play the same variants and points in both"
        )
    differing = sentences(before.manifest, after.manifest)
    missing = missing_between(*figures, family.holds)
    return Changed(before, after, rows, differing, why_apart(*figures), missing)


def labels(before: Path, after: Path) -> tuple[str, str]:
    """Return short names for two folders that tell them apart."""
    one, two = before.resolve(), after.resolve()
    for length in range(1, max(len(one.parts), len(two.parts))):
        names = "/".join(one.parts[-length:]), "/".join(two.parts[-length:])
        if names[0] != names[1]:
            return names
    return str(before), str(after)


def _family(before: Results, after: Results) -> Family:
    sides = (before, after)
    workloads = frozenset(str(name) for side in sides for name in side.manifest.get("workloads", ()))
    return Family(workloads, sound_objectives(before) | sound_objectives(after))


def _played(results: Results) -> str:
    names = sorted({f"{variant} {point}".strip() for variant, point in settings_of(results.manifest)})
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
