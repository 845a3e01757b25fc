"""A record in the hands of a consumer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.messaging.message import Delivery

if TYPE_CHECKING:
    from simulator.messaging.log.consumer import Consumer
    from simulator.messaging.log.partition import Cursor, Record


class LogDelivery(Delivery):
    """A record in the hands of a consumer.

    Attributes:
        attempt: which try of this consumer it is, from 1.
    """

    __slots__ = ("attempt", "consumer", "cursor", "record")

    consumer: Consumer
    cursor: Cursor
    record: Record
    attempt: int
