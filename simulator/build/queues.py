"""Builds queues: the parts that make a queue what its broker's preset says."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, assert_never

from simulator.messaging.gates import Deduplication, LengthLimit, Verdict
from simulator.messaging.lines import ArrivalLine, GroupLine, PositionLine, ShuffledLine
from simulator.messaging.order import order_of
from simulator.messaging.queue import Queue
from simulator.messaging.redelivery import AtHandOver, ByConnection, ByVisibility, ByVisibilityUpTo
from simulator.messaging.store import NO_LIMIT, GuardedStore, Rules, Store
from simulator.messaging.streams import ByClaim
from simulator.spec.messaging.brokers import DurableQueueSpec, RabbitMqSpec, RedisStreamsSpec, SqsSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.build.wanted import Wanted
    from simulator.build.world import World
    from simulator.kernel.deadlines import Deadlines
    from simulator.kernel.root import Root
    from simulator.messaging.gates import Gate
    from simulator.messaging.lines import Line
    from simulator.messaging.redelivery import Redelivery
    from simulator.spec.messaging.brokers import AnyQueue

_BEYOND = {
    "drop_head": Verdict.DROP_HEAD,
    "reject_publish": Verdict.REFUSE,
    "reject_publish_dlx": Verdict.REFUSE_AND_BURY,
}
_DEAD_LETTERED = ("expired", "overflow")
"""For these reasons RabbitMQ publishes a message to the dead letter exchange, where there is one."""


def queue(world: World, wanted: Wanted, spec: AnyQueue) -> Queue:
    """The queue that a broker's preset makes of `wanted`."""
    entry, service = wanted.entry, wanted.service
    rules = _rules(world, wanted, spec)
    kind = GuardedStore if rules.guarded else Store
    store = kind(world.environment, rules, wanted.tally)
    if isinstance(spec, RabbitMqSpec) and not spec.durable:
        wanted.broker.when_failed(store.vanish)
    prefetch = spec.prefetch if entry is None or entry.prefetch is None else entry.prefetch
    if entry is not None and entry.batch is not None and prefetch:
        prefetch = max(prefetch, entry.batch.size)
    made = Queue(
        wanted.broker,
        wanted.links,
        store,
        _redelivery(world, wanted, spec),
        order_of(world.key_of(wanted.key) if _is_fifo(spec) or _is_keyed(wanted) else None),
        wanted.consumers * (prefetch or NO_LIMIT),
        0.0 if entry is None else entry.from_,
        _forgetting(world, wanted, spec),
    )
    if service.membership is not None:
        service.membership.holders.append(made.in_hand)
    for place, replica in enumerate(service.replicas):
        replica.when_restored.append(partial(made.restored, place))
    return made


def _rules(world: World, wanted: Wanted, spec: AnyQueue) -> Rules:
    entry, topic = wanted.entry, wanted.topic
    most = (None if entry is None else entry.max_deliveries) or spec.max_deliveries or NO_LIMIT
    at_receive = isinstance(spec, SqsSpec)
    return Rules(
        line=_line(world, wanted, spec),
        gate=_gate(spec),
        max_deliveries=NO_LIMIT if at_receive else most,
        max_receives=most if at_receive else NO_LIMIT,
        length=spec.max_length or NO_LIMIT if isinstance(spec, RedisStreamsSpec) else NO_LIMIT,
        retention=_timer(world, (None if topic is None else topic.retention) or spec.retention),
        keys=world.key_of(wanted.key) if _is_fifo(spec) else None,
        dead_letters=None if entry is None or entry.dead_letter is None else world.topics[entry.dead_letter],
        buried=_DEAD_LETTERED if isinstance(spec, RabbitMqSpec) else (),
    )


def _is_fifo(spec: AnyQueue) -> bool:
    return isinstance(spec, SqsSpec) and spec.queue_type == "fifo"


def _is_keyed(wanted: Wanted) -> bool:
    """Whether a topic says whose order counts; then it is counted within its keys, whatever the broker promises."""
    return wanted.topic is not None and wanted.topic.key is not None


def _line(world: World, wanted: Wanted, spec: AnyQueue) -> Line:
    if isinstance(spec, RabbitMqSpec):
        return PositionLine()
    if _is_fifo(spec):
        return GroupLine()
    if isinstance(spec, SqsSpec) and spec.reordering:
        return ShuffledLine(spec.reordering, world.streams.source(f"reordering/{wanted.name}"))
    return ArrivalLine()


def _gate(spec: AnyQueue) -> Gate | None:
    if isinstance(spec, DurableQueueSpec | RabbitMqSpec) and spec.max_length is not None:
        return LengthLimit(spec.max_length, _BEYOND[spec.overflow])
    if isinstance(spec, SqsSpec) and spec.queue_type == "fifo":
        return Deduplication(spec.deduplication_window)
    return None


def _redelivery(world: World, wanted: Wanted, spec: AnyQueue) -> Redelivery:
    if _is_acknowledged_before(wanted):
        return AtHandOver(world.environment)
    broker, timeout = wanted.broker, _within_run(world, spec.visibility_timeout)
    match spec:
        case RedisStreamsSpec():
            return ByClaim(broker, spec.visibility_timeout, spec.claim_every, rereads=spec.rereads_pending)
        case RabbitMqSpec():
            return ByConnection(broker, timeout, spec.redelivery_delay, spec.heartbeat)
        case SqsSpec():
            late_words = spec.queue_type == "standard"
            return ByVisibilityUpTo(
                _timer(world, timeout), spec.redelivery_delay, spec.max_in_flight, late_words=late_words
            )
        case DurableQueueSpec():
            return ByVisibility(_timer(world, timeout), spec.redelivery_delay)
        case _:
            assert_never(spec)


def _is_acknowledged_before(wanted: Wanted) -> bool:
    return wanted.entry is not None and wanted.entry.ack == "before"


def _forgetting(world: World, wanted: Wanted, spec: AnyQueue) -> Callable[[Root], bool] | None:
    if not isinstance(spec, SqsSpec) or not spec.duplicate_share or _is_acknowledged_before(wanted):
        return None  # what is deleted as it is received is not seen again
    share, chance = spec.duplicate_share, world.streams.source(f"not deleted/{wanted.name}")
    return lambda root: chance.draw(root) < share


def _timer(world: World, seconds: float | None) -> Deadlines | None:
    """The queue for deadlines of one length; None where the run is over before any of them."""
    length = _within_run(world, seconds)
    return None if length is None else world.deadlines.of(length)


def _within_run(world: World, seconds: float | None) -> float | None:
    """A time, if it can be over before the run is."""
    run = world.scenario.experiment.run
    return seconds if seconds is not None and seconds <= run.duration + run.drain else None
