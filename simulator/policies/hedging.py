"""Puts hedging round a call: the first attempt runs in the caller's own task, each hedge in a task of its own.

Whatever decides the call (an answer, an outer limit of time, a crash of the caller), the attempts that still run are
closed where they stand: their waits end, their permits go back, nothing of them is recorded. What their callees go on
doing is up to the edge's `cancel`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.causes import HEDGE
from simulator.kernel.environment import Interrupt, Task
from simulator.network.attempt import Request
from simulator.outcomes import OUTCOMES, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.kernel.deadlines import Deadlines, DeadlineTable
    from simulator.kernel.environment import Environment, Steps
    from simulator.outcomes import Reply
    from simulator.policies.call import Call, Calling, Policy
    from simulator.policies.hedge import Hedging
    from simulator.spec.policies import HedgeSpec


def hedging(
    spec: HedgeSpec, choose: Callable[[Request], Hedging], environment: Environment, deadlines: DeadlineTable
) -> Policy:
    """The policy `spec`; `choose` gives what is remembered where a request belongs."""
    rules = _Rules(spec, environment, deadlines)

    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            return (yield from _Race(rules, choose(request), inner, request).run())

        return call

    return policy


class _Rules:
    """What all races of one policy have in common."""

    __slots__ = ("environment", "in_order", "most", "non_fatal")

    def __init__(self, spec: HedgeSpec, environment: Environment, deadlines: DeadlineTable) -> None:
        self.environment = environment
        self.in_order: Deadlines | None = None if spec.delay is None else deadlines.of(spec.delay)
        self.most = spec.max
        self.non_fatal = frozenset(OUTCOMES[name] for name in spec.non_fatal)


class _Timer:
    """The wait before one hedge. Once stopped it lets go of the race, since it stays in its queue."""

    __slots__ = ("expires", "race", "waiting")

    def __init__(self, race: _Race | None) -> None:
        self.race = race
        self.waiting = True
        self.expires = 0.0

    def expire(self) -> None:
        if self.race is not None:
            self.race.send()

    def stop(self) -> None:
        self.waiting = False
        self.race = None


class _Race:
    """One call: its attempts, and which of them decides it."""

    __slots__ = (
        "_began",
        "_deadline",
        "_decided",
        "_delay",
        "_hedges",
        "_inner",
        "_left",
        "_machine",
        "_reply",
        "_request",
        "_rules",
        "_running",
        "_timer",
    )

    def __init__(self, rules: _Rules, machine: Hedging, inner: Call, request: Request) -> None:
        self._rules = rules
        self._machine = machine
        self._inner = inner
        self._request = request
        self._deadline = request.deadline  # policies inside may shorten it for their own attempt
        self._began: float = rules.environment._now
        self._delay = machine.begin()
        self._left = rules.most
        self._running = 1
        self._hedges: list[Task] = []
        self._timer: _Timer | None = None
        self._decided = Interrupt(request.task)
        self._reply: Reply | None = None

    def run(self) -> Calling:
        """Make the first attempt; the reply that decides, whichever attempt it comes from."""
        first = self._inner(self._request)
        value: Any = None
        try:
            self._wait_for_next()
            while value is not self._decided:
                try:
                    wait = first.send(value)
                except StopIteration as end:
                    self._ended(end.value)
                    if self._reply is None:
                        yield None  # parked until a hedge decides
                    break
                value = yield wait
        finally:
            self._close()
            first.close()
        reply = self._reply
        assert reply is not None
        if reply.outcome is Outcome.OK:
            self._machine.answered(self._rules.environment._now - self._began)
        return reply

    def send(self) -> bool:
        """Send one more hedge, if there is one left that the budget affords and time left for it."""
        environment = self._rules.environment
        if not self._left or environment._now >= self._deadline or not self._machine.spend():
            self._left = 0
            return False
        self._left -= 1
        self._running += 1
        first = self._request
        first.root.begin_again(first.path, HEDGE, environment._now)
        task = Task(None, first.root)
        task.generator = self._hedge(Request(first.root, first.path, task, self._deadline))
        self._hedges.append(task)
        environment.launch(task)
        self._wait_for_next()
        return True

    def _hedge(self, request: Request) -> Steps:
        self._ended((yield from self._inner(request)))

    def _ended(self, reply: Reply) -> None:
        """An attempt has ended: it decides, or sends the next one, or was the last."""
        self._running -= 1
        if self._reply is not None:
            return
        goes_on = reply.outcome in self._rules.non_fatal and (self.send() or self._running > 0)
        if not goes_on:
            self._reply = reply
            self._rules.environment.interrupt(self._decided)

    def _wait_for_next(self) -> None:
        """Begin the wait before the next hedge, anew if one was under way."""
        if self._timer is not None:
            self._timer.stop()
        delay = self._delay
        if not self._left or delay is None:
            return
        timer = self._timer = _Timer(self)
        if self._rules.in_order is not None:
            self._rules.in_order.add(timer)
        else:
            environment = self._rules.environment
            environment.at(environment._now + delay, _due, timer)

    def _close(self) -> None:
        """Nobody waits any more: end the wait for the next hedge, and the hedges that still run."""
        self._decided.cancelled = True
        if self._timer is not None:
            self._timer.stop()
        for task in self._hedges:
            self._rules.environment.close(task)


def _due(timer: _Timer) -> None:
    if timer.waiting:
        timer.waiting = False
        timer.expire()
