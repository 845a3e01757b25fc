"""``warmup.csv``: where each pilot run's beginning ends, by MSER-5."""

from __future__ import annotations

from typing import NamedTuple

NAME = "warmup.csv"


class WarmupRow(NamedTuple):
    """What one pilot would leave out, going by one thing that it observed.

    ``operation`` is a workload's name, ``services`` or ``brokers`` (all of them together); ``measure`` is
    ``answer_latency``, ``completion``, ``queue_length`` or ``backlog``; ``cut`` is in seconds from the start;
    ``trusted`` is ``no`` where the beginning cannot be told from the rest.
    """

    variant: str
    point: str
    operation: str
    measure: str
    replication: int
    cut: float
    trusted: str
