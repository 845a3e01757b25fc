"""A link joins a caller with one operation of a service: two legs, each with its own delay, loss and partitions.

Latency is one way, and request and answer draw separately. A message that is lost is silence: only a timeout notices.
Where a partition refuses connections, the caller knows after one delay each way.
"""

from __future__ import annotations

from heapq import heappush
from typing import TYPE_CHECKING, Any

from simulator.network.attempt import Cancel, failure
from simulator.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.kernel.draws import Draws
    from simulator.kernel.environment import Environment
    from simulator.kernel.random import Source
    from simulator.kernel.root import Root
    from simulator.network.attempt import Attempt, Target
    from simulator.network.channel import AnyChannel
    from simulator.outcomes import Reply

LOST = -1.0
"""In place of a delay: the message never arrives."""


class Leg:
    """One direction of a link.

    Messages of the leg's own kind (requests, or answers that are ok) ask `delay`, empty ones (refusals, errors, the
    word that nobody waits any longer, confirmations) ask `word`: the difference is that of their sizes.

    Args:
        channel: what faults do to this direction.
        latency: seconds one way, by request; None: no delay.
        loss: share of messages that never arrive, faults apart.
        chance: uniform draws by request that decide losses.

    Attributes:
        clear: whether messages take no time and none is lost at present.
    """

    __slots__ = ("_chance", "_free", "_latency", "_loss", "channel", "clear")

    def __init__(self, channel: AnyChannel, latency: Draws | None, loss: float, chance: Source) -> None:
        self.channel = channel
        self._latency = latency
        self._loss = loss
        self._free = latency is None and not loss
        self._chance = chance
        self.clear = self._free
        channel.legs.append(self)
        self.disturbance_changed()

    def disturbance_changed(self) -> None:
        """The channel has become disturbed, or quiet again."""
        self.clear = self._free and not self.channel.disturbed

    def delay(self, root: Root) -> float:
        """How long the next message of `root` takes (seconds), or `LOST`."""
        latency = self._latency
        delay = 0.0 if latency is None else latency.draw(root)
        channel = self.channel
        if channel.disturbed or self._loss:
            for added in channel.added.values():
                delay += added.draw(root)
            lost = 1.0 - (1.0 - self._loss) * (1.0 - channel.lost.value)
            if lost and self._chance.draw(root) < lost:
                return LOST
            if channel.dropped.value:
                return LOST
        return delay

    def word(self, root: Root) -> float:
        """How long an empty message of `root` takes (seconds), or `LOST`."""
        return self.delay(root)

    @property
    def cut(self) -> bool:
        """Whether a partition lets nothing pass."""
        channel = self.channel
        return channel.disturbed and bool(channel.dropped.value or channel.refused.value)


class Link:
    """The way from one caller to one operation, and back.

    Attributes:
        name: the edge, ``orders -> payments.charge``.
        cancel: what a given-up attempt still costs the callee.
        program: what the callee runs for a request on this link.
        sent, answered, lost, dropped: attempts by what became of them; the rest is under way.
    """

    __slots__ = (
        "_out",
        "answered",
        "back",
        "cancel",
        "dropped",
        "environment",
        "lost",
        "name",
        "program",
        "sent",
        "timed_out",
        "unreachable",
    )

    def __init__(self, environment: Environment, name: str, out: Leg, back: Leg, cancel: Cancel, program: Any) -> None:
        self.environment = environment
        self.name = name
        self.cancel = cancel
        self.program = program
        self._out = out
        self.back = back
        self.sent = self.answered = self.lost = self.dropped = 0
        self.timed_out = failure(Outcome.TIMEOUT, name)
        self.unreachable = failure(Outcome.UNREACHABLE, name)

    def send(self, attempt: Attempt, target: Target) -> None:
        """Send an attempt on its way to `target`."""
        root = attempt.root
        root.pending += 1
        self.sent += 1
        out = self._out
        if out.clear:
            target.arrive(attempt)
            return
        delay = out.delay(root)
        if delay == 0.0:
            if self._out.channel.refused.value:
                self._refuse(attempt)
            else:
                target.arrive(attempt)
        elif delay == LOST:
            self._lose(attempt)
        elif self._out.channel.refused.value:
            self._after(delay, self._refuse, attempt)
        else:
            self._after(delay, target.arrive, attempt)

    def carry_back(self, attempt: Attempt, reply: Reply) -> None:
        """Send the callee's reply back where that takes time, or may fail."""
        back = self.back
        delay = back.delay(attempt.root) if reply.outcome is Outcome.OK else back.word(attempt.root)
        self._deliver(attempt, reply, LOST if back.channel.refused.value else delay)

    def send_cancel(self, attempt: Attempt) -> None:
        """Tell the callee that nobody waits any longer; the word takes one link delay, and may be lost."""
        delay = self._out.word(attempt.root)
        if delay != LOST:
            self._after(delay, attempt.replica.withdraw, attempt)

    def _refuse(self, attempt: Attempt) -> None:
        """Whoever refuses the connection says so: the word is stopped by loss and dropping, not by refusing."""
        self._deliver(attempt, self.unreachable, self.back.word(attempt.root))

    def _deliver(self, attempt: Attempt, reply: Reply, delay: float) -> None:
        if delay == LOST:
            self._lose(attempt)
            return
        attempt.reply = reply
        if delay == 0.0:
            attempt.receive(reply)
        else:
            self._after(delay, _receive, attempt)

    def _after(self, delay: float, action: Callable[[Attempt], None], attempt: Attempt) -> None:
        environment = self.environment
        heappush(environment.entries, (environment._now + delay, environment.place(), action, attempt))

    def _lose(self, attempt: Attempt) -> None:
        self.lost += 1
        attempt.lose()


def _receive(attempt: Attempt) -> None:
    assert attempt.reply is not None
    attempt.receive(attempt.reply)
