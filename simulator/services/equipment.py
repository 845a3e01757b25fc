"""What every replica of a service has."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from simulator.services.lines import Opened, fifo

UNBOUNDED = float("inf")


class Equipment(NamedTuple):
    """What every replica of a service has.

    Attributes:
        workers: how many requests it serves at once; infinity: any number.
        capacity: how many may wait. line: opens the line in which they wait.
        holds_worker: whether a worker waits with its request.
        operations: how many operations it offers.
        can_crash: whether a crash can happen to it.
    """

    workers: float
    capacity: float = UNBOUNDED
    line: Callable[[], Opened] = fifo
    holds_worker: bool = True
    operations: int = 1
    can_crash: bool = False
