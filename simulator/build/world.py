"""The wired model of one run: every component, by name, for whoever starts, measures or checks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from simulator.kernel.deadlines import DeadlineTable
from simulator.kernel.draws import Constant, Draws
from simulator.kernel.environment import Environment
from simulator.kernel.inversion import below, inverse
from simulator.kernel.laws import sampler
from simulator.kernel.luck import SharedLuck
from simulator.kernel.random import Streams
from simulator.network.channel import Channels
from simulator.network.link import Leg
from simulator.network.tally import CallTally
from simulator.policies.observed import BreakerTally
from simulator.spec.laws import AnyLaw, ConstantLaw
from simulator.workload.journal import RequestJournal

if TYPE_CHECKING:
    from simulator.kernel.root import Entry
    from simulator.messaging.broker import Broker
    from simulator.messaging.message import MessageTally
    from simulator.messaging.topic import Topic
    from simulator.network.link import Link
    from simulator.policies.breaking import Mutex
    from simulator.policies.bulkhead import Bulkhead
    from simulator.services.routes import Branch, BranchTally
    from simulator.services.service import Service
    from simulator.services.steps import Luck
    from simulator.spec.network import LinkSpec
    from simulator.spec.scenario import Scenario, ScheduledChange


class Mail(NamedTuple):
    """Messages of one subscription or queue: for metrics and for the check that none is lost unnoticed.

    Attributes:
        name: for messages about it.
        tally: of its topic or broker. holder: what says how many messages are there, and how many wait.
        service: whose replicas handle them.
    """

    name: str
    tally: MessageTally
    holder: Any
    service: str


class Way(NamedTuple):
    """A leg as it was built, so that it can be told what its names' link has become."""

    leg: Leg
    sender: str
    receiver: str
    name: str
    answers: bool
    spec: LinkSpec


class Held(NamedTuple):
    """Something of which permits are handed out: for the check that all of them have come back.

    Attributes:
        name: for messages about it. out: says how many are out.
    """

    name: str
    out: Callable[[], int]


@dataclass(slots=True)
class World:
    """All components of one run.

    Attributes:
        calls, breakers: what is counted by calling and called service.
        mail: every queue and subscription; `topic_tallies` and `broker_tallies` what is counted of their messages.
        route_tallies: what is counted by route and branch.
        network: what the file says of each direction; `ways` what was built by it.
        route_branches, mistakes: branches by route and name, and the luck of client errors by operation.
        state: how the file stands at present.
        links: every link, for the check at the end; so are `mutexes`, `bulkheads` and `held`, which is all else that
            hands out permits.
    """

    scenario: Scenario
    environment: Environment
    streams: Streams
    deadlines: DeadlineTable
    channels: Channels = field(default_factory=Channels)
    journal: RequestJournal = field(default_factory=RequestJournal)
    services: dict[str, Service] = field(default_factory=dict)
    brokers: dict[str, Broker] = field(default_factory=dict)
    topics: dict[str, Topic] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    calls: dict[tuple[str, str], CallTally] = field(default_factory=dict)
    breakers: dict[tuple[str, str], BreakerTally] = field(default_factory=dict)
    mutexes: list[Mutex] = field(default_factory=list)
    bulkheads: list[Bulkhead[Any]] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    mail: list[Mail] = field(default_factory=list)
    topic_tallies: dict[str, MessageTally] = field(default_factory=dict)
    broker_tallies: dict[str, MessageTally] = field(default_factory=dict)
    route_tallies: dict[tuple[str, str], BranchTally] = field(default_factory=dict)
    clients: list[Any] = field(default_factory=list)
    network: dict[tuple[str, str], LinkSpec] = field(default_factory=dict)
    ways: list[Way] = field(default_factory=list)
    route_branches: dict[tuple[str, str], list[Branch]] = field(default_factory=dict)
    mistakes: dict[str, list[Luck]] = field(default_factory=dict)
    state: Scenario | ScheduledChange = field(init=False)

    def __post_init__(self) -> None:
        """The file stands as it is written until something changes."""
        self.state = self.scenario

    @classmethod
    def empty(cls, scenario: Scenario, replication: int) -> World:
        """A world with a clock and random streams, and nothing in it yet."""
        environment = Environment()
        streams = Streams(scenario.experiment.run.seed, replication)
        network = {_key(text): spec for text, spec in scenario.experiment.network.items()}
        return cls(scenario, environment, streams, DeadlineTable(environment), network=network)

    def draws(self, name: str, law: AnyLaw) -> Draws:
        """The draws of `law` at the place called `name`."""
        if isinstance(law, ConstantLaw):
            return Constant(law.value)
        if law.per_request:
            return SharedLuck(self.streams, name, law.per_request, inverse(law))
        return self.streams.source(name, sampler(law))

    def chance(self, name: str, per_request: float) -> Draws:
        """Uniform draws from [0, 1) at the place called `name`; a share of `per_request` is the request's own."""
        if per_request:
            return SharedLuck(self.streams, name, per_request, below)
        return self.streams.source(name)

    def call_tally(self, caller: str, service: str) -> CallTally:
        """What is counted of calls from `caller` to `service`."""
        return self.calls.setdefault((caller, service), CallTally())

    def breaker_tally(self, caller: str, service: str) -> BreakerTally:
        """What is seen of breakers on calls from `caller` to `service`."""
        return self.breakers.setdefault((caller, service), BreakerTally())

    def leg(self, sender: str, receiver: str, name: str, *, answers: bool = False) -> Leg:
        """One direction between two names, `name` telling it from others between the same two.

        With `answers` the messages answer calls of `receiver`: where nothing is written for this direction they are
        as slow as those calls.
        """
        spec = _link(self.network, sender, receiver, self.state.experiment.defaults.network, answers=answers)
        chance = self.streams.source(f"loss/{name}")
        leg = Leg(self.channels.between(sender, receiver), self._latency(name, spec), spec.loss, chance)
        if self.scenario.changes:
            self.ways.append(Way(leg, sender, receiver, name, answers, spec))
        return leg

    def renew_legs(self) -> None:
        """Let every leg become what the file now says of its link."""
        experiment = self.state.experiment
        self.network = {_key(text): spec for text, spec in experiment.network.items()}
        for place, way in enumerate(self.ways):
            default = experiment.defaults.network
            spec = _link(self.network, way.sender, way.receiver, default, answers=way.answers)
            if spec != way.spec:
                self.ways[place] = way._replace(spec=spec)
                way.leg.become(self._latency(way.name, spec), spec.loss)

    def _latency(self, name: str, spec: LinkSpec) -> Draws | None:
        free = isinstance(spec.latency, ConstantLaw) and spec.latency.value == 0.0
        return None if free else self.draws(f"link/{name}", spec.latency)


def _key(text: str) -> tuple[str, str]:
    sender, _, receiver = text.partition("->")
    return sender.strip(), receiver.strip()


def _link(
    network: Mapping[tuple[str, str], LinkSpec], sender: str, receiver: str, default: LinkSpec, *, answers: bool
) -> LinkSpec:
    if (sender, receiver) in network:
        return network[sender, receiver]
    return network.get((receiver, sender), default) if answers else default
