"""Builds the steps of operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, assert_never

from simulator.build.caching import cached_step
from simulator.build.state import state_step
from simulator.build.transactions import transaction_step
from simulator.build.work import WorkBuilder
from simulator.outcomes import OUTCOMES
from simulator.services.branching import Choose, Parallel
from simulator.services.pools import With, refusal
from simulator.services.state import ConditionalWrite, UntilWritten
from simulator.services.steps import Call, Luck, Pause, Publish, PublishLater
from simulator.spec.scenario import Edge
from simulator.spec.state_steps import GiveStep, ReadStep, TakeStep, WriteStep
from simulator.spec.steps import (
    CachedStep,
    CallStep,
    ChooseStep,
    ParallelStep,
    PauseStep,
    PublishStep,
    WithStep,
    WorkStep,
    does_work,
    in_sequence,
)
from simulator.spec.transactions import TransactionStep

if TYPE_CHECKING:
    from simulator.build.world import World
    from simulator.services.operation import Operation
    from simulator.services.sequence import Step
    from simulator.services.service import Service
    from simulator.spec.services import OperationSpec, ServiceSpec
    from simulator.spec.steps import AnyStep, WithSpec


FOR_EVER = float("inf")


class StepBuilder:
    """Builds the steps of one operation.

    Attributes:
        specs: the spec that each call step was built from; choreographies send messages by it.
    """

    def __init__(self, world: World, service: Service, spec: ServiceSpec, operation: Operation) -> None:
        self._world = world
        self._service = service
        self._operation = operation
        self._spec = spec
        self._work = WorkBuilder(world, spec, operation.number)
        self._remembered_for: float | None = None
        self.specs: dict[Step, CallStep] = {}

    def build(self, spec: OperationSpec) -> None:
        """Give the operation its steps."""
        self._remembered_for = remembered_for(spec)
        mistakes = mistakes_of(self._world, self._operation.name, spec)
        self._operation.steps = self._sequence(spec.steps, self._operation.name, mistakes)
        self._operation.on_failure = self._sequence(spec.on_failure, f"{self._operation.name}/on_failure", None)

    def _sequence(self, steps: Sequence[AnyStep], place: str, mistakes: Luck | None) -> list[Step]:
        built: list[Step] = []
        begins: dict[str, int] = {}  # where in `built` the last read of each row is
        for number, step in enumerate(steps):
            first = any(does_work(inner) for inner in in_sequence((step,)))
            built.append(self._step(step, f"{place}/{number}", mistakes if first else None))
            if first:
                mistakes = None
            if isinstance(step, ReadStep):
                begins[step.read] = len(built) - 1
            elif isinstance(step, WriteStep) and step.conflict == "retry":
                begin = begins[step.write]
                built[begin:] = [_until_written(built[begin:])]
                begins = {row: min(place, begin) for row, place in begins.items()}
        return built

    def _step(self, step: AnyStep, place: str, mistakes: Luck | None) -> Step:
        match step:
            case WorkStep():
                return self._work.build(step, place, mistakes)
            case CallStep():
                return self._call(step)
            case PublishStep():
                return self._publish(step, place)
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
            case ReadStep() | WriteStep() | TakeStep() | GiveStep():
                return state_step(self._service, step, self._remembered_for)
            case WithStep():
                return self._with(step.with_, place, mistakes)
            case CachedStep():
                inside = self._sequence(step.cached.steps, f"{place}/cached", None)
                return cached_step(self._world, self._service, self._operation, step.cached, place, inside)
            case TransactionStep():
                return transaction_step(
                    self._world, self._service, self._work, step, place, mistakes, self._remembered_for
                )
            case _:
                assert_never(step)

    def _publish(self, step: PublishStep, place: str) -> Publish:
        label, topic = f"publish {step.publish}", self._world.topics[step.publish]
        if step.delay is None:
            return Publish(label, topic, critical=step.critical)
        return PublishLater(label, topic, self._world.draws(f"delay/{place}", step.delay), critical=step.critical)

    def _with(self, spec: WithSpec, place: str, mistakes: Luck | None) -> With:
        pool = self._spec.pools[spec.pool]
        steps = self._sequence(spec.steps, place, mistakes)
        number = list(self._service.pools).index(spec.pool)
        max_wait = FOR_EVER if pool.wait is None else pool.wait
        return With(f"with {place}", number, max_wait, steps, refusal(self._service.name, spec.pool))

    def _call(self, step: CallStep) -> Call:
        service = self._service
        undo_edge, undo_label = None, ""
        if step.undo is not None:
            undo_label = f"call {step.undo.call}"
            undone_by = _edge(service.name, step.undo.call)
            undo_edge = service.edge((undone_by, step.undo if step.undo.has_own_policies else None))
        called = self._world.services[step.service].operations[step.operation]
        treatment = {OUTCOMES[name]: what for name, what in step.on_error.items()}
        edge = service.edge((_edge(service.name, step.call), None))
        name = f"call {step.call}"
        built = Call(
            name, called, edge, undo_edge, step.times, treatment, critical=step.critical, undo_label=undo_label
        )
        self.specs[built] = step
        return built


def _until_written(steps: Sequence[Step]) -> UntilWritten:
    write = steps[-1]
    assert isinstance(write, ConditionalWrite)
    return UntilWritten(write.label, steps[:-1], write)


def remembered_for(spec: OperationSpec) -> float | None:
    """For how many seconds repetitions of an operation are recognised; None: never."""
    window = spec.idempotent
    return FOR_EVER if window is True else None if window is False else float(window)


def mistakes_of(world: World, name: str, spec: OperationSpec) -> Luck | None:
    """The luck that decides an operation's client errors, if it makes any."""
    service, _, operation = name.partition(".")
    states = [state.experiment.services[service].operations[operation] for state in world.scenario.states]
    if not any(state.client_errors.share for state in states):
        return None
    luck = Luck(spec.client_errors.share, world.chance(f"client_errors/{name}", spec.client_errors.per_request))
    world.mistakes.setdefault(name, []).append(luck)
    return luck


def _edge(caller: str, called: str) -> Edge:
    service, _, operation = called.partition(".")
    return Edge(caller, service, operation)
