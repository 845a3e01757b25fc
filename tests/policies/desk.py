"""A caller at its desk: policies round a scripted call, on a clock, with everything that happened written down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.kernel.deadlines import DeadlineTable
from simulator.kernel.draws import Constant
from simulator.kernel.environment import Environment, Steps, Task
from simulator.kernel.random import Streams
from simulator.kernel.root import Root
from simulator.network.attempt import Request
from simulator.outcomes import OUTCOMES, Reply
from simulator.policies.breaker import Breaker
from simulator.policies.breaking import breaking
from simulator.policies.budget import Budget
from simulator.policies.call import Call, Calling, Policy, compose
from simulator.policies.limit import limited
from simulator.policies.retry import budgeted, retry
from simulator.spec.policies import BreakerSpec, RetrySpec
from tests.kernel.making import make_root


class Desk:
    """Makes calls and remembers them.

    Attributes:
        lines: what happened, as ``time: text``.
        answers: the reply of each caller, by its name, with its time.
    """

    def __init__(self) -> None:
        self.environment = Environment()
        self.deadlines = DeadlineTable(self.environment)
        self.streams = Streams(1, 0)
        self.streams.lane("buy")
        self.answers: dict[str, tuple[float, str]] = {}
        self.lines: list[str] = []
        self.requests: dict[str, Request] = {}
        self.tasks: dict[str, Task] = {}

    def note(self, text: str) -> None:
        self.lines.append(f"{self.environment.now:g}: {text}")

    # -- policies -----------------------------------------------------------------------------------------

    def server(self, *script: tuple[str, float]) -> Call:
        """A call that ends as the script says, one entry per attempt (the last for all further ones): an outcome, or
        an outcome and reason (or ``pushback=0.7``), after some seconds. It notes when an attempt begins, ends, and is
        closed."""
        left = list(script)

        def call(request: Request) -> Calling:
            outcome, seconds = left.pop(0) if len(left) > 1 else left[0]
            self.note("begin")
            try:
                yield seconds
            except GeneratorExit:
                self.note("closed")
                raise
            self.note(outcome)
            name, _, reason = outcome.partition(" ")
            if reason.startswith("pushback="):
                return Reply(OUTCOMES[name], "", "server", pushback=float(reason.removeprefix("pushback=")))
            return Reply(OUTCOMES[name], reason, "server")

        return call

    def retry(self, **settings: Any) -> Policy:
        return retry(RetrySpec.model_validate(settings), self.streams.source("backoff"), self.environment, "edge")

    def budgeted(self, budget: Budget, **settings: Any) -> Policy:
        spec = RetrySpec.model_validate(settings)
        return budgeted(spec, self.streams.source("backoff"), self.environment, "edge", lambda _: budget)

    def deadline(self, seconds: float, *, propagate: bool = False, name: str = "edge") -> Policy:
        return limited(self.environment, self.deadlines, Constant(seconds), name, propagate=propagate)

    def breaker(self, **settings: Any) -> tuple[Breaker, Policy]:
        made = Breaker(BreakerSpec.model_validate(settings))
        return made, breaking(self.environment, lambda _: made, "edge")

    # -- calling ------------------------------------------------------------------------------------------

    def ask(self, name: str, policies: Sequence[Policy], call: Call, at: float = 0.0) -> None:
        """Let a caller ask at a time."""
        whole = compose(list(policies), call)

        def caller(root: Root) -> Steps:
            request = Request(root, make_root().entry.path, self.tasks[name])
            self.requests[name] = request
            reply = yield from whole(request)
            self.answers[name] = (self.environment.now, f"{reply.outcome.label} {reply.reason}".strip())

        def start(_: None) -> None:
            root = make_root(len(self.requests))
            self.tasks[name] = self.environment.start(caller(root), root)

        self.environment.at(at, start, None)

    def give_up(self, name: str, at: float) -> None:
        """Close a caller's task at a time."""
        self.environment.at(at, lambda _: self.environment.close(self.tasks[name]), None)

    def run(self, end: float = 1000.0) -> None:
        self.environment.run_until(end)

    def answer(self, policies: Sequence[Policy], call: Call) -> tuple[float, str]:
        """When and how one call made at time 0 ends."""
        self.ask("a", policies, call)
        self.run()
        return self.answers["a"]
