"""A replica that crashes loses everything it has in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.kernel.ticket import Ticket

if TYPE_CHECKING:
    from simulator.services.replica import Replica


def crash(replica: Replica) -> None:
    """Lose everything in hand: callers see the connection break at once, messages follow the broker's rule."""
    replica.up = False
    waiting = [item for item in replica.waiting if type(item) is not Ticket and not item.withdrawn]
    messages = list(replica.messages)
    replica.waiting.clear()
    replica.messages.clear()
    for _ in waiting:
        replica.dequeued()
    for origin in list(replica.live or ()):
        _lose(replica, origin)
    for item in (*waiting, *messages):
        item.break_off()
    for forget in replica.when_crashed:
        forget(replica.environment._now)


def _lose(replica: Replica, origin: Any) -> None:
    execution = origin.execution
    replica.stop(origin)
    if not execution.answered:
        origin.break_off()
