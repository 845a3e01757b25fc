"""Handles the messages of a subscription that asks for more than its operation's steps.

A handler with an inbox knows messages again that it has handled: they are acknowledged without running its steps. Two
deliveries of one message may be handled at the same time; then the unique key of the inbox lets only one of them
commit, and the other one's own effect is rolled back. (What its calls and its steps have left elsewhere stays.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from simulator.messaging.inbox import identity
from simulator.network.attempt import Request
from simulator.outcomes import OK, Outcome, Reply
from simulator.services.sequence import run_all, run_steps
from simulator.services.steps import stop_working

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from simulator.messaging.inbox import Inbox
    from simulator.messaging.message import Delivery, MessageTally
    from simulator.messaging.poison import Poison
    from simulator.policies.call import Call
    from simulator.services.execution import Execution
    from simulator.services.operation import Operation
    from simulator.services.sequence import Running


class Handler:
    """What a consumer does with the messages that it takes up at one time: one, or a batch of them.

    Args:
        operation: whose steps are run, once for all of them. Its own effect is left for each.
        tally: of the topic.
        inbox: what has been handled; None: nobody remembers.
        poison: which messages cannot be handled; None: none.
        repeated: wraps handling once into handling with retries; None: there are none.
    """

    def __init__(
        self,
        operation: Operation,
        tally: MessageTally,
        inbox: Inbox | None,
        poison: Poison | None,
        repeated: Callable[[Call], Call] | None,
    ) -> None:
        self._operation = operation
        self._tally = tally
        self._inbox = inbox
        self._poison = poison
        self._spoilt = Reply(Outcome.SERVER_ERROR, "", operation.name)
        self._handle = self._once if repeated is None else repeated(self._once)

    def program(self, execution: Execution) -> Generator[float | None, Any, None]:
        """Handle the deliveries that the execution is for, answer them, and follow a failure up."""
        origin = execution.origin
        if self._all_known(self._deliveries(execution), execution):
            execution.answer(OK)
            return
        reply = yield from self._handle(Request(origin.root, origin.path, execution))
        execution.answer(reply)
        if reply is not OK and self._operation.on_failure:
            yield from run_all(self._operation.on_failure, execution)

    def _deliveries(self, execution: Execution) -> Sequence[Delivery]:
        origin: Any = execution.origin
        deliveries: Sequence[Delivery] = origin.deliveries
        return deliveries

    def _all_known(self, deliveries: Sequence[Delivery], execution: Execution) -> bool:
        inbox = self._inbox
        if inbox is None:
            return False
        now: float = execution.replica.environment._now
        known = sum(inbox.knows(identity(one.root, one.path), now) for one in deliveries)
        if known < len(deliveries):
            return False
        self._tally.recognised += known
        return True

    def _once(self, request: Request) -> Running:
        """Run the steps once."""
        execution: Any = request.task
        deliveries = self._deliveries(execution)
        reply = yield from self._steps(execution, deliveries)
        if reply is not OK:
            stop_working(execution)
            return reply
        now: float = execution.replica.environment._now
        for delivery in deliveries:
            if self._inbox is None or self._inbox.remember(identity(delivery.root, delivery.path), now):
                self._operation.succeed(delivery.root, delivery.path, now, delivery)
            else:
                self._tally.recognised += 1
        return OK

    def _steps(self, execution: Execution, deliveries: Sequence[Delivery]) -> Running:
        operation, poison = self._operation, self._poison
        if poison is not None and any(poison.spoils(one.root, one.path) for one in deliveries):
            return self._spoilt
        reply = operation.begin(execution)
        if reply is not OK:
            return reply
        reply = yield from run_steps(operation.steps, execution)
        if reply is not OK:
            return operation.failed(reply)
        return operation.verdict(execution.root, execution.replica)
