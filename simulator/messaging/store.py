"""What a broker keeps for one queue: messages that are ready, and what becomes of every message in the end.

Each message taken in is in the end handled, dead, or lost for a reason. Who it is handed to, and who notices that a
delivery came to nothing, is not the store's business: see `queue` and `redelivery`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from simulator.messaging.gates import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.kernel.deadlines import Deadlines
    from simulator.kernel.environment import Environment
    from simulator.kernel.root import KeyOf
    from simulator.messaging.gates import Gate
    from simulator.messaging.lines import Line
    from simulator.messaging.message import Message, MessageTally
    from simulator.messaging.topic import Topic

NO_LIMIT = float("inf")


class Rules(NamedTuple):
    """How messages are kept: what one broker's preset means, as parts.

    Attributes:
        line: who comes next. gate: who gets in; None: everybody.
        max_deliveries: what fails so often is a dead letter at once. max_receives: what was received so often is one
            when it would be received again.
        length: what is older than the newest so many is trimmed.
        retention: how long messages are kept; None: longer than the run lasts.
        keys: what puts messages into groups; None: there are none.
        dead_letters: where dead letters are published; None: they are kept and counted.
        buried: loss reasons for which a message becomes a dead letter instead, if there is a place for those.
    """

    line: Line
    gate: Gate | None = None
    max_deliveries: float = NO_LIMIT
    max_receives: float = NO_LIMIT
    length: float = NO_LIMIT
    retention: Deadlines | None = None
    keys: KeyOf | None = None
    dead_letters: Topic | None = None
    buried: tuple[str, ...] = ()

    @property
    def guarded(self) -> bool:
        """Whether they ask for a look at every message that comes in."""
        looks = (self.gate, self.keys, self.retention)
        return any(part is not None for part in looks) or self.length < NO_LIMIT


class Store:
    """The messages of one queue.

    Attributes:
        there: messages taken in and not settled: waiting, delayed or in hand.
        line: those that are ready.
        max_receives: what was received so often is buried when it would be received again.
        ready: called when a message has become ready.
        settled: called with each message that is settled; None: nobody need know.
    """

    def __init__(self, environment: Environment, rules: Rules, tally: MessageTally) -> None:
        self.there = 0
        self.tally = tally
        self.line = rules.line
        self.ready: Callable[[], None] = _nobody_waits
        self.settled: Callable[[Message], None] | None = None
        self._environment = environment
        self._rules = rules
        self.max_receives = rules.max_receives
        self._published = 0
        self._swept = ("", 0)

    # -- in and out ---------------------------------------------------------------------------------------

    def take(self, message: Message) -> bool:
        """Take a published message in, if there is room."""
        self._published = message.number = self._published + 1
        message.root.pending += 1
        self.there += 1
        self.tally.taken += 1
        self.line.add(message)
        message.waits = True
        self.tally.waits(self._environment._now)
        self.ready()
        return True

    def come_again(self, message: Message, delay: float = 0.0) -> None:
        """A delivery has come to nothing: the message is ready again after `delay` seconds, unless it is given up."""
        if message.settled:
            return
        if message.deliveries >= self._rules.max_deliveries:
            self.bury(message)
        elif delay <= 0:
            self._return(message)
        else:
            self._environment.at(self._environment._now + delay, self._return, message)

    def may_go_again(self, message: Message) -> bool:
        """Whether a message in hand may be handed to somebody else; if not, it has been given up."""
        if reason := self._reason_gone(message):
            self._discard(message, reason)
        elif message.deliveries >= self._rules.max_deliveries:
            self.bury(message)
        return not message.settled

    # -- what becomes of messages -------------------------------------------------------------------------

    def settle(self, message: Message) -> None:
        """Nothing more is done for a message."""
        message.settled = True
        self.there -= 1
        if message.waits:
            message.waits = False
            self.line.withdraw(message)
            self.tally.leaves(self._environment._now)
        elif self.line.release is not None:
            self.line.release(message)
        if self.settled is not None:
            self.settled(message)
        message.root.leave()

    def lose(self, message: Message, reason: str) -> None:
        """A message is lost."""
        if not message.settled:
            self.tally.lost[reason] += 1
            message.root.mishaps.lose(message.path)
            self.settle(message)

    def outlived(self, message: Message) -> None:
        """The time for which a message is kept is over. What is in hand may still be handled, but never comes again."""
        if message.waits:
            self._discard(message, "expired")
            self.ready()
        elif not message.settled:
            message.gone = "expired"

    def vanish(self) -> None:
        """The broker is down, and nothing here was durable."""
        self.sweep("broker_down", self._published)

    def sweep(self, reason: str, number: int) -> None:
        """Lose what waits of the messages up to `number`; what is in hand does not come again."""
        self._swept = (reason, number)
        while True:
            head = self.line.oldest()
            if head is None or head.number > number:
                return
            self.lose(head, reason)

    # -- inside -------------------------------------------------------------------------------------------

    def _return(self, message: Message) -> None:
        if message.settled or message.waits:  # by an earlier delivery, while it was delayed
            return
        if reason := self._reason_gone(message):
            self._discard(message, reason)
            return
        self.line.put_back(message)
        message.waits = True
        self.tally.waits(self._environment._now)
        self.ready()

    def _reason_gone(self, message: Message) -> str:
        reason, number = self._swept
        return message.gone or (reason if message.number <= number else "")

    def _discard(self, message: Message, reason: str) -> None:
        if self._rules.dead_letters is not None and reason in self._rules.buried:
            self.bury(message)
        else:
            self.lose(message, reason)

    def bury(self, message: Message) -> None:
        """A message becomes a dead letter."""
        self.tally.dead += 1
        message.root.mishaps.bury(message.path)
        if message.given_up is not None:
            message.given_up(message)
        if self._rules.dead_letters is not None:
            self._rules.dead_letters.fan_out(message.root, message.path)
        self.settle(message)


class GuardedStore(Store):
    """A store that looks at what comes in: with a gate, a length, a retention, or keys."""

    def take(self, message: Message) -> bool:
        """See `Store`."""
        rules = self._rules
        if rules.gate is not None:
            verdict = rules.gate.judge(message, self.line.size, self._environment._now)
            if verdict is not Verdict.ENTER and not self._enters(message, verdict):
                return verdict is Verdict.REPETITION
        if rules.keys is not None:
            message.key = rules.keys.of(message.root)
        if rules.retention is not None:
            rules.retention.add(_Lifetime(message, self))
        if self._published >= rules.length:
            self.sweep("trimmed", self._published + 1 - int(rules.length))
        return super().take(message)

    def _enters(self, message: Message, verdict: Verdict) -> bool:
        if verdict is Verdict.DROP_HEAD:
            head = self.line.oldest()
            if head is not None:
                self._discard(head, "overflow")
            return True
        if verdict is Verdict.REPETITION:
            message.settled = message.repeated = True
        if verdict is Verdict.REFUSE_AND_BURY:
            message.root.pending += 1
            self.there += 1
            self.tally.taken += 1
            self.bury(message)
        return False


class _Lifetime:
    """How long a message is kept, as something that expires."""

    __slots__ = ("_message", "_store", "expires")

    def __init__(self, message: Message, store: Store) -> None:
        self._message = message
        self._store = store
        self.expires = 0.0

    @property
    def waiting(self) -> bool:
        """Whether there is still something to be kept."""
        return not self._message.settled

    @waiting.setter
    def waiting(self, _: bool) -> None:
        """Its time is up."""

    def expire(self) -> None:
        """See `Deadlines`."""
        self._store.outlived(self._message)


def _nobody_waits() -> None:
    """A store without a queue hands nothing out."""
