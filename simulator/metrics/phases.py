"""Phases: the named periods that figures are reported by.

``all`` is the measured window; ``during:NAME`` while a fault, deploy or named phase lasts; ``after:NAME`` from its end
to the beginning of the next one, or the end of the window; ``healthy`` what lies in none of these. A change of settings
lasts no time: it has no ``during``, and changes made at once share what comes after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.spec.changes import ChangeSpec
    from simulator.spec.scenario import Scenario

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


def named_periods(scenario: Scenario) -> list[tuple[str, float, float]]:
    """Faults, changes and named phases: name, begin and end (seconds), by begin, then name. Faults at random are none:
    when they strike differs from replication to replication."""
    experiment = scenario.experiment
    faults = [(fault.name, fault.at, fault.end) for fault in experiment.faults if not fault.at_random]
    phases = [(name, phase.from_, phase.to) for name, phase in experiment.phases.items()]
    changes = [(change.name, change.at, change.at + _lasts(change, scenario)) for change in experiment.changes]
    return sorted([*faults, *changes, *phases], key=lambda period: (period[1], period[0]))


def _lasts(change: ChangeSpec, scenario: Scenario) -> float:
    """How long a deploy takes: a turn for each replica that the file says there is."""
    if change.deploy is None or change.one_at_a_time is None:
        return 0.0
    return scenario.experiment_at(change.at).services[change.deploy].replica_count * change.one_at_a_time


def phases_of(scenario: Scenario) -> list[Phase]:
    """All phases that have a piece in the window [warmup, duration)."""
    run = scenario.experiment.run
    begin, end = run.measured_from, run.duration
    periods = named_periods(scenario)
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
