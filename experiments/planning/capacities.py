"""What there is only so much of, and how much of it one request of each kind takes: workers, cores, permits,
consumers, brokers.

Each is a station of a network of queues. What a request of a workload entry asks of it in all its visits is its demand
there (seconds of one server); rate times demand, divided by the number of servers, is the load.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from experiments.planning.demands import Demand, Part
from experiments.planning.flows import Flow, handlings, subscriptions
from experiments.planning.operations import Demands
from experiments.planning.times import Time
from experiments.planning.ways import Ways
from simulator.spec.experiment import ExperimentSpec
from simulator.spec.messaging.brokers import KafkaSpec, QueueBroker, RedisPubSubSpec
from simulator.spec.messaging.topics import SubscriptionSpec
from simulator.spec.services import ServiceSpec

CONSUMERS_OF = "consumers of "
"""What the consumers of an operation's own messages are called: this and the operation's name."""


@dataclass(frozen=True, slots=True)
class Station:
    """What there is only so much of.

    Attributes:
        component: as in the tables: ``service:orders``, ``pool:orders/db``, ``topic:order.created``, ``broker:jobs``.
        resource: what of it: workers, cores, permits, consumers (of an operation's own queue with its name), messages.
        servers: how many there are. least: with autoscaling, how many at the minimum of replicas; else the same.
        visits: visits of one request, by workload entry.
        demands: seconds of one server that one request takes, by workload entry.
    """

    component: str
    resource: str
    servers: float
    least: float
    visits: dict[str, float]
    demands: dict[str, float]


def stations_of(experiment: ExperimentSpec, demands: Demands, flows: dict[str, Flow]) -> list[Station]:
    """Every station that a request comes by, those of which there are any number left out."""
    found = [
        *_of_services(experiment, demands, flows),
        *_of_topics(experiment, demands, flows),
        *_of_queues(experiment, demands, flows),
        *_of_brokers(experiment, flows),
    ]
    return [station for station in found if math.isfinite(station.servers) and any(station.visits.values())]


def _station(component: str, resource: str, per_unit: float, units: tuple[float, float], taken: _Taken) -> Station:
    most, least = units
    visits = {name: number for name, (number, _) in taken.items()}
    return Station(
        component,
        resource,
        per_unit * most,
        per_unit * least,
        visits,
        {name: seconds for name, (_, seconds) in taken.items()},
    )


_Taken = dict[str, tuple[float, float]]
"""By workload entry: visits of one request, and seconds that it takes in all of them."""


def _replicas(service: ServiceSpec) -> tuple[float, float]:
    """How many replicas there are at the most and at the least."""
    scale = service.autoscale
    count = float(service.replica_count)
    return (count, count) if scale is None else (float(scale.max), float(scale.min))


def held(service: ServiceSpec, demand: Demand) -> float:
    """Seconds for which an execution occupies a worker; where workers are shared out, for which it is worked on."""
    return demand.time.mean if service.holds_worker and not service.queue.shares else demand.work


def _of_services(experiment: ExperimentSpec, demands: Demands, flows: dict[str, Flow]) -> Iterator[Station]:
    for name, service in experiment.services.items():
        units = _replicas(service)
        parts = [part for part in demands if part.service == name]

        def taken(seconds: dict[Part, float], parts: list[Part] = parts) -> _Taken:
            return {
                entry: (
                    math.fsum(flow.parts.get(part, 0.0) for part in parts if seconds[part]),
                    _times((flow.parts.get(part, 0.0), seconds[part]) for part in parts),
                )
                for entry, flow in flows.items()
            }

        workers = taken({part: held(service, demands[part]) for part in parts})
        yield _station(f"service:{name}", "workers", service.places, units, workers)
        if service.cores is not None:
            computed = taken({part: demands[part].cpu for part in parts})
            yield _station(f"service:{name}", "cores", service.cores, units, computed)
        for pool, spec in service.pools.items():
            permits = taken({part: demands[part].pools.get(pool, 0.0) for part in parts})
            yield _station(f"pool:{name}/{pool}", "permits", spec.size, units, permits)


def _times(products: Iterator[tuple[float, float]]) -> float:
    """The sum of products; what never happens takes no time, however long it would take."""
    return math.fsum(number * seconds for number, seconds in products if number and seconds)


def _of_topics(experiment: ExperimentSpec, demands: Demands, flows: dict[str, Flow]) -> Iterator[Station]:
    """The consumers of each subscription, where they are what limits it."""
    ways = Ways(experiment)
    for topic, entry in subscriptions(experiment):
        service = experiment.services[entry.operation.partition(".")[0]]
        per_replica = _consumers(experiment, topic, entry, service)
        if math.isinf(per_replica) or per_replica >= service.places * _PLENTY:
            continue
        number = handlings(experiment, entry)
        busy = _in_hand(experiment, topic, entry, demands[Part(entry.operation)].time, ways)
        taken = {
            name: (flow.published.get(topic, 0.0) * number, flow.published.get(topic, 0.0) * number * busy)
            for name, flow in flows.items()
        }
        units = _replicas(service)
        spec = experiment.brokers[experiment.topics[topic].broker]
        if isinstance(spec, KafkaSpec):  # a partition has one consumer at a time
            partitions = float(experiment.topics[topic].partitions or spec.partitions)
            units = (min(units[0], partitions / per_replica), min(units[1], partitions / per_replica))
        yield _station(f"topic:{topic}", "consumers", per_replica, units, taken)


_NOTABLE = 0.1
"""A consumer whose messages are on the way for a smaller share of the time that they are handled is a worker."""

_PLENTY = 2
"""So many times the workers: consumers then are no limit of their own."""


def _consumers(experiment: ExperimentSpec, topic: str, entry: SubscriptionSpec, service: ServiceSpec) -> float:
    """Messages that one replica has in hand at once, for one subscription."""
    spec = experiment.brokers[experiment.topics[topic].broker]
    if entry.handling == "concurrent":
        return math.inf
    consumers = 1.0 if entry.handling == "sequential" else float(entry.consumers or service.places)
    if isinstance(spec, KafkaSpec):
        return min(consumers, experiment.topics[topic].partitions or spec.partitions)
    if isinstance(spec, QueueBroker):
        prefetch = spec.prefetch if entry.prefetch is None else entry.prefetch
        return consumers if prefetch == 1 or entry.batch is not None else math.inf
    return consumers


def _in_hand(experiment: ExperimentSpec, topic: str, entry: SubscriptionSpec, handling: Time, ways: Ways) -> float:
    """Seconds for which a message occupies its consumer: with its way there and the word back from a queue."""
    broker = experiment.topics[topic].broker
    service = entry.operation.partition(".")[0]
    if isinstance(experiment.brokers[broker], RedisPubSubSpec | KafkaSpec):
        return handling.mean
    return ways.delivering(broker, service).after(handling).after(ways.there(service, broker)).mean


def _of_queues(experiment: ExperimentSpec, demands: Demands, flows: dict[str, Flow]) -> Iterator[Station]:
    """The consumers of operations' own messages and of calls over queues: as many as workers, or as partitions. Only
    where that is a limit of its own: their messages are on the way for long, or partitions are few."""
    ways = Ways(experiment)
    for broker, part in sorted({key for flow in flows.values() for key in flow.queued}):
        service, spec = experiment.services[part.service], ways.broker(broker)
        most, least = _replicas(service)
        travel = ways.delivering(broker, part.service).after(ways.there(part.service, broker)).mean
        if isinstance(spec, KafkaSpec):
            per_replica, travel = min(service.places, spec.partitions), 0.0
            most, least = (min(replicas, spec.partitions / per_replica) for replicas in (most, least))
        elif isinstance(spec, QueueBroker) and spec.prefetch == 1:
            per_replica = service.places
        else:
            continue
        if per_replica >= service.places and travel < _NOTABLE * demands[part].time.mean:
            continue
        taken: _Taken = {}
        for name, flow in flows.items():
            number = flow.queued.get((broker, part), 0.0)
            executions = flow.parts.get(part, 0.0) if part.later else number
            taken[name] = (number, number * travel + _times(iter([(executions, demands[part].time.mean)])))
        yield _station(f"broker:{broker}", f"{CONSUMERS_OF}{part.operation}", per_replica, (most, least), taken)


def _of_brokers(experiment: ExperimentSpec, flows: dict[str, Flow]) -> Iterator[Station]:
    """Brokers that can take in and hand out only so many messages a second."""
    for name, spec in experiment.brokers.items():
        if spec.capacity is None:
            continue
        counts_deliveries = spec.overload == "wait"
        taken: _Taken = {}
        for entry, flow in flows.items():
            number = flow.posted.get(name, 0.0) * (2 if counts_deliveries else 1)
            for topic, published in flow.published.items():
                if experiment.topics[topic].broker == name:
                    number += published * (1 + (_copies(experiment, topic) if counts_deliveries else 0))
            taken[entry] = (number, number / spec.capacity)
        yield _station(f"broker:{name}", "messages", 1.0, (1.0, 1.0), taken)


def _copies(experiment: ExperimentSpec, topic: str) -> float:
    """Deliveries of one message."""
    found = 0.0
    for entry in experiment.topics[topic].subscribers:
        service = experiment.services[entry.operation.partition(".")[0]]
        found += service.replica_count if entry.deliver_to == "every_replica" else 1
    return found
