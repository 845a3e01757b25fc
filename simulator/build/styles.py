"""Gives every operation the program of its style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from simulator.outcomes import OUTCOMES
from simulator.styles.choreography import Choreography, Remote, choreography
from simulator.styles.hybrid import critical_steps, hybrid
from simulator.styles.queue import queue
from simulator.styles.saga import Saga, saga
from simulator.styles.sync import sync

if TYPE_CHECKING:
    from simulator.build.messages import MessageBuilder
    from simulator.build.world import World
    from simulator.services.execution import Program
    from simulator.services.operation import Operation
    from simulator.services.sequence import Step
    from simulator.spec.services import OperationSpec
    from simulator.spec.steps import CallStep


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
                return saga(operation, self._saga(operation, spec, operation.steps))
            case "hybrid":
                steps = critical_steps(operation.steps)
                post = self._messages.post(spec.broker, operation)
                return hybrid(operation, self._saga(operation, spec, steps), post)
            case "choreography":
                return choreography(self._choreography(operation, spec, calls))

    def _saga(self, operation: Operation, spec: OperationSpec, steps: Sequence[Step]) -> Saga:
        replicas = self._world.services[operation.service].members
        return Saga(operation, steps, spec.style, replicas, self._world.deadlines)

    def _choreography(self, operation: Operation, spec: OperationSpec, calls: Mapping[Step, CallStep]) -> Choreography:
        return Choreography(
            operation,
            self._messages.post(spec.broker, operation),
            {step: self._remote(spec, call.call, call) for step, call in calls.items()},
            {step: self._remote(spec, call.undo.call, None) for step, call in calls.items() if call.undo is not None},
            self._world.services[operation.service].members,
        )

    def _remote(self, spec: OperationSpec, called: str, step: CallStep | None) -> Remote:
        service, _, name = called.partition(".")
        operation = self._world.services[service].operations[name]
        treatment = {} if step is None else {OUTCOMES[key]: what for key, what in step.on_error.items()}
        post = self._messages.post(spec.broker, operation)
        return Remote(post, operation, treatment, 1 if step is None else step.times)
