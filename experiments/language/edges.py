"""Which calls can happen, and which entry of `calls` speaks of which of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.spec.experiment import CLIENT, ExperimentSpec
from simulator.spec.scenario import Edge
from simulator.spec.steps import CallStep, UndoSpec, all_steps

_KEY = re.compile(r"^\s*(.+?)\s*->\s*(.+?)\s*$")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A key of `calls` taken apart; ``*`` stands for any; an empty operation for all."""

    caller: str
    service: str
    operation: str

    @property
    def rank(self) -> int:
        """How specific it is: 1 is the least."""
        if self.operation:
            return 5 if self.caller != "*" else 4
        if self.caller == "*":
            return 1
        return 2 if self.service == "*" else 3

    def fits(self, edge: Edge) -> bool:
        """Whether the pattern speaks of an edge."""
        return (
            self.caller in ("*", edge.caller)
            and self.service in ("*", edge.service)
            and self.operation in ("", edge.operation)
        )


def parse_pattern(key: str) -> Pattern:
    """Reads ``a -> b``, ``a -> b.op``, ``* -> b``, ``* -> b.op`` or ``a -> *``.

    Raises:
        ValueError: none of these.
    """
    match = _KEY.match(key)
    if match is None:
        raise ValueError(f"{key!r} is no edge: write default, a -> b, a -> b.operation, * -> b or a -> *")
    callee, _, operation = match[2].partition(".")
    pattern = Pattern(match[1], callee, operation)
    if callee == "*" and (operation or match[1] == "*"):
        raise ValueError(f"{key!r}: '* -> *' is written default, and * has no operations")
    return pattern


def edge_to(caller: str, operation: str) -> Edge:
    """The edge from a caller to ``service.operation``."""
    service, _, name = operation.partition(".")
    return Edge(caller, service, name)


def undos(experiment: ExperimentSpec) -> Iterator[tuple[str, UndoSpec]]:
    """Every undo call, with the service that makes it."""
    for name, service in experiment.services.items():
        for operation in service.operations.values():
            for step in all_steps((*operation.steps, *operation.on_failure)):
                if isinstance(step, CallStep) and step.undo is not None:
                    yield name, step.undo


def real_edges(experiment: ExperimentSpec) -> list[Edge]:
    """Every call that can happen, sorted. A path leads from the client to its gateway (an edge without operation) and
    from there to each branch of each route."""
    edges = {edge_to(caller, undo.call) for caller, undo in undos(experiment)}
    for name, service in experiment.services.items():
        for operation in service.operations.values():
            steps = all_steps((*operation.steps, *operation.on_failure))
            edges |= {edge_to(name, step.call) for step in steps if isinstance(step, CallStep)}
    edges |= {edge_to(CLIENT, entry.call) for entry in experiment.workload if entry.call}
    by_path = any(entry.path for entry in experiment.workload)
    for route in experiment.routes.values():
        edges |= {edge_to(route.on, branch.to) for branch in route.branches.values()}
        edges |= {Edge(CLIENT, route.on, "")} if by_path else set()
    return sorted(edges)
