"""Gives every operation the program of its style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from simulator.outcomes import OUTCOMES
from simulator.policies.backoff import Waits
from simulator.styles.choreography import FOR_EVER, Choreography
from simulator.styles.compensation import Compensation
from simulator.styles.hybrid import critical_steps, hybrid
from simulator.styles.queue import queue
from simulator.styles.repeating import Repetition
from simulator.styles.saga import Saga
from simulator.styles.sync import sync
from simulator.styles.trail import Remote
from simulator.styles.undoing import Undoing

if TYPE_CHECKING:
    from simulator.build.messages import MessageBuilder
    from simulator.build.world import World
    from simulator.services.execution import Program
    from simulator.services.operation import Operation
    from simulator.services.sequence import Step
    from simulator.spec.services import OperationSpec
    from simulator.spec.steps import CallStep
    from simulator.spec.styles import RepetitionSpec


class StyleBuilder:
    """Builds programs in a world whose operations have their steps."""

    def __init__(self, world: World, messages: MessageBuilder) -> None:
        self._world = world
        self._messages = messages

    def program(self, operation: Operation, spec: OperationSpec, calls: Mapping[Step, CallStep]) -> Program:
        """The program of `operation`; `calls` are its call steps with what they were built from."""
        replicas = self._world.services[operation.service].members
        match spec.style.kind:
            case "sync":
                return sync(operation)
            case "queue":
                return queue(operation, self._messages.post(spec.broker, operation), replicas)
            case "saga":
                return self._saga(operation, spec, operation.steps, calls).start
            case "hybrid":
                steps = critical_steps(operation.steps)
                post = self._messages.post(spec.broker, operation)
                return hybrid(operation, self._saga(operation, spec, steps, calls), post)
            case "choreography":
                return self._choreography(operation, spec, calls).start

    def _saga(
        self, operation: Operation, spec: OperationSpec, steps: Sequence[Step], calls: Mapping[Step, CallStep]
    ) -> Saga:
        world, style = self._world, spec.style
        pivot = _pivot(steps, calls)
        saga = Saga(
            operation,
            steps,
            style,
            world.services[operation.service].members,
            world.environment,
            world.deadlines,
            undoing=Undoing(style, self._repetition(f"undo_retry/{operation.name}", style.undo_retry)),
            forward=self._repetition(f"forward_retry/{operation.name}", style.forward_retry),
            pivot=None if pivot is None else list(steps).index(pivot),
        )
        world.sagas.append(saga)
        return saga

    def _repetition(self, name: str, spec: RepetitionSpec) -> Repetition:
        return Repetition(spec, partial(Waits, spec.backoff), self._world.chance(name, 0.0))

    def _choreography(self, operation: Operation, spec: OperationSpec, calls: Mapping[Step, CallStep]) -> Choreography:
        environment = self._world.environment
        replicas = self._world.services[operation.service].members
        post = self._messages.post(spec.broker, operation)
        remotes = {step: self._remote(spec, call.call, call) for step, call in calls.items()}
        undos = {
            step: self._remote(spec, call.undo.call, None) for step, call in calls.items() if call.undo is not None
        }
        return Choreography(
            operation,
            post,
            remotes,
            Compensation(operation, spec.style, post, undos, replicas, environment),
            replicas,
            environment,
            timeout=FOR_EVER if spec.style.timeout is None else spec.style.timeout,
            pivot=_pivot(operation.steps, calls),
        )

    def _remote(self, spec: OperationSpec, called: str, step: CallStep | None) -> Remote:
        service, _, name = called.partition(".")
        operation = self._world.services[service].operations[name]
        treatment = {} if step is None else {OUTCOMES[key]: what for key, what in step.on_error.items()}
        post = self._messages.post(spec.broker, operation)
        return Remote(post, operation, treatment, 1 if step is None else step.times)


def _pivot(steps: Sequence[Step], calls: Mapping[Step, CallStep]) -> Step | None:
    """The step after which nothing is undone."""
    return next((step for step in steps if step in calls and calls[step].pivot), None)
