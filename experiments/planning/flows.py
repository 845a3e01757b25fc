"""How often everything is carried out: what the workload asks for, multiplied through the calls and messages.

The traffic equations of a network of queues: visits of a part are those from outside and those that other parts cause
(J. R. Jackson, Networks of waiting lines, Operations Research 5, 1957). They are linear, so what one request of an
entry causes is worked out once, and rates are multiplied in afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from experiments.planning.demands import Demand, Part, added
from experiments.planning.operations import Demands, gateway_part
from experiments.planning.times import Time
from experiments.planning.ways import Ways
from simulator.spec.experiment import CLIENT, ExperimentSpec
from simulator.spec.messaging.topics import SubscriptionSpec
from simulator.spec.workload import WorkloadSpec

_MOST_ROUNDS = 10_000
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True, slots=True)
class Flow:
    """What one request of a workload entry causes on average.

    Attributes:
        answer: from its arrival to its answer, nobody waiting in any line.
        parts: executions. published: messages by topic. posted, queued: other messages (see `Demand`).
    """

    answer: Time
    parts: Mapping[Part, float] = field(default_factory=dict)
    published: Mapping[str, float] = field(default_factory=dict)
    posted: Mapping[str, float] = field(default_factory=dict)
    queued: Mapping[tuple[str, Part], float] = field(default_factory=dict)


def flow_of(experiment: ExperimentSpec, entry: WorkloadSpec, demands: Demands) -> Flow:
    """What one request of an entry causes."""
    first = _first(experiment, entry, demands)
    total, wave = first, _caused(experiment, first)
    parts: Mapping[Part, float] = {}
    for _ in range(_MOST_ROUNDS):
        parts = added(parts, wave)
        following: Mapping[Part, float] = {}
        for part, number in wave.items():
            following = added(following, _caused(experiment, demands[part]), number)
            total = total.beside(demands[part], number)
        wave = {part: number for part, number in following.items() if number > _NEGLIGIBLE}
        if not wave:
            break
    return Flow(first.time, dict(sorted(parts.items())), total.published, total.posted, total.queued)


def _first(experiment: ExperimentSpec, entry: WorkloadSpec, demands: Demands) -> Demand:
    """The request itself, as seen by the client."""
    ways = Ways(experiment)
    if entry.publish is not None:
        return Demand(ways.publishing(CLIENT, experiment.topics[entry.publish].broker), published={entry.publish: 1.0})
    part = gateway_part(experiment, entry) if entry.path is not None else Part(entry.call or "")
    return Demand(ways.there_and_back(CLIENT, part.service).after(demands[part].time), causes={part: 1.0})


def _caused(experiment: ExperimentSpec, demand: Demand) -> Mapping[Part, float]:
    """Executions that a demand causes: its calls, and the handling of its messages."""
    caused = demand.causes
    for topic, number in demand.published.items():
        for entry in experiment.topics[topic].subscribers:
            caused = added(caused, {Part(entry.operation): handlings(experiment, entry)}, number)
    return caused


def handlings(experiment: ExperimentSpec, entry: SubscriptionSpec) -> float:
    """Executions per message of a subscription: each replica's own, or a share of a full batch."""
    service = experiment.services[entry.operation.partition(".")[0]]
    copies = service.replica_count if entry.deliver_to == "every_replica" else 1
    return copies / (entry.batch.size if entry.batch is not None else 1)


def subscriptions(experiment: ExperimentSpec) -> Iterator[tuple[str, SubscriptionSpec]]:
    """Every subscription with its topic, in order of name."""
    for name, topic in experiment.topics.items():
        for entry in topic.subscribers:
            yield name, entry
