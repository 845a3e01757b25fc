"""Builds the log and the consumer group of a subscription, or of an operation's own messages, on Kafka."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.kernel.keys import SingleKey
from simulator.messaging.log.group import Group
from simulator.messaging.log.rules import ALL_AT_ONCE, ConsumerRules, GroupRules, When

if TYPE_CHECKING:
    from simulator.build.wanted import Wanted
    from simulator.build.world import World
    from simulator.spec.messaging.brokers import KafkaSpec
    from simulator.spec.messaging.logs import CommitRule
    from simulator.spec.messaging.topics import SubscriptionSpec

NO_LIMIT = float("inf")


def group(world: World, wanted: Wanted, spec: KafkaSpec) -> Group:
    """What takes messages in where the broker is Kafka."""
    topic, entry, service = wanted.topic, wanted.entry, wanted.service
    partitions = (topic and topic.partitions) or spec.partitions
    keys = world.key_of(wanted.key)
    made = Group(
        wanted.broker,
        wanted.links,
        wanted.tally,
        partitions=partitions,
        threads=int(min(1 if _is_sequential(wanted) else wanted.consumers, partitions)),
        retention=(topic and topic.retention) or spec.retention,
        keys=None if isinstance(keys, SingleKey) else keys,
        consumers=_consumers(world, wanted, spec),
        group=GroupRules(spec.session_timeout, spec.heartbeat, spec.rebalance_time, spec.assignor),
        starts=0.0 if entry is None else entry.from_,
        dead_letters=None if entry is None or entry.dead_letter is None else world.topics[entry.dead_letter],
    )
    if service.membership is not None:
        service.membership.holders.append(made.in_hand)
        service.membership.when_closing.append(made.coordinator.close)
    return made


def _is_sequential(wanted: Wanted) -> bool:
    return wanted.entry is not None and wanted.entry.handling == "sequential"


def _consumers(world: World, wanted: Wanted, spec: KafkaSpec) -> ConsumerRules:
    entry, broker = wanted.entry, wanted.broker
    when, interval = _commits("auto" if entry is None else entry.commit, spec)
    if entry is not None and entry.ack == "before":
        when, interval = When.BEFORE, spec.request_timeout
    tries = (entry and entry.max_deliveries) or spec.max_deliveries or NO_LIMIT
    return ConsumerRules(
        when=when,
        interval=interval,
        most=spec.max_poll_records,
        width=_width(entry),
        linger=0.0 if entry is None or entry.batch is None else entry.batch.linger,
        attempts=tries,
        again_after=spec.redelivery_delay,
        longest=spec.max_poll_interval,
        patience=spec.request_timeout,
        delivery=broker.delivery_latency,
        commit=world.draws(f"commit/{broker.name}", spec.publish_latency),
        unseen=0.0 if spec.acks == "all" else spec.replication_lag,
    )


def _width(entry: SubscriptionSpec | None) -> float:
    if entry is not None and entry.batch is not None:
        return entry.batch.size
    return ALL_AT_ONCE if entry is not None and entry.handling == "concurrent" else 1


def _commits(rule: CommitRule, spec: KafkaSpec) -> tuple[When, float]:
    match rule:
        case "auto":
            return When.TIMED, spec.auto_commit
        case "each":
            return When.EACH, spec.request_timeout
        case "batch":
            return When.BATCH, spec.request_timeout
    return When.TIMED, rule
