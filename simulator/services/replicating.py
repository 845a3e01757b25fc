"""The steps that read and write originals and their copies. Like all steps on state they take no time of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.outcomes import OK
from simulator.services.state import ConditionalWrite, StateStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.services.execution import Done, Execution, Origin
    from simulator.services.replicated import Copy, Original
    from simulator.services.sequence import Running


class ReadOriginal(StateStep):
    """Looks at the request's row of an original: never stale. A later write of the same execution goes by it."""

    __slots__ = ("_original",)

    def __init__(self, label: str, original: Original) -> None:
        super().__init__(label)
        self._original = original

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Read."""
        yield from ()
        row = self._original.row(execution.root)
        if execution.reads is None:
            execution.reads = {}
        execution.reads[row] = row.version
        execution.root.known_versions.see(row, row.version, execution.replica.environment._now, 0.0)
        return OK


class WriteOriginal(ConditionalWrite):
    """Makes a new version of the request's row, unless it was written since the execution's own read."""

    __slots__ = ("_original",)

    def __init__(self, label: str, original: Original) -> None:
        super().__init__(label)
        self._original = original

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Write; the request knows the new version, and what it sends from now on carries it."""
        yield from ()
        row, reads = self._original.row(execution.root), execution.reads
        seen = None if reads is None else reads.get(row)
        now = execution.replica.environment._now
        if not self._original.write(row, seen, now):
            return self.conflict
        if reads is not None and seen is not None:
            reads[row] = row.version
        execution.root.known_versions.know(row, row.version, now, execution.origin)
        return OK


class ReadCopy(StateStep):
    """Looks at a copy of the request's row: as stale as it is."""

    __slots__ = ("_copy",)

    def __init__(self, label: str, copy: Copy) -> None:
        super().__init__(label)
        self._copy = copy

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Read."""
        yield from ()
        row = self._copy.original.row(execution.root)
        version = self._copy.version(row)
        now = execution.replica.environment._now
        execution.root.known_versions.see(row, version, now, row.staleness(version, now))
        return OK


class WriteCopy(StateStep):
    """Brings a copy of the request's row to the version that the execution has in hand; without one it changes nothing.

    An execution for a batch of messages does so for each of them. There is no conflict: what becomes of an older
    version is up to the copy.
    """

    __slots__ = ("_copy",)

    def __init__(self, label: str, copy: Copy) -> None:
        super().__init__(label)
        self._copy = copy

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Write."""
        yield from ()
        now = execution.replica.environment._now
        for asked_by in _what_asked(execution.origin):
            root = asked_by.root
            if root.versions is not None:
                row = self._copy.original.row(root)
                version = root.versions.carried(row, asked_by.sent, asked_by)
                if version is not None:
                    self._copy.apply(row, version, now)
        return OK


def _what_asked(origin: Origin) -> Sequence[Origin]:
    """The messages of a batch, or else the one attempt or message that an execution works for."""
    deliveries: Sequence[Origin] = getattr(origin, "deliveries", (origin,))
    return deliveries
