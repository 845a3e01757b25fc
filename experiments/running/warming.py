"""From pilot runs to one warm-up per sweep point: the longest that any variant's pilots ask for."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from experiments.results.cells import Setting
from experiments.results.warmup import WarmupRow
from experiments.running.pilots import Pilot, Series, averaged
from experiments.statistics.warm_up import Truncation, enough, mser
from simulator.spec.run import RunSpec


@dataclass(frozen=True)
class Observed:
    """One thing as all pilots of one setting saw it.

    Attributes:
        setting: variant and point.
        operation, measure: see `Series`.
        pilots: the pilots' series, by replication.
    """

    setting: Setting
    operation: str
    measure: str
    pilots: Mapping[int, Series]

    @cached_property
    def truncations(self) -> Mapping[int, Truncation]:
        """What MSER says of each pilot."""
        return {replication: mser(series.means, 1) for replication, series in self.pilots.items()}

    @cached_property
    def trusted(self) -> bool:
        """Whether the beginning can be told from the rest in the average over the pilots: that of a single one may
        have its smallest statistic anywhere by chance."""
        return mser(averaged([series.means for series in self.pilots.values()]), 1).trusted

    def cut(self, replication: int) -> float:
        """Return the seconds that a pilot would leave out."""
        count = self.truncations[replication].count
        return self.pilots[replication].times[count] if count else 0.0

    def rows(self) -> Iterator[WarmupRow]:
        """One row per pilot."""
        for replication in self.pilots:
            place = (*self.setting, self.operation, self.measure, replication)
            yield WarmupRow(*place, self.cut(replication), "yes" if self.trusted else "no")


def observed(setting: Setting, pilots: Mapping[int, Pilot]) -> list[Observed]:
    """Return what a setting's pilots saw, in order of operation and measure; series too short to tell left out."""
    found: dict[tuple[str, str], dict[int, Series]] = defaultdict(dict)
    for replication, pilot in pilots.items():
        for series in pilot.series:
            if enough(series.means, 1):
                found[series.operation, series.measure][replication] = series
    return [Observed(setting, *name, by_pilot) for name, by_pilot in sorted(found.items())]


def warmup_of(everything: Iterable[Observed], run: RunSpec) -> float:
    """Return the warm-up of one point in seconds: the longest of all, up to a whole window.

    It is never more than half the duration, and half of it where a series has no beginning that can be told from the
    rest, or where no series is long enough.
    """
    cuts: list[float] = []
    for thing in everything:
        if not thing.trusted:
            return run.duration / 2
        cuts += [thing.cut(replication) for replication in thing.pilots]
    longest = max(cuts, default=math.inf)
    if math.isinf(longest):
        return run.duration / 2
    return min(math.ceil(longest / run.window - 1e-9) * run.window, run.duration / 2)


def in_windows(thing: Observed, run: RunSpec) -> Iterator[tuple[int, list[tuple[float, float, float]]]]:
    """Yield each pilot's replication with its rows for a picture: begin of a window, mean of the batches that begin in
    it, and the smallest statistic among them (NaN where none is)."""
    for replication, series in thing.pilots.items():
        curve = thing.truncations[replication].curve
        values: dict[int, list[float]] = defaultdict(list)
        lowest: dict[int, float] = {}
        for number, (time, value) in enumerate(zip(series.times, series.means, strict=True)):
            window = int(time / run.window + 1e-9)
            values[window].append(value)
            if number < len(curve):
                lowest[window] = min(lowest.get(window, math.inf), curve[number])
        yield replication, [_picture(window, values[window], lowest, run.window) for window in sorted(values)]


def _picture(
    window: int, values: Sequence[float], lowest: Mapping[int, float], length: float
) -> tuple[float, float, float]:
    return window * length, math.fsum(values) / len(values), lowest.get(window, math.nan)
