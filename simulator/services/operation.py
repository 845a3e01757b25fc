"""An operation of a service as it runs: its steps, its luck, its effect, and the program that its style gives it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from simulator.outcomes import OK, Outcome, Reply
from simulator.services.execution import failed
from simulator.services.sequence import expected_of, run_steps

if TYPE_CHECKING:
    from simulator.kernel.draws import Draws
    from simulator.kernel.ledger import Path
    from simulator.kernel.root import Root
    from simulator.services.execution import Done, Execution, Program
    from simulator.services.replica import Replica
    from simulator.services.sequence import Running, Step
    from simulator.services.steps import Luck


class Operation:
    """What a service can be asked.

    Attributes:
        name: ``service.operation``; `service` is its service and `number` its place among the service's operations.
        steps, on_failure: its steps, and those that run after a failed execution has answered.
        program: what an execution runs; set by the style.
        can_pause: whether its service's replicas may stand still.
        effects_left: executions so far that were to leave the operation's own effect.
        leaves_effects: whether it, or anything that it can cause, leaves an effect.
    """

    program: Program

    def __init__(
        self,
        name: str,
        service: str,
        number: int,
        *,
        at_once: Luck | None,
        server_errors: float,
        pushback: float | None = None,
        chance: Draws,
        effect: bool,
        remembered_for: float | None,
        can_pause: bool,
    ) -> None:
        self.name = name
        self.service = service
        self.number = number
        self.steps: Sequence[Step] = ()
        self.on_failure: Sequence[Step] = ()
        self.at_once = at_once
        self._server_errors = server_errors
        self._chance = chance
        self._effect = effect
        self._remembered_for = remembered_for
        self.leaves_effects = effect
        self.effects_left = 0
        self.can_pause = can_pause
        self._drawn = Reply(Outcome.SERVER_ERROR, "", name, pushback=pushback)

    def fail_from_now(self, share: float, chance: Draws) -> None:
        """Draw server errors with another share (from 0 to 1) from now on."""
        self._server_errors = share
        self._chance = chance

    def begin(self, execution: Execution) -> Reply:
        """Draw the client errors of an operation that has no work step of its own."""
        if self.at_once is not None and self.at_once.strikes(execution.root):
            return Reply(Outcome.CLIENT_ERROR, "", self.name)
        return OK

    def end(self, root: Root, path: Path, replica: Replica, origin: Any = None) -> Reply:
        """All steps are done: draw the server errors; if none strikes, leave the operation's own effect.

        `origin` is what the execution works for: the ledger tells by it why an effect is there twice.
        """
        if (self._server_errors or replica.errors[self.number].value) and self.strikes(root, replica):
            return self._drawn
        if self._effect or path.undoes is not None:
            self.succeed(root, path, replica.environment._now, origin)
        elif path.parent is None:
            root.critical_at = replica.environment._now
        return OK

    def verdict(self, root: Root, replica: Replica) -> Reply:
        """All steps are done: draw the server errors, and leave nothing yet."""
        return self._drawn if self.strikes(root, replica) else OK

    def strikes(self, root: Root, replica: Replica) -> bool:
        """Whether an execution at `replica` fails at its end, by the operation's own luck or by faults in force."""
        fault = replica.errors[self.number].value
        share = 1.0 - (1.0 - self._server_errors) * (1.0 - fault) if fault else self._server_errors
        return share > 0 and self._chance.draw(root) < share

    def succeed(self, root: Root, path: Path, now: float, origin: Any = None) -> None:
        """Leave the operation's effect; note that its critical steps are done; if it is an undo, take effects back."""
        if self._effect:
            self.effects_left += 1
            root.add_effect(path, now, self._remembered_for, origin)
        if path.parent is None:
            root.critical_at = now
        if path.undoes is not None:
            root.complete_undo(path.undoes, now)

    def expected(self, path: Path) -> set[Path]:
        """The effects under its critical steps and its own, if it is executed at `path`."""
        if not self.leaves_effects:
            return set()
        own = {path} if self._effect else set()
        return own | expected_of(self.steps, path)

    def carry_out(self, execution: Execution, steps: Sequence[Step], done: list[Done] | None = None) -> Running:
        """Begin, run `steps`, end; ok, or what the operation answers having failed."""
        reply = self.begin(execution)
        if reply.outcome is Outcome.OK:
            reply = yield from run_steps(steps, execution, done)
            if reply.outcome is not Outcome.OK:
                return failed(self.name, reply)
            reply = self.end(execution.root, execution.path, execution.replica, execution.origin)
        return reply

    def failed(self, reply: Reply) -> Reply:
        """What the operation answers after a critical step ended with `reply`."""
        return failed(self.name, reply)
