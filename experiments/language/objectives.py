"""Objectives: which figure of what must stay on which side of a bound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from experiments.language.operations import PREFIXES, unknown_operation
from experiments.language.overrides import member_name
from experiments.language.problems import Place, Problem, problem
from experiments.language.references import change_name, phase_names
from experiments.language.tree import Node, Scalar, Table, child, items, shown, table
from simulator.metrics.names import METRICS, Metric
from simulator.spec.base import hint
from simulator.spec.units import parse_duration, parse_rate, parse_share

Direction = Literal["at_most", "at_least"]

_RECOVERY_BOUNDS = ("throughput", "goodput", "error_rate", "availability")
_SIDES: dict[str, Direction] = {"at_most": "at_most", "at_least": "at_least"}


@dataclass(frozen=True, slots=True)
class ObjectiveSpec:
    """One bound.

    Attributes:
        operation: a workload's name, or ``service:NAME`` and the like, as in the tables.
        phase: ``during:NAME``, ``after:NAME`` or ``healthy`` as in the tables; None for the whole run.
        metric: one of `simulator.metrics.names.METRICS`.
        bound: in the metric's unit; for ``recovered`` the share of replications.
        direction: on which side of the bound the metric must lie.
        within: seconds, for ``good`` (after arrival) and ``recovered`` (after the phase); else None.
        share: for ``recovered``, the same as the bound; else None.
    """

    operation: str
    phase: str | None
    metric: str
    bound: float
    direction: Direction
    within: float | None = None
    share: float | None = None

    @property
    def bounds_recovery(self) -> bool:
        """Whether it says when the operation is itself again: what must hold of it at all times."""
        is_bound = self.metric in _RECOVERY_BOUNDS or self.metric.startswith("latency_")
        return self.phase is None and is_bound


def read_objectives(root: Table) -> tuple[list[ObjectiveSpec], list[Problem]]:
    """Every objective of the file in order, and what is wrong with the others."""
    reader = _Reader(root)
    written = table(root, "objectives")
    for operation, bounds in written.entries.items():
        reader.operation(operation, written.key_place(operation), bounds)
    reader.recoveries()
    return reader.objectives, reader.problems


class _Reader:
    def __init__(self, root: Table) -> None:
        self.root = root
        self.phases = phase_names(root)
        faults = items(root.entries.get("faults"))
        self.at_random = [member_name(fault) for fault in faults if child(fault, "mtbf") is not None]
        changes = [node for node in items(root.entries.get("changes")) if child(node, "set") is not None]
        self.moments = [change_name(node) for node in changes]
        self.objectives: list[ObjectiveSpec] = []
        self.problems: list[Problem] = []
        self.recovering: list[tuple[str, str, Place]] = []

    def _wrong(self, place: Place, message: str, value: str = "") -> None:
        self.problems.append(problem(place, message, value))

    def operation(self, name: str, place: Place, bounds: Node) -> None:
        """Reads what is written for one operation."""
        if reason := unknown_operation(self.root, name):
            self._wrong(place, reason)
        if not isinstance(bounds, Table):
            self._wrong(bounds.place, "must be a mapping of metrics to bounds", shown(bounds))
            return
        for key, node in bounds.entries.items():
            phase = self._phase(key, bounds.key_place(key))
            if phase is None:
                self._metric(name, None, key, node, bounds.key_place(key))
            elif isinstance(node, Table):
                for metric, bound in node.entries.items():
                    self._metric(name, phase, metric, bound, node.key_place(metric))
            else:
                self._wrong(node.place, "must be a mapping of metrics to bounds", shown(node))

    def recoveries(self) -> None:
        """Checks that whatever is to recover has bounds that say what that means."""
        bounded = {spec.operation for spec in self.objectives if spec.bounds_recovery}
        for operation, name, place in self.recovering:
            if operation.startswith(PREFIXES):
                self._wrong(place, f"{name} is of workloads: a component does not recover by itself")
            elif operation not in bounded:
                bounds = "throughput, goodput, error_rate, availability or a latency"
                self._wrong(place, f"{name} needs a bound of {operation} on {bounds}, written without a phase")

    def _phase(self, key: str, place: Place) -> str | None:
        if key == "healthy":
            return key
        for word in ("during", "after"):
            if key.startswith(f"{word} "):
                name = key.removeprefix(f"{word} ").strip()
                if name in self.at_random:
                    self._wrong(place, f"the fault {name!r} strikes at random, so it is no phase: write a named period")
                elif name not in self.phases:
                    known = hint(name, self.phases) or (f"; there are: {', '.join(self.phases)}" if self.phases else "")
                    self._wrong(place, f"there is no phase {name!r}{known}")
                elif word == "during" and name in self.moments:
                    self._wrong(place, f"{name!r} is a change of one moment and lasts no time: write after {name}")
                return f"{word}:{name}"
        return None

    def _metric(self, operation: str, phase: str | None, name: str, node: Node, place: Place) -> None:
        metric = METRICS.get(name)
        if metric is None:
            self._wrong(place, f"unknown metric{_metric_hint(name)}")
            return
        if metric.kind == "recovery" and not (phase or "").startswith("after:"):
            self._wrong(place, f"{name} belongs under 'after NAME' of a fault or phase")
            return
        if metric.kind == "recovery":
            self.recovering.append((operation, name, place))
        try:
            self.objectives.extend(_bounds(operation, phase, metric, node))
        except ValueError as error:
            self._wrong(node.place, str(error), shown(node) if isinstance(node, Scalar) else "")


def _metric_hint(name: str) -> str:
    return hint(name, METRICS) or "; see the list of metrics in the language reference"


def _bounds(operation: str, phase: str | None, metric: Metric, node: Node) -> Iterator[ObjectiveSpec]:
    if metric.name in ("good", "recovered"):
        yield _within(operation, phase, metric, node)
        return
    if isinstance(node, Scalar):
        if metric.better == "neither":
            raise ValueError(f"{metric.name} has no good direction: write {{at_most: …}} or {{at_least: …}}")
        side: Direction = "at_least" if metric.better == "higher" else "at_most"
        yield ObjectiveSpec(operation, phase, metric.name, read_bound(metric, node), side)
        return
    _only_keys(node, tuple(_SIDES))
    assert isinstance(node, Table)
    for key, bound in node.entries.items():
        yield ObjectiveSpec(operation, phase, metric.name, read_bound(metric, bound), _SIDES[key])


def _within(operation: str, phase: str | None, metric: Metric, node: Node) -> ObjectiveSpec:
    key = "share" if metric.name == "recovered" else "at_least"
    _only_keys(node, ("within", key))
    assert isinstance(node, Table)
    if set(node.entries) != {"within", key}:
        raise ValueError(f"{metric.name} needs both: {{within: 30s, {key}: 95%}}")
    limit, share = node.entries["within"], node.entries[key]
    if not isinstance(limit, Scalar):
        raise ValueError("within must be a duration")
    seconds, bound = parse_duration(_quantity(limit)), read_bound(metric, share)
    recovered = bound if metric.name == "recovered" else None
    return ObjectiveSpec(operation, phase, metric.name, bound, "at_least", seconds, recovered)


def _only_keys(node: Node, known: tuple[str, ...]) -> None:
    example = ", ".join(f"{key}: …" for key in known)
    if not isinstance(node, Table) or not node.entries:
        raise ValueError(f"must be written {{{example}}}")
    for key in node.entries:
        if key not in known:
            raise ValueError(f"unknown key {key!r}{hint(key, known) or f': write {{{example}}}'}")


def _quantity(node: Scalar) -> str | float:
    if node.value is None:
        raise ValueError("a value is missing")
    return node.value


def read_bound(metric: Metric, node: Node) -> float:
    """A bound in the unit of its metric.

    Raises:
        ValueError: it is not of that unit.
    """
    if not isinstance(node, Scalar):
        raise ValueError("a bound is a single value")
    value = _quantity(node)
    if metric.unit == "s":
        return parse_duration(value)
    if metric.unit == "1/s":
        return parse_rate(value)
    if metric.unit == "share" or (isinstance(value, str) and value.endswith("%")):
        return parse_share(value)
    if isinstance(value, (bool, str)) or value < 0:
        raise ValueError("must be a number, not negative")
    return float(value)
