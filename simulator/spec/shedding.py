"""Load shedding at a service: when a replica refuses a request although it could still be queued."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simulator.spec.base import Natural, Positive, Spec
from simulator.spec.units import PositiveDuration


class QueueLengthShed(Spec):
    """Refuses what arrives while ``max_length`` requests wait at the replica: the oldest rule, and the plainest."""

    kind: Literal["queue_length"] = "queue_length"
    max_length: Natural


class CodelShed(Spec):
    """CoDel (RFC 8289) on the time in the queue: once no request has waited less than ``target`` for an ``interval``
    (seconds), requests are refused as they come to a worker, ever faster, until one has waited less.

    The defaults are the RFC's: 5 ms, 100 ms. The last request in the queue is never refused.
    """

    kind: Literal["codel"] = "codel"
    target: PositiveDuration = 0.005
    interval: PositiveDuration = 0.1


class WaitShed(Spec):
    """Refuses what would wait longer than ``max_wait`` (seconds): requests before it, itself included, times the mean
    time that a request occupies a worker, over the workers.

    The mean is exponential, with ``smoothing`` the weight of the last request in (0, 1]. Before the first request has
    ended nothing is refused. Callsim's own rule: no library's.
    """

    kind: Literal["wait"] = "wait"
    max_wait: PositiveDuration
    smoothing: Annotated[Positive, Field(le=1)] = 0.1


AnyShed = QueueLengthShed | CodelShed | WaitShed
"""Any of them, for annotations."""

ShedSpec = Annotated[AnyShed, Field(discriminator="kind")]
"""What a service's ``shed`` says."""
