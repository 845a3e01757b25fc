"""Transactions: a local commit and the message that tells of it, which no broker and database commit together.

Three ways (C. Richardson, Microservices Patterns, section 3.3): the message becomes a row of the same commit and is
relayed later (`outbox`); or it is published after the commit, and is lost if that fails; or before it, and then tells
of what may never be committed: a ghost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from simulator.outcomes import OK, Outcome, Reply
from simulator.services.execution import Done
from simulator.services.steps import stop_working

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root
    from simulator.services.execution import Execution
    from simulator.services.sequence import Running
    from simulator.services.steps import Luck, Work


class Announced(Protocol):
    """The topic that a transaction publishes to."""

    def publish(self, execution: Execution, path: Path) -> Running:
        """Publish a message and wait for the broker's confirmation."""

    def announce(self, execution: Execution, path: Path) -> Running:
        """The same, for what is committed already: a message that never gets to the broker counts as lost."""

    def relay(self, sender: str, root: Root, path: Path) -> Running:
        """Publish a message from site `sender`, for whoever relays it; ends with the broker's own confirmation."""

    def expected(self, path: Path) -> set[Path]:
        """The effects of its handlers, for a message published at `path`."""


class Outbox(Protocol):
    """Where committed messages wait until the relay has sent them."""

    def write(self, root: Root, path: Path, topic: Announced) -> None:
        """Add a row, as part of the commit of this instant."""


class Transaction:
    """What the three ways share.

    Args:
        work: the transaction's time at a worker, and its undo's.
        topic: where its message goes.
        effect: whether the commit is an effect.
        remembered_for: seconds for which a repetition of an idempotent operation is recognised by its effect: it then
            commits nothing; None: it never is.
        rolled_back: the luck of commits that fail; None: none does.

    Attributes:
        effects_left: commits so far that were to leave an effect.
        undoable: whether a commit can be taken back. The message cannot: its handlers' effects stay.
    """

    __slots__ = (
        "_conflict",
        "_effect",
        "_remembered_for",
        "_rolled_back",
        "_topic",
        "_work",
        "critical",
        "effects_left",
        "label",
        "undoable",
    )

    def __init__(
        self,
        label: str,
        work: Work,
        topic: Announced,
        *,
        effect: bool,
        remembered_for: float | None,
        rolled_back: Luck | None,
        critical: bool,
    ) -> None:
        self.label = label
        self.critical = critical
        self.undoable = work.undoable
        self._work = work
        self._topic = topic
        self._effect = effect
        self._remembered_for = remembered_for
        self._rolled_back = rolled_back
        self.effects_left = 0
        self._conflict = Reply(Outcome.SERVER_ERROR, "", label)

    def undo(self, execution: Execution, path: Path) -> Running:
        """Work on taking the commit back."""
        return self._work.undo(execution, path)

    def expected(self, path: Path) -> set[Path]:
        """The commit's own effect, and those of the message's handlers."""
        own = {path.child(self, self.label)} if self._effect else set()
        return own | self._topic.expected(self._message(path))

    def _message(self, path: Path) -> Path:
        """The message's place: beside the commit's, so that an undo of the one leaves the other alone."""
        return path.child((self, "message"), f"message of {self.label}")

    def _carried_out(self, execution: Execution) -> Running:
        """Work, then commit or roll back."""
        reply = yield from self._work.run(execution, None)
        if reply is OK and self._rolled_back is not None and self._rolled_back.strikes(execution.root):
            return self._conflict
        return reply

    def _commit(self, execution: Execution) -> bool:
        """Leave the effect; whether that is news, and not a repetition that was recognised."""
        if not self._effect:
            return True
        root, place = execution.root, self._place(execution)
        before = 0 if root.ledger is None else root.ledger.units.get(place, 0)
        self.effects_left += 1
        root.add_effect(place, execution.replica.environment._now, self._remembered_for, execution.origin)
        assert root.ledger is not None
        return root.ledger.units[place] > before

    def _place(self, execution: Execution) -> Path:
        return execution.path.child(self, self.label)


class RelayedTransaction(Transaction):
    """``outbox``: the commit writes the message as a row of its own database; ok without waiting for any broker."""

    __slots__ = ("outbox",)

    outbox: Outbox

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Work; commit the effect and the row at one instant."""
        reply = yield from self._carried_out(execution)
        if reply is not OK:
            return reply
        if self._commit(execution):
            self.outbox.write(execution.root, self._message(execution.path), self._topic)
        if done is not None:
            done.append(Done(self, self._place(execution), OK))
        return OK


class CommittedFirst(Transaction):
    """``commit_then_publish``: what goes wrong in between leaves a commit that nobody hears of.

    The brief's code hands the failure to its caller, though the order is saved; with `continue` it is passed over.
    """

    __slots__ = ("passes_over",)

    passes_over: bool

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Work and commit; then publish and wait for the confirmation."""
        reply = yield from self._carried_out(execution)
        if reply is not OK:
            return reply
        self._commit(execution)
        stop_working(execution)
        reply = yield from self._topic.announce(execution, self._message(execution.path))
        if reply is not OK and self.passes_over:
            execution.replica.tally.passed_over += 1
            reply = OK
        if done is not None:
            done.append(Done(self, self._place(execution), reply))
        return reply


class PublishedFirst(Transaction):
    """``publish_then_commit``: what goes wrong in between leaves a message about nothing, a ghost."""

    __slots__ = ()

    def run(self, execution: Execution, done: list[Done] | None) -> Running:
        """Publish and wait for the confirmation; then work and commit."""
        stop_working(execution)
        reply = yield from self._topic.publish(execution, self._message(execution.path))
        if reply is OK:
            reply = yield from self._carried_out(execution)
        if reply is not OK:
            return reply
        self._commit(execution)
        if done is not None:
            done.append(Done(self, self._place(execution), OK))
        return OK


AnyTransaction = RelayedTransaction | CommittedFirst | PublishedFirst
"""A transaction step, in any of the ways."""
