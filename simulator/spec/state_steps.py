"""Steps on the state that the executions of a service share: rows and stocks."""

from __future__ import annotations

from typing import ClassVar, Literal

from simulator.spec.base import Spec


class ReadStep(Spec):
    """Looks at a row of the service's `state`; a later `write` of the same execution goes by it. Takes no time."""

    kind: ClassVar[str] = "read"

    read: str


class WriteStep(Spec):
    """Writes a row of the service's `state`. If it was written since this execution's own read, that is a conflict: a
    ``client_error``, or with ``retry`` everything from the last read of the row in the same list of steps is done
    again, at once, until there is none. Without a read there is no conflict. Takes no time."""

    kind: ClassVar[str] = "write"

    write: str
    conflict: Literal["client_error", "retry"] = "client_error"


class TakeStep(Spec):
    """Takes one unit of a stock of the service's `state`; a ``client_error`` where none is left. Takes no time. A saga
    that is undone gives it back."""

    kind: ClassVar[str] = "take"

    take: str


class GiveStep(Spec):
    """Gives one unit of a stock back, never more than were taken. Takes no time."""

    kind: ClassVar[str] = "give"

    give: str
