"""Which operations leave effects, themselves or through anything that they can cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.spec.steps import CallStep, PublishStep, WorkStep, all_steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulator.build.world import World
    from simulator.spec.services import OperationSpec
    from simulator.spec.steps import AnyStep


def mark_effects(world: World) -> None:
    """Set `Operation.leaves_effects` everywhere: an operation does if one that it can reach does."""
    callers: dict[str, list[str]] = {}
    found: list[str] = []
    for service in world.scenario.experiment.services:
        for name, spec in world.scenario.experiment.services[service].operations.items():
            caller = f"{service}.{name}"
            if spec.effect or any(isinstance(step, WorkStep) and step.effect for step in all_steps(_steps(spec))):
                found.append(caller)
            for called in _caused(world, spec):
                callers.setdefault(called, []).append(caller)
    seen = set(found)
    while found:
        for caller in callers.get(found.pop(), []):
            if caller not in seen:
                seen.add(caller)
                found.append(caller)
    for built in world.services.values():
        for operation in built.operations.values():
            operation.leaves_effects = operation.name in seen


def _caused(world: World, spec: OperationSpec) -> Iterator[str]:
    for step in all_steps(_steps(spec)):
        if isinstance(step, CallStep):
            yield step.call
            if step.undo is not None:
                yield step.undo.call
        elif isinstance(step, PublishStep):
            for subscriber in world.scenario.experiment.topics[step.publish].subscribers:
                yield subscriber.operation


def _steps(spec: OperationSpec) -> Sequence[AnyStep]:
    return (*spec.steps, *spec.on_failure)
