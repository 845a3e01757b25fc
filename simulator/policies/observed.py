"""What is seen of the breakers on one edge, over all the replicas that have one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.policies.breaker import State


class BreakerTally:
    """Breakers of one edge ``call:a->b``.

    Attributes:
        breakers: those that exist; so does each replica that an outlier detector watches, open while ejected.
        open_seconds: sum behind the integral of breakers that are not closed (see `services.workers`).
        open_now: how many are not closed at present. opens: how often any has opened.
        changes: the edge's state at each change: open if any breaker is open, else half-open if any is.
    """

    def __init__(self) -> None:
        self.breakers: list[Any] = []
        self.opens = 0
        self.open_now = 0
        self.open_seconds = 0.0
        self.changes: list[tuple[float, State]] = []
        self._states: list[State] = []
        self._listeners: dict[Any, Callable[[float, State], None]] = {}
        self._left: set[Any] = set()
        self._most = 0

    @property
    def most(self) -> int:
        """How many breakers there were at one time, at most."""
        return max(self._most, len(self.breakers))

    def meet(self, breaker: Any, now: float) -> None:
        """Requests of this edge can meet `breaker` from now on."""
        if breaker in self.breakers:
            return
        self.breakers.append(breaker)
        if breaker not in self._listeners:
            changed = self._listeners[breaker] = self.watch()
            breaker.watch(lambda when, state: None if breaker in self._left else changed(when, state))
        elif breaker in self._left:
            self._left.remove(breaker)
            self._listeners[breaker](now, breaker.state)

    def begin_anew(self) -> list[Any]:
        """The edge is composed anew: what its requests could meet until now. What stays is told by `meet`."""
        old = list(self.breakers)
        self._most = self.most
        self.breakers = [breaker for breaker in old if breaker not in self._listeners]
        return old

    def forget_all_but_met(self, old: list[Any], now: float) -> None:
        """What is met no longer is counted no longer, whatever becomes of it."""
        for breaker in old:
            if breaker not in self.breakers:
                self._listeners[breaker](now, State.CLOSED)
                self._left.add(breaker)

    def watch(self) -> Callable[[float, State], None]:
        """A place for one more breaker; returns what it calls at each change of state."""
        number = len(self._states)
        self._states.append(State.CLOSED)

        def changed(now: float, state: State) -> None:
            before, self._states[number] = self._states[number], state
            self.opens += state is State.OPEN
            if before is State.CLOSED and state is not State.CLOSED:
                self.open_now += 1
                self.open_seconds -= now
            elif before is not State.CLOSED and state is State.CLOSED:
                self.open_now -= 1
                self.open_seconds += now
            self._note(now)

        return changed

    def not_closed_seconds(self, now: float) -> float:
        """Breaker-seconds spent open or half-open up to now."""
        return self.open_seconds + now * self.open_now

    def _note(self, now: float) -> None:
        state = next((kind for kind in (State.OPEN, State.HALF_OPEN) if kind in self._states), State.CLOSED)
        if not self.changes or self.changes[-1][1] is not state:
            self.changes.append((now, state))
