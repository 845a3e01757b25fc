"""Builds the steps of operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, assert_never

from simulator.outcomes import OUTCOMES
from simulator.services.branching import Choose, Parallel
from simulator.services.steps import Call, Luck, Pause, Publish, Work
from simulator.spec.scenario import Edge
from simulator.spec.steps import CallStep, ChooseStep, ParallelStep, PauseStep, PublishStep, WorkStep

if TYPE_CHECKING:
    from simulator.build.world import World
    from simulator.services.operation import Operation
    from simulator.services.sequence import Step
    from simulator.services.service import Service
    from simulator.spec.services import OperationSpec, ServiceSpec
    from simulator.spec.steps import AnyStep


class StepBuilder:
    """Builds the steps of one operation.

    Attributes:
        specs: the spec that each call step was built from; choreographies send messages by it.
    """

    def __init__(self, world: World, service: Service, spec: ServiceSpec, operation: Operation) -> None:
        self._world = world
        self._service = service
        self._operation = operation
        self._contention = spec.contention
        self.specs: dict[Step, CallStep] = {}

    def build(self, spec: OperationSpec) -> None:
        """Give the operation its steps."""
        mistakes = mistakes_of(self._world, self._operation.name, spec)
        self._operation.steps = self._sequence(spec.steps, self._operation.name, mistakes)
        self._operation.on_failure = self._sequence(spec.on_failure, f"{self._operation.name}/on_failure", None)

    def _sequence(self, steps: Sequence[AnyStep], place: str, mistakes: Luck | None) -> list[Step]:
        built: list[Step] = []
        for number, step in enumerate(steps):
            first_work = mistakes if isinstance(step, WorkStep) else None
            built.append(self._step(step, f"{place}/{number}", first_work))
            if first_work is not None:
                mistakes = None
        return built

    def _step(self, step: AnyStep, place: str, mistakes: Luck | None) -> Step:
        match step:
            case WorkStep():
                return self._work(step, place, mistakes)
            case CallStep():
                return self._call(step)
            case PublishStep():
                topic = self._world.topics[step.publish]
                return Publish(f"publish {step.publish}", topic, critical=step.critical)
            case PauseStep():
                return Pause(f"pause {place}", self._world.draws(f"pause/{place}", step.pause))
            case ParallelStep():
                branches = [
                    self._sequence(branch, f"{place}/{number}", None)
                    for number, branch in enumerate(step.parallel.steps)
                ]
                fail_fast = step.parallel.on_failure == "fail_fast"
                return Parallel(f"parallel {place}", branches, step.parallel.needed, fail_fast=fail_fast)
            case ChooseStep():
                ways = [
                    (way.share, self._sequence(way.steps, f"{place}/{number}", None))
                    for number, way in enumerate(step.choose)
                ]
                return Choose(f"choose {place}", ways, self._world.streams.source(f"choose/{place}"))
            case _:
                assert_never(step)

    def _work(self, step: WorkStep, place: str, mistakes: Luck | None) -> Work:
        world = self._world
        undo = None if step.undo is None else world.draws(f"undo/{place}", step.undo)
        return Work(
            f"work {place}",
            self._operation.number,
            world.draws(f"work/{place}", step.work),
            self._contention,
            mistakes,
            effect=step.effect,
            undo_time=undo,
        )

    def _call(self, step: CallStep) -> Call:
        service = self._service
        undo_edge = None
        if step.undo is not None:
            undone_by = _edge(service.name, step.undo.call)
            undo_edge = service.edge((undone_by, step.undo if step.undo.has_own_policies else None))
        called = self._world.services[step.service].operations[step.operation]
        treatment = {OUTCOMES[name]: what for name, what in step.on_error.items()}
        edge = service.edge((_edge(service.name, step.call), None))
        built = Call(f"call {step.call}", called, edge, undo_edge, step.times, treatment, critical=step.critical)
        self.specs[built] = step
        return built


def mistakes_of(world: World, name: str, spec: OperationSpec) -> Luck | None:
    """The luck that decides an operation's client errors, if it makes any."""
    if not spec.client_errors:
        return None
    return Luck(spec.client_errors, world.streams.source(f"client_errors/{name}"))


def _edge(caller: str, called: str) -> Edge:
    service, _, operation = called.partition(".")
    return Edge(caller, service, operation)
