"""A topic, its broker and its handlers under a test's own hands: the test says what is published when."""

from __future__ import annotations

from typing import Any

from simulator.build.model import build
from simulator.conservation import check
from simulator.kernel.environment import Steps
from simulator.kernel.root import Root
from simulator.messaging.message import MessageTally
from simulator.services.replica import Replica
from simulator.spec.policies import EdgePolicies
from simulator.spec.scenario import Edge, Scenario
from tests.services.bench import experiment

DURABLE: dict[str, Any] = {"preset": "durable_queue", "publish_latency": 0.0, "delivery_latency": 0.0}
_AT_ONCE: dict[str, Any] = {"publish_latency": 0.0, "delivery_latency": 0.0}
CLASSIC: dict[str, Any] = {"preset": "rabbitmq", "prefetch": 1, **_AT_ONCE}
QUORUM: dict[str, Any] = {"preset": "rabbitmq", "queue_type": "quorum", "prefetch": 1, **_AT_ONCE}
SQS: dict[str, Any] = {"preset": "sqs", **_AT_ONCE}
FIFO: dict[str, Any] = {"preset": "sqs", "queue_type": "fifo", **_AT_ONCE}
STREAMS: dict[str, Any] = {"preset": "redis_streams", **_AT_ONCE}
KAFKA: dict[str, Any] = {"preset": "kafka", **_AT_ONCE}
PUBSUB: dict[str, Any] = {"preset": "redis_pubsub", "publish_latency": 0.0, "delivery_latency": 0.0}


class Office:
    """The topic ``news`` whose only subscriber is ``desk.handle``. Publishing takes no time unless the broker says so.

    Args:
        broker: the broker as in a file.
        desk: the handling service as in a file, without its operations.
        handler: the operation that handles a message; `subscription`: what else the file says of the subscriber,
            `topic` of the topic; `topics`, `brokers`: further ones.

    Attributes:
        confirmed: when each publisher had its confirmation, and what it was.
    """

    def __init__(
        self,
        broker: dict[str, Any],
        handler: dict[str, Any] | None = None,
        *,
        desk: dict[str, Any] | None = None,
        subscription: dict[str, Any] | None = None,
        topic: dict[str, Any] | None = None,
        subscribed: bool = True,
        message_size: float = 0.0,
        faults: list[dict[str, Any]] | None = None,
        seed: int = 1,
        topics: dict[str, Any] | None = None,
        brokers: dict[str, Any] | None = None,
        **tables: Any,
    ) -> None:
        service = {
            "workers": 1,
            "operations": {"handle": handler or {"work": 1.0}, "other": {"work": 1.0}},
            **(desk or {}),
        }
        subscriber = {"operation": "desk.handle", **(subscription or {})}
        spec = experiment(
            services={"desk": service},
            brokers={"mail": broker, **(brokers or {})},
            topics={
                "news": {
                    "broker": "mail",
                    "subscribers": [subscriber] if subscribed else [],
                    "message_size": message_size,
                    **(topic or {}),
                },
                **(topics or {}),
            },
            workload=[{"publish": "news", "name": "news", "arrivals": {"process": "constant", "rate": 1.0}}],
            faults=faults or [],
            run={"duration": 1000.0, "seed": seed},
            **tables,
        )
        edges = {Edge("client", "desk", name): EdgePolicies() for name in service["operations"]}
        self.world = build(Scenario("office", "base", "", spec, edges), 0)
        self.environment = self.world.environment
        self.journal = self.world.journal
        self.confirmed: dict[str, tuple[float, str]] = {}
        self.roots: dict[str, Root] = {}

    @property
    def tally(self) -> MessageTally:
        return self.world.topic_tallies["news"]

    @property
    def there(self) -> int:
        """Messages taken in and not settled."""
        return sum(mail.holder.there for mail in self.world.mail)

    @property
    def replicas(self) -> list[Replica]:
        return self.world.services["desk"].replicas

    @property
    def handled_at(self) -> list[float]:
        """When messages were handled for good."""
        return list(self.tally.aged_at)

    def publish(self, *names: str, at: float = 0.0, delay: float = 0.0) -> None:
        """Let messages be published, one after the other, at a time; the broker keeps them back for `delay` seconds."""
        for name in names:
            root = self.roots[name] = Root(self.world.entries[0], 0, len(self.roots), at, self.journal)
            self.environment.at(at, self._start, (name, root, delay))

    def publish_again(self, name: str, at: float) -> None:
        """Let the publisher of a message repeat it, for the same request and from the same step."""
        root = self.roots[name]
        root.pending += 1
        self.environment.at(at, self._repeat, root)

    def _start(self, who: tuple[str, Root, float]) -> None:
        name, root, delay = who
        self.journal.active[root] = None
        self.environment.start(self._publisher(name, root, delay), root)

    def _repeat(self, root: Root) -> None:
        self.environment.start(self.world.topics["news"].publish_from("client", root, root.entry.path), root)
        root.leave()

    def _publisher(self, name: str, root: Root, delay: float) -> Steps:
        reply = yield from self.world.topics["news"].publish_from("client", root, root.entry.path, delay)
        self.journal.answered(root, reply, self.environment.now)
        self.confirmed[name] = (self.environment.now, reply.outcome.label)

    def run(self, end: float = 1000.0) -> MessageTally:
        """Let the clock run; the books must balance. What was counted so far."""
        self.environment.run_until(end)
        check(self.world)
        self.check_books()
        return self.tally

    def check_books(self) -> None:
        """Every message taken is handled, dead, lost or still there."""
        tally = self.tally
        assert tally.taken == tally.handled + tally.dead + sum(tally.lost.values()) + self.there
        assert tally.backlog_now >= 0
