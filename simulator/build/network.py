"""Builds the ways between names: which entry of `network` holds, who shares a pipe, what faults a leg is exposed to.

A link named by its services wins; else the entry for the zones of both ends holds, else the default. Answers without
an entry of their own are as slow as the calls. The client and brokers are in no zone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from simulator.network.channel import Joint
from simulator.network.link import Leg
from simulator.network.pipe import Pipe, PipedLeg
from simulator.spec.laws import ConstantLaw
from simulator.spec.network import ZONE

if TYPE_CHECKING:
    from simulator.build.world import World
    from simulator.kernel.draws import Draws
    from simulator.kernel.random import Source
    from simulator.network.channel import AnyChannel, Channel, Channels
    from simulator.spec.experiment import ExperimentSpec
    from simulator.spec.network import LinkSpec


class End(NamedTuple):
    """One end of a leg: a service, the client or a broker, and the zone of the replica (empty: none)."""

    name: str
    zone: str = ""


class Network:
    """What a file says of links, and the pipes that were laid."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.directions: list[Direction] = []
        self._read(world.scenario.experiment)
        self._pipes: dict[tuple[str, str, float], Pipe] = {}

    def entry(self, sender: End, receiver: End, *, answers: bool) -> tuple[LinkSpec, tuple[str, str]]:
        """What holds for a direction, and the names at the ends of what is shared there: the zones if it is theirs."""
        names, zones = (sender.name, receiver.name), (f"{ZONE}{sender.zone}", f"{ZONE}{receiver.zone}")
        for ends in (names, zones) if sender.zone and receiver.zone else (names,):
            found = self._links.get(ends)
            if found is None and answers:
                found = self._links.get((ends[1], ends[0]))
            if found is not None:
                return found, ends
        return self._default, names

    def renew(self, experiment: ExperimentSpec) -> None:
        """Let every leg become what the file now says of its link; bandwidths stay as they are."""
        self._read(experiment)
        for direction in self.directions:
            direction.renew()

    def _read(self, experiment: ExperimentSpec) -> None:
        self._default = experiment.defaults.network
        self._links = {_key(text): spec for text, spec in experiment.network.items()}

    def pipe(self, ends: tuple[str, str], bandwidth: float) -> Pipe:
        """The pipe from one name to another: always the same."""
        key = (*ends, bandwidth)
        if key not in self._pipes:
            self._pipes[key] = Pipe(self.world.environment, bandwidth)
        return self._pipes[key]

    def channel(self, sender: End, receiver: End) -> AnyChannel:
        """What faults do to a direction: those on its names, on both zones, and on the border of either."""
        channels = self.world.channels
        own = channels.between(sender.name, receiver.name)
        parts = [own, *_of_zones(channels, sender.zone, receiver.zone)]
        return Joint(parts) if len(parts) > 1 else own


def _of_zones(channels: Channels, sender: str, receiver: str) -> list[Channel]:
    found = []
    if sender and receiver:
        found.append(channels.between(f"{ZONE}{sender}", f"{ZONE}{receiver}"))
    if sender != receiver:
        if sender:
            found.append(channels.borders(f"{ZONE}{sender}")[0])
        if receiver:
            found.append(channels.borders(f"{ZONE}{receiver}")[1])
    return found


class Direction:
    """One direction of a link: the legs between all zones of its ends, which share their draws.

    So a service that is placed in zones meets the same delays as before, as long as no entry tells zones apart.

    Args:
        name: tells it from others between the same two names.
        answers: whether its messages answer calls that go the other way.
    """

    def __init__(self, network: Network, name: str, *, answers: bool) -> None:
        self._network = network
        self._name = name
        self._answers = answers
        self._latencies: dict[str, Draws] = {}
        self._chance: Source = network.world.streams.source(f"loss/{name}")
        self._legs: dict[tuple[End, End, float], Leg] = {}
        self._specs: dict[tuple[End, End, float], LinkSpec] = {}
        network.directions.append(self)

    def leg(self, sender: End, receiver: End, size: float = 0.0) -> Leg:
        """The leg between two ends for messages of `size` bytes: always the same."""
        key = (sender, receiver, size)
        if key not in self._legs:
            self._legs[key] = self._made(sender, receiver, size)
        return self._legs[key]

    def renew(self) -> None:
        """Let the legs whose entry has changed take as long, and lose as much, as it says now."""
        self._latencies.clear()
        for (sender, receiver, size), leg in self._legs.items():
            spec, ends = self._network.entry(sender, receiver, answers=self._answers)
            if spec != self._specs[sender, receiver, size]:
                self._specs[sender, receiver, size] = spec
                leg.become(self._latency(spec, ends if ends[0].startswith(ZONE) else None), spec.loss)

    def _made(self, sender: End, receiver: End, size: float) -> Leg:
        network = self._network
        spec, ends = network.entry(sender, receiver, answers=self._answers)
        self._specs[sender, receiver, size] = spec
        channel = network.channel(sender, receiver)
        latency = self._latency(spec, ends if ends[0].startswith(ZONE) else None)
        if spec.bandwidth is None:
            return Leg(channel, latency, spec.loss, self._chance)
        return PipedLeg(channel, latency, spec.loss, self._chance, network.pipe(ends, spec.bandwidth), size)

    def _latency(self, spec: LinkSpec, zones: tuple[str, str] | None) -> Draws | None:
        if isinstance(spec.latency, ConstantLaw) and spec.latency.value == 0.0:
            return None
        place = f"link/{self._name}" if zones is None else f"link/{self._name}/{zones[0]} -> {zones[1]}"
        if place not in self._latencies:
            self._latencies[place] = self._network.world.draws(place, spec.latency)
        return self._latencies[place]


class Ways:
    """Both directions of one link: from callers to the called, and back.

    Args:
        name: the link's own, for its draws.
    """

    def __init__(self, network: Network, name: str) -> None:
        self._out = Direction(network, f"{name}/out", answers=False)
        self._back = Direction(network, f"{name}/back", answers=True)

    def legs(self, caller: End, called: End, request_size: float, response_size: float) -> tuple[Leg, Leg]:
        """The leg there and the leg back."""
        return self._out.leg(caller, called, request_size), self._back.leg(called, caller, response_size)


def _key(text: str) -> tuple[str, str]:
    sender, _, receiver = text.partition("->")
    return _plain(sender), _plain(receiver)


def _plain(end: str) -> str:
    """An end without the spaces that one may write round a zone's name."""
    words = end.strip()
    return f"{ZONE}{words.removeprefix(ZONE).strip()}" if words.startswith(ZONE) else words
