"""Replicas whose processor decides who is worked on: whoever is let in is there at once, and nobody queues.

Their `workers` are places without limit; how many are worked on at once is the processor's affair. What bounds them is
how many may be there: `workers` of the file, and `capacity` more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.services.replica import Replica
from simulator.services.shedding import GuardedReplica

if TYPE_CHECKING:
    from simulator.network.attempt import Attempt


class SharedReplica(Replica):
    """A replica under `ps` or preemptive `priority`."""

    __slots__ = ()

    def arrive(self, attempt: Attempt) -> None:
        """Let a request in, or refuse it because too many are there."""
        assert self.processing is not None
        if self.up and not attempt.withdrawn and self.busy + self.queued >= self.processing.most:
            self.refuse_full(attempt)
        else:
            super().arrive(attempt)


class GuardedSharedReplica(SharedReplica, GuardedReplica):
    """The same, with an adaptive limit."""

    __slots__ = ()
