"""The wired model of one run: every component, by name, for whoever starts, measures or checks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from simulator.kernel.deadlines import DeadlineTable
from simulator.kernel.draws import Constant, Draws
from simulator.kernel.environment import Environment
from simulator.kernel.inversion import below, inverse
from simulator.kernel.keys import EntryKey, Keys, SingleKey, key_at
from simulator.kernel.laws import sampler
from simulator.kernel.luck import SharedLuck
from simulator.kernel.random import Streams
from simulator.network.channel import Channels
from simulator.network.tally import CallTally
from simulator.policies.observed import BreakerTally
from simulator.spec.laws import AnyLaw, ConstantLaw
from simulator.workload.journal import RequestJournal

if TYPE_CHECKING:
    from simulator.kernel.root import Entry, KeyOf
    from simulator.messaging.broker import Broker
    from simulator.messaging.depot import Depot
    from simulator.messaging.message import MessageTally
    from simulator.messaging.relay import Relay
    from simulator.messaging.request_reply import QueuedLink
    from simulator.messaging.topic import Topic
    from simulator.network.link import Link
    from simulator.policies.breaking import Mutex
    from simulator.policies.bulkhead import Bulkhead
    from simulator.services.cached import NamedCache
    from simulator.services.routes import Branch, BranchTally
    from simulator.services.service import Service
    from simulator.services.steps import Luck
    from simulator.spec.scenario import Scenario, ScheduledChange
    from simulator.spec.transactions import RelaySpec
    from simulator.styles.saga import Saga


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


class Leaving(Protocol):
    """What leaves effects: an operation, a work step, a transaction.

    Attributes:
        effects_left: how often it was to leave one so far.
    """

    effects_left: int


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
        mail: every queue, subscription and outbox; `topic_tallies`, `broker_tallies` and `outbox_tallies` (by service)
            what is counted of their messages. relays: what empties the outboxes, by service and its settings.
        stores: where messages are kept outside of these: with publishers, or until they are due.
        route_tallies: what is counted by route and branch.
        caches: by service and name. keys: by name.
        route_branches, mistakes: branches by route and name, and the luck of client errors by operation.
        state: how the file stands at present.
        leaving: operations and steps that leave effects; `sagas`, orchestrated ones: for the check at the end as well.
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
    links: list[Link | QueuedLink] = field(default_factory=list)
    leaving: list[Leaving] = field(default_factory=list)
    sagas: list[Saga] = field(default_factory=list)
    mail: list[Mail] = field(default_factory=list)
    stores: list[Depot] = field(default_factory=list)
    topic_tallies: dict[str, MessageTally] = field(default_factory=dict)
    broker_tallies: dict[str, MessageTally] = field(default_factory=dict)
    outbox_tallies: dict[str, MessageTally] = field(default_factory=dict)
    relays: dict[tuple[str, RelaySpec], Relay] = field(default_factory=dict)
    route_tallies: dict[tuple[str, str], BranchTally] = field(default_factory=dict)
    clients: list[Any] = field(default_factory=list)
    caches: dict[tuple[str, str], NamedCache] = field(default_factory=dict)
    keys: dict[str, Keys] = field(default_factory=dict)
    route_branches: dict[tuple[str, str], list[Branch]] = field(default_factory=dict)
    mistakes: dict[str, list[Luck]] = field(default_factory=dict)
    state: Scenario | ScheduledChange = field(init=False)

    def __post_init__(self) -> None:
        """The file stands as it is written until something changes; the measured window is known."""
        self.state = self.scenario
        run = self.scenario.experiment.run
        self.journal.book.window = (run.measured_from, run.duration)

    @classmethod
    def empty(cls, scenario: Scenario, replication: int) -> World:
        """A world with a clock and random streams, and nothing in it yet."""
        environment = Environment()
        streams = Streams(scenario.experiment.run.seed, replication)
        keys = {
            name: Keys(name, streams.source(f"key/{name}"), key_at(spec))
            for name, spec in scenario.experiment.keys_.items()
        }
        return cls(scenario, environment, streams, DeadlineTable(environment), keys=keys)

    def key_of(self, name: str | None) -> KeyOf:
        """What gives requests their key where an operation names those called `name`, or none (None)."""
        if name is not None:
            return self.keys[name]
        workload = self.scenario.experiment.workload
        return EntryKey() if any(entry.key is not None for entry in workload) else SingleKey()

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
