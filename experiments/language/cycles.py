"""Calls that come back to where they began, also through topics: allowed only where they die out.

An execution of operation j makes on average M[i, j] executions of operation i. The expected number of visits is
finite exactly if the spectral radius of M is below 1, which holds exactly if every pivot of I - M is positive
(a nonsingular M-matrix; Berman and Plemmons, Nonnegative Matrices in the Mathematical Sciences, chapter 6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from simulator.spec.experiment import ExperimentSpec
from simulator.spec.steps import AnyStep, CachedStep, CallStep, ChooseStep, ParallelStep, WithStep, published

Visits = dict[str, dict[str, float]]
"""Operation to the operations that it visits, with the expected number of visits of one execution."""

_CLOSE = 1e-9


def visit_matrix(experiment: ExperimentSpec) -> Visits:
    """What every operation visits. Undo calls and `on_failure` count as if they always happened, and caches as if
    they were empty; retries do not count."""
    visits: Visits = {}
    for name, service in experiment.services.items():
        for key, operation in service.operations.items():
            row: dict[str, float] = defaultdict(float)
            _add(row, (*operation.steps, *operation.on_failure), 1.0, experiment)
            visits[f"{name}.{key}"] = dict(row)
    return visits


def _add(row: dict[str, float], steps: Sequence[AnyStep], weight: float, experiment: ExperimentSpec) -> None:
    for step in steps:
        if isinstance(step, CallStep):
            row[step.call] += weight * step.times
            if step.undo is not None:
                row[step.undo.call] += weight * step.times
        elif (topic := published(step)) is not None and topic in experiment.topics:
            for entry in experiment.topics[topic].subscribers:
                service = experiment.services.get(entry.operation.partition(".")[0])
                every = entry.deliver_to == "every_replica" and service is not None
                row[entry.operation] += weight * (service.replica_count if every and service else 1)
        elif isinstance(step, ParallelStep):
            for branch in step.parallel.steps:
                _add(row, branch, weight, experiment)
        elif isinstance(step, ChooseStep):
            for way in step.choose:
                _add(row, way.steps, weight * way.share, experiment)
        elif isinstance(step, WithStep):
            _add(row, step.with_.steps, weight, experiment)
        elif isinstance(step, CachedStep):
            _add(row, step.cached.steps, weight, experiment)


def endless_cycle(visits: Visits) -> list[str] | None:
    """A cycle that never dies out, as the operations on it (the first one repeated at the end), or None."""
    for group in _groups(visits):
        if not _dies_out(group, visits):
            return _way_round(group, visits)
    return None


def _groups(visits: Visits) -> Iterable[list[str]]:
    """Operations that can reach each other, in groups; those on no cycle are left out."""
    reach = {name: reachable(name, visits) for name in visits}
    seen: set[str] = set()
    for name in visits:
        if name not in seen and name in reach[name]:
            group = sorted(other for other in reach[name] if name in reach.get(other, ()))
            seen |= set(group)
            yield group


def reachable(start: str, visits: Visits) -> set[str]:
    """The operations that one operation leads to, over any number of calls and messages."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name, weight in visits.get(waiting.pop(), {}).items():
            if weight > 0 and name not in found:
                found.add(name)
                waiting.append(name)
    return found


def _dies_out(group: list[str], visits: Visits) -> bool:
    rows = [[float(a == b) - visits[a].get(b, 0.0) for b in group] for a in group]
    for index, row in enumerate(rows):
        if row[index] <= _CLOSE:
            return False
        for other in rows[index + 1 :]:
            factor = other[index] / row[index]
            for column in range(index, len(group)):
                other[column] -= factor * row[column]
    return True


def _way_round(group: list[str], visits: Visits) -> list[str]:
    """The shortest way from the group's first operation back to it."""
    start = group[0]
    came_from: dict[str, str] = {}
    waiting = [start]
    for name in waiting:
        for follower in sorted(visits.get(name, {})):
            if follower == start:
                way = [name]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return [*reversed(way), start]
            if follower in group and follower not in came_from:
                came_from[follower] = name
                waiting.append(follower)
    return [start, start]
