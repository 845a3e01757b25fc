"""Builds what the executions of a service share, and the steps on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from simulator.kernel.keys import SingleKey
from simulator.services.replicated import Copy, Original
from simulator.services.replicating import ReadCopy, ReadOriginal, WriteCopy, WriteOriginal
from simulator.services.state import Give, Read, Row, Stock, Take, Write
from simulator.spec.state_steps import GiveStep, ReadStep, TakeStep, WriteStep

if TYPE_CHECKING:
    from simulator.build.world import World
    from simulator.services.sequence import Step
    from simulator.services.service import Service
    from simulator.spec.state import StateSpec


def give_state(world: World) -> None:
    """Give every service its state; copies last, since each follows an original."""
    specs = world.scenario.experiment.services
    followed = {held.original for spec in specs.values() for held in spec.state.values()}
    for service in world.services.values():
        for name, held in specs[service.name].state.items():
            if held.copy_of is None:
                service.state[name] = _held(world, held, followed=(service.name, name) in followed)
    for service in world.services.values():
        for name, held in specs[service.name].state.items():
            if held.copy_of is not None:
                owner, row = held.original
                original = world.services[owner].state[row]
                assert isinstance(original, Original)
                service.state[name] = Copy(original, newest=held.apply == "newest")


def has_originals(world: World) -> bool:
    """Whether there are rows of which it is measured how stale they are read."""
    return any(isinstance(held, Original) for service in world.services.values() for held in service.state.values())


def state_step(
    service: Service, step: ReadStep | WriteStep | TakeStep | GiveStep, remembered_for: float | None
) -> Step:
    """A step on the service's state."""
    match step:
        case ReadStep():
            return _read(f"read {step.read}", service.state[step.read])
        case WriteStep():
            return _write(f"write {step.write}", service.state[step.write])
        case TakeStep():
            return Take(f"take {step.take}", _stock(service.state[step.take]), remembered_for)
        case GiveStep():
            return Give(f"give {step.give}", _stock(service.state[step.give]))
        case _:
            assert_never(step)


def _held(world: World, spec: StateSpec, *, followed: bool) -> Row | Stock | Original:
    if spec.quantity is not None:
        return Stock(spec.quantity)
    if spec.key is not None:
        return Original(world.key_of(spec.key))
    return Original(SingleKey()) if followed else Row()


def _read(label: str, held: Row | Stock | Original | Copy) -> Step:
    match held:
        case Original():
            return ReadOriginal(label, held)
        case Copy():
            return ReadCopy(label, held)
        case _:
            assert isinstance(held, Row)
            return Read(label, held)


def _write(label: str, held: Row | Stock | Original | Copy) -> Step:
    match held:
        case Original():
            return WriteOriginal(label, held)
        case Copy():
            return WriteCopy(label, held)
        case _:
            assert isinstance(held, Row)
            return Write(label, held)


def _stock(held: Row | Stock | Original | Copy) -> Stock:
    assert isinstance(held, Stock)
    return held
