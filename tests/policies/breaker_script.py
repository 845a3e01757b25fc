"""A breaker played by a script, as one line of text."""

from __future__ import annotations

from typing import Any, NamedTuple

from simulator.outcomes import OUTCOMES
from simulator.policies.breaker import Breaker, Permit
from simulator.spec.policies import BreakerSpec


def breaker(**settings: Any) -> Breaker:
    return Breaker(BreakerSpec.model_validate({"max_failures": 3, "open_for": 10.0, **settings}))


def play(machine: Breaker, script: str) -> list[str]:
    """What came of each event of a script.

    ``0 call timeout`` is a call that is over at once (``0 call ok/2.5``: one that took 2.5 s), ``0 start a`` only its
    admission and ``1 end a ok`` its result; ``1 drop a`` a call that ended without one; ``5 tick`` the look at the
    clock. Each gives ``admitted? state``.
    """
    permits: dict[str, Permit] = {}
    seen = []
    for line in script.strip().split(","):
        time, what, *words = line.split()
        now = float(time)
        verdict = ""
        if what in ("call", "start"):
            permit = machine.admit(now)
            verdict = "refused " if permit is None else ""
            if permit is not None and what == "call":
                outcome, _, seconds = words[0].partition("/")
                machine.record(permit, OUTCOMES[outcome], now, float(seconds or 0))
            elif permit is not None:
                permits[words[0]] = permit
        elif what == "end":
            machine.record(permits.pop(words[0]), OUTCOMES[words[1]], now)
        elif what == "drop":
            machine.release(permits.pop(words[0]))
        else:
            machine.tick(now)
        seen.append(verdict + machine.state.name.lower())
    return seen


class Case(NamedTuple):
    """Settings, a script, and what comes of each of its events."""

    settings: dict[str, Any]
    script: str
    expected: str
