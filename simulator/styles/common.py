"""What styles share: answering and what follows a failure, and accepting by message."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any

from simulator.kernel.ledger import UNTRACKED
from simulator.outcomes import OK, Outcome, Reply
from simulator.services.chore import Chore
from simulator.services.sequence import run_all

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root
    from simulator.messaging.message import Message
    from simulator.messaging.post import Post
    from simulator.services.execution import Execution
    from simulator.services.operation import Operation
    from simulator.services.replica import Replica

Program_ = Generator[float | None, Any, None]
"""A program under way."""


def answer(operation: Operation, execution: Execution, reply: Reply) -> Program_:
    """Let the reply leave; after a failure, run the operation's `on_failure` steps."""
    execution.answer(reply)
    if reply.outcome is not Outcome.OK and operation.on_failure:
        yield from run_all(operation.on_failure, execution)


def accept(operation: Operation, post: Post, execution: Execution, message: Message) -> Program_:
    """Answer ok once the broker has confirmed the message; a server error if it refuses."""
    root = execution.root
    root.owed += 1
    try:
        confirmation = yield from post.send(execution.replica, message)
    except GeneratorExit:  # nobody is told anything; what the broker has is handled all the same
        if not message.taken or message.repeated:
            root.owed = max(0, root.owed - 1)
        raise
    if confirmation.outcome is Outcome.OK:
        if message.repeated:  # what was taken in before is paid for once
            root.owed = max(0, root.owed - 1)
        execution.answer(OK)
        return
    root.owed -= 1
    yield from answer(operation, execution, Reply(Outcome.SERVER_ERROR, "", operation.name, confirmation))


def paid(root: Root, path: Path, now: float) -> None:
    """The operation that was accepted at `path` has completed its critical steps."""
    root.owed = max(0, root.owed - 1)
    root.critical_at = now
    if root.promises is None:
        root.promises = {}
    if path is not UNTRACKED:
        root.promises[path] = True


def broke(root: Root, path: Path) -> None:
    """The operation that was accepted at `path` has failed for good; it counts unless another attempt completes it."""
    root.owed = max(0, root.owed - 1)
    if root.promises is None:
        root.promises = {}
    root.promises.setdefault(path, False)


def run_on_failure(operation: Operation, replicas: Sequence[Replica], root: Root, path: Path) -> None:
    """Run the operation's `on_failure` steps at the first replica that is up (at none, nowhere)."""
    replica = next((replica for replica in replicas if replica.up), None)
    if replica is None or not operation.on_failure:
        return
    replica.accept(Chore(root, path, _chore(operation)))


def _chore(operation: Operation) -> Callable[[Execution], Program_]:
    def program(execution: Execution) -> Program_:
        yield from run_all(operation.on_failure, execution)
        execution.answer(OK)

    return program
