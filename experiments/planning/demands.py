"""What one execution asks for: how long it takes where nobody queues, what it holds meanwhile, and what it causes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from experiments.planning.times import NO_TIME, Time

Key = TypeVar("Key")


class Part(NamedTuple):
    """What a worker does in one piece for an operation: all of it, or what is left once the request was accepted
    (``later``: what the consumer of the operation's own messages does)."""

    operation: str
    later: bool = False

    @property
    def service(self) -> str:
        """Whose workers do it."""
        return self.operation.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Demand:
    """What steps, or one execution of a part, ask for on average.

    Attributes:
        time: from the begin to the answer, nobody waiting in any line.
        work: seconds of own work. cpu: what of it shares the cores.
        fails: how probable it is that it ends early, by errors that are the caller's.
        pools: seconds that a permit of each pool is held.
        causes: executions that it asks for. published: messages, by topic. posted: messages of operations and
            of calls over queues, by broker. queued: those that have something carried out, by broker and part.
    """

    time: Time = NO_TIME
    work: float = 0.0
    cpu: float = 0.0
    fails: float = 0.0
    pools: Mapping[str, float] = field(default_factory=dict)
    causes: Mapping[Part, float] = field(default_factory=dict)
    published: Mapping[str, float] = field(default_factory=dict)
    posted: Mapping[str, float] = field(default_factory=dict)
    queued: Mapping[tuple[str, Part], float] = field(default_factory=dict)

    def then(self, other: Demand) -> Demand:
        """This, and unless it fails the other one after it."""
        goes_on = 1.0 - self.fails
        fails = self.fails + goes_on * other.fails
        return self._with(other, goes_on, self.time.after(other.time, goes_on), fails)

    def beside(self, other: Demand, weight: float = 1.0) -> Demand:
        """This, and with probability `weight` the other one at another time: it adds nothing to the answer."""
        return self._with(other, weight, self.time, self.fails)

    def _with(self, other: Demand, weight: float, time: Time, fails: float) -> Demand:
        return Demand(
            time,
            self.work + weight * other.work if weight else self.work,
            self.cpu + weight * other.cpu if weight else self.cpu,
            fails,
            added(self.pools, other.pools, weight),
            added(self.causes, other.causes, weight),
            added(self.published, other.published, weight),
            added(self.posted, other.posted, weight),
            added(self.queued, other.queued, weight),
        )


NOTHING = Demand()


def added(first: Mapping[Key, float], second: Mapping[Key, float], weight: float = 1.0) -> Mapping[Key, float]:
    """Both, the second times `weight`."""
    if not second or not weight:
        return first
    total = dict(first)
    for key, number in second.items():
        total[key] = total.get(key, 0.0) + weight * number
    return total
