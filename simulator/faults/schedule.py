"""Faults: each turns the knobs of its targets when it begins, and takes its turns back when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from simulator.services.crashing import crash
from simulator.spec.faults import (
    BrokerDownFault,
    CrashFault,
    ErrorsFault,
    FlushFault,
    LatencyFault,
    LossFault,
    PartitionFault,
    PauseFault,
    SlowdownFault,
)
from simulator.spec.network import ZONE

if TYPE_CHECKING:
    from simulator.kernel.draws import Draws
    from simulator.kernel.environment import Environment
    from simulator.kernel.knobs import Knob
    from simulator.messaging.broker import Broker
    from simulator.network.channel import Channel, Channels
    from simulator.services.cached import NamedCache
    from simulator.services.operation import Operation
    from simulator.services.replica import Replica
    from simulator.spec.faults import AnyFault, TargetSpec
    from simulator.spec.laws import AnyLaw

Action = Callable[[], None]


class Unit(NamedTuple):
    """One thing that a fault strikes for itself: its name, and what makes the fault begin and end there."""

    name: str
    begin: list[Action]
    end: list[Action]


class FaultSchedule:
    """Puts the faults of an experiment on the clock.

    Args:
        replicas: every service's replicas. operations: every operation by ``service.operation``.
        draws: makes the draws of a law at a named place. caches: by service and name.
    """

    def __init__(
        self,
        environment: Environment,
        replicas: dict[str, list[Replica]],
        operations: dict[str, Operation],
        channels: Channels,
        brokers: dict[str, Broker],
        draws: Callable[[str, AnyLaw], Draws],
        caches: dict[tuple[str, str], NamedCache],
    ) -> None:
        self._environment = environment
        self._replicas = replicas
        self._operations = operations
        self._channels = channels
        self._brokers = brokers
        self._draws = draws
        self._caches = caches

    def add(self, fault: AnyFault, number: int) -> None:
        """Schedule one fault; `number` tells it from the others."""
        begin, end = self._actions(fault, number, self._hit(fault))
        self._environment.before(fault.at, run_all, begin)
        self._environment.before(fault.end, run_all, end)

    def units(self, fault: AnyFault, number: int) -> list[Unit]:
        """What a fault at random strikes, each for itself: replicas, or else the link, zone or broker as a whole."""
        replicas = self._hit(fault)
        if not replicas or fault.parsed_target.kind == "zone":
            return [Unit(fault.target, *self._actions(fault, number, replicas))]
        return [Unit(replica.name, *self._actions(fault, number, [replica])) for replica in replicas]

    def _actions(self, fault: AnyFault, number: int, hit: list[Replica]) -> tuple[list[Action], list[Action]]:
        match fault:
            case SlowdownFault():
                return _turns((replica.slowdowns[op], fault.factor) for replica, op in self._places(fault, hit))
            case ErrorsFault():
                return _turns((replica.errors[op], fault.share) for replica, op in self._places(fault, hit))
            case CrashFault():
                return _join(_crash(replica) for replica in hit)
            case PauseFault():
                return _join(_pause(replica) for replica in hit)
            case LatencyFault():
                draws = self._draws(f"fault/{fault.name}", fault.add)
                return _join(_delay(channel, number, draws) for channel in self._ways(fault.parsed_target))
            case LossFault():
                return _turns((channel.lost, fault.share) for channel in self._ways(fault.parsed_target))
            case PartitionFault():
                ways = self._ways(fault.parsed_target)
                return _turns((way.dropped if fault.mode == "drop" else way.refused, 1.0) for way in ways)
            case BrokerDownFault():
                return _outage(self._brokers[fault.parsed_target.name])
            case FlushFault():
                struck = fault.parsed_target.name
                return _join((made.lose, made.come_back) for (_, name), made in self._caches.items() if name == struck)

    def _hit(self, fault: AnyFault) -> list[Replica]:
        """The replicas that a fault of a service, replica or operation strikes; none for links and brokers."""
        target = fault.parsed_target
        if target.kind == "zone" and not fault.hits_links:
            return [one for replicas in self._replicas.values() for one in replicas if one.zone == target.name]
        if target.kind not in ("service", "replica", "operation"):
            return []
        replicas = self._replicas[target.name]
        if target.kind == "replica":
            return [replicas[target.replica]]
        return replicas[: fault.replicas]

    def _places(self, fault: AnyFault, hit: list[Replica]) -> list[tuple[Replica, int]]:
        target = fault.parsed_target
        if target.kind == "operation":
            number = self._operations[f"{target.name}.{target.operation}"].number
            return [(replica, number) for replica in hit]
        return [(replica, number) for replica in hit for number in range(len(replica.slowdowns))]

    def _ways(self, target: TargetSpec) -> list[Channel]:
        if target.kind == "zone":
            return list(self._channels.borders(f"{ZONE}{target.name}"))
        ways = [self._channels.between(target.name, target.other)]
        if target.kind == "edge_both":
            ways.append(self._channels.between(target.other, target.name))
        return ways


def run_all(actions: list[Action]) -> None:
    """Carry out the actions in order."""
    for action in actions:
        action()


def _join(pairs: Iterable[tuple[Action, Action]]) -> tuple[list[Action], list[Action]]:
    both = list(pairs)
    return [begin for begin, _ in both], [end for _, end in both]


def _turns(turns: Iterable[tuple[Knob, float]]) -> tuple[list[Action], list[Action]]:
    return _join(_turn(knob, amount) for knob, amount in turns)


def _turn(knob: Knob, amount: float) -> tuple[Action, Action]:
    handles: list[int] = []
    return lambda: handles.append(knob.turn(amount)), lambda: knob.release(handles.pop())


def _delay(channel: Channel, number: int, draws: Draws) -> tuple[Action, Action]:
    return lambda: channel.add(number, draws), lambda: channel.take_away(number)


def _crash(replica: Replica) -> tuple[Action, Action]:
    turn, release = _turn(replica.crashes, 1.0)

    def begin() -> None:
        turn()
        if replica.up:
            crash(replica)

    def end() -> None:
        release()
        if not replica.crashes.value:
            replica.restore()

    return begin, end


def _pause(replica: Replica) -> tuple[Action, Action]:
    turn, release = _turn(replica.paused, 1.0)

    def begin() -> None:
        if not replica.paused.value:
            replica.pause()
        turn()

    def end() -> None:
        release()
        if not replica.paused.value:
            replica.resume()

    return begin, end


def _outage(broker: Broker) -> tuple[list[Action], list[Action]]:
    turn, release = _turn(broker.outages, 1.0)

    def end() -> None:
        release()
        if not broker.outages.value:
            broker.restore()

    return [turn], [end]
