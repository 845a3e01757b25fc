"""Brokers that can take in and hand out only so many messages per second.

Either whatever comes stands in one line, served one by one in constant time (for publishers alone and Poisson arrivals
an M/D/1 queue); or a broker refuses publishers once a second's worth has been used up, as Amazon SQS throttles calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.messaging.broker import Broker
from simulator.network.link import LOST
from simulator.outcomes import OK, Outcome, Reply

if TYPE_CHECKING:
    from simulator.kernel.draws import Draws
    from simulator.kernel.environment import Environment
    from simulator.kernel.root import Root
    from simulator.messaging.broker import BrokerLink, Parcel
    from simulator.services.sequence import Running

_SPECK = 1e-9
"""So little below a whole token is no more than rounding."""


class Line:
    """One server, first come first served, that takes ``1 / rate`` seconds for each. Pure: told the time."""

    __slots__ = ("_free_at", "_seconds")

    def __init__(self, rate: float) -> None:
        self._seconds = 1.0 / rate
        self._free_at = 0.0

    def turn(self, now: float) -> float | None:
        """Seconds until whoever comes `now` has been served."""
        self._free_at = max(self._free_at, now) + self._seconds
        return self._free_at - now


class Allowance:
    """A bucket that holds a second's worth of `rate`, full at the start and filled evenly. Pure: told the time."""

    __slots__ = ("_at", "_left", "_most", "_rate")

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._left = self._most = max(rate, 1.0)
        self._at = 0.0

    def turn(self, now: float) -> float | None:
        """0 for whoever comes `now` and is taken in; None: it is refused."""
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1.0 - _SPECK:
            return None
        self._left -= 1.0
        return 0.0


class InLine:
    """The latency of deliveries that stand in line with all else before they leave."""

    __slots__ = ("_environment", "_latency", "_line")

    def __init__(self, environment: Environment, line: Line, latency: Draws) -> None:
        self._environment = environment
        self._line = line
        self._latency = latency

    def draw(self, root: Root) -> float:
        """The wait for a place in the line that is asked for now, and the next latency for `root`."""
        return (self._line.turn(self._environment._now) or 0.0) + self._latency.draw(root)


class BoundedBroker(Broker):
    """A broker with a capacity.

    Args:
        gate: what says when a message that has come is taken in, if at all.
        others: as for `Broker`.
    """

    def __init__(self, gate: Line | Allowance, *others: Any, **more: Any) -> None:
        super().__init__(*others, **more)
        self._gate = gate
        self._limited = Reply(Outcome.REJECTED, "rate_limited", self.name)

    def attempt(self, root: Root, link: BrokerLink, parcel: Parcel, published: float | None = None) -> Running:
        """Send it once; it waits for its turn at the broker, or is refused."""
        out = link.out.delay(root)
        lost = out == LOST or bool(link.out.channel.refused.value)
        if out > 0 and not lost:
            yield out
        environment = self.environment
        there = not lost and not self.outages.value
        turn = self._gate.turn(environment._now) if there else 0.0
        accepted, reply = there, self._limited
        if turn is not None:
            yield turn + self._publish_latency.draw(root)
            accepted = not lost and not self.outages.value
            now: float = environment._now
            reply = OK if accepted and parcel.take(now if published is None else published) else self.full
        back = link.back.word(root)
        if back > 0:
            yield back
        return reply if accepted and back != LOST and not link.back.channel.refused.value else self.unreachable
