"""Outlier detection: which of a service's hosts a caller passes over for a while. Pure: it takes the time, knows no
clock.

A host is ejected at once when it has failed so many times in a row; sweeps at fixed intervals only bring hosts back
and compare success rates. Every ejection, whatever its reason, must pass one gate: the share of hosts that would then
be out. The k-th ejection of a host lasts k times the base, and k falls by one at each sweep that finds the host in.

Source: Envoy 1.40, ``outlier_detection`` of a cluster, and ``common_lb_config.update_merge_window``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import fsum, sqrt
from typing import TYPE_CHECKING, Any

from simulator.outcomes import OUTCOMES, Outcome

if TYPE_CHECKING:
    from simulator.spec.policies.outlier import OutlierSpec, SuccessRateSpec

GATEWAY = frozenset({Outcome.TIMEOUT, Outcome.UNREACHABLE, Outcome.REJECTED})
"""What a proxy reports as 502, 503 or 504."""
SUCCESSES = frozenset({Outcome.OK, Outcome.CLIENT_ERROR})
SAME_TIME = 1e-9
"""Seconds: times closer than this are one, so that a sum of decimal fractions does not cost a whole sweep."""
SAME_RATE = 1e-9
"""Shares closer than this are one: hosts that do equally well are never ejected for a rounding error."""


class HostRecord:
    """What a detector knows of one host.

    Attributes:
        ejected: whether it is out; `since` when, in seconds.
        ejections: how many times the base its ejection lasts (k).
        failures, gateway_failures: in a row.
        requests, successes: since the last sweep. volume, rate: requests and share of successes in the last interval.
    """

    __slots__ = (
        "ejected",
        "ejections",
        "failures",
        "gateway_failures",
        "rate",
        "requests",
        "since",
        "successes",
        "volume",
    )

    def __init__(self) -> None:
        self.ejected = False
        self.since = 0.0
        self.ejections = self.failures = self.gateway_failures = 0
        self.requests = self.successes = self.volume = 0
        self.rate = 0.0

    def turn_over(self) -> None:
        """An interval is over: what was counted becomes the last interval's figures."""
        self.volume = self.requests
        self.rate = self.successes / self.requests if self.requests else 0.0
        self.requests = self.successes = 0


