"""How many replicas a service should have: the rule of an autoscaler, and the clockwork that asks it.

The formula and the downscale stabilisation are those of Kubernetes' HorizontalPodAutoscaler (documentation, "Algorithm
details"), without its tolerance and its limits on how fast it may scale.
"""

from __future__ import annotations

from collections import deque
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.kernel.environment import Environment
    from simulator.services.membership import Membership

_SPECK = 1e-9
"""So much above a whole number is no more than rounding."""


class ScalingRule:
    """Up at once, down to the highest that was desired within the last `hold` seconds; always from `least` to `most`.

    Args:
        initial: what there is at the beginning, as if desired at 0 s.
    """

    def __init__(self, least: int, most: int, hold: float, initial: int) -> None:
        self._least = least
        self._most = most
        self._hold = hold
        self._desired: deque[tuple[float, int]] = deque([(0.0, initial)])

    def decide(self, now: float, current: int, load: float) -> int:
        """How many there should be.

        Args:
            now: seconds.
            current: how many there are, those that are starting included.
            load: how many replicas would carry the present load with each right at its target.
        """
        desired = min(max(ceil(load - _SPECK), self._least), self._most)
        self._desired.append((now, desired))
        while self._desired[0][0] <= now - self._hold and len(self._desired) > 1:
            self._desired.popleft()
        if desired >= current:
            return desired
        return min(current, max(number for _, number in self._desired))


class Autoscaler:
    """Asks the rule every `every` seconds and lets replicas come, `startup` seconds later, and go, the youngest first.

    Args:
        load: reads the present load, in replicas right at their target (see `ScalingRule.decide`).
    """

    def __init__(
        self,
        environment: Environment,
        membership: Membership,
        rule: ScalingRule,
        load: Callable[[float], float],
        *,
        every: float,
        startup: float,
    ) -> None:
        self._environment = environment
        self._membership = membership
        self._rule = rule
        self._load = load
        self._every = every
        self._startup = startup
        self._syncs = 0
        self._launches: deque[list[bool]] = deque()

    def start(self) -> None:
        """Begin; the first look is taken after one interval."""
        self._syncs += 1
        self._environment.at(self._syncs * self._every, self._look, None)

    def _look(self, _: None) -> None:
        now: float = self._environment._now
        current = self._membership.size + len(self._launches)
        wanted = self._rule.decide(now, current, self._load(now))
        for _number in range(current, wanted):
            self._launch(now)
        for _number in range(wanted, current):
            if self._launches:
                self._launches.pop()[0] = False  # the youngest has not even begun
            else:
                self._membership.resize(self._membership.size - 1)
        self.start()

    def _launch(self, now: float) -> None:
        launch = [True]
        self._launches.append(launch)
        self._environment.at(now + self._startup, self._ready, launch)

    def _ready(self, launch: list[bool]) -> None:
        if launch[0]:
            self._launches.popleft()
            self._membership.resize(self._membership.size + 1)


class Utilization:
    """The load by occupied worker time since the last look.

    The autoscaler's formula is ready replicas x measured utilization / target; both factors are taken over the same
    interval here, so that one that has just become ready does not count as if it had been as busy as the others.

    Args:
        busy: worker-seconds occupied so far. workers: of one replica. target: share of them that should be.
    """

    def __init__(self, busy: Callable[[float], float], workers: float, target: float) -> None:
        self._busy = busy
        self._whole = workers * target
        self._before = (0.0, 0.0)

    def __call__(self, now: float) -> float:
        """How many replicas would be right at the target with what was worked since the last look."""
        busy = self._busy(now)
        (then, before), self._before = self._before, (now, busy)
        return (busy - before) / ((now - then) * self._whole)


class Backlog:
    """The load by what waits now: requests in the replicas' queues, messages with brokers.

    Args:
        waiting: say how many wait. target: how many may wait per replica.
    """

    def __init__(self, waiting: list[Callable[[], int]], target: float) -> None:
        self._waiting = waiting
        self._target = target

    def __call__(self, now: float) -> float:
        """What waits by the target."""
        return sum(count() for count in self._waiting) / self._target
