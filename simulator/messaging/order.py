"""Order of delivery: which messages come after one that was published later.

Whoever promises an order promises it within a scope: a queue, a subscription at one replica, a partition, a group of
messages with one key. Each scope has an `Order` of its own; with keys, one `Order` tells them apart by itself. A
redelivery counts like any other delivery: what failed and comes again after later ones is out of order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.kernel.root import Key, KeyOf
    from simulator.messaging.message import Message


class Order:
    """The order of all deliveries of one scope, by the numbers that messages were given as they were published."""

    __slots__ = ("_newest",)

    def __init__(self) -> None:
        self._newest = 0

    def delivered(self, message: Message) -> bool:
        """Note a delivery; whether a message published later was delivered before it."""
        number = message.number
        if number < self._newest:
            return True
        self._newest = number
        return False


class OrderByKey:
    """As `Order`, for messages of which only those with the same key must keep their order.

    Args:
        keys: gives each message's request its key.
    """

    __slots__ = ("_keys", "_newest")

    def __init__(self, keys: KeyOf) -> None:
        self._keys = keys
        self._newest: dict[Key, int] = {}

    def delivered(self, message: Message) -> bool:
        """Note a delivery; whether a message with the same key, published later, was delivered before it."""
        key = self._keys.of(message.root)
        if message.number < self._newest.get(key, 0):
            return True
        self._newest[key] = message.number
        return False


def order_of(keys: KeyOf | None) -> Order | OrderByKey:
    """The order of one scope: of messages with the same key, or (None) of all of them."""
    return Order() if keys is None else OrderByKey(keys)