class OutlierDetector:
    """Detects outliers among hosts, which may be anything hashable.

    Attributes:
        hosts: what is known of each, in their order.
        active: how many are out. total: ejections so far. overflow: ejections that the gate refused.
    """

    __slots__ = ("_changed", "_failing", "_spec", "active", "hosts", "overflow", "total")

    def __init__(self, spec: OutlierSpec, hosts: Iterable[Any]) -> None:
        self._spec = spec
        self._failing = frozenset(OUTCOMES[name] for name in spec.failures)
        self._changed: list[Callable[[float, Any, bool], None]] = []
        self.hosts = {host: HostRecord() for host in hosts}
        self.active = self.total = self.overflow = 0

    def watch(self, changed: Callable[[float, Any, bool], None]) -> None:
        """Call ``changed(now, host, ejected)`` after each host that went out or came back."""
        self._changed.append(changed)

    @property
    def ejected(self) -> frozenset[Any]:
        """The hosts that are out."""
        return frozenset(host for host, record in self.hosts.items() if record.ejected)

    def record(self, host: Any, outcome: Outcome, now: float) -> None:
        """Take in how an attempt at `host` ended. What is neither a success nor a counted failure is passed over, and
        so is a host that is no member any longer."""
        record = self.hosts.get(host)
        if record is None:
            return
        if outcome in self._failing:
            record.requests += 1
            self._failed(host, record, outcome, now)
        elif outcome in SUCCESSES:
            record.requests += 1
            record.successes += 1
            record.failures = record.gateway_failures = 0

    def _failed(self, host: Any, record: HostRecord, outcome: Outcome, now: float) -> None:
        if outcome in GATEWAY:
            record.gateway_failures += 1
            if record.gateway_failures == self._spec.consecutive_gateway_failures and not record.ejected:
                self._eject(host, record, now)
                record.gateway_failures = 0
        else:
            record.gateway_failures = 0
        record.failures += 1
        if record.failures == self._spec.consecutive_failures and not record.ejected:
            self._eject(host, record, now)
            record.failures = 0  # so that a host that the gate kept in is detected again after as many more

    def sweep(self, now: float) -> None:
        """An interval is over: bring back whose time is over, count down who is in, compare success rates."""
        for host, record in self.hosts.items():
            if not record.ejected:
                record.ejections = max(0, record.ejections - 1)
            elif now - record.since > self._lasts(record) - SAME_TIME:
                record.failures = record.gateway_failures = 0
                self._set(host, record, now, ejected=False)
            record.turn_over()
        if self._spec.success_rate is not None:
            for host in list(self._unsuccessful(self._spec.success_rate)):
                self._eject(host, self.hosts[host], now)

    def members(self, hosts: Iterable[Any], now: float) -> None:
        """The service's hosts have changed: who left is forgotten, who is new starts afresh."""
        before = self.hosts
        self.hosts = {host: before.get(host) or HostRecord() for host in hosts}
        for host, record in before.items():
            if record.ejected and host not in self.hosts:
                self._set(host, record, now, ejected=False)

    def reset(self, now: float) -> None:
        """Forget everything: the process that held it has crashed."""
        before = self.hosts
        self.hosts = {host: HostRecord() for host in before}
        for host, record in before.items():
            if record.ejected:
                self._set(host, record, now, ejected=False)

    def _lasts(self, record: HostRecord) -> float:
        return min(record.ejections * self._spec.base_ejection_time, self._spec.longest_ejection)

    def _eject(self, host: Any, record: HostRecord, now: float) -> None:
        spec = self._spec
        within = (self.active + 1) / len(self.hosts) <= spec.max_ejected
        if not within and not (spec.always_eject_one and self.active == 0):
            self.overflow += 1
            return
        self.total += 1
        record.since = now
        if record.ejections * spec.base_ejection_time < spec.longest_ejection + spec.base_ejection_time:
            record.ejections += 1
        self._set(host, record, now, ejected=True)

    def _set(self, host: Any, record: HostRecord, now: float, *, ejected: bool) -> None:
        record.ejected = ejected
        self.active += 1 if ejected else -1
        for changed in self._changed:
            changed(now, host, ejected)

    def _unsuccessful(self, spec: SuccessRateSpec) -> Iterator[Any]:
        """Hosts that are in, had enough requests, and succeeded far less often than such hosts do on average."""
        rates = {
            host: record.rate
            for host, record in self.hosts.items()
            if not record.ejected and record.volume >= spec.minimum_requests
        }
        if len(rates) < spec.minimum_hosts:
            return
        mean = fsum(rates.values()) / len(rates)
        deviation = sqrt(fsum((rate - mean) ** 2 for rate in rates.values()) / len(rates))
        threshold = mean - spec.deviations * deviation
        for host, rate in rates.items():
            if rate < threshold - SAME_RATE:
                yield host


class MergeWindow:
    """When a change of hosts reaches the balancer: at once, or one window later if the last one is not a window ago."""

    __slots__ = ("_last", "_pending", "_window")

    def __init__(self, window: float) -> None:
        self._window = window
        self._last = float("-inf")
        self._pending = False

    def changed(self, now: float) -> float | None:
        """Something has changed: when the balancer is to hear of it (seconds), or None if a time is set already."""
        if self._window == 0.0 or now - self._last > self._window:
            return now
        if self._pending:
            return None
        self._pending = True
        return now + self._window

    def published(self, now: float) -> None:
        """The balancer has heard of everything up to now; what was set for later is void."""
        self._last = now
        self._pending = False
