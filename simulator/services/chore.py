"""Work that a service does for a request although nobody waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from simulator.network.attempt import NO_DEADLINE

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root
    from simulator.outcomes import Reply
    from simulator.services.execution import Execution, Program


class Chore:
    """The origin of an execution that nobody waits for. The request that it is done for is not settled before it.

    Attributes:
        sent: it knows whatever its request knows.
    """

    __slots__ = ("deadline", "execution", "given_up", "path", "program", "root")

    sent: ClassVar[float] = float("inf")

    def __init__(self, root: Root, path: Path, program: Program) -> None:
        self.root = root
        self.path = path
        self.program = program
        self.deadline = NO_DEADLINE
        self.given_up = False
        self.execution: Execution | None = None
        root.pending += 1

    def answer(self, reply: Reply) -> None:
        """Nobody waits."""
        self.root.leave()

    def break_off(self) -> None:
        """The replica has crashed: the chore is left undone."""
        self.root.leave()

    def drop(self) -> None:
        """Left undone."""
        self.root.leave()
