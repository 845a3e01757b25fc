"""How long messages travel on average where nothing disturbs them: between services, and to and from brokers."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.planning.times import NO_TIME, Time, one_of
from simulator.spec.experiment import ExperimentSpec
from simulator.spec.messaging.brokers import AnyBroker, DurableQueueSpec, KafkaSpec
from simulator.spec.network import ZONE, LinkSpec

BUILT_IN = "durable_queue"
"""The broker of an operation's own messages where none is named."""


class Ways:
    """What a file says of links and brokers. Bandwidths, losses and faults are not counted."""

    def __init__(self, experiment: ExperimentSpec) -> None:
        self._experiment = experiment
        self._links = {_ends(text): spec for text, spec in experiment.network.items()}

    def there(self, sender: str, receiver: str) -> Time:
        """One way, for a request or a message."""
        return self._one_way(sender, receiver, answers=False)

    def back(self, sender: str, receiver: str) -> Time:
        """The answer's way from `receiver` to `sender`."""
        return self._one_way(receiver, sender, answers=True)

    def there_and_back(self, caller: str, called: str) -> Time:
        """Both ways of a call."""
        return self.there(caller, called).after(self.back(caller, called))

    def broker(self, name: str | None) -> AnyBroker:
        """A broker; the built-in one where none is named."""
        return self._experiment.brokers.get(name or BUILT_IN) or DurableQueueSpec.model_validate({})

    def publishing(self, sender: str, broker: str | None) -> Time:
        """How long a publisher waits for the broker's confirmation."""
        spec = self.broker(broker)
        if isinstance(spec, KafkaSpec) and spec.acks == 0:
            return NO_TIME
        there = self.there(sender, broker or BUILT_IN).after(Time.of(spec.publish_latency))
        return there.after(self.back(sender, broker or BUILT_IN))

    def delivering(self, broker: str | None, receiver: str) -> Time:
        """From the broker to its consumer."""
        return self.back(receiver, broker or BUILT_IN).after(Time.of(self.broker(broker).delivery_latency))

    def _one_way(self, sender: str, receiver: str, *, answers: bool) -> Time:
        found = self._entry((sender, receiver), answers=answers)
        if found is not None:
            return Time.of(found.latency)
        ways = list(self._between_zones(sender, receiver, answers=answers))
        return one_of(ways) if ways else Time.of(self._experiment.defaults.network.latency)

    def _entry(self, ends: tuple[str, str], *, answers: bool) -> LinkSpec | None:
        found = self._links.get(ends)
        return self._links.get((ends[1], ends[0])) if found is None and answers else found

    def _between_zones(self, sender: str, receiver: str, *, answers: bool) -> Iterator[tuple[float, Time]]:
        """The latencies between all zones of the two, with the share of messages that go there."""
        default = self._experiment.defaults.network
        caller, called = (receiver, sender) if answers else (sender, receiver)
        for caller_zone, called_zone, share in self._pairs(caller, called):
            zones = (called_zone, caller_zone) if answers else (caller_zone, called_zone)
            found = self._entry((f"{ZONE}{zones[0]}", f"{ZONE}{zones[1]}"), answers=answers)
            yield share, Time.of((found or default).latency)

    def _pairs(self, caller: str, called: str) -> Iterator[tuple[str, str, float]]:
        """Zones of caller and called, and the share of calls between them: even over replicas, or near ones first."""
        services = self._experiment.services
        if caller not in services or called not in services:
            return
        callers, others = services[caller].placement, services[called].placement
        for zone in sorted(set(callers)):
            prefers = services[called].balancing.prefer == "same_zone" and zone in others
            reached = [place for place in others if place == zone] if prefers else list(others)
            for other in sorted(set(reached)):
                if zone and other:
                    share = callers.count(zone) / len(callers) * reached.count(other) / len(reached)
                    yield zone, other, share


def _ends(text: str) -> tuple[str, str]:
    sender, _, receiver = text.partition("->")
    return _plain(sender), _plain(receiver)


def _plain(end: str) -> str:
    words = end.strip()
    return f"{ZONE}{words.removeprefix(ZONE).strip()}" if words.startswith(ZONE) else words
