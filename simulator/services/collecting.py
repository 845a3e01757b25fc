"""Replicas whose consumers handle some messages in batches: these are collected before a worker takes them up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from simulator.services.replica import Replica

if TYPE_CHECKING:
    from simulator.services.execution import Origin

    _Base = Replica
else:
    _Base = object


class Collector(Protocol):
    """Collects the messages of one subscription; it stands in place of their program."""

    collects: bool

    def collect(self, message: Any, replica: Any) -> None:
        """Put a message that has come to `replica` with others."""


class Collecting(_Base):
    """Mixed into the replicas of a service that handles messages in batches."""

    __slots__ = ()

    def accept(self, message: Origin) -> None:
        """Take a message in, or put it with those that it will be handled with."""
        program: Any = message.program
        if self.up and getattr(program, "collects", False):
            program.collect(message, self)
        else:
            super().accept(message)


Kind = TypeVar("Kind", bound=Replica)


def collecting(kind: type[Kind]) -> type[Kind]:
    """The same kind of replica, for a service that handles messages in batches: the others pay nothing for it."""
    return cast("type[Kind]", type(f"Collecting{kind.__name__}", (Collecting, kind), {"__slots__": ()}))
