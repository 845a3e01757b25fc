"""Puts an outlier detector between a caller and its balancer: it hears how attempts end, sweeps by the clock, and lets
the balancer see only the replicas that are in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from simulator.policies.breaker import State
from simulator.policies.outlier import MergeWindow, OutlierDetector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from simulator.kernel.environment import Environment
    from simulator.network.attempt import Request
    from simulator.network.wire import Balancer
    from simulator.policies.call import Call, Calling, Policy
    from simulator.policies.observed import BreakerTally
    from simulator.spec.policies import OutlierSpec


class View(Protocol):
    """What balancers pick from: the members of a service but for those that are ejected."""

    @property
    def members(self) -> list[Any]:
        """Every replica that callers know of, ejected or not."""

    def show(self, ejected: frozenset[Any]) -> None:
        """Pass over `ejected` from now on."""

    def watch_members(self, changed: Callable[[], None]) -> None:
        """Call `changed` when the members have changed."""


Seen = TypeVar("Seen", bound=View)


class Ejector(Generic[Seen]):
    """A detector on the clock.

    Attributes:
        detector: hears of every attempt that has ended.
        view: what the balancers of its callers pick from.
    """

    def __init__(self, environment: Environment, spec: OutlierSpec, view: Seen) -> None:
        self._environment = environment
        self._interval = spec.interval
        self._sweeps = 0
        self._window = MergeWindow(spec.update_merge_window)
        self._publication = 0
        self.view = view
        self.detector = OutlierDetector(spec, view.members)
        self.detector.watch(self._changed)
        view.watch_members(self._members_changed)

    def start(self) -> None:
        """Begin to sweep; the first sweep comes after one interval."""
        self._sweeps += 1
        self._environment.at(self._sweeps * self._interval, self._sweep, None)

    def reset(self, now: float) -> None:
        """The process that held it has crashed: nothing is known, everybody is in."""
        self.detector.reset(now)
        self._publish(now)

    def observe(self, tally: BreakerTally, replicas: Iterable[Any]) -> None:
        """Let each of all the replicas that there can be count as a breaker of its edge, open while it is ejected."""
        watchers = {}
        for replica in replicas:
            watchers[replica] = tally.watch()
            tally.breakers.append((self, replica))
        self.detector.watch(lambda now, host, out: watchers[host](now, State.OPEN if out else State.CLOSED))

    def _sweep(self, _: None) -> None:
        self.detector.sweep(self._environment._now)
        self.start()

    def _changed(self, now: float, host: Any, ejected: bool) -> None:
        due = self._window.changed(now)
        if due == now:
            self._publish(now)
        elif due is not None:
            self._environment.at(due, self._due, self._publication)

    def _due(self, publication: int) -> None:
        if publication == self._publication:  # else everything up to now has been published meanwhile
            self._publish(self._environment._now)

    def _members_changed(self) -> None:
        """A replica has been listed, or is no longer: that is never put off."""
        now: float = self._environment._now
        self.detector.members(self.view.members, now)
        self._publish(now)

    def _publish(self, now: float) -> None:
        self._publication += 1
        self._window.published(now)
        self.view.show(self.detector.ejected)


def ejecting(environment: Environment, balancer: Balancer, detector: OutlierDetector) -> Policy:
    """Tells `detector` how each attempt ended, and at which replica. It goes right round the wire: the replica is
    picked here unless a policy outside has picked it. An attempt that somebody outside gives up tells nothing."""

    def policy(inner: Call) -> Call:
        def call(request: Request) -> Calling:
            target = request.target
            if target is None:
                target = request.target = balancer.pick(request.root)
            reply = yield from inner(request)
            if target is not None:
                detector.record(target, reply.outcome, environment._now)
            return reply

        return call

    return policy
