"""Trying again what a saga cannot leave as it is: an undo, or a step past the pivot."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from simulator.kernel.draws import Draws
    from simulator.kernel.root import Root
    from simulator.services.execution import Execution
    from simulator.spec.styles import RepetitionSpec


class Waits(Protocol):
    """Says how long to wait, time after time."""

    def next(self, luck: float) -> float:
        """Seconds to wait before it is tried again, given a uniform draw from [0, 1)."""


class Repetition:
    """How one saga's undos, or its steps past the pivot, are tried again.

    Args:
        waits: makes the waits of one thing that is tried again.
        luck: uniform draws from [0, 1), for backoffs in which chance has a part.
    """

    def __init__(self, spec: RepetitionSpec, waits: Callable[[], Waits], luck: Draws) -> None:
        self._spec = spec
        self._waits = waits
        self._luck = luck

    def begin(self, root: Root) -> Course:
        """The waits for one thing that may have to be tried again."""
        return Course(self._spec, self._waits(), self._luck, root)


class Course:
    """The waits that one undo or step has had so far."""

    def __init__(self, spec: RepetitionSpec, waits: Waits, luck: Draws, root: Root) -> None:
        self._spec = spec
        self._waits = waits
        self._luck = luck
        self._root = root
        self._made = 0

    def next(self) -> float | None:
        """Seconds until it is tried again; None: not any more."""
        if self._made >= self._spec.retries:
            return None
        self._made += 1
        return self._waits.next(self._luck.draw(self._root) if self._spec.backoff.random else 0.0)


def rest(execution: Execution, seconds: float) -> Generator[float | None, None, None]:
    """Wait. An event loop turns to somebody else meanwhile, and nothing goes on in a replica that stands still."""
    replica = execution.replica
    if not replica.holds_worker and execution.holding:
        replica.let_go(execution)
    yield seconds
    if replica.paused.value:
        yield from replica.paused.wait(execution)
