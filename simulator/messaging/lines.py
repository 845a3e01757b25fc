"""The line of messages that are ready for a consumer: who comes next, and where those stand that come again.

Pure: they know neither the clock nor the broker. A message that is settled while it waits (its time is over, or an
earlier delivery has led to something after all) is taken out by `withdraw`, and passed over when its turn comes.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.kernel.draws import Draws
    from simulator.kernel.root import Key
    from simulator.messaging.message import Message


class Line(Protocol):
    """Messages that are ready.

    Attributes:
        size: how many wait.
        release: called when a message that was taken out has been settled; None: that changes nothing.
    """

    size: int
    release: Callable[[Message], None] | None

    def add(self, message: Message) -> None:
        """A new message; their numbers grow."""

    def put_back(self, message: Message) -> None:
        """A message that was taken out comes again."""

    def next(self) -> Message | None:
        """Take out whose turn it is; None: nobody may go at present."""

    def oldest(self) -> Message | None:
        """The message at the head, which stays where it is; None: nobody waits."""

    def withdraw(self, message: Message) -> None:
        """A waiting message has just been settled."""


class ArrivalLine:
    """First come, first served; what comes again goes to the tail."""

    release: Callable[[Message], None] | None = None

    def __init__(self) -> None:
        self.size = 0
        self._ready: deque[Message] = deque()

    def add(self, message: Message) -> None:
        """See `Line`."""
        self._ready.append(message)
        self.size += 1

    put_back = add

    def next(self) -> Message | None:
        """See `Line`."""
        ready = self._ready
        while ready:
            message = ready.popleft()
            if not message.settled:
                self.size -= 1
                return message
        return None

    def oldest(self) -> Message | None:
        """See `Line`."""
        ready = self._ready
        while ready and ready[0].settled:
            ready.popleft()
        return ready[0] if ready else None

    def withdraw(self, message: Message) -> None:
        """See `Line`."""
        self.size -= 1


class ShuffledLine(ArrivalLine):
    """Best effort: now and then somebody overtakes.

    Args:
        share: of hand-overs in which not the message at the head goes, but one picked at random.
        chance: uniform draws by request: first whether the message at the head is passed over, then who goes instead.
    """

    def __init__(self, share: float, chance: Draws) -> None:
        super().__init__()
        self._share = share
        self._chance = chance

    def next(self) -> Message | None:
        """See `Line`."""
        head = self.oldest()
        if head is not None and self.size > 1 and self._chance.draw(head.root) < self._share:
            place = int(self._chance.draw(head.root) * len(self._ready))
            if not self._ready[place].settled:
                chosen = self._ready[place]
                del self._ready[place]
                self.size -= 1
                return chosen
        return super().next()


class PositionLine:
    """What comes again goes back to where it stood: RabbitMQ requeues to the original position if possible.

    Source: RabbitMQ documentation, "Consumer Acknowledgements and Publisher Confirms", negative acknowledgements.
    """

    release: Callable[[Message], None] | None = None

    def __init__(self) -> None:
        self.size = 0
        self._new: deque[Message] = deque()
        self._again: list[tuple[int, Message]] = []

    def add(self, message: Message) -> None:
        """See `Line`."""
        self._new.append(message)
        self.size += 1

    def put_back(self, message: Message) -> None:
        """See `Line`."""
        heappush(self._again, (message.number, message))
        self.size += 1

    def next(self) -> Message | None:
        """See `Line`."""
        head = self.oldest()
        if head is not None:
            self.size -= 1
            if self._again and self._again[0][1] is head:
                heappop(self._again)
            else:
                self._new.popleft()
        return head

    def oldest(self) -> Message | None:
        """See `Line`."""
        new, again = self._new, self._again
        while new and new[0].settled:
            new.popleft()
        while again and again[0][1].settled:
            heappop(again)
        if again and (not new or again[0][0] < new[0].number):
            return again[0][1]
        return new[0] if new else None

    def withdraw(self, message: Message) -> None:
        """See `Line`."""
        self.size -= 1


class GroupLine:
    """Messages of one group (`Message.key`) go one after the other: while one of them is out, the others wait; what
    comes again goes to the head of its group. Of the groups, the one whose head is oldest is next.

    Source: Amazon SQS developer guide, "FIFO queue delivery logic in Amazon SQS".
    """

    def __init__(self) -> None:
        self.size = 0
        self._groups: dict[Key | None, deque[Message]] = {}
        self._out: dict[Key | None, Message] = {}
        self._heads: list[tuple[int, Message]] = []
        self.release: Callable[[Message], None] | None = self._release

    def add(self, message: Message) -> None:
        """See `Line`."""
        self.size += 1
        group = self._groups.setdefault(message.key, deque())
        group.append(message)
        if len(group) == 1 and message.key not in self._out:
            heappush(self._heads, (message.number, message))

    def put_back(self, message: Message) -> None:
        """See `Line`."""
        self.size += 1
        self._groups.setdefault(message.key, deque()).appendleft(message)
        if self._out.get(message.key) is message:
            del self._out[message.key]
        heappush(self._heads, (message.number, message))

    def next(self) -> Message | None:
        """See `Line`."""
        head = self._free_head()
        if head is None:
            return None
        heappop(self._heads)
        self.size -= 1
        self._groups[head.key].popleft()
        self._out[head.key] = head
        return head

    def oldest(self) -> Message | None:
        """The oldest message of those that may go."""
        return self._free_head()

    def withdraw(self, message: Message) -> None:
        """See `Line`."""
        self.size -= 1

    def _release(self, message: Message) -> None:
        if self._out.get(message.key) is message:
            del self._out[message.key]
            self._show_head(message.key)

    def _free_head(self) -> Message | None:
        while self._heads:
            head = self._heads[0][1]
            if not head.settled:
                return head
            heappop(self._heads)
            self._show_head(head.key)
        return None

    def _show_head(self, key: Key | None) -> None:
        group = self._groups.get(key)
        while group and group[0].settled:
            group.popleft()
        if group:
            heappush(self._heads, (group[0].number, group[0]))
        elif group is not None:
            del self._groups[key]
