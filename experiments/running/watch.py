"""What tells somebody who waits how far the runs are."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from experiments.running.executor import Done


class Watch(NamedTuple):
    """Told of runs.

    Attributes:
        expect: told how many more runs there will be, as soon as that is known.
        done: told of every finished run.
    """

    expect: Callable[[int], None]
    done: Done


def _unseen(_: object) -> None:
    """Nobody is waiting."""


UNWATCHED = Watch(_unseen, _unseen)
"""Where nobody waits."""
