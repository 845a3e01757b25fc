"""An office whose mail is a Kafka log: who handled what, how often, and when."""

from __future__ import annotations

from typing import Any

from tests.messaging.office import KAFKA, Office

SHARP: dict[str, Any] = {**KAFKA, "session_timeout": 10.0, "heartbeat": 1.0, "rebalance_time": 3.0}
"""A dead consumer is noticed after 10 seconds, counted from the last whole second; a rebalance takes 3."""


class ReadingRoom(Office):
    """Each handling takes a second and leaves an effect; messages are called 0, 1, 2, ... Without keys message n goes
    to partition n modulo the number of partitions."""

    def __init__(
        self,
        messages: int = 0,
        *,
        broker: dict[str, Any] | None = None,
        handler: dict[str, Any] | None = None,
        replicas: int = 2,
        workers: int = 1,
        desk: dict[str, Any] | None = None,
        **tables: Any,
    ) -> None:
        super().__init__(
            {**SHARP, **(broker or {})},
            {"work": 1.0, "effect": True, **(handler or {})},
            desk={"replicas": replicas, "workers": workers, **(desk or {})},
            **tables,
        )
        self.publish(*map(str, range(messages)))

    @property
    def copies(self) -> dict[int, int]:
        """How often each message has left its effect, where that was more than once."""
        units = {int(name): root.ledger.units.values() for name, root in self.roots.items() if root.ledger is not None}
        return {number: sum(counts) for number, counts in units.items() if sum(counts) > 1}

    @property
    def first_at(self) -> dict[int, float]:
        """When each message had been handled for the first time."""
        ledgers = {int(name): root.ledger for name, root in self.roots.items() if root.ledger is not None}
        return {number: ledger.changed_at for number, ledger in ledgers.items()}
