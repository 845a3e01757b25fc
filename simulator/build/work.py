"""Builds work steps: done by a worker alone, or by the replica's processor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.build.resources import has_processor
from simulator.kernel.draws import Added
from simulator.services.processing import SharedWork
from simulator.services.steps import Work
from simulator.spec.work import WorkParts

if TYPE_CHECKING:
    from simulator.build.world import World
    from simulator.kernel.draws import Draws
    from simulator.services.steps import Luck
    from simulator.spec.services import ServiceSpec
    from simulator.spec.steps import WorkStep


class WorkBuilder:
    """Builds the work steps of one operation, by its number."""

    def __init__(self, world: World, spec: ServiceSpec, operation: int) -> None:
        self._world = world
        self._spec = spec
        self._operation = operation

    def build(self, step: WorkStep, place: str, mistakes: Luck | None) -> Work:
        """The step at `place`.

        The cpu part draws from the stream of undivided work, so that to say which part is which, or to write cores,
        leaves every draw of it as it was; so does io where there is no cpu part.
        """
        made = self._made(step, place, mistakes)
        if step.effect:
            self._world.leaving.append(made)
        return made

    def _made(self, step: WorkStep, place: str, mistakes: Luck | None) -> Work:
        undo = None if step.undo is None else self._world.draws(f"undo/{place}", step.undo)
        cpu, io = self._parts(step, place)
        if not has_processor(self._spec) or (cpu is None and not self._spec.queue.shares and undo is None):
            return self._alone(step, place, mistakes, _added(cpu, io), undo)
        if self._spec.queue.shares:
            cpu, io = _added(cpu, io), None
        return SharedWork(
            f"work {place}",
            self._operation,
            cpu,
            self._spec.contention,
            mistakes,
            effect=step.effect,
            undo_time=undo,
            io=io,
        )

    def _alone(self, step: WorkStep, place: str, mistakes: Luck | None, time: Draws, undo: Draws | None) -> Work:
        return Work(
            f"work {place}",
            self._operation,
            time,
            self._spec.contention,
            mistakes,
            effect=step.effect,
            undo_time=undo,
        )

    def _parts(self, step: WorkStep, place: str) -> tuple[Draws | None, Draws | None]:
        work = step.work
        if not isinstance(work, WorkParts):
            return self._world.draws(f"work/{place}", work), None
        cpu = None if work.cpu is None else self._world.draws(f"work/{place}", work.cpu)
        name = f"work/{place}" if cpu is None else f"work/{place}/io"
        return cpu, None if work.io is None else self._world.draws(name, work.io)


def _added(cpu: Draws | None, io: Draws | None) -> Draws:
    """Both parts one after the other."""
    if cpu is None or io is None:
        only = io if cpu is None else cpu
        assert only is not None
        return only
    return Added(cpu, io)
