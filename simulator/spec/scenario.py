"""One thing to play: an experiment with one variant's and one sweep point's changes applied, edges resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from simulator.spec.experiment import ExperimentSpec
from simulator.spec.policies import EdgePolicies
from simulator.spec.steps import UndoSpec


class Edge(NamedTuple):
    """Who calls what. The workload calls as ``client``."""

    caller: str
    service: str
    operation: str

    def __str__(self) -> str:
        return f"{self.caller} -> {self.service}.{self.operation}"


@dataclass(frozen=True, slots=True)
class ScheduledChange:
    """A change of the file's paths during a run.

    Attributes:
        name, at: its name, and when (seconds).
        experiment, edges, undo_edges: the whole as it stands from then on (see `Scenario`).
    """

    name: str
    at: float
    experiment: ExperimentSpec
    edges: Mapping[Edge, EdgePolicies]
    undo_edges: Mapping[tuple[str, UndoSpec], EdgePolicies] = field(default_factory=dict)

    def undo_policies(self, caller: str, undo: UndoSpec) -> EdgePolicies:
        """As `Scenario.undo_policies`."""
        return _undo_policies(self, caller, undo)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What one run needs to know.

    Attributes:
        name: the experiment's.
        variant: the variant's name, ``base`` where the file has none.
        point: place in the sweep, ``axis=value;axis=value``; empty without a sweep.
        experiment: shorthands, includes and presets resolved.
        edges: the policies of every call that can happen, undo calls included, in order of name.
        undo_edges: policies of undo calls that bring their own, by caller and the step's undo.
        changes: those that set paths, in order of time, then name. Deploys are part of the experiment.
    """

    name: str
    variant: str
    point: str
    experiment: ExperimentSpec
    edges: Mapping[Edge, EdgePolicies]
    undo_edges: Mapping[tuple[str, UndoSpec], EdgePolicies] = field(default_factory=dict)
    changes: tuple[ScheduledChange, ...] = ()

    @property
    def states(self) -> tuple[Scenario | ScheduledChange, ...]:
        """The scenario as it begins, and as it stands after each change."""
        return (self, *self.changes)

    def experiment_at(self, time: float) -> ExperimentSpec:
        """The file as it stands at a time (seconds), the changes of that very moment included."""
        return next((change.experiment for change in reversed(self.changes) if change.at <= time), self.experiment)

    def undo_policies(self, caller: str, undo: UndoSpec) -> EdgePolicies:
        """The policies of an undo call: those of its edge, with its own merged over them.

        Raises:
            KeyError: the caller has no such undo.
        """
        return _undo_policies(self, caller, undo)


def _undo_policies(state: Scenario | ScheduledChange, caller: str, undo: UndoSpec) -> EdgePolicies:
    if undo.has_own_policies:
        return state.undo_edges[(caller, undo)]
    service, _, operation = undo.call.partition(".")
    return state.edges[Edge(caller, service, operation)]
