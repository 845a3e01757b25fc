"""What a caller remembers of good answers: the cache that answers before a call, and the memory behind a fallback."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from simulator.outcomes import OK, Outcome

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment
    from simulator.network.attempt import Request
    from simulator.policies.call import Call, Calling, Policy


class Memory:
    """When the last good answer came, by key. Pure: it takes the time and knows no clock.

    Args:
        capacity: how many keys are remembered; beyond, the one that was used least recently is forgotten. None: all.
    """

    __slots__ = ("_came", "_capacity")

    def __init__(self, capacity: int | None = None) -> None:
        self._capacity = capacity
        self._came: dict[Hashable, float] = {}  # the least recently used first

    def store(self, key: Hashable, now: float) -> None:
        """A good answer has come."""
        self._came.pop(key, None)
        self._came[key] = now
        if self._capacity is not None and len(self._came) > self._capacity:
            del self._came[next(iter(self._came))]

    def age(self, key: Hashable, now: float) -> float | None:
        """How old the answer for `key` is, in seconds; None if there is none. Asking counts as using it."""
        came = self._came.pop(key, None)
        if came is None:
            return None
        self._came[key] = came
        return now - came

    def reset(self, now: float) -> None:
        """Forget everything: the process that held it has crashed."""
        self._came.clear()


def caching(
    choose: Callable[[Request], Memory], key_of: Callable[[Request], Hashable], ttl: float, environment: Environment
) -> Policy:
    """Answers ok from memory while the last ok answer for the request's key is younger than `ttl` seconds.

    Else it makes the call; calls that miss at the same time are all made. `choose` gives the memory where a
    request belongs.
    """

    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            memory = choose(request)
            key = key_of(request)
            age = memory.age(key, environment._now)
            if age is not None and age < ttl:
                return OK
            reply = yield from inner(request)
            if reply.outcome is Outcome.OK:
                memory.store(key, environment._now)
            return reply

        return call

    return policy
