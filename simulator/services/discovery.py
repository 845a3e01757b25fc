"""Health checks: how callers learn that a replica is gone or back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.kernel.environment import Environment
    from simulator.services.balancing import Listing
    from simulator.services.replica import Replica
    from simulator.spec.services import DiscoverySpec


class HealthChecks:
    """Asks every replica of one service at fixed intervals.

    After `failures` failed checks in a row a replica leaves the list, after one good check it comes back; callers hear
    of either `propagation` seconds later. All callers read one list, and whoever keeps it is in no zone.

    Args:
        cut_off: whether a replica cannot be asked, since a partition lies round its zone.
    """

    def __init__(
        self,
        environment: Environment,
        spec: DiscoverySpec,
        replicas: list[Replica],
        listing: Listing,
        cut_off: Callable[[Replica], bool],
    ) -> None:
        self._environment = environment
        self._cut_off = cut_off
        self._every = spec.health_check.every
        self._allowed = spec.health_check.failures
        self._propagation = spec.propagation
        self._replicas = replicas
        self._listing = listing
        self._failures = dict.fromkeys(replicas, 0)
        self._checks = 0

    def start(self) -> None:
        """Begin; the first check comes after one interval."""
        self._schedule()

    def _schedule(self) -> None:
        self._checks += 1
        self._environment.at(self._checks * self._every, self._check, None)

    def _check(self, _: None) -> None:
        due = self._environment._now + self._propagation
        for replica in self._replicas:
            if replica.draining or not replica.member:
                self._failures[replica] = 0  # whoever sent it away tells callers
            elif replica.up and not replica.paused.value and not self._cut_off(replica):
                if self._failures[replica] >= self._allowed:
                    self._environment.at(due, self._return, replica)
                self._failures[replica] = 0
            else:
                self._failures[replica] += 1
                if self._failures[replica] == self._allowed:
                    self._environment.at(due, self._listing.remove, replica)
        self._schedule()

    def _return(self, replica: Replica) -> None:
        if replica.member and not replica.draining:
            self._listing.add(replica, self._replicas)
