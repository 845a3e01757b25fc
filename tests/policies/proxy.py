"""A proxy with an outlier detector before some hosts, on a clock: a scripted client asks, and notes which host failed
it and when."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from simulator.kernel.environment import Environment
from simulator.kernel.random import Streams
from simulator.outcomes import Outcome
from simulator.policies.ejecting import Ejector
from simulator.services.balancing import Healthy, Listing, RoundRobin
from simulator.spec.policies import OutlierSpec
from tests.kernel.making import make_root

Answer = Callable[[int, float], Outcome]
"""What a host answers, by its number and the time."""


def always_failing(bad: int) -> Answer:
    """One host answers with server errors, the others well."""
    return lambda host, _: Outcome.SERVER_ERROR if host == bad else Outcome.OK


class Proxy:
    """Hosts are numbers from 0.

    Attributes:
        failed: when the client saw a failure, and of which host.
        changes: when which host went out (True) or came back.
    """

    def __init__(self, hosts: int = 5, **settings: Any) -> None:
        self.environment = Environment()
        self.hosts: list[Any] = list(range(hosts))
        self.listing = Listing(self.hosts)
        spec = OutlierSpec.model_validate(settings)
        self.ejector = Ejector(self.environment, spec, Healthy(self.listing, spec.panic_threshold))
        self.detector = self.ejector.detector
        self.view = self.ejector.view
        self.failed: list[tuple[float, int]] = []
        self.changes: list[tuple[float, int, bool]] = []
        self.detector.watch(lambda now, host, out: self.changes.append((now, host, out)))
        self._balancer = RoundRobin(self.view, Streams(1, 0).source("balance"), 0)
        self._root = make_root()
        self.ejector.start()

    @property
    def now(self) -> float:
        return self.environment.now

    @property
    def members(self) -> list[int]:
        """The hosts that are listed, ejected or not."""
        return [int(host) for host in self._listed(self.listing)]

    @property
    def seen(self) -> list[int]:
        """The hosts that the balancer picks from."""
        return [int(host) for host in self._listed(self.view)]

    @staticmethod
    def _listed(listing: Listing) -> list[Any]:
        return [*listing.replicas]

    def ask(self, answer: Answer) -> int | None:
        """One request, answered at once; the host that it met."""
        host: Any = self._balancer.pick(self._root)
        if host is None:
            return None
        outcome = answer(host, self.now)
        self.tell(host, outcome)
        return int(host)

    def _ask(self, answer: Answer) -> None:
        self.ask(answer)

    def tell(self, host: int, outcome: Outcome) -> None:
        """An attempt at a host has ended."""
        if outcome is not Outcome.OK:
            self.failed.append((self.now, host))
        self.detector.record(host, outcome, self.now)

    def fail(self, host: int, times: int = 1) -> None:
        """A host fails, times over."""
        for _ in range(times):
            self.tell(host, Outcome.SERVER_ERROR)

    def traffic(self, answer: Answer, *, begin: float, end: float, rate: float) -> None:
        """Ask at a steady rate (1/s) from `begin` to `end` (s), and let the clock run until then."""
        for number in range(round((end - begin) * rate)):
            self.environment.at(begin + number / rate, lambda _: self._ask(answer), None)
        self.run(end)

    def run(self, until: float) -> None:
        """Let the clock run."""
        self.environment.run_until(until)

    def outages(self, host: int, longer_than: float = 0.4) -> list[float]:
        """How long the client saw nothing of a failing host, between one failure and the next (s)."""
        times = [time for time, failed in self.failed if failed == host]
        gaps = [later - time for time, later in pairwise(times)]
        return [gap for gap in gaps if gap > longer_than]
