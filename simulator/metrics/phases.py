"""Phases: the named periods that figures are reported by.

``all`` is the measured window; ``during:NAME`` while a fault or named phase lasts; ``after:NAME`` from its end to the
beginning of the next one, or the end of the window; ``healthy`` what lies in none of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.spec.experiment import ExperimentSpec

Interval = tuple[float, float]
"""Begin and end in seconds, the end excluded."""


class Phase(NamedTuple):
    """A period of the measured window, in one or several pieces.

    Attributes:
        name: as in tables. pieces: disjoint, in order. cut: whether it began before the window did.
    """

    name: str
    pieces: tuple[Interval, ...]
    cut: bool = False

    @property
    def seconds(self) -> float:
        """Total length."""
        return sum(end - begin for begin, end in self.pieces)


def named_periods(experiment: ExperimentSpec) -> list[tuple[str, float, float]]:
    """Faults and named phases: name, begin and end (seconds), by begin, then name. Faults at random are none: when they
    strike differs from replication to replication."""
    faults = [(fault.name, fault.at, fault.end) for fault in experiment.faults if not fault.at_random]
    phases = [(name, phase.from_, phase.to) for name, phase in experiment.phases.items()]
    return sorted([*faults, *phases], key=lambda period: (period[1], period[0]))


def phases_of(experiment: ExperimentSpec) -> list[Phase]:
    """All phases that have a piece in the window [warmup, duration)."""
    begin, end = experiment.run.warmup, experiment.run.duration
    periods = named_periods(experiment)
    phases = [Phase("all", ((begin, end),))]
    spoken_for: list[Interval] = []
    for name, start, stop in periods:
        following = min((other for _, other, _ in periods if other >= stop and other > start), default=end)
        for title, piece in ((f"during:{name}", (start, stop)), (f"after:{name}", (stop, following))):
            clipped = (max(piece[0], begin), min(piece[1], end))
            if clipped[0] < clipped[1]:
                phases.append(Phase(title, (clipped,), cut=clipped[0] > piece[0]))
                spoken_for.append(clipped)
    if spoken_for:
        healthy = _rest((begin, end), sorted(spoken_for))
        if healthy:
            phases.append(Phase("healthy", healthy))
    return phases


def _rest(whole: Interval, taken: Iterable[Interval]) -> tuple[Interval, ...]:
    pieces = []
    at = whole[0]
    for begin, end in taken:
        if begin > at:
            pieces.append((at, begin))
        at = max(at, end)
    if at < whole[1]:
        pieces.append((at, whole[1]))
    return tuple(pieces)
