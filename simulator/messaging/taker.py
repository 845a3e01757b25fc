"""What takes messages in and sees to it that they are handled: the one side of every broker that the others see.

A queue, a subscription and a consumer group of a log are takers. Topics and posts hand them messages; the executions
that handle their deliveries tell them how that ended; styles settle some deliveries themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from simulator.messaging.message import Delivery, Message, MessageTally
    from simulator.outcomes import Reply
    from simulator.services.replica import Replica


class Taker(Protocol):
    """Messages for one operation."""

    @property
    def tally(self) -> MessageTally:
        """What is counted of them."""

    @property
    def there(self) -> int:
        """How many messages were taken in and are not settled: on their way, waiting, delayed or in hand."""

    def take(self, message: Message) -> bool:
        """Take a published message in; whether there was room. What is refused leaves no trace."""

    def conclude(self, delivery: Delivery, reply: Reply) -> None:
        """A handler has ended with `reply`: settle its delivery by the broker's plain rule."""

    def acknowledge(self, delivery: Delivery) -> None:
        """The message has been handled, whatever its handler replied."""

    def give_back(self, delivery: Delivery) -> None:
        """The handler has failed: deliver the message again, or give it up."""

    def consumer_lost(self, delivery: Delivery) -> None:
        """The consumer has crashed, or was down when the message came."""

    def expired(self, delivery: Delivery) -> None:
        """The consumer has held the message for too long."""

    def waiting(self) -> int:
        """How many messages wait for a consumer."""

    def in_hand(self, replica: Replica) -> int:
        """How many messages were handed to a replica that it is not done with."""
