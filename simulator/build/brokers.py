"""Builds brokers: what stands between publishers and what takes their messages in."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from simulator.messaging.broker import Broker
from simulator.messaging.capacity import Allowance, BoundedBroker, InLine, Line
from simulator.messaging.log.producing import Idempotent, Unconfirmed
from simulator.messaging.outage import Blocking, Buffering
from simulator.spec.messaging.brokers import KafkaSpec

if TYPE_CHECKING:
    from simulator.build.world import World
    from simulator.messaging.broker import WhenDown
    from simulator.spec.messaging.brokers import AnyBroker

NO_LIMIT = float("inf")


def broker_of(world: World, name: str, spec: AnyBroker) -> Broker:
    """The broker called `name`."""
    environment = world.environment
    publish = world.draws(f"publish/{name}", spec.publish_latency)
    deliver = world.draws(f"deliver/{name}", spec.delivery_latency)
    when_down = _producer(spec, _when_down(world, name, spec))
    if spec.capacity is None:
        return Broker(environment, name, publish, deliver, when_down)
    if spec.overload == "reject":
        return BoundedBroker(Allowance(spec.capacity), environment, name, publish, deliver, when_down)
    line = Line(spec.capacity)
    return BoundedBroker(line, environment, name, publish, InLine(environment, line, deliver), when_down)


def _producer(spec: AnyBroker, when_down: WhenDown | None) -> WhenDown | None:
    """What publishers do; those of a log have habits of their own."""
    if not isinstance(spec, KafkaSpec):
        return when_down
    if spec.acks == 0:
        return Unconfirmed(when_down)
    return Idempotent(when_down) if when_down is not None and spec.is_idempotent else when_down


def _when_down(world: World, name: str, spec: AnyBroker) -> WhenDown | None:
    settings = spec.when_down
    match settings.kind:
        case "error":
            return None
        case "block":
            return Blocking(settings.patience)
        case "buffer":
            limit = NO_LIMIT if settings.limit is None else settings.limit
            buffering = Buffering(world.environment, name, settings.patience, limit)
            world.stores.append(buffering.store)
            return buffering
        case _:
            assert_never(settings.kind)
