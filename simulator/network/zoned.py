"""A way whose length depends on the zone of the replica that is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.network.attempt import Cancel, failure
from simulator.outcomes import Outcome

if TYPE_CHECKING:
    from simulator.kernel.environment import Environment
    from simulator.network.attempt import Attempt, Target
    from simulator.network.link import Link


class ZonedLink:
    """The way from the callers of one zone to one operation whose replicas are in several: a link for each zone.

    Args:
        links: the link to the replicas of each zone.

    Attributes:
        name, cancel, program, timed_out, unreachable: see `Link`.
    """

    __slots__ = ("_links", "cancel", "environment", "name", "program", "timed_out", "unreachable")

    def __init__(
        self, environment: Environment, name: str, cancel: Cancel, program: Any, links: Mapping[str, Link]
    ) -> None:
        self.environment = environment
        self.name = name
        self.cancel = cancel
        self.program = program
        self.timed_out = failure(Outcome.TIMEOUT, name)
        self.unreachable = failure(Outcome.UNREACHABLE, name)
        self._links = links

    def send(self, attempt: Attempt, target: Target) -> None:
        """Send an attempt on the way to its target's zone; from then on it belongs to that link."""
        link = attempt.link = self._links[target.zone]
        link.send(attempt, target)
